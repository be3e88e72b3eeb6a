"""The recordings over HTTP, as commands read them: one row for the Canary, both workloads and their Services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ktui.cli.get.command import _rollouts
from ktui.cli.rollout_document import rollout_document
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.registry import of_served, rollout_of
from ktui.kube.discovery import discover
from ktui.live.snapshot import read_store, read_workload
from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS, ENDPOINT_SLICES, HTTP_ROUTES, SERVICES
from tests.kinds.flagger_canary import replay
from tests.recorded import FOLDER
from tests.replayed import Replayed, served

JSON = dict[str, Any]


def _replayed(name: str) -> Replayed:
    return Replayed(FOLDER / "flagger" / f"{name}.jsonl.gz")


async def test_there_is_one_row_and_by_its_name_it_says_the_same(tmp_path: Path) -> None:
    replayed = _replayed("weights")
    async with served(replayed, tmp_path) as connection:
        for at in (8.5, 16.5, 25.0, 34.5):
            replayed.at, now = at, replay.moment("weights", at).now
            store = await read_store(connection, "weights", "", (), lambda now=now: now, note=pytest.fail)  # type: ignore[misc]
            (shown,) = _rollouts(store, now)
            document = rollout_document(shown, store.workload(shown.uid))
            assert (document["kind"], document["name"]) == ("Canary", "web")
            assert document["controller"]["phase"] == replay.moment("weights", at).canary.status.phase
            assert set(document["controller"]) == {"phase", "message", "step", "steps", "weight"}
            reference = Reference("web", CANARIES)
            named = await read_workload(connection, reference, lambda now=now: now, note=pytest.fail)  # type: ignore[misc]
            (workload,) = named.shown()
            again = rollout_document(rollout_of(named, workload, None, now)[1], workload)
            assert again["controller"] == document["controller"]
            assert (again["why"], again["phase"]) == (document["why"], document["phase"])


async def test_the_cause_at_the_end(tmp_path: Path) -> None:
    replayed, name = _replayed("webhook-rollback"), "webhook-rollback"
    async with served(replayed, tmp_path) as connection:
        replayed.at, now = replay.end(name), replay.moment(name, replay.end(name)).now
        store = await read_store(connection, name, "", (), lambda: now, note=pytest.fail)
    (shown,) = _rollouts(store, now)
    document = rollout_document(shown, None)
    assert (document["phase"], document["causes"][0]["reason"]) == ("failed", "analysis-failed")
    assert document["why"].startswith("rolled back after 2 failed checks: the rollout hook acceptance failed")


async def test_routes_and_endpoints_are_read_only_where_there_are_canaries(tmp_path: Path) -> None:
    wanted = (CANARIES, SERVICES, ENDPOINT_SLICES, HTTP_ROUTES)
    async with served(Replayed(FOLDER / "blue-green-service.jsonl.gz"), tmp_path) as connection:
        # Without a Canary, an older server is not even asked for the rest.
        assert of_served(await discover(connection, wanted)) == frozenset()
    async with served(_replayed("weights"), tmp_path) as connection:
        found = of_served(await discover(connection, wanted))
    assert found == {CANARIES, SERVICES, ENDPOINT_SLICES, HTTP_ROUTES}
    assert DEPLOYMENTS not in found
