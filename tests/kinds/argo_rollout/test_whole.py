"""The recordings over HTTP, as commands read them: what `get -o json` and `status` say at the plugin's moments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ktui.cli.get.command import _rollouts
from ktui.cli.rollout_document import rollout_document
from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kinds.registry import of_extensions, rollout_of
from ktui.kube.discovery import discover
from ktui.live.snapshot import read_store
from ktui.live.tracker import Tracker
from ktui.model.changes import Gone
from ktui.model.resources import SERVICES
from ktui.rollout.diagnosis.cause import Reason
from tests.kinds.argo_rollout import replay
from tests.recorded import FOLDER
from tests.replayed import Replayed, served

JSON = dict[str, Any]


async def documents(name: str, moments: list[float], folder: Path) -> list[JSON]:
    """The one Rollout at each of these seconds, as `get -o json` has it."""
    replayed, found = Replayed(FOLDER / "argo" / f"{name}.jsonl.gz"), []
    async with served(replayed, folder) as connection:
        for at in moments:
            replayed.at = at
            now = replay.moment(name, at).now
            store = await read_store(connection, name, "", (), lambda now=now: now, note=print)  # type: ignore[misc]
            (workload,) = (each for each in store.workloads() if each.metadata.name == "web")
            found.append(rollout_document(rollout_of(store, workload, None, now)[1], workload))
    return found


@pytest.mark.parametrize("name", [name for name in replay.NAMES if name != "workload-ref"])
async def test_get_says_what_the_plugin_says(name: str, tmp_path: Path) -> None:
    shown = [each for each in replay.printed(name) if each.command.endswith("--watch=false")]
    found = await documents(name, [each.lines[0][0] for each in shown], tmp_path)
    before = await documents(name, [each.begun for each in shown], tmp_path)
    for each, *seen in zip(shown, found, before, strict=True):
        assert each.lines[0][1] in {document["status"]["line"] for document in seen}, each.begun
        for document in seen:
            phase, _, message = document["status"]["line"].partition(" - ")
            assert document["controller"]["phase"] == phase
            assert message in ("", document["controller"]["message"])
            assert set(document["controller"]) == {"phase", "message", "step", "steps", "weight"}


async def test_the_numbers_are_those_of_the_tree(tmp_path: Path) -> None:
    shown = [each for each in replay.printed("canary-steps") if " get rollout " in each.command]
    found = await documents("canary-steps", [each.begun for each in shown], tmp_path)
    text = ["\n".join(line for _, line in each.lines) for each in shown]
    printed = [
        [int(n) for n in re.findall(r"Step: +(\d+)/(\d+).*ActualWeight: +(\d+)", each, re.S)[0]] for each in text
    ]
    assert [[document["controller"][key] for key in ("step", "steps", "weight")] for document in found] == printed


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("analysis-failed", Reason.ANALYSIS_FAILED),
        ("quota", Reason.QUOTA_FULL),
        ("deadline-abort", Reason.DEADLINE_PASSED),
    ],
)
async def test_the_cause_at_the_end(name: str, reason: Reason, tmp_path: Path) -> None:
    (document,) = await documents(name, [replay.end(name)], tmp_path)
    assert document["causes"][0]["reason"] == reason.value


async def test_a_missing_service_is_named(tmp_path: Path) -> None:
    (document,) = await documents("invalid-spec", [15.0], tmp_path)
    assert document["why"] == "the Service no-such-service, which the spec names, does not exist"
    assert document["phase"] == "stalled"


async def test_what_a_cluster_does_not_have_is_not_asked_for(tmp_path: Path) -> None:
    async with served(Replayed(FOLDER / "rolling-update.jsonl.gz"), tmp_path) as connection:
        assert await discover(connection, of_extensions()) == frozenset()
    async with served(Replayed(FOLDER / "argo" / "canary-steps.jsonl.gz"), tmp_path) as connection:
        found = await discover(connection, of_extensions())
    assert SERVICES in found
    assert {each.plural for each in found} >= {"rollouts"}


async def test_a_deployment_that_is_only_the_template_of_a_rollout_is_not_shown_beside_it(tmp_path: Path) -> None:
    name, at = "workload-ref", 18.8
    replayed = Replayed(FOLDER / "argo" / f"{name}.jsonl.gz")
    async with served(replayed, tmp_path) as connection:
        replayed.at, now = at, replay.moment(name, at).now
        store = await read_store(connection, name, "", (), lambda: now, note=print)
    (shown,) = _rollouts(store, now)
    assert (shown.kind, shown.image, shown.why) == ("Rollout", "web:1.1", "step 1/2, paused until promoted (33% now)")
    document = rollout_document(shown, store.workload(shown.uid))
    assert document["containers"] == [{"name": "web", "image": "registry.example/shop/web:1.1"}]
    tracker = Tracker()
    for change in store.everything():
        tracker.apply([change])
    uids = {type(each).__name__: each.metadata.uid for each in store.workloads()}
    assert tracker.rollout(uids["Deployment"], now) is None
    assert tracker.rollout(uids["ArgoRollout"], now) is not None
    tracker.apply([Gone(ROLLOUTS, uids["ArgoRollout"])])
    assert tracker.rollout(uids["Deployment"], now) is not None
