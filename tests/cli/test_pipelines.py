"""The pieces in docs/pipelines, by their own commands: taken out of the files as they are and run in a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.cli.junit import trouble_of, valid_report
from tests.simulated import NEW, STUCK, Witness, image_patch

FOLDER = Path(__file__).parents[2] / "docs" / "pipelines"
NEXT = "registry.example/shop/cart:6.0"
EVERYTHING = (
    "replicasets",
    "pods",
    "pods/log",
    "events",
    "services",
    "configmaps",
    "secrets",
    "namespaces",
    "resourcequotas",
    "horizontalpodautoscalers",
    "poddisruptionbudgets",
)
SET_UP = "pip install"
"""What a step begins with that only brings ktui there."""


def _yaml(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def gitlab() -> list[str]:
    script = "\n".join(_yaml("gitlab-ci.yml")["deploy"]["script"])
    return ["bash", "-eo", "pipefail", "-c", script]


def jenkins() -> list[str]:
    # Jenkins runs a script of several lines with `sh -xe`.
    (script,) = re.findall(r"sh '''(.*?)'''", (FOLDER / "Jenkinsfile").read_text(encoding="utf-8"), re.DOTALL)
    return ["sh", "-xe", "-c", script]


def github() -> list[str]:
    steps = _yaml("github-actions.yml")["jobs"]["deploy"]["steps"]
    script = "\n".join(step["run"] for step in steps if "run" in step and not step["run"].startswith(SET_UP))
    return ["bash", "-e", "-c", script]


def spinnaker() -> list[str]:
    (container,) = _yaml("spinnaker-run-job.yaml")["manifest"]["spec"]["template"]["spec"]["containers"]
    return [*container["command"], *container["args"]]


PIECES = [gitlab, jenkins, github, spinnaker]
REPORTING = [gitlab, jenkins, github]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(kubeconfig: Path, tmp_path: Path) -> Run:
    """Run a piece's commands in a folder of its own, with ktui and kubectl on the path."""

    def run(piece: Callable[[], list[str]], image: str, timeout: str = "30s") -> subprocess.CompletedProcess[str]:
        tools = Path(sys.executable).parent
        given = {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(kubeconfig),
            "NAMESPACE": "shop",
            "NAME": "cart",
            "CONTAINER": "cart",
            "IMAGE": image,
            "TIMEOUT": timeout,
        }
        return subprocess.run(
            piece(), cwd=tmp_path, env=os.environ | given, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def hasty(cart: Witness) -> Witness:
    """shop/cart, with a progress deadline that passes within two seconds of real time."""
    cart.patch({"spec": {"progressDeadlineSeconds": 30}})
    return cart


@pytest.mark.parametrize("piece", PIECES)
def test_a_rollout_that_succeeds_passes(
    piece: Callable[[], list[str]], run: Run, cart: Witness, tmp_path: Path
) -> None:
    if piece is spinnaker:
        cart.patch(image_patch(NEXT))
    ran = run(piece, NEXT)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith('deployment "cart" successfully rolled out\n')
    assert cart.image() == NEXT
    if piece in REPORTING:
        assert trouble_of(valid_report(tmp_path / "rollout.xml")) is None


@pytest.mark.parametrize("piece", REPORTING)
def test_a_rollout_that_fails_is_rolled_back_and_fails_the_job(
    piece: Callable[[], list[str]], run: Run, hasty: Witness, tmp_path: Path
) -> None:
    before = hasty.raw()["spec"]["template"]
    ran = run(piece, STUCK)
    assert ran.returncode == 1, ran.stderr
    assert "failed: image cart:nopull cannot be pulled" in ran.stdout
    assert ran.stdout.endswith("The rollback is complete.\n")
    assert hasty.raw()["spec"]["template"] == before
    assert hasty.deployment().status.available_replicas == 4
    tag, kind, _ = trouble_of(valid_report(tmp_path / "rollout.xml")) or ("", "", "")
    assert (tag, kind) == ("failure", "failed")


def test_the_spinnaker_stage_fails_and_leaves_the_rollout_to_the_next_stage(run: Run, hasty: Witness) -> None:
    hasty.patch(image_patch(STUCK))
    ran = run(spinnaker, STUCK)
    assert ran.returncode == 1
    assert "failed: image cart:nopull cannot be pulled" in ran.stdout
    assert hasty.image() == STUCK


NO_ROOM = "registry.example/shop/cart:unschedulable"
"""No node has room for it, which may pass: nothing is rolled back because of that."""


@pytest.mark.parametrize(
    ("piece", "left"), [(gitlab, NEW), (jenkins, NO_ROOM), (github, NO_ROOM), (spinnaker, NO_ROOM)]
)
def test_a_rollout_that_takes_too_long_is_another_exit_code(
    piece: Callable[[], list[str]], left: str, run: Run, cart: Witness, tmp_path: Path
) -> None:
    if piece is spinnaker:
        cart.patch(image_patch(NO_ROOM))
    ran = run(piece, NO_ROOM, "1s")
    assert ran.returncode == 3, ran.stderr
    assert "error: timed out waiting for the condition" in ran.stderr
    assert cart.image() == left
    if piece in REPORTING:
        tag, kind, _ = trouble_of(valid_report(tmp_path / "rollout.xml")) or ("", "", "")
        assert (tag, kind) == ("failure", "timed out")


# What docs/pipelines.md promises


def _members(of: str) -> set[str]:
    """The members that a table of the document names: every word in backticks of its first column."""
    text = (FOLDER.parent / "pipelines.md").read_text(encoding="utf-8")
    _, _, below = text.partition(f"| member of a {of} |")
    rows = below.split("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_the_documents_have_the_members_that_are_documented(ktui: Ktui, stuck: Witness) -> None:
    document = json.loads(ktui("status", "cart", "--no-watch", "-o", "json").out)
    assert document.keys() == _members("status")
    assert document["rollout"].keys() == _members("rollout")
    # A name that is missing ends the stream after what there is.
    lines = [json.loads(line) for line in ktui("get", "--watch", "cart", "basket", "-o", "json").lines]
    assert {name for line in lines for name in line} == _members("line")


def test_the_documented_role_is_all_that_the_gate_asks_for(
    ktui: Ktui, stuck: Witness, cluster: SimulatedCluster
) -> None:
    text = (FOLDER.parent / "pipelines.md").read_text(encoding="utf-8")
    (role,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    allowed = {
        (verb, resource)
        for rule in yaml.safe_load(role)["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    for resource in (*EVERYTHING, "deployments"):
        for verb in ("get", "list", "watch", "create", "update", "patch", "delete"):
            if (verb, resource) not in allowed:
                cluster.faults.forbid(verb, resource)
    assert ktui("status", "cart", "--patience", "200ms", "--rollback-on-failure").code == 1
    assert stuck.image() == NEW
