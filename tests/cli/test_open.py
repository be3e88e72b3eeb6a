"""The dashboard at one rollout, and what is said of a workload that does not exist."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ktui.cli.open import Wanted, read_wanted
from ktui.model.resources import DEPLOYMENTS, STATEFULSETS
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import OLD, Witness, manifest
from tests.terminal import Terminal

DEPLOYMENT, SET = (DEPLOYMENTS,), (STATEFULSETS,)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("web", Wanted("web")),
        ("shop/web", Wanted("web", namespace="shop")),
        ("deploy/web", Wanted("web", DEPLOYMENT)),
        ("deploy web", Wanted("web", DEPLOYMENT)),
        ("shop/sts/db", Wanted("db", SET, "shop")),
        ("a/b/web", None),
        ("/web", None),
        ("web/", None),
        ("../web", None),
        ("two words", Wanted("words", namespace="two")),
        ("", None),
    ],
)
def test_what_is_to_be_opened(line: str, wanted: Wanted | None) -> None:
    assert read_wanted(tuple(line.split() or [""])) == wanted


@contextmanager
def on_a_terminal(kubeconfig: Path, home: Path, words: str) -> Iterator[Terminal]:
    command = shlex.join([sys.executable, "-m", "ktui", "--kubeconfig", str(kubeconfig)])
    with Terminal("/bin/sh", "-c", f"{command} {words}", home=home) as terminal:
        yield terminal


def test_the_dashboard_opens_at_the_rollout_and_draws_on_standard_output(
    kubeconfig: Path, tmp_path: Path, cart: Witness
) -> None:
    log = tmp_path / "ktui.log"
    with on_a_terminal(kubeconfig, tmp_path, f"cart 2>{log}") as terminal:
        terminal.sees("shop/cart  Deployment", "CONDITIONS")
        terminal.press("q")
        assert terminal.ends() == 0
    assert log.read_text() == ""


def test_without_a_terminal_for_the_keys_it_is_said_where_a_person_looks(kubeconfig: Path, tmp_path: Path) -> None:
    log = tmp_path / "ktui.log"
    with on_a_terminal(kubeconfig, tmp_path, f"2>{log} </dev/null") as terminal:
        terminal.sees("The dashboard needs a terminal")
        terminal.waits_for(lambda: "The dashboard needs a terminal" in log.read_text(), "it to be in the log, too")


def test_a_name_that_nothing_has(kubeconfig: Path, tmp_path: Path, cart: Witness, cluster: SimulatedCluster) -> None:
    cluster.apply(manifest(OLD) | {"metadata": {"name": "cart", "namespace": "images"}})
    for words, *said in (
        ("crat", 'neither a command nor a rollout called "crat"', "ktui get -A"),
        ("-n shop crat", 'deployments.apps "crat" not found in the namespace shop.', "Did you mean cart?"),
        ("-n ops cart", "not found in the namespace ops.", "There are some in images and shop: add -n images."),
        ("cart", "cart is in images and shop.", "Say which: ktui images/cart"),
    ):
        with on_a_terminal(kubeconfig, tmp_path, words) as terminal:
            terminal.sees(*said)


def test_what_does_not_exist_is_named_once(ktui: Ktui, cart: Witness) -> None:
    commands = (("get",), ("status",), ("history",), ("pause", "--yes"), ("resources",))
    for command, *options in commands:
        ran = ktui(command, "nope", *options)
        assert (ran.code, ran.err) == (1, 'ktui: deployments.apps "nope" not found in the namespace shop.\n')
        ran = ktui("-n", "ops", command, "cart", *options)
        assert ran.err.splitlines() == [
            'ktui: deployments.apps "cart" not found in the namespace ops.',
            "There is one in shop: add -n shop.",
        ]
        ran = ktui(command, "cartt", *options)
        assert ran.err.endswith("Did you mean cart?\n")
