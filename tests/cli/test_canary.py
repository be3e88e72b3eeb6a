"""Held canaries through the real command line, over HTTP; the official client is the witness."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import yaml
from click import UsageError

from ktui.cli.act.manifest import read_template
from ktui.model.reference import Reference
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import NEW, OLD, Witness, deployment_of, manifest

JSON = dict[str, Any]
ANNOTATION = "ktui.dev/hold"
IMAGE = "registry.example/shop/cart:6.0"


@pytest.fixture
def twelve(cluster: SimulatedCluster, witness: Witness) -> Witness:
    """shop/cart with 12 pods of cart:4.9, complete, with settings of its own."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "30%", "maxUnavailable": 1}}
    cluster.apply(manifest(OLD, replicas=12, strategy=strategy, minReadySeconds=2, progressDeadlineSeconds=77))
    cluster.settle()
    return witness


def sizes(cluster: SimulatedCluster) -> JSON:
    """How many pods are ready, by their image's tag."""
    return {
        rs["spec"]["template"]["spec"]["containers"][0]["image"].rsplit(":", 1)[1]: rs["status"].get("readyReplicas", 0)
        for rs in cluster.list("replicasets", "shop")
        if rs["spec"]["replicas"] or rs["status"].get("replicas")
    }


def becomes(cluster: SimulatedCluster, wanted: JSON) -> None:
    cluster.wait_until(lambda _: sizes(cluster) == wanted)


@pytest.mark.parametrize(
    ("size", "held", "old"),
    [
        ([], 1, 12),
        (["--pods", "2"], 2, 12),
        (["--percent", "25"], 3, 12),
        (["--pods", "2", "--no-surge"], 2, 10),
        (["--percent", "25", "--no-surge"], 3, 9),
    ],
)
def test_hold_promote_and_abort(
    ktui: Ktui, twelve: Witness, cluster: SimulatedCluster, size: list[str], *, held: int, old: int
) -> None:
    before = twelve.raw()
    ran = ktui("canary", "cart", "--image", f"cart={IMAGE}", *size, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[-1] == f"shop/cart: canary of {held} of 12 pods at cart:6.0 sent."
    becomes(cluster, {"6.0": held, "4.9": old})
    assert ktui("abort", "cart", "--yes").lines[-2] == "shop/cart: rollback to revision 1 (cart:4.9) sent."
    cluster.settle()
    assert twelve.raw()["spec"] == before["spec"]
    assert ANNOTATION not in twelve.deployment().metadata.annotations

    becomes(cluster, {"4.9": 12})
    assert ktui("canary", "cart", "--image", f"cart={IMAGE}", *size, "--yes").code == 0
    becomes(cluster, {"6.0": held, "4.9": old})
    assert ktui("promote", "cart", "--yes").lines[-1] == "shop/cart: promotion in full to cart:6.0 sent."
    becomes(cluster, {"6.0": 12})
    cluster.settle()
    after = twelve.raw()["spec"]
    after["template"]["spec"]["containers"][0]["image"] = OLD
    assert after == before["spec"]


def test_step_by_step(ktui: Ktui, twelve: Witness, cluster: SimulatedCluster) -> None:
    assert ktui("canary", "cart", "--image", f"cart={IMAGE}", "--steps", "1,25%,50%,100%", "-y").code == 0
    for held, said in (
        (1, "canary of 1 of 12 held, step 1 of 4, by admin"),
        (3, "canary of 3 of 12 held, step 2 of 4, by admin"),
        (5, "canary of 5 of 12 held, step 2 of 4, by admin"),
        (6, "canary of 6 of 12 held, step 3 of 4, by admin"),
    ):
        if held > 1:
            assert ktui("promote", "cart", "--yes", *(["--pods", "5"] if held == 5 else [])).code == 0
        becomes(cluster, {"6.0": held, "4.9": 12})
        assert said in ktui("get").out
        assert ktui("status", "cart", "--no-watch").code == 3
    told = json.loads(ktui("get", "-o", "json").out)["rollouts"][0]["hold"]
    assert told.pop("since").endswith("Z")
    assert told == {
        "held": True,
        "pods": 6,
        "desired": 12,
        "surge": True,
        "steps": ["1", "25%", "50%", "100%"],
        "step": 3,
        "by": "admin",
        "disturbance": None,
        "told": None,
    }
    assert ktui("promote", "cart", "--yes").lines[0] == "Promote shop/cart in full: all 12 pods to cart:6.0"
    becomes(cluster, {"6.0": 12})


def test_promote_in_full_leaves_steps_out(ktui: Ktui, twelve: Witness, cluster: SimulatedCluster) -> None:
    ktui("canary", "cart", "--image", f"cart={IMAGE}", "--steps", "1,50%", "-y")
    becomes(cluster, {"6.0": 1, "4.9": 12})
    assert ktui("promote", "cart", "--percent", "25", "-y").lines[-1].startswith("shop/cart: promotion to 3 of 12 pods")
    becomes(cluster, {"6.0": 3, "4.9": 12})
    assert ktui("promote", "cart", "--full", "-y").code == 0
    becomes(cluster, {"6.0": 12})


def test_a_dry_run_changes_nothing(ktui: Ktui, twelve: Witness) -> None:
    before = twelve.raw()
    ran = ktui("canary", "cart", "--image", f"cart={IMAGE}", "--dry-run", "-o", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["action"], document["dryRun"]) == (0, "canary", True)
    assert "spec.minReadySeconds" in [change["path"] for change in document["changes"]]
    assert twelve.raw() == before


# From a manifest


def written(tmp_path: Path, *documents: JSON) -> str:
    path = tmp_path / "cart.yaml"
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return str(path)


def changed() -> JSON:
    made = manifest(IMAGE, replicas=3)
    made["spec"]["template"]["metadata"]["annotations"] = {"team": "shop"}
    made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "TOKEN", "value": "hunter2"}]
    return made


def test_the_template_of_a_manifest_and_nothing_else_of_it(
    ktui: Ktui, twelve: Witness, cluster: SimulatedCluster, tmp_path: Path, state: Path
) -> None:
    before = twelve.raw()
    file = written(tmp_path, manifest(name="other"), {"kind": "Service"}, {"kind": "List", "items": [changed()]})
    ran = ktui("canary", "cart", "-f", file, "--pods", "2", "--yes")
    assert (ran.code, ran.err) == (0, "")
    becomes(cluster, {"6.0": 2, "4.9": 12})
    template = twelve.deployment().spec.template
    assert template.metadata.annotations == {"team": "shop"}
    assert template.spec.containers[0].env[0].value == "hunter2"
    assert twelve.deployment().spec.replicas == 12
    assert "hunter2" not in (state / "audit.jsonl").read_text()
    assert ktui("abort", "cart", "--yes").code == 0
    assert twelve.raw()["spec"] == before["spec"]


def test_a_manifest_that_says_what_runs_already(ktui: Ktui, twelve: Witness, tmp_path: Path) -> None:
    ran = ktui("canary", "cart", "-f", written(tmp_path, manifest(OLD)), "--yes")
    assert (ran.code, ran.err.strip()) == (1, 'ktui: nothing to change: deployment "cart" runs that already')


def test_a_template_that_the_server_refuses(ktui: Ktui, twelve: Witness, tmp_path: Path) -> None:
    wrong = changed()
    wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    ran = ktui("canary", "cart", "-f", written(tmp_path, wrong), "--yes")
    assert ran.code == 1
    assert "`selector` does not match template `labels`" in ran.err


@pytest.mark.parametrize(
    "content",
    [
        "[" * 5000,
        "a: " + "9" * 6000,
        "a: &a [*a]",
        "kind: List\nitems: &i [{kind: List, items: *i}]",
        "a: !!python/x y z: :",
    ],
    ids=["deep", "a number without an end", "itself", "itself in a list", "a tag"],
)
def test_no_manifest_ends_ktui(tmp_path: Path, content: str) -> None:
    (tmp_path / "cart.yaml").write_text(content)
    with pytest.raises(UsageError, match="is neither YAML nor JSON"):
        read_template(str(tmp_path / "cart.yaml"), Reference("cart"))


def test_a_manifest_is_read_as_kubectl_reads_it(tmp_path: Path) -> None:
    template = "spec: {template: {spec: {containers: [{name: cart, image: 2024-13-45, tty: yes}]}}}"
    (tmp_path / "cart.yaml").write_text(f"a: 1\n---\n---\nkind: Deployment\nmetadata: {{name: cart}}\n{template}\n")
    (container,) = read_template(str(tmp_path / "cart.yaml"), Reference("cart"))["spec"]["containers"]
    assert container == {"name": "cart", "image": "2024-13-45", "tty": True}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("a: [", "is neither YAML nor JSON"),
        ("kind: Deployment\nmetadata: {name: web}\n", 'has no Deployment "cart"; available: web.'),
        ("hello", 'has no Deployment "cart"; available: none.'),
        ("kind: Deployment\nmetadata: {name: cart}\nspec: []\n", "has no pod template"),
    ],
)
def test_what_is_no_manifest(ktui: Ktui, tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "cart.yaml"
    if content is not None:
        file.write_text(content)
    ran = ktui("canary", "cart", "-f", str(file), "--yes")
    assert ran.code == 2
    assert said in ran.err.replace("\n", " ")


# Refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["canary", "cart"], "Name the new version: --image CONTAINER=IMAGE, or -f with a manifest."),
        (
            ["canary", "cart", "--image", "cart=x", "--pods", "1", "--percent", "5"],
            "--pods, --percent and --steps exclude one another",
        ),
        (["canary", "cart", "--image", "cart=x", "--steps", "100%"], "100% is not a canary but the whole rollout."),
        (["canary", "cart", "--image", "cart=x", "--steps", "a"], '"a" is not a step'),
        (["canary", "cart", "--image", "cart"], '"cart" is not CONTAINER=IMAGE.'),
        (["canary", "cart", "--repair", "--pods", "1"], "--repair repairs a hold that exists; it does not begin one."),
        (["promote", "cart", "--full", "--pods", "1"], "--full and --skip-step exclude one another: give one of them"),
    ],
)
def test_usage(ktui: Ktui, arguments: list[str], said: str) -> None:
    ran = ktui(*arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_second_canary_is_refused(ktui: Ktui, twelve: Witness) -> None:
    assert ktui("canary", "cart", "--image", f"cart={IMAGE}", "-y").code == 0
    ran = ktui("canary", "cart", "--image", f"cart={NEW}", "-y")
    assert ran.code == 1
    assert ran.err == "ktui: a canary of 1 of 12 is held already, by admin: promote it, or abort it\n"


def test_a_quota_and_a_budget_are_warned_of(ktui: Ktui, twelve: Witness, cluster: SimulatedCluster) -> None:
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "few", "namespace": "shop"},
            "spec": {"hard": {"pods": "13"}},
        }
    )
    cluster.apply(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"minAvailable": "80%", "selector": {"matchLabels": {"app": "cart"}}},
        }
    )
    cluster.wait_until(lambda _: (cluster.get("resourcequotas", "few", "shop") or {})["status"].get("used"))
    ran = ktui("canary", "cart", "--image", f"cart={IMAGE}", "--pods", "2", "--dry-run")
    accepted = ran.lines.index("The server accepts it (dry run).")
    changes = ran.lines[accepted + 1 : ran.lines.index("The same with kubectl:") - 1]
    assert changes[-1].split(":")[0].strip("+ ~").startswith("ktui's note of the hold")
    assert "{" not in "".join(changes), "what ktui writes down for itself is for no person to read"
    assert "Warning: The quota few has no room for 2 extra pods: pods 12 of 13 is used, so 1 would start." in ran.out
    assert "Warning: The PodDisruptionBudget cart (minAvailable 80%) counts the canary too" in ran.out


def test_who_may_not_see_quotas_and_budgets_is_warned_of_none(
    ktui: Ktui, twelve: Witness, cluster: SimulatedCluster
) -> None:
    for resource in ("resourcequotas", "poddisruptionbudgets", "horizontalpodautoscalers"):
        cluster.faults.forbid("list", resource)
    ran = ktui("canary", "cart", "--image", f"cart={IMAGE}", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert "Warning:" not in ran.out


# What others do


def test_a_foreign_undo_is_seen_and_mended(ktui: Ktui, twelve: Witness, cluster: SimulatedCluster) -> None:
    before = twelve.raw()["spec"]
    ktui("canary", "cart", "--image", f"cart={IMAGE}", "--pods", "2", "-y")
    becomes(cluster, {"6.0": 2, "4.9": 12})
    twelve.patch({"metadata": {"annotations": {ANNOTATION: None}}, "spec": {"template": before["template"]}})
    cluster.wait_until(lambda _: deployment_of(cluster)["status"].get("availableReplicas", 0) == 0)
    assert "someone rolled the canary back to cart:4.9" in ktui("get").out
    assert "a repair puts the saved settings back" in ktui("promote", "cart", "-y").err
    ran = ktui("canary", "cart", "--repair", "-y")
    assert ran.lines[0] == "Repair the hold of shop/cart: put the saved settings back"
    cluster.settle()
    assert twelve.raw()["spec"] == before
    assert ktui("canary", "cart", "--repair", "-y").err == "ktui: nothing to repair: the hold here is as it was set\n"


def test_killed_while_it_waits_for_an_answer_and_another_goes_on(
    ktui: Ktui, ktui_process: Callable[..., Popen[str]], twelve: Witness, cluster: SimulatedCluster
) -> None:
    before = twelve.raw()["spec"]
    with ktui_process("canary", "cart", "--image", f"cart={IMAGE}", "--pods", "2", "-y") as process:
        cluster.wait_until(lambda _: any(each.method == "GET" for each in cluster.requests), 30)
        cluster.faults.delay_seconds = 0.3
        cluster.wait_until(lambda _: deployment_of(cluster)["spec"].get("minReadySeconds") == 2147483646, 30)
        process.kill()
    cluster.faults.clear()
    becomes(cluster, {"6.0": 2, "4.9": 12})
    assert "canary of 2 of 12 held, by admin" in ktui("get").out
    assert ktui("abort", "cart", "-y").code == 0
    assert twelve.raw()["spec"] == before
