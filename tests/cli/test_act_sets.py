"""The action commands on StatefulSets and DaemonSets, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.cli.conftest import Ktui
from tests.cli.sets import Sets, crash_looping
from tests.simulated import Witness

IMAGE = ("--image", "db=registry.example/shop/db:2")


def _audit(state: Path) -> list[dict[str, Any]]:
    return audited(state / "audit.jsonl")


def test_pause_promote_and_abort_by_the_partition(ktui: Ktui, sets: Sets) -> None:
    ran = ktui("canary", "sts/db", *IMAGE, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == "Hold a canary of 1 of 3 pods of StatefulSet shop/db at db:2"
    assert "  ~ spec.updateStrategy.rollingUpdate.partition: 0 → 2" in ran.lines
    assert ran.lines[-1] == "StatefulSet shop/db: canary of 1 of 3 pods at db:2 sent."
    sets.settle()
    assert sets.pods("db") == ["1", "1", "2"]
    (document,) = json.loads(ktui("get", "sts/db", "-o", "json").out)["rollouts"]
    assert (document["phase"], document["why"]) == ("held", "canary of 1 of 3 held, by admin")
    hold = document["hold"]
    assert {key: hold[key] for key in ("held", "pods", "desired", "surge", "step", "by")} == {
        "held": True,
        "pods": 1,
        "desired": 3,
        "surge": False,
        "step": 1,
        "by": "admin",
    }
    assert ktui("promote", "statefulset/db", "--pods", "2", "--yes").code == 0
    sets.settle()
    assert sets.pods("db") == ["1", "2", "2"]
    assert ktui("abort", "statefulsets.apps/db", "--yes").code == 0
    sets.settle()
    assert sets.pods("db") == ["1", "1", "1"]


def test_a_surge_is_asked_of_no_statefulset(ktui: Ktui, sets: Sets) -> None:
    ran = ktui("canary", "sts/db", *IMAGE, "--surge", "--yes")
    assert ran.code == 2
    assert "statefulset/db has no surge: each new pod of a StatefulSet replaces an old one." in ran.err
    assert ktui("canary", "sts/db", *IMAGE, "--no-surge", "--yes", "--dry-run").code == 0


def test_a_canary_from_a_manifest(ktui: Ktui, sets: Sets, tmp_path: Path) -> None:
    raw = json.loads(sets.kubectl("get", "sts/db", "-o", "json").stdout)
    raw["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/shop/db:2"
    manifest = tmp_path / "db.json"
    manifest.write_text(json.dumps(raw))
    assert ktui("canary", "sts/db", "-f", str(manifest), "--yes").code == 0
    sets.settle()
    assert sets.pods("db") == ["1", "1", "2"]
    missing = ktui("canary", "ds/agent", "-f", str(manifest), "--yes")
    assert (missing.code, 'has no DaemonSet "agent"' in missing.err) == (2, True)


def test_a_roll_back_deletes_what_would_be_waited_for(
    ktui: Ktui, sets: Sets, cluster: SimulatedCluster, state: Path
) -> None:
    sets.image("db", "crash")
    cluster.wait_until(crash_looping)
    ran = ktui("rollback", "sts/db", "--yes", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert document["target"]["resource"] == "statefulsets"
    assert [each["pod"] for each in document["deletes"]] == ["db-2"]
    assert document["outcome"]["sentence"].endswith("rollback to revision 1 (db:1) sent. Deleted pods: db-2.")
    sets.settle()
    assert sets.pods("db") == ["1", "1", "1"]
    (entry,) = _audit(state)
    assert (entry["resource"], entry["outcome"]) == ("statefulsets", "done")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pause", "ds/agent"], "a DaemonSet cannot be held: it has no partition"),
        (["scale", "ds/agent", "--replicas", "2"], "a DaemonSet has no number of pods"),
        (["canary", "ds/agent", "--image", "agent=a:2"], "a DaemonSet cannot be held"),
        (["promote", "ds/agent"], "nothing to promote: a DaemonSet rolls out by itself"),
        (["rollback", "ds/agent"], "no last revision to roll back to"),
        (["rollback", "sts/db", "--to-revision", "7"], "unable to find specified revision 7 in history"),
        (["restart", "sts/none"], '"none" not found'),
    ],
)
def test_what_is_refused(ktui: Ktui, sets: Sets, arguments: list[str], said: str) -> None:
    ran = ktui(*arguments, "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


@pytest.mark.parametrize("undone", [["sts/db", "--to-revision", "7"], ["ds/agent"], ["ds/agent", "--to-revision=1"]])
def test_refusals_are_kubectls(ktui: Ktui, sets: Sets, undone: list[str]) -> None:
    ours, theirs = ktui("rollback", *undone, "--yes"), sets.kubectl("rollout", "undo", *undone)
    assert ours.err.removeprefix("ktui: ").strip() in f"{theirs.stdout}{theirs.stderr}"


def test_one_action_on_all_kinds(ktui: Ktui, sets: Sets, cart: Witness, state: Path) -> None:
    ran = ktui("restart", "cart", "sts/db", "ds/agent", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[-3:] == [
        "shop/cart: restart sent.",
        "StatefulSet shop/db: restart sent.",
        "DaemonSet shop/agent: restart sent.",
    ]
    paused = ktui("pause", "cart", "sts/db", "ds/agent", "--yes")
    assert paused.code == 1
    assert "Left out: DaemonSet shop/agent: a DaemonSet cannot be held" in paused.err
    assert [entry["outcome"] for entry in _audit(state)] == ["done"] * 5


def test_read_only_closes_them_too(ktui: Ktui, sets: Sets) -> None:
    before = sets.kubectl("get", "sts/db", "-o", "jsonpath={.metadata.generation}").stdout
    assert ktui("--read-only", "restart", "sts/db", "--yes").code == 1
    assert sets.kubectl("get", "sts/db", "-o", "jsonpath={.metadata.generation}").stdout == before


def test_a_canary_is_looked_on_at_and_goes_back_where_it_fails(ktui: Ktui, sets: Sets, state: Path) -> None:
    watch = ("--yes", "--watch", "--auto-abort", "--soak", "0", "--timeout", "60s")
    fine = ktui("canary", "sts/db", *IMAGE, *watch)
    assert (fine.code, fine.err) == (0, "")
    assert fine.lines[-1] == "StatefulSet shop/db holds its canary: 1 pod ready."
    whole = ktui("promote", "sts/db", *watch)
    assert (whole.code, whole.lines[-1]) == (0, "StatefulSet shop/db is complete.")
    failing = ktui("canary", "sts/db", "--image", "db=registry.example/shop/db:crash", *watch, "--patience", "1s")
    assert failing.code == 1
    assert "ktui: StatefulSet shop/db is rolled back automatically: " in failing.err
    sets.settle()
    assert sets.pods("db") == ["2", "2", "2"]
    assert "crash" in _audit(state)[-1]["automatic"]
