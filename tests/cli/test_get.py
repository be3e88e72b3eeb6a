"""`ktui get`: which rollouts, in which order, as what."""

from __future__ import annotations

import json

import pytest
import yaml

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import OLD, STUCK, Witness, image_patch, manifest


@pytest.fixture
def shop(cluster: SimulatedCluster, stuck: Witness) -> Witness:
    """In shop a rollout that is stuck (cart), one that is paused and one that is complete; another in ops."""
    for name in ("billing", "assets"):
        cluster.apply(manifest(OLD, name=name, replicas=2))
    agent = manifest(OLD, name="agent", replicas=1)
    agent["metadata"]["namespace"] = "ops"
    cluster.apply(agent)

    def available(it: SimulatedCluster) -> bool:
        deployments = [each for each in it.list("deployments") if each["metadata"]["name"] != "cart"]
        return all(each["status"].get("availableReplicas") == each["spec"]["replicas"] for each in deployments)

    cluster.wait_until(available)
    stuck.patch({"spec": {"paused": True}}, "billing")
    return stuck


def test_the_worst_come_first(ktui: Ktui, shop: Witness) -> None:
    ran = ktui("get")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].split() == ["NAME", "PHASE", "NEW", "READY", "REV", "IMAGE", "FOR", "WHY"]
    assert [line.split()[:2] for line in ran.lines[1:]] == [
        ["cart", "stalled"],
        ["billing", "paused"],
        ["assets", "complete"],
    ]
    assert "image cart:nopull cannot be pulled" in ran.lines[1]
    # What kubectl calls up to date, as the overview has it: a pod that does not start yet is new already.
    assert ran.lines[1].split()[2] == f"{shop.deployment('cart').status.updated_replicas}/4"


def test_all_namespaces_have_a_column_of_their_own(ktui: Ktui, shop: Witness) -> None:
    ran = ktui("get", "-A")
    assert ran.lines[0].startswith("NAMESPACE   NAME")
    assert {line.split()[0] for line in ran.lines[1:]} == {"shop", "ops"}


def test_a_selector_chooses(ktui: Ktui, shop: Witness) -> None:
    assert [line.split()[0] for line in ktui("get", "-l", "app in (assets,billing)").lines[1:]] == ["billing", "assets"]


def test_names_choose_and_one_that_is_missing_is_an_error(ktui: Ktui, shop: Witness) -> None:
    ran = ktui("get", "deploy/assets", "basket")
    assert ran.code == 1
    assert [line.split()[0] for line in ran.lines[1:]] == ["assets"]
    assert ran.err == 'ktui: deployments.apps "basket" not found in the namespace shop.\n'


def test_as_a_document(ktui: Ktui, shop: Witness) -> None:
    ran = ktui("get", "-o", "json")
    found = json.loads(ran.out)["rollouts"]
    assert [each["name"] for each in found] == ["cart", "billing", "assets"]
    cart = found[0]
    assert (cart["namespace"], cart["revision"], cart["desired"], cart["image"]) == ("shop", 3, 4, "cart:nopull")
    assert cart["containers"] == [{"name": "cart", "image": STUCK}]
    assert cart["new"]["available"] == 0
    assert cart["old"]["available"] >= cart["promised"] == 3
    assert cart["causes"][0]["kind"] == "image"
    assert cart["causes"][0]["blocking"] is True
    assert found[1]["paused"] is True
    assert yaml.safe_load(ktui("get", "assets", "-o", "yaml").out)["rollouts"][0]["phase"] == "complete"


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
def test_what_a_cluster_says_cannot_act_on_a_terminal(
    ktui: Ktui, cluster: SimulatedCluster, cart: Witness, output: str
) -> None:
    evil = "\x1b[2J\x9b31m\u202eevil"
    cart.patch({"metadata": {"annotations": {"kubernetes.io/change-cause": evil}}})
    cart.patch(image_patch(STUCK))
    for command in (["get"], ["status", "cart", "--no-watch"], ["rollback", "cart", "--dry-run"]):
        ran = ktui(*command, "-o", output)
        assert ran.out
        assert "".join(ran.lines).isprintable()


def test_where_there_is_nothing_it_says_so_beside_the_output(ktui: Ktui, cluster: SimulatedCluster) -> None:
    ran = ktui("get", "-n", "nowhere")
    assert (ran.code, ran.out, ran.err) == (0, "", "No rollouts found in the namespace nowhere.\n")
    assert json.loads(ktui("get", "-n", "nowhere", "-o", "json").out)["rollouts"] == []


def test_a_stranger_is_told_what_to_do(ktui: Ktui, cluster: SimulatedCluster) -> None:
    ran = ktui("--context", "simulated-stranger", "get")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ktui: Not allowed: deployments.apps is forbidden")


def test_many_rollouts_come_in_pages(ktui: Ktui, cluster: SimulatedCluster) -> None:
    for number in range(3):
        cluster.apply(manifest(OLD, name=f"web-{number}", replicas=1))
    cluster.settle()
    assert len(ktui("get").lines) == 4


def test_without_the_right_to_list_replicasets_the_numbers_are_those_of_the_status(
    ktui: Ktui, shop: Witness, cluster: SimulatedCluster
) -> None:
    cluster.faults.forbid("list", "replicasets")
    ran = ktui("get")
    assert ran.code == 0
    assert ran.err == "ktui: replicasets are left out: you may not list them.\n"
    assets = next(line for line in ran.lines if line.startswith("assets"))
    assert assets.split()[1:4] == ["complete", "2/2", "2/2"]
    assert "you may not list replicasets" in assets


def test_without_the_right_to_list_pods_the_list_is_there(ktui: Ktui, shop: Witness, cluster: SimulatedCluster) -> None:
    cluster.faults.forbid("list", "pods")
    ran = ktui("get")
    assert (ran.code, ran.err) == (0, "ktui: pods are left out: you may not list them.\n")
    assert {line.split()[0] for line in ran.lines[1:]} == {"cart", "billing", "assets"}
    assert "you may not list pods" in next(line for line in ran.lines if line.startswith("cart"))


def test_a_document_has_a_schema_and_a_row_colours_if_they_are_wanted(
    ktui: Ktui, stuck: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(ktui("get", "-o", "json").out)["schema"] == "ktui.get/1"
    plain = ktui("get").out
    assert "\x1b" not in plain
    coloured = ktui("get", "--color", "always").out
    assert coloured.count("\x1b[3") == len(plain.splitlines()) - 1
    assert "\x1b[33mstalled\x1b[0m" in coloured or "\x1b[36mprogressing\x1b[0m" in coloured
    assert "\x1b" not in ktui("get").out, "a choice lasts for one command"

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" in ktui("get").out
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in ktui("get").out
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b" not in ktui("get").out
