"""`--watch` and `--auto-abort`, end to end: what it goes back from, what it lets be, and what is left in the log."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.cli.conftest import Ktui
from tests.cli.sets import Sets
from tests.simulated import NEW, STUCK, Witness, image_patch

CRASH = "registry.example/shop/cart:crash"
FINE = "registry.example/shop/cart:6.0"
SOON = ("--auto-abort", "--patience", "200ms")
WATCH = ("--yes", "--watch", "--soak", "0", "--timeout", "60s")


def _canary(image: str) -> tuple[str, ...]:
    return ("canary", "cart", "--image", f"cart={image}", *WATCH)


def _audit(state: Path) -> list[dict[str, Any]]:
    return audited(state / "audit.jsonl")


@pytest.mark.parametrize(("image", "why"), [(STUCK, "cannot be pulled"), (CRASH, "crash")])
def test_a_canary_that_fails_goes_back_by_itself(ktui: Ktui, cart: Witness, state: Path, image: str, why: str) -> None:
    before = cart.raw()["spec"]
    ran = ktui(*_canary(image), *SOON)
    assert ran.code == 1
    assert "Auto-abort is on: if a new pod fails" in ran.out
    assert "ktui: shop/cart is rolled back automatically: " in ran.err
    assert "This was automatic, because " in ran.err
    assert why in ran.err
    assert cart.raw()["spec"] == before
    canary, abort = _audit(state)
    assert (canary["request"]["action"], canary["automatic"]) == ("canary", "")
    assert (abort["request"]["action"], abort["outcome"]) == ("abort", "done")
    assert why in abort["automatic"]


def test_a_healthy_canary_is_let_be(ktui: Ktui, cart: Witness, state: Path) -> None:
    ran = ktui(*_canary(FINE), "--auto-abort")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[-1] == "shop/cart holds its canary: 1 pod ready."
    assert cart.image() == FINE
    assert [entry["request"]["action"] for entry in _audit(state)] == ["canary"]


def test_promoted_to_its_end(ktui: Ktui, cart: Witness) -> None:
    assert ktui(*_canary(FINE)).code == 0
    ran = ktui("promote", "cart", "--full", *WATCH, "--auto-abort")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[-1] == "shop/cart is complete."
    status = cart.deployment().status
    assert (status.updated_replicas, status.available_replicas) == (4, 4)


def test_a_rolling_update_that_fails_goes_back(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    assert ktui("pause", "cart", "--yes").code == 0
    cart.patch(image_patch(STUCK))
    ran = ktui("promote", "cart", *WATCH, *SOON, "-o", "json")
    document = json.loads(ran.out)
    assert ran.code == 1
    assert document["watch"]["outcome"] == "aborted"
    assert "cannot be pulled" in document["watch"]["sentence"]
    assert cart.image() == NEW
    cluster.settle()


def test_every_action_that_replaces_pods_is_followed_to_its_end(ktui: Ktui, cart: Witness, state: Path) -> None:
    ends = ("--yes", "--watch", "--timeout", "60s")
    assert ktui("pause", "cart", "--yes").code == 0
    cart.patch(image_patch(FINE))
    for action in (("resume", "cart"), ("rollback", "cart"), ("restart", "cart")):
        ran = ktui(*action, *ends)
        assert (action, ran.code, ran.lines[-1]) == (action, 0, "shop/cart is complete.")
    assert cart.image() == NEW
    cart.patch(image_patch(STUCK))
    ran = ktui("abort", "cart", *ends)
    assert (ran.code, ran.lines[-1]) == (0, "shop/cart is complete.")
    assert [each["request"]["action"] for each in _audit(state)] == ["pause", "resume", "rollback", "restart", "abort"]


def test_without_auto_abort_nothing_is_taken_back(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("canary", "cart", "--image", f"cart={STUCK}", "--yes", "--watch", "--timeout", "2s")
    assert ran.code == 3
    assert "cannot be pulled" in ran.err
    assert ran.err.splitlines()[-1] == "ktui: timed out waiting for the condition"
    assert cart.image() == STUCK


def test_steps_that_stay_ready_advance_by_themselves(ktui: Ktui, cart: Witness, state: Path) -> None:
    steps = (*_canary(FINE), "--steps", "1,50%")
    assert ktui(*steps, "--advance").code == 0
    assert [entry["request"]["action"] for entry in _audit(state)] == ["canary", "promote", "promote"]
    assert {entry["automatic"] for entry in _audit(state)[1:]} == {"its canary was ready for the soak time"}
    status = cart.deployment().status
    assert (status.updated_replicas, status.available_replicas) == (4, 4)


def test_a_step_that_fails_does_not_advance(ktui: Ktui, cart: Witness, state: Path) -> None:
    before = cart.image()
    assert ktui(*_canary(CRASH), "--steps", "1,50%", "--advance", *SOON).code == 1
    assert [entry["request"]["action"] for entry in _audit(state)] == ["canary", "abort"]
    assert cart.image() == before


@pytest.fixture
def guarded(
    ktui_process: Callable[..., subprocess.Popen[str]], cart: Witness, cluster: SimulatedCluster
) -> subprocess.Popen[str]:
    """ktui that looks on at a healthy canary for as long as it is let."""
    process = ktui_process(
        "canary", "cart", "--image", f"cart={FINE}", "--yes", "--watch", "--soak", "10m", "--auto-abort"
    )
    cluster.wait_until(lambda _: (cart.deployment().status.updated_replicas or 0) == 1)
    return process


def test_another_template_is_none_of_its_business(guarded: subprocess.Popen[str], cart: Witness, state: Path) -> None:
    cart.patch(image_patch(STUCK))
    _, err = guarded.communicate(timeout=30)
    assert guarded.returncode == 1
    assert "is no longer followed: its pod template was changed" in err
    assert "Auto-abort is off." in err
    assert cart.image() == STUCK
    assert len(_audit(state)) == 1


def test_a_lost_connection_aborts_nothing(
    guarded: subprocess.Popen[str], cart: Witness, cluster: SimulatedCluster, state: Path
) -> None:
    assert guarded.stderr is not None
    with cluster.faults.refusing_connections():
        told = guarded.stderr.readline()
    assert "nothing is aborted blindly" in told
    assert cart.image() == FINE
    guarded.terminate()
    guarded.communicate(timeout=30)
    assert cart.image() == FINE
    assert len(_audit(state)) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["promote", "cart", "--auto-abort", "--yes"], "--auto-abort acts while ktui follows the rollout: give"),
        (["promote", "cart", "--watch", "--patience", "1m", "--yes"], "--patience is that of --auto-abort: give both."),
        (["promote", "cart", "web", "--watch", "--yes"], "--watch follows one rollout: give one NAME."),
        (["promote", "service/cart", "--watch", "--yes"], "are for a rollout"),
        (["promote", "cart", "--advance", "--yes"], "--advance acts while ktui follows the rollout: give"),
    ],
)
def test_wrong_usage(ktui: Ktui, arguments: list[str], said: str) -> None:
    ran = ktui(*arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_ctrl_c_says_that_it_is_off_and_leaves_the_canary(guarded: subprocess.Popen[str], cart: Witness) -> None:
    assert guarded.stdout is not None
    while "Waiting for deployment" not in guarded.stdout.readline():
        pass
    guarded.send_signal(signal.SIGINT)
    _, err = guarded.communicate(timeout=30)
    assert guarded.returncode == 130
    assert "ktui: It is no longer followed: auto-abort is off." in err
    assert cart.image() == FINE


@pytest.mark.parametrize(
    "command",
    [("set-image", "cart", f"cart={FINE}"), ("restart", "cart"), ("set-image", "cart", f"cart={CRASH}")],
    ids=["set-image", "restart", "set-image that crashes"],
)
def test_every_action_that_rolls_can_be_followed_and_taken_back(
    ktui: Ktui, cart: Witness, command: tuple[str, ...]
) -> None:
    before = cart.image()
    ran = ktui(*command, "--yes", "--watch", *SOON, "--timeout", "90s")
    if CRASH in command[-1]:
        assert ran.code == 1
        assert "shop/cart is rolled back automatically: " in ran.err
        assert cart.image() == before
    else:
        assert (ran.code, ran.err) == (0, "")
        assert ran.lines[-1] == "shop/cart is complete."


def test_a_daemonset_can_be_followed(ktui: Ktui, sets: Sets) -> None:
    ran = ktui("restart", "ds/agent", "--yes", "--watch", "--timeout", "90s")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[-1] == "DaemonSet shop/agent is complete."


def test_the_output_says_how_to_follow(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("set-image", "cart", f"cart={FINE}", "--yes")
    assert ran.code == 0
    assert ran.lines[-1].startswith("To follow it: ktui ")
    assert ran.lines[-1].endswith("-n shop status cart")
    assert ktui("scale", "cart", "--replicas", "5", "--yes").lines[-1] == ran.lines[-1]
