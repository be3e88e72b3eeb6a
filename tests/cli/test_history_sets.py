"""`ktui history` and `ktui diff` of StatefulSets and DaemonSets, with kubectl as the witness."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Ktui
from tests.cli.sets import Sets

NAMES = ["statefulset/db", "daemonset/agent"]
RELEASER = ("--context", "simulated-releaser")


@pytest.fixture
def told(sets: Sets) -> Sets:
    """Both with three revisions: another image with its cause, then a password, which has none of its own."""
    for kind, name in (("statefulset", "db"), ("daemonset", "agent")):
        assert sets.kubectl("annotate", kind, name, "kubernetes.io/change-cause=release 2").returncode == 0
        sets.image(name, "2")
    sets.settle()
    for name in ("db", "agent"):
        secret = {"name": name, "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}
        sets.patch(name, {"template": {"spec": {"containers": [secret]}}})
    sets.settle()
    return sets


@pytest.mark.parametrize("name", NAMES)
def test_revisions_newest_first_with_what_is_known_of_them(name: str, told: Sets, ktui: Ktui) -> None:
    ran = ktui("history", name)
    short = name.partition("/")[2]
    assert (ran.code, ran.err) == (0, "")
    rows = [re.split(r"\s{3,}", line) for line in ran.lines[1:]]
    assert [row[:5] for row in rows] == [
        ["3", "live", f"{short}:2", "env", "3/3"],
        ["2", "undo", f"{short}:2", "image", "0/0"],
        ["1", "-", f"{short}:1", "-", "0/0"],
    ]
    assert [row[-1] for row in rows] == ["release 2 (stale)", "release 2", "<none>"]


@pytest.mark.parametrize("name", NAMES)
def test_numbers_causes_and_the_one_undo_leads_to_are_kubectls(name: str, told: Sets, ktui: Ktui) -> None:
    def numbers() -> list[list[str]]:
        printed = told.kubectl("rollout", "history", name).stdout.strip().splitlines()[2:]
        document = json.loads(ktui("history", name, "-o", "json").out)
        ours = [[str(each["revision"]), each["changeCause"] or "<none>"] for each in reversed(document["revisions"])]
        assert ours == [line.split(maxsplit=1) for line in printed]
        return ours

    assert [number for number, _ in numbers()] == ["1", "2", "3"]
    before = json.loads(ktui("history", name, "-o", "json").out)
    leads_to = next(each for each in before["revisions"] if each["revision"] == before["kubectlUndoLeadsTo"])
    assert told.kubectl("rollout", "undo", name).returncode == 0
    assert [number for number, _ in numbers()] == ["1", "3", "4"]
    after = json.loads(ktui("history", name, "-o", "json").out)
    assert after["revisions"][0]["controllerRevision"] == leads_to["controllerRevision"]
    assert (after["currentRevision"], after["rollBackLeadsTo"], after["kubectlUndoLeadsTo"]) == (4, 1, 3)


@pytest.mark.parametrize("name", NAMES)
def test_one_revision_in_full_keeps_its_secrets(name: str, told: Sets, ktui: Ktui) -> None:
    ran = ktui("history", name, "--revision", "3")
    kind, _, short = name.partition("/")
    assert ran.lines[0] == f"{kind}.apps/{short} with revision #3"
    assert any(line.startswith(f"ControllerRevision: {short}-") for line in ran.lines)
    assert "hunter2" not in ran.out
    assert "DB_PASSWORD" in ran.out
    kubectl = told.kubectl("rollout", "history", name, "--revision=3").stdout
    assert kubectl.splitlines()[0] == ran.lines[0]
    missing = ktui("history", name, "--revision", "9")
    assert (missing.code, missing.err) == (1, "ktui: unable to find specified revision 9 in history\n")
    assert "unable to find the specified revision" in told.kubectl("rollout", "history", name, "--revision=9").stderr


@pytest.mark.parametrize("name", NAMES)
def test_what_the_live_one_changed_and_any_two(name: str, told: Sets, ktui: Ktui) -> None:
    ran = ktui("diff", name)
    assert ran.code == 0
    assert ran.lines[0].endswith(": revision 2 → revision 3 (live)")
    assert any("DB_PASSWORD" in line for line in ran.lines)
    assert "hunter2" not in ran.out
    document = json.loads(ktui("diff", name, "--from", "1", "--to", "2", "-o", "json").out)
    assert document["kind"].lower() == name.partition("/")[0]
    assert [change["path"].rpartition(".")[2] for change in document["changes"]] == ["image"]
    assert ktui("diff", name, "--from", "3").lines[1] == "no difference"


def test_pods_are_told_of_each_revision_in_the_middle(told: Sets, ktui: Ktui) -> None:
    told.image("db", "3", updateStrategy={"rollingUpdate": {"partition": 2}})
    told.cluster.wait_until(lambda _: "canary of 1 held, ready" in ktui("get", "sts/db").out)
    rows = [re.split(r"\s{3,}", line) for line in ktui("history", "sts/db").lines[1:]]
    assert [(row[0], row[1], row[4]) for row in rows[:2]] == [("4", "live", "1/1"), ("3", "undo", "2/2")]


def test_a_plain_name_is_a_deployment(told: Sets, ktui: Ktui) -> None:
    for command in ("history", "diff"):
        ran = ktui(command, "db")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.endswith("There is a StatefulSet of that name: write statefulset/db.\n")


def test_who_may_not_see_it_is_told(told: Sets, ktui: Ktui) -> None:
    ran = ktui(*RELEASER, "history", "sts/db")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ktui: Not allowed: statefulsets.apps")
