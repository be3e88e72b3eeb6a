"""`ktui get` and its watch of StatefulSets and DaemonSets, beside Deployments and without the right to see them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.cli.conftest import Ktui
from tests.cli.sets import Sets, crash_looping
from tests.cli.test_watch import is_listed, told, watching
from tests.simulated import Witness

Start = Callable[..., subprocess.Popen[str]]
RELEASER = ("--context", "simulated-releaser")


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines[1:]]


def test_all_kinds_stand_in_one_list_worst_first(ktui: Ktui, sets: Sets, cart: Witness) -> None:
    assert names(ktui("get").lines) == ["ds/agent", "cart", "sts/db"]
    sets.image("db", "crash")
    sets.cluster.wait_until(crash_looping, 30)
    lines = ktui("get").lines
    assert names(lines) == ["sts/db", "ds/agent", "cart"]
    cells = lines[1].split(maxsplit=7)
    assert cells[1:6] == ["stalled", "1/3", "2/3", "2", "db:crash"]
    assert cells[7].startswith("the new pod crashes")


def test_a_partition_and_on_delete_are_told_as_what_they_are(ktui: Ktui, sets: Sets) -> None:
    sets.image("db", "2", updateStrategy={"rollingUpdate": {"partition": 2}})
    sets.image("agent", "2", updateStrategy={"type": "OnDelete", "rollingUpdate": None})
    sets.cluster.wait_until(lambda _: "canary of 1 held, ready" in ktui("get", "sts/db").out)
    held, paused = ktui("get").lines[1:]
    assert held.split(maxsplit=7)[:6] == ["sts/db", "held", "1/3", "3/3", "2", "db:2"]
    assert held.endswith("canary of 1 held, ready")
    assert paused.split(maxsplit=7)[:6] == ["ds/agent", "paused", "0/3", "3/3", "2", "agent:2"]
    assert paused.endswith("OnDelete: 3 old pods change only when deleted")


def test_a_document_says_which_kind_it_is(ktui: Ktui, sets: Sets, cart: Witness) -> None:
    found = {each["name"]: each for each in json.loads(ktui("get", "-o", "json").out)["rollouts"]}
    kinds = {name: each["kind"] for name, each in found.items()}
    assert kinds == {"cart": "Deployment", "db": "StatefulSet", "agent": "DaemonSet"}
    assert len({tuple(each) for each in found.values()}) == 1
    assert found["db"]["containers"] == [{"name": "db", "image": "registry.example/shop/db:1"}]
    assert (found["db"]["desired"], found["db"]["promised"], found["agent"]["desired"]) == (3, 2, 3)
    assert found["db"]["status"]["line"].startswith("partitioned roll out complete")


def test_names_are_references(ktui: Ktui, sets: Sets, cart: Witness) -> None:
    ran = ktui("get", "cart", "statefulset/db", "ds/agent")
    assert (ran.code, names(ran.lines), ran.err) == (0, ["ds/agent", "cart", "sts/db"], "")
    ran = ktui("get", "db", "sts/agent", "pods/cart")
    assert (ran.code, ran.out) == (2, "")
    assert '"pods/cart" does not name a Deployment, StatefulSet or DaemonSet' in ran.err
    ran = ktui("get", "db", "sts/agent")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        'ktui: deployments.apps "db" not found in the namespace shop.',
        "There is a StatefulSet of that name: write statefulset/db.",
        'ktui: statefulsets.apps "agent" not found in the namespace shop.',
        "There is a DaemonSet of that name: write daemonset/agent.",
    ]


def test_a_selector_chooses_among_all_kinds(ktui: Ktui, sets: Sets, cart: Witness) -> None:
    assert names(ktui("get", "-l", "app in (db,cart)").lines) == ["cart", "sts/db"]
    assert names(ktui("get", "-A", "-l", "app=agent").lines) == ["shop"]


def test_who_may_see_deployments_alone_sees_these_and_hears_what_is_left_out(
    ktui: Ktui, sets: Sets, cart: Witness
) -> None:
    ran = ktui(*RELEASER, "get")
    assert (ran.code, names(ran.lines)) == (0, ["cart"])
    assert sorted(ran.err.splitlines()) == [
        "ktui: daemonsets are left out: you may not list them.",
        "ktui: statefulsets are left out: you may not list them.",
    ]
    named = ktui(*RELEASER, "get", "cart")
    assert (named.code, named.err) == (0, "")


@pytest.mark.parametrize("name", ["sts/db", "ds/agent"])
@pytest.mark.parametrize("flags", [(), ("--watch",)])
def test_who_asks_for_what_may_not_be_seen_is_told(name: str, flags: tuple[str, ...], ktui: Ktui, sets: Sets) -> None:
    ran = ktui(*RELEASER, "get", *flags, name)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ktui: Not allowed: ")


# The watch


def test_a_watch_tells_of_all_kinds(ktui: Ktui, sets: Sets, cart: Witness, ktui_process: Start) -> None:
    with watching(ktui_process, "-o", "json") as process:
        first = told(process, is_listed)
        assert [(line["rollout"]["kind"], line["rollout"]["name"]) for line in first[:-1]] == [
            ("DaemonSet", "agent"),
            ("Deployment", "cart"),
            ("StatefulSet", "db"),
        ]
        assert first[-1]["count"] == 3
        sets.image("db", "2")
        changes = told(process, lambda line: line["rollout"]["phase"] == "complete" and line["type"] == "changed")
        assert {line["rollout"]["name"] for line in changes} == {"db"}
        available = [line["rollout"]["new"]["available"] for line in changes]
        assert available == sorted(available)
        assert changes[-1]["rollout"]["revision"] == 2
        assert sets.kubectl("delete", "ds", "agent", "--wait=false").returncode == 0
        gone = told(process, lambda line: line["type"] == "gone")[-1]
        assert gone["rollout"]["kind"] == "DaemonSet"


def test_a_watch_of_one_name_tells_of_its_kind_alone(sets: Sets, ktui_process: Start) -> None:
    with watching(ktui_process, "sts/db") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("NAME")
        assert process.stdout.readline().startswith("sts/db")
        sets.image("agent", "2")
        sets.image("db", "2")
        assert process.stdout.readline().startswith("sts/db")


def test_a_watch_of_deployments_alone_is_no_trouble(sets: Sets, cart: Witness, ktui_process: Start) -> None:
    process = ktui_process(*RELEASER, "get", "--watch", "-o", "json")
    first = told(process, is_listed)
    assert [line["rollout"]["name"] for line in first[:-1]] == ["cart"]
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert err == ""


def test_a_watch_of_a_namesake_points_to_it(ktui: Ktui, sets: Sets) -> None:
    ran = ktui("get", "--watch", "db")
    assert ran.code == 1
    assert ran.err.endswith("There is a StatefulSet of that name: write statefulset/db.\n")
