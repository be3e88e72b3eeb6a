"""kubectl's ways to name a workload, in every command that takes one."""

from __future__ import annotations

import json

import click
import pytest

from ktui.cli.naming import Chosen, chosen, one, workloads
from ktui.model.reference import Reference
from ktui.model.resources import DAEMONSETS, DEPLOYMENTS, STATEFULSETS
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.cli.sets import manifest as set_manifest
from tests.simulated import Witness, manifest

CONTEXT = click.Context(click.Command("status"), info_name="status")
NAME = click.Argument(["name"])
WEB, API = Reference("web"), Reference("api")
DB, AGENT = Reference("db", STATEFULSETS), Reference("agent", DAEMONSETS)


def read(line: str) -> Chosen:
    return chosen(CONTEXT, NAME, line.split())


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("web", (WEB,)),
        ("web api", (WEB, API)),
        ("deploy web", (WEB,)),
        ("deployments.apps web api", (WEB, API)),
        ("deploy/web sts/db", (WEB, DB)),
        ("sts db", (DB,)),
        ("DaemonSet agent", (AGENT,)),
        ("deploy web,api", (WEB, API)),
        ("deploy/web,sts/db", (WEB, DB)),
        ("deploy,sts db", (Reference("db"), DB)),
        ("web web", (WEB,)),
    ],
)
def test_names(line: str, names: tuple[Reference, ...]) -> None:
    assert read(line) == Chosen(names)
    assert workloads(CONTEXT, NAME, line.split()) == names


def test_a_kind_alone_is_all_of_it() -> None:
    assert read("deploy") == Chosen(kinds=(DEPLOYMENTS,))
    assert read("sts,ds,sts") == Chosen(kinds=(STATEFULSETS, DAEMONSETS))
    assert read("") == Chosen()
    with pytest.raises(click.UsageError, match="Which Deployment"):
        workloads(CONTEXT, NAME, ["deploy"])


@pytest.mark.parametrize(
    "line", ["deploy deploy/web", "pod/web", "deploy web/api", "deploy ,web", "deploy,pods web", "/"]
)
def test_what_names_nothing_is_one_sentence(line: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        read(line)
    assert "\n" not in caught.value.message


def test_a_command_about_one_says_so() -> None:
    assert one(CONTEXT, NAME, ["deploy", "web"]) == WEB
    with pytest.raises(click.UsageError, match="status takes one workload, and these are 2: web, sts/db"):
        one(CONTEXT, NAME, ["web", "sts/db"])


def test_every_command_takes_them(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    cluster.apply(manifest(name="web"))
    cluster.apply(set_manifest("StatefulSet", "db", "1", serviceName="db"))
    cluster.settle()
    assert ktui("status", "deploy", "cart").code == 0
    assert ktui("history", "deploy", "cart").code == 0
    assert ktui("diff", "deployment", "cart").code == 0
    assert ktui("pause", "deploy", "cart", "web", "--yes").code == 0
    assert cart.deployment().spec.paused is True
    assert ktui("set-image", "deploy", "cart", "cart=6", "--dry-run").code == 0

    def kinds(*words: str) -> list[str]:
        return sorted(
            f"{each['kind']}/{each['name']}" for each in json.loads(ktui(*words, "-o", "json").out)["rollouts"]
        )

    assert kinds("get", "deploy") == ["Deployment/cart", "Deployment/web"]
    assert kinds("get", "deploy,sts") == ["Deployment/cart", "Deployment/web", "StatefulSet/db"]
    assert kinds("get", "deploy", "web", "cart") == kinds("get", "web", "cart") == kinds("get", "deploy")
    assert kinds("get", "deploy/web", "sts/db") == ["Deployment/web", "StatefulSet/db"]


@pytest.mark.parametrize("words", [[], ["nope"], ["deploy"], ["deploy", "nope"], ["sts/nope"]])
def test_nothing_found_is_an_empty_list_and_a_document(words: list[str], ktui: Ktui) -> None:
    ran = ktui("get", *words, "-o", "json")
    assert json.loads(ran.out)["rollouts"] == []
    assert ran.code == (1 if "nope" in "".join(words) else 0)
