"""`ktui status` beside the real `kubectl rollout status`, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import STUCK, Witness, image_patch

KUBECTL = Path(sys.executable).with_name("kubectl")
Start = Callable[..., subprocess.Popen[str]]


def test_a_rollout_that_is_complete_says_so(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("status", "cart")
    assert (ran.code, ran.out, ran.err) == (0, 'deployment "cart" successfully rolled out\n', "")


@pytest.mark.parametrize("image", ["registry.example/shop/cart:6.0", "registry.example/shop/cart:slow"])
def test_the_lines_are_those_of_kubectl(
    image: str, cart: Witness, cluster: SimulatedCluster, kubeconfig: Path, ktui_process: Start
) -> None:
    cluster.pause()
    cart.patch(image_patch(image))
    arguments = ["--kubeconfig", str(kubeconfig), "-n", "shop", "rollout", "status", "deployment/cart"]
    kubectl = subprocess.Popen([str(KUBECTL), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ours = ktui_process("status", "cart")
    # Both are watching before anything moves, so the first line of both is the same one.
    first = "Waiting for deployment spec update to be observed...\n"
    assert kubectl.stdout is not None
    assert ours.stdout is not None
    assert kubectl.stdout.readline() == first
    assert ours.stdout.readline() == first
    cluster.resume()
    out, err = ours.communicate(timeout=30)
    said, _ = kubectl.communicate(timeout=30)
    assert out == said
    assert out.endswith('deployment "cart" successfully rolled out\n')
    assert (ours.returncode, kubectl.returncode, err) == (0, 0, "")


def test_one_look_at_what_is_not_finished(ktui: Ktui, stuck: Witness, kubeconfig: Path) -> None:
    ran = ktui("status", "cart", "--no-watch")
    kubectl = subprocess.run(
        [KUBECTL, "--kubeconfig", kubeconfig, "-n", "shop", "rollout", "status", "deploy/cart", "--watch=false"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.code == 3
    assert f"{ran.lines[0]}\n" == kubectl.stdout
    assert ran.lines[1].startswith("stalled: image cart:nopull cannot be pulled")


def test_a_deadline_that_passes_is_an_error_and_is_explained(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster
) -> None:
    cart.patch({"spec": {"progressDeadlineSeconds": 20}})
    cart.patch(image_patch(STUCK))
    ran = ktui("status", "cart")
    assert ran.code == 1
    assert ran.err == 'error: deployment "cart" exceeded its progress deadline\n'
    assert [line for line in ran.lines if line.startswith("failed: image cart:nopull cannot be pulled")]
    assert "roll back" in ran.out


def test_what_takes_too_long_is_not_finished(ktui: Ktui, stuck: Witness) -> None:
    ran = ktui("status", "cart", "--timeout", "200ms")
    assert (ran.code, ran.err) == (3, "error: timed out waiting for the condition\n")
    assert [line for line in ran.lines if line.startswith("stalled: ")]


def test_a_pause_is_said_once_beside_the_lines(ktui: Ktui, stuck: Witness) -> None:
    stuck.patch({"spec": {"paused": True}})
    ran = ktui("status", "cart", "--timeout", "300ms")
    assert ran.code == 3
    assert ran.err.count("it is paused: nothing rolls out until it is resumed") == 1
    assert any(line.startswith("paused: ") for line in ran.lines)


def test_what_is_deleted_while_watched_is_an_error(
    stuck: Witness, cluster: SimulatedCluster, ktui_process: Start
) -> None:
    ours = ktui_process("status", "cart")
    assert ours.stdout is not None
    assert ours.stdout.readline().startswith('Waiting for deployment "cart" rollout to finish: ')
    stuck.delete()
    _, err = ours.communicate(timeout=30)
    assert (ours.returncode, err) == (1, "error: object has been deleted\n")


def test_another_revision_than_the_one_asked_for_is_an_error(ktui: Ktui, cart: Witness) -> None:
    assert ktui("status", "cart", "--revision", "2").code == 0
    ran = ktui("status", "cart", "--revision", "1")
    assert (ran.code, ran.err) == (1, "error: desired revision (1) is different from the running revision (2)\n")


def test_a_name_that_does_not_exist_is_an_error_at_once(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("status", "basket")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: deployments.apps "basket" not found in the namespace shop.')


@pytest.mark.parametrize(("name", "code", "phase"), [("cart", 0, "complete"), ("stuck", 3, "stalled")])
def test_as_a_document_it_is_one_and_nothing_else(
    ktui: Ktui, request: pytest.FixtureRequest, name: str, code: int, phase: str
) -> None:
    request.getfixturevalue(name)
    ran = ktui("status", "cart", "--no-watch", "-o", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["exitCode"]) == (code, code)
    assert document["rollout"]["phase"] == phase
    assert document["rollout"]["status"]["done"] is (code == 0)


def test_a_watch_that_breaks_is_taken_up_again(stuck: Witness, cluster: SimulatedCluster, ktui_process: Start) -> None:
    ours = ktui_process("status", "cart")
    assert ours.stdout is not None
    ours.stdout.readline()
    cluster.faults.drop_watches()
    stuck.patch(image_patch("registry.example/shop/cart:6.0"))
    out, _ = ours.communicate(timeout=30)
    assert out.endswith('deployment "cart" successfully rolled out\n')
    assert ours.returncode == 0
