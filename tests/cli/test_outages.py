"""Commands that watch while the cluster goes away, refuses for a moment, and comes back."""

from __future__ import annotations

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.test_watch import Start, is_listed, told, watching
from tests.simulated import OLD, Witness, manifest


def test_an_outage_is_said_once_and_once_when_it_is_over(
    cart: Witness, cluster: SimulatedCluster, ktui_process: Start
) -> None:
    with watching(ktui_process, "-o", "json") as process:
        assert process.stderr is not None
        told(process, is_listed)
        with cluster.faults.refusing_connections():
            cluster.faults.drop_watches()
            assert "Trying again." in process.stderr.readline()
        cluster.apply(manifest(OLD, name="late", replicas=1))
        assert told(process, lambda line: line["rollout"]["name"] == "late")
        assert process.stderr.readline() == "ktui: The cluster answers again.\n"


@pytest.mark.parametrize("code", [401, 403, 404])
def test_one_refusal_of_a_stream_ends_nothing(
    cart: Witness, cluster: SimulatedCluster, ktui_process: Start, code: int
) -> None:
    cluster.faults.fail_next(1, code, verb="watch", path="deployments")
    cluster.faults.fail_next(1, code, verb="list", path="deployments")
    process = ktui_process("status", "cart")
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, "successfully rolled out" in out) == (0, True)


def test_what_cannot_be_watched_is_followed_by_lists(
    cart: Witness, cluster: SimulatedCluster, ktui_process: Start
) -> None:
    cluster.faults.forbid("watch", "deployments")
    with watching(ktui_process, "-o", "json") as process:
        (line, *_) = told(process, is_listed)
        assert line["rollout"]["name"] == "cart"
        assert process.stderr is not None
        assert "listed instead, every 20s" in process.stderr.readline()
