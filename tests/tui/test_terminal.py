"""The dashboard once as a person has it: a process in a real terminal, on a cluster that lives."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.terminal import Terminal
from tests.tui.conftest import Stage

ENTER, ESCAPE = "\r", "\x1b"


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Stage]:
    with SimulatedCluster(seed=3, name="prod-eu").serving() as cluster:
        stage = Stage(cluster, tmp_path)
        stage.deploy("cart", "cart:1.0", replicas=12)
        cluster.settle()
        yield stage
        stage.close()


@pytest.mark.timeout(240)
def test_start_see_pause_resume_roll_back_quit(living: Stage, tmp_path: Path) -> None:
    kubeconfig = str(living.kubeconfig())
    with Terminal.python("-m", "ktui", "--kubeconfig", kubeconfig, home=tmp_path) as terminal:
        terminal.sees("prod-eu · all namespaces", "● live", "✔ complete", "12 pods")

        # While someone thinks about what to press, the rollout does not come to its end.
        living.cluster.pause()
        living.set_image("cart", "cart:1.1")
        living.advance(1)
        terminal.sees("◐ progressing")
        terminal.press(" ")
        terminal.sees("Pause shop/cart", "y yes")
        terminal.press("y")
        terminal.until(lambda _: living.read("cart").spec.paused, "the Deployment to be paused")
        living.advance(1)
        terminal.sees("‖ paused", "space resume")

        terminal.press(ENTER)
        terminal.sees("shop/cart  Deployment", "cart:1.0  →  cart:1.1", "REVISIONS AND PODS")
        terminal.press(" ")
        terminal.sees("Resume shop/cart", "y yes")
        living.cluster.resume()
        terminal.press("y")
        terminal.sees("✔ complete", "revision 2")
        assert living.read("cart").status.updated_replicas == 12

        terminal.press("b")
        terminal.sees("Roll back shop/cart to revision 1 (cart:1.0)", "y yes")
        terminal.press("y")
        terminal.sees("✔ complete", "revision 3")
        terminal.until(lambda _: b"\x07" in terminal.raw, "the bell, at the end of a rollout that was started here")
        assert living.image("cart") == "cart:1.0"

        terminal.press(ESCAPE)
        terminal.sees("1 rollout")
        terminal.press("q")
        assert terminal.ends() == 0
        assert terminal.is_clean


@pytest.mark.timeout(240)
def test_the_demo_explains_itself(tmp_path: Path) -> None:
    with Terminal.python("-m", "ktui", "demo", home=tmp_path, columns=80, rows=24) as terminal:
        terminal.sees("A simulated cluster", "● live", "✖ 1 failed", "checkout", "‖")
        terminal.press("?")
        terminal.sees("Keys and signs")
        terminal.press(ESCAPE)
        terminal.until(lambda screen: "Keys and signs" not in screen, "the help to close")
        terminal.press("q")
        assert terminal.ends() == 0
        assert terminal.is_clean


@pytest.mark.timeout(240)
def test_it_goes_to_the_shell_and_comes_back(tmp_path: Path) -> None:
    with Terminal("bash", "--norc", "-i", home=tmp_path) as terminal:
        terminal.press(f"{sys.executable} -m ktui demo quiet{ENTER}")
        terminal.sees("● live", "worker")
        terminal.press("\x1a")
        terminal.sees("Stopped")
        terminal.press(f"clear{ENTER}")
        terminal.until(lambda screen: "worker" not in screen, "an empty screen")
        terminal.press(f"fg{ENTER}")
        terminal.sees("● live", "worker")
        terminal.press("q")
        terminal.until(lambda _: terminal.raw.count(b"\x1b[?1049l") == 2, "the terminal to be the shell's again")
        # What is typed while ktui still puts the terminal in order is thrown away with the keys that were meant for it.
        terminal.until(lambda _: b"bash-" in terminal.raw[terminal.raw.rfind(b"\x1b[?1049l") :], "the shell's prompt")
        terminal.press(f"exit{ENTER}")
        assert terminal.ends() == 0
