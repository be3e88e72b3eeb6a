"""The same cluster at the same moment: `get`, `status` and the dashboard say the same of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ktui.actions.read import Reader
from ktui.cli.rollout_document import rollout_document
from ktui.kinds.planning import known, offers, rollback_revision
from ktui.kinds.registry import STREAMED, rollout_of
from ktui.kube.api import Api
from ktui.kube.clock import ServerClock
from ktui.live.inspection import Inspector
from ktui.live.live import Live
from ktui.live.snapshot import read_store
from ktui.model.changes import Listed, Put
from ktui.model.reference import reference_to
from ktui.model.store import Store
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.recorded import FOLDER, OF_DEPLOYMENTS, SETS, Said, clock, decode, recording
from tests.replayed import Replayed, served

MEMBERS = ("phase", "new", "old", "desired", "ready", "available", "promised", "why", "causes", "revision", "image")
"""What has to be the same. How a rollout went so far is known better by who has watched it."""

Answers = dict[tuple[str, str], dict[str, Any]]


def _answers(store: Store, now: datetime) -> Answers:
    found: Answers = {}
    for workload in store.workloads():
        document = rollout_document(rollout_of(store, workload, None, now)[1], workload)
        found[document["kind"], document["name"]] = {member: document[member] for member in MEMBERS}
    return found


def _live(name: str, t: float, now: datetime) -> Answers:
    """What the dashboard's store says that has heard all until then, and has not watched the rollouts."""
    live = Live()
    live.apply(said.change for said in recording(name) if isinstance(said, Said) and said.t <= t)
    live.apply(Listed(resource) for resource in STREAMED)
    for _ in live.refresh(now):
        pass
    return _answers(live.store, now)


def _at(now: datetime) -> Callable[..., datetime]:
    return lambda *_: now


REAL_NODE = sorted(f"real-node/{path.name.removesuffix('.jsonl.gz')}" for path in (FOLDER / "real-node").glob("*.gz"))


@pytest.mark.parametrize("name", [*OF_DEPLOYMENTS, SETS, *REAL_NODE])
async def test_at_any_moment_of_a_recording(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed = Replayed(FOLDER / f"{name}.jsonl.gz")
    compared = planned = 0
    async with served(replayed, tmp_path) as connection:
        for part in (0.25, 0.5, 0.75, 1.0):
            replayed.at = replayed.end * part
            now = clock(name) + timedelta(seconds=replayed.at + 90)
            monkeypatch.setattr(Inspector, "now", _at(now))
            expected = _live(name, replayed.at, now)
            store = await read_store(connection, replayed.namespace, "", (), _at(now), note=pytest.fail)
            assert _answers(store, now) == expected
            for workload in store.workloads():
                seen = await Inspector(connection, reference_to(workload), pytest.fail).inspect()
                document = rollout_document(seen.rollout, workload)
                key = (document["kind"], document["name"])
                assert {member: document[member] for member in MEMBERS} == expected[key]
                if workload.observed:
                    # What a preview is planned on offers what the screen offers, to the same revisions.
                    read = await Reader(Api(connection)).subject(replayed.namespace, reference_to(workload))
                    assert offers(read) == offers(known(store, workload))
                    assert rollback_revision(read) == rollback_revision(known(store, workload))
                    planned += 1
                compared += 1
    assert compared
    assert planned


class Told(NamedTuple):
    """What of an answer does not change from one second to the next."""

    phase: str
    new: dict[str, Any]
    old: dict[str, Any]
    causes: list[tuple[str, str, bool, list[str]]]


def _told(document: dict[str, Any]) -> Told:
    causes = [(each["kind"], each["reason"], each["blocking"], each["pods"]) for each in document["causes"]]
    return Told(document["phase"], document["new"], document["old"], causes)


SCENARIOS = {
    "crash-loop": 90,
    "liveness-probe": 60,
    "volume-source-missing": 100,
    "image-not-found": 30,
    "no-cpu": 100,
    "quota": 30,
    "readiness-probe": 100,
    "finalizer": 120,
    "set-blocked": 40,
    "daemonset-crash": 40,
    "only-slow": 20,
}
"""Scenarios and how many seconds they are played before they are asked about."""


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[SimulatedCluster]:
    """A cluster that a scenario was played on; its time stands still."""
    played = SimulatedCluster(seed=1)
    played.load(f"causes/{request.param}")
    played.run_for(SCENARIOS[request.param])
    played.pause()
    with played.serving():
        yield played


@pytest.mark.parametrize("cluster", SCENARIOS, indirect=True)
def test_of_a_scenario(ktui: Ktui, cluster: SimulatedCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.fromtimestamp(cluster.now, UTC)
    monkeypatch.setattr(ServerClock, "now", _at(now))
    live = Live()
    for resource in STREAMED:
        live.apply(Put(resource, decode(resource, raw)) for raw in cluster.list(resource.plural))
        live.apply([Listed(resource)])
    (workload,) = live.store.workloads()
    rollout = rollout_of(live.store, workload, None, now)[1]
    expected = _told(rollout_document(rollout, workload))
    namespace = ("-n", rollout.namespace)
    (got,) = json.loads(ktui(*namespace, "get", "-o", "json").out)["rollouts"]
    status = json.loads(ktui(*namespace, "status", reference_to(workload).full, "--no-watch", "-o", "json").out)
    assert _told(got) == expected
    assert _told(status["rollout"]) == expected
    if expected.causes:
        assert rollout.why.split(":")[0] in ktui(*namespace, "get").out
