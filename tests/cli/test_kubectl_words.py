"""What kubectl refuses, ktui refuses in the same words; what kubectl does, ktui's command to copy does."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import Witness, image_patch

KUBECTL = Path(sys.executable).with_name("kubectl")


def kubectl(kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(KUBECTL), "--kubeconfig", str(kubeconfig), "-n", "shop", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("paused", "theirs", "ours"),
    [
        (True, "rollout pause deployment/cart", "pause cart"),
        (False, "rollout resume deployment/cart", "resume cart"),
        (True, "rollout restart deployment/cart", "restart cart"),
        (False, "rollout undo deployment/cart --to-revision=42", "rollback cart --to-revision 42"),
        (False, "set image deployment/cart web=x:1", "set-image cart web=x:1"),
    ],
)
def test_what_both_refuse(  # noqa: PLR0917
    ktui: Ktui, cart: Witness, kubeconfig: Path, paused: bool, theirs: str, ours: str
) -> None:
    cart.patch({"spec": {"paused": paused or None}})
    refused = kubectl(kubeconfig, *theirs.split())
    ran = ktui(*ours.split(), "--yes")
    assert refused.returncode == ran.code == 1
    words = refused.stderr.strip().removeprefix("error: ")
    assert ran.err.startswith(f"ktui: {words}")


def test_a_roll_back_to_what_is_there_is_skipped_by_both(ktui: Ktui, cart: Witness, kubeconfig: Path) -> None:
    skipped = kubectl(kubeconfig, "rollout", "undo", "deployment/cart", "--to-revision=2")
    ran = ktui("rollback", "cart", "--to-revision", "2", "--yes")
    assert skipped.stdout.strip() == "deployment.apps/cart " + ran.err.strip().removeprefix("ktui: ")


@pytest.mark.parametrize(
    "action",
    [
        "pause cart",
        "scale cart --replicas 7",
        "scale cart --replicas 0",
        "set-image cart cart=cart:6",
        "set-image cart *=cart:6",
        "rollback cart",
        "restart cart",
    ],
)
def test_the_command_to_copy_does_the_same(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster, kubeconfig: Path, action: str
) -> None:
    cluster.pause()
    document = json.loads(ktui(*action.split(), "--dry-run", "-o", "json").out)
    before = cart.raw()
    assert ktui(*action.split(), "--yes").code == 0
    ours = without_times(cart.raw())
    cart.replace(before)
    for command in document["kubectl"]:
        assert kubectl(kubeconfig, *shlex.split(command)[1:]).returncode == 0
    assert without_times(cart.raw()) == ours


def without_times(raw: dict[str, Any]) -> dict[str, Any]:
    raw = deepcopy(raw)
    raw["metadata"].pop("generation")
    raw["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    annotations = raw["spec"]["template"]["metadata"].get("annotations", {})
    if "kubectl.kubernetes.io/restartedAt" in annotations:
        annotations["kubectl.kubernetes.io/restartedAt"] = "now"
    return raw


def test_the_two_commands_for_a_paused_deployment_do_the_same(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster, kubeconfig: Path
) -> None:
    cart.patch(image_patch("registry.example/shop/cart:slow"))
    cart.patch({"spec": {"paused": True}})
    cluster.wait_until(lambda it: (it.get("deployments", "cart", "shop") or {})["status"]["observedGeneration"] >= 4)
    document = json.loads(ktui("rollback", "cart", "--dry-run", "-o", "json").out)
    assert len(document["kubectl"]) == 2
    for command in document["kubectl"]:
        assert kubectl(kubeconfig, *shlex.split(command)[1:]).returncode == 0
    assert cart.deployment().spec.paused is None
    assert document["title"].endswith(f"({cart.image().rpartition('/')[2]})")
