"""`ktui history` and `ktui diff` on a simulated cluster, with the official client and kubectl as witnesses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import NEW, OLD, Witness, image_patch, manifest

JSON = dict[str, Any]
CAUSE = "kubernetes.io/change-cause"
ARGO = {"argocd.argoproj.io/tracking-id": "shop-cart:apps/Deployment:shop/cart"}


def patch(cause: str, *, annotations: JSON | None = None, **container: Any) -> JSON:
    return {
        "metadata": {"annotations": {CAUSE: cause, **(annotations or {})}},
        "spec": {"template": {"spec": {"containers": [{"name": "cart", **container}]}}},
    }


@pytest.fixture
def told(cluster: SimulatedCluster, witness: Witness) -> Witness:
    """shop/cart with three revisions, of which the last has a secret and a change-cause that nobody wrote for it."""
    cluster.apply(manifest(OLD))
    cluster.settle()
    witness.patch(patch("release 5.0", annotations=ARGO, image=NEW))
    cluster.settle()
    witness.patch(patch("release 5.0", image=NEW, env=[{"name": "API_TOKEN", "value": "hunter2"}]))
    cluster.settle()
    return witness


def columns(lines: list[str]) -> list[list[str]]:
    return [re.split(r"\s{3,}", line) for line in lines]


def test_revisions_newest_first_with_what_is_known_of_them(told: Witness, ktui: Ktui) -> None:
    ran = ktui("history", "deployment/cart")
    header, *rows = columns(ran.lines)
    assert (ran.code, ran.err) == (0, "")
    assert header[0] == "REVISION"
    assert header[-1] == "CHANGE-CAUSE"
    assert [row[:5] for row in rows] == [
        ["3", "live", "cart:5.0", "env", "4/4"],
        ["2", "undo", "cart:5.0", "image", "0/0"],
        ["1", "-", "cart:4.9", "-", "0/0"],
    ]
    assert [row[-1] for row in rows] == ["release 5.0 (stale)", "release 5.0", "<none>"]
    # The live one was written by the official client that the test uses, whoever owns the object.
    assert [row[-2] for row in rows] == ["OpenAPI-Generator", "Argo CD", "-"]


def test_numbers_and_causes_are_kubectls(told: Witness, ktui: Ktui, kubeconfig: Path) -> None:
    kubectl = Path(sys.executable).with_name("kubectl")
    history = [str(kubectl), "--kubeconfig", str(kubeconfig), "-n", "shop", "rollout", "history", "deployment/cart"]
    printed = subprocess.run(history, capture_output=True, text=True, check=True).stdout.strip().splitlines()[2:]
    revisions = json.loads(ktui("history", "cart", "-o", "json").out)["revisions"]
    ours = [[str(each["revision"]), each["changeCause"] or "<none>"] for each in reversed(revisions)]
    assert ours == [line.split(maxsplit=1) for line in printed]


def test_the_document_holds_everything_and_no_secret(told: Witness, ktui: Ktui) -> None:
    ran = ktui("history", "cart", "-o", "json")
    document = json.loads(ran.out)
    assert document == yaml.safe_load(ktui("history", "cart", "-o", "yaml").out)
    assert document["currentRevision"] == 3
    assert document["rollBackLeadsTo"] == document["kubectlUndoLeadsTo"] == 2
    assert document["deployedBy"] == {"tool": "Argo CD", "owner": "shop-cart"}
    assert document["lastWrittenBy"]["operation"] == "Update"
    newest = document["revisions"][0]
    assert newest["images"] == [{"container": "cart", "image": NEW, "init": False, "changed": False}]
    assert newest["tookSeconds"] > 0
    assert newest["changeCauseIsStale"]
    assert "hunter2" not in ran.out


def test_a_former_number_is_told_and_asking_for_it_is_an_error(
    cart: Witness, cluster: SimulatedCluster, ktui: Ktui
) -> None:
    assert ktui("rollback", "cart", "--yes").code == 0
    cluster.settle()
    document = json.loads(ktui("history", "cart", "-o", "json").out)
    assert [(each["revision"], each["formerRevisions"]) for each in document["revisions"]] == [(3, [1]), (2, [])]
    for arguments in (("history", "cart", "--revision", "1"), ("diff", "cart", "--from", "1")):
        ran = ktui(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "ktui: unable to find specified revision 1 in history\n"


def test_one_revision_is_told_in_full_with_its_template(told: Witness, ktui: Ktui) -> None:
    text = ktui("history", "cart", "--revision", "3").out
    assert text.startswith("deployment.apps/cart with revision #3\n")
    assert "State:         live" in text
    assert "Deployed by:   Argo CD (shop-cart)" in text
    template = yaml.safe_load(text.partition("Pod Template:\n")[2])
    assert template["spec"]["containers"][0]["image"] == NEW
    assert "pod-template-hash" not in text
    assert "hunter2" not in text
    assert json.loads(ktui("history", "cart", "--revision", "3", "-o", "json").out)["template"] == template


def test_without_numbers_the_difference_is_what_the_live_revision_changed(told: Witness, ktui: Ktui) -> None:
    ran = ktui("diff", "cart")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == [
        "cart: revision 2 → revision 3 (live)",
        "+ spec.template.spec.containers[cart].env[API_TOKEN].name: API_TOKEN",
        "+ spec.template.spec.containers[cart].env[API_TOKEN].value: •••",
    ]


def test_any_two_revisions_in_either_direction(told: Witness, ktui: Ktui) -> None:
    there, back = ktui("diff", "cart", "--from", "1", "--to", "2"), ktui("diff", "cart", "--from", "2", "--to", "1")
    assert there.lines[1:] == [f"~ spec.template.spec.containers[cart].image: {OLD} → {NEW}"]
    assert back.lines[1:] == [f"~ spec.template.spec.containers[cart].image: {NEW} → {OLD}"]
    assert ktui("diff", "cart", "--from", "2", "--to", "2").lines[1:] == ["no difference"]
    document = json.loads(ktui("diff", "cart", "--to", "2", "-o", "json").out)
    assert (document["from"], document["to"]) == ({"revision": 1, "live": False}, {"revision": 2, "live": False})
    assert document["changes"] == [
        {"kind": "changed", "path": "spec.template.spec.containers[cart].image", "before": OLD, "after": NEW}
    ]


def test_yaml_is_unified_and_has_no_colours_where_no_terminal_is(told: Witness, ktui: Ktui) -> None:
    lines = ktui("diff", "cart", "--from", "1", "--to", "2", "--yaml").lines
    assert lines[1:3] == ["  spec:", "    containers:"]
    assert [line for line in lines if line[0] in "+-"] == [f"-     image: {OLD}", f"+     image: {NEW}"]
    assert not any("\x1b" in line for line in lines)
    assert ktui("diff", "cart", "--yaml", "-o", "json").code == 2


def test_a_restart_is_told_in_words(cart: Witness, cluster: SimulatedCluster, ktui: Ktui) -> None:
    assert ktui("restart", "cart", "--yes").code == 0
    cluster.settle()
    stamp = cart.deployment().spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]
    assert ktui("diff", "cart").lines == ["cart: revision 2 → revision 3 (live)", f"• restarted at {stamp}"]
    newest = columns(ktui("history", "cart").lines)[1]
    assert newest[3] == "restart"
    assert newest[-2] == "ktui"


def test_a_change_while_paused_is_told_though_it_is_no_revision(cart: Witness, ktui: Ktui) -> None:
    assert ktui("pause", "cart", "--yes").code == 0
    cart.patch(image_patch("registry.example/shop/cart:6.0"))
    ran = ktui("history", "cart")
    assert not any("live" in line for line in ran.lines[1:])
    assert ran.err == "ktui: the live template has no revision yet.\n"
    assert ktui("diff", "cart").lines[0] == "cart: revision 2 → the live template"


def test_the_first_revision_has_nothing_before_it(cluster: SimulatedCluster, witness: Witness, ktui: Ktui) -> None:
    cluster.apply(manifest(OLD))
    cluster.settle()
    ran = ktui("diff", "cart")
    assert (ran.code, ran.err) == (1, "ktui: there is nothing before revision 1 (live) to compare it with\n")
    assert ktui("history", "cart").code == 0


def test_what_is_not_there_is_an_error(cluster: SimulatedCluster, ktui: Ktui) -> None:
    for command in ("history", "diff"):
        ran = ktui(command, "cart")
        assert (ran.code, ran.out) == (1, "")
        assert "not found" in ran.err
        assert ktui(command).code == 2
        assert ktui(command, "cart", "-A").code == 2
