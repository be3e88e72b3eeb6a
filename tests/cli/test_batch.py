"""One action on several Deployments: one plan, one question, one after another until one fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.cli.conftest import Ktui
from tests.simulated import OLD, Witness, manifest
from tests.terminal import Terminal

NAMES = ("api", "web", "worker")


@pytest.fixture
def shop(cluster: SimulatedCluster, witness: Witness) -> Witness:
    """Three Deployments, all complete."""
    for name in NAMES:
        cluster.apply(manifest(OLD, name=name))
    cluster.settle()
    return witness


def _paused(shop: Witness) -> list[str]:
    return [name for name in NAMES if shop.deployment(name).spec.paused]


def _audit(state: Path) -> list[tuple[object, object]]:
    return [(entry["name"], entry["outcome"]) for entry in audited(state / "audit.jsonl")]


def test_all_are_shown_then_done_in_order(ktui: Ktui, shop: Witness, state: Path) -> None:
    ran = ktui("pause", "worker", "deployment/api", "web", "worker", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert [line.partition(":")[0] for line in ran.lines if line.startswith("Pause ")] == [
        "Pause shop/worker",
        "Pause shop/api",
        "Pause shop/web",
    ]
    assert "In all: 3 rollouts." in ran.lines
    assert ran.out.count("kubectl --context simulated -n shop rollout pause") == 3
    assert ran.lines[-3:] == ["shop/worker paused.", "shop/api paused.", "shop/web paused."]
    assert _paused(shop) == list(NAMES)
    assert _audit(state) == [("worker", "done"), ("api", "done"), ("web", "done")]


def test_what_is_not_open_is_left_out_with_its_reason(ktui: Ktui, shop: Witness) -> None:
    assert ktui("pause", "web", "--yes").code == 0
    ran = ktui("pause", "api", "web", "basket", "worker", "--yes")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        'Left out: shop/web: deployments.apps "web" is already paused',
        'Left out: shop/basket: deployments.apps "basket" not found in the namespace shop.',
    ]
    assert "In all: 2 rollouts, 2 left out." in ran.lines
    assert _paused(shop) == list(NAMES)


def test_none_is_open(ktui: Ktui, shop: Witness, state: Path) -> None:
    ran = ktui("resume", "api", "web", "--yes")
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "ktui: None of them allows this: nothing was sent."
    assert not (state / "audit.jsonl").exists()


def test_a_dry_run_changes_nothing(ktui: Ktui, shop: Witness, state: Path) -> None:
    before = [shop.raw(name) for name in NAMES]
    ran = ktui("scale", *NAMES, "--replicas", "6", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("The server accepts it (dry run).") == 3
    assert [shop.raw(name) for name in NAMES] == before
    assert not (state / "audit.jsonl").exists()


def test_images_of_several(ktui: Ktui, shop: Witness) -> None:
    assert ktui("set-image", "api", "web", "cart=registry.example/shop/cart:6.0", "--yes").code == 0
    assert [shop.image(name) for name in NAMES] == ["registry.example/shop/cart:6.0"] * 2 + [OLD]


def test_canaries_of_several_and_back(ktui: Ktui, shop: Witness, cluster: SimulatedCluster) -> None:
    before = [shop.raw(name)["spec"] for name in NAMES]
    image = "cart=registry.example/shop/cart:6.0"
    assert ktui("canary", *NAMES, "--image", image, "--percent", "25", "--yes").code == 0
    cluster.wait_until(lambda _: all(shop.deployment(name).status.updated_replicas == 1 for name in NAMES))
    assert ktui("abort", *NAMES, "--yes").code == 0
    assert [shop.raw(name)["spec"] for name in NAMES] == before


def test_as_a_document(ktui: Ktui, shop: Witness) -> None:
    assert ktui("pause", "web", "--yes").code == 0
    ran = ktui("pause", "api", "web", "worker", "--yes", "-o", "json")
    document = json.loads(ran.out)
    assert ran.code == 1
    assert [(each["target"]["name"], each["outcome"]["is"]) for each in document["actions"]] == [
        ("api", "done"),
        ("worker", "done"),
    ]
    assert document["leftOut"] == [{"target": "shop/web", "reason": 'deployments.apps "web" is already paused'}]


def test_a_service_goes_on_its_own(ktui: Ktui) -> None:
    ran = ktui("promote", "service/shop", "web", "--yes")
    assert ran.code == 2
    assert "A Service is switched on its own" in ran.err


def test_without_a_terminal_and_without_yes_nothing_is_done(ktui: Ktui, shop: Witness) -> None:
    ran = ktui("pause", *NAMES)
    assert (ran.code, ran.out) == (1, "")
    assert _paused(shop) == []


# A person at a terminal


@pytest.fixture
def terminal(kubeconfig: Path, shop: Witness, tmp_path: Path) -> Iterator[Terminal]:
    """ktui with a terminal for its question."""
    command = ("-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", "pause", *NAMES)
    with Terminal.python(*command, home=tmp_path) as terminal:
        terminal.sees("Apply to 3 rollouts? [y/N]:")
        yield terminal


def test_no_is_no(terminal: Terminal, shop: Witness) -> None:
    terminal.press("n\r")
    assert terminal.ends() == 1
    assert "Nothing was sent." in terminal.text
    assert _paused(shop) == []


def test_it_stops_at_the_first_that_changed_since_it_was_shown(terminal: Terminal, shop: Witness, state: Path) -> None:
    shop.patch({"spec": {"replicas": 5}}, "web")
    terminal.press("y\r")
    assert terminal.ends() == 1
    assert "shop/api paused." in terminal.text
    assert "Stopped there. Not done: shop/worker." in terminal.text
    assert _paused(shop) == ["api"]
    assert _audit(state) == [("api", "done"), ("web", "conflict")]
