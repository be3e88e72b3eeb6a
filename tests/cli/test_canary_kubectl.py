"""kubectl does the same: the commands that ktui prints beside a canary, and those that the README gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.cli.test_canary import ANNOTATION, IMAGE, becomes, changed, written
from tests.simulated import OLD, Witness, manifest

JSON = dict[str, Any]
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def four(cluster: SimulatedCluster, witness: Witness) -> Witness:
    """shop/cart with 4 pods of cart:4.9, complete."""
    cluster.apply(manifest(OLD, minReadySeconds=1))
    cluster.settle()
    return witness


def shell(script: str, kubeconfig: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "KUBECONFIG": str(kubeconfig)}
    ran = subprocess.run(
        ["bash", "-euc", script], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr


def state(witness: Witness) -> JSON:
    raw = witness.raw()
    return {"spec": deepcopy(raw["spec"]), "annotations": _own(raw["metadata"].get("annotations") or {})}


def _own(annotations: JSON) -> JSON:
    own = {key: value for key, value in annotations.items() if key == ANNOTATION}
    if own:
        own = json.loads(own[ANNOTATION])
        own.pop("since")
    return own


@pytest.mark.parametrize(
    ("before", "action", "sizes"),
    [
        ([], ["canary", "cart", "--image", f"cart={IMAGE}", "--steps", "2,3"], {"6.0": 2, "4.9": 4}),
        ([], ["canary", "cart", "--image", f"cart={IMAGE}", "--no-surge"], {"6.0": 1, "4.9": 3}),
        (["--steps", "2,3"], ["promote", "cart"], {"6.0": 3, "4.9": 4}),
        (["--steps", "2,3"], ["promote", "cart", "--full"], {"6.0": 4}),
        (["--steps", "2,3"], ["abort", "cart"], {"4.9": 4}),
    ],
)
def test_the_printed_commands_do_the_same(  # noqa: PLR0917
    ktui: Ktui,
    four: Witness,
    cluster: SimulatedCluster,
    kubeconfig: Path,
    before: list[str],
    action: list[str],
    sizes: JSON,
) -> None:
    def begin() -> None:
        if before:
            assert ktui("canary", "cart", "--image", f"cart={IMAGE}", *before, "--yes").code == 0
            becomes(cluster, {"6.0": 2, "4.9": 4})

    begin()
    printed = json.loads(ktui(*action, "--dry-run", "-o", "json").out)["kubectl"]
    shell("\n".join(printed), kubeconfig)
    becomes(cluster, sizes)
    theirs = state(four)

    four.delete()
    cluster.wait_until(lambda _: not cluster.list("replicasets", "shop") and not cluster.list("pods", "shop"))
    cluster.apply(manifest(OLD, minReadySeconds=1))
    cluster.settle()
    begin()
    assert ktui(*action, "--yes").code == 0
    becomes(cluster, sizes)
    assert theirs == state(four)


def test_the_printed_commands_for_a_manifest_hold_too(
    ktui: Ktui, four: Witness, cluster: SimulatedCluster, kubeconfig: Path, tmp_path: Path
) -> None:
    four_of_it = changed()
    four_of_it["spec"]["replicas"] = 4
    file = written(tmp_path, four_of_it)
    ran = ktui("canary", "cart", "-f", file, "--pods", "2", "--dry-run", "-o", "json")
    shell("\n".join(json.loads(ran.out)["kubectl"]), kubeconfig)
    becomes(cluster, {"6.0": 2, "4.9": 4})
    assert four.deployment().spec.paused is None
    assert "canary of 2 of 4 held, by admin" in ktui("get").out


@pytest.mark.parametrize("end", ["promote", "abort"])
def test_the_commands_of_the_readme(
    ktui: Ktui, cluster: SimulatedCluster, witness: Witness, kubeconfig: Path, end: str
) -> None:
    made = manifest("registry.example/payments:3.0", name="payments", replicas=8)
    made["spec"]["template"]["spec"]["containers"][0]["name"] = "payments"
    cluster.apply(made)
    cluster.settle()
    before = witness.raw("payments")["spec"]
    hold, step, undo, settings = _commands()
    shell(hold, kubeconfig)
    becomes(cluster, {"3.1": 2, "3.0": 8})
    assert "canary of 2 held, all ready" in ktui("get").out
    shell(step, kubeconfig)
    becomes(cluster, {"3.1": 4, "3.0": 8})
    if end == "abort":
        shell(undo, kubeconfig)
    shell(settings, kubeconfig)
    becomes(cluster, {"3.0": 8} if end == "abort" else {"3.1": 8})
    after = witness.raw("payments")["spec"]
    after["template"]["spec"]["containers"][0]["image"] = "registry.example/payments:3.0"
    assert after == before


def _commands() -> list[str]:
    """The commands of the section, in order."""
    section = README.read_text(encoding="utf-8").partition("## A held canary")[2]
    script = section.partition("```sh\n")[2].partition("```")[0]
    scoped = script.replace("kubectl ", "kubectl -n shop ")
    return [
        "kubectl" + part.rpartition("\n#")[0] if "\n#" in part else "kubectl" + part
        for part in scoped.split("kubectl")[1:]
    ]


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("kubectl -n shop rollout undo deployment/cart", "someone rolled the canary back to cart:4.9"),
        ("kubectl apply -f OLD", "someone applied cart:4.9 again"),
        ("kubectl apply -f NEW", "someone replaced the canary by cart:7.0: 2 pods of it held"),
        (
            "kubectl -n shop scale deployment/cart --replicas=16",
            "scaled from 4 to 16 while held: the canary went from 2",
        ),
        ("kubectl -n shop annotate deployment/cart ktui.dev/hold-", "its record is gone from the Deployment"),
    ],
)
def test_what_others_do_with_kubectl_is_told_and_mended(  # noqa: PLR0917
    ktui: Ktui, cluster: SimulatedCluster, witness: Witness, kubeconfig: Path, tmp_path: Path, theirs: str, said: str
) -> None:
    files = {}
    for name, image in (("OLD", OLD), ("NEW", "registry.example/shop/cart:7.0")):
        files[name] = tmp_path / f"{name}.json"
        files[name].write_text(json.dumps(manifest(image)), encoding="utf-8")
        theirs = theirs.replace(name, str(files[name]))
    cluster.call(lambda: cluster.plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
    shell(f"kubectl apply -f {files['OLD']}", kubeconfig)
    cluster.settle()
    before = witness.raw()["spec"]
    assert ktui("canary", "cart", "--image", f"cart={IMAGE}", "--pods", "2", "--yes").code == 0
    becomes(cluster, {"6.0": 2, "4.9": 4})
    shell(theirs, kubeconfig)
    cluster.wait_until(lambda _: said in ktui("get").out)
    assert ktui("canary", "cart", "--repair", "--yes").code == 0
    cluster.wait_until(lambda _: said not in ktui("get").out)
    ktui("abort", "cart", "--yes")
    cluster.wait_until(lambda _: witness.raw()["spec"] | {"replicas": 4} == before)
