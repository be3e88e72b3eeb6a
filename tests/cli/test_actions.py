"""The actions, end to end: what the official client sees afterwards, and what the command said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.cli.conftest import Ktui
from tests.simulated import CRASHING, NEW, OLD, STUCK, Witness, deployment_of, image_patch, manifest

# Each does what it says


def test_pause_and_resume(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("pause", "cart", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[-1] == "shop/cart paused."
    assert cart.deployment().spec.paused is True
    assert "ktui" in cart.managers()

    ran = ktui("resume", "deployment/cart", "-y")
    assert ran.lines[-2] == "shop/cart resumed."
    assert cart.deployment().spec.paused is None


def test_restart_replaces_every_pod(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    def pods() -> set[str]:
        return {pod["metadata"]["uid"] for pod in cluster.list("pods", "shop")}

    before = pods()
    assert ktui("restart", "cart", "--yes").code == 0
    assert "kubectl.kubernetes.io/restartedAt" in cart.deployment().spec.template.metadata.annotations
    cluster.wait_until(lambda _: before.isdisjoint(pods()))


def test_scale_up_and_to_nothing_and_back(ktui: Ktui, cart: Witness) -> None:
    for replicas in (7, 0, 3):
        assert ktui("scale", "cart", "--replicas", str(replicas), "--yes").code == 0
        assert cart.deployment().spec.replicas == replicas


def test_set_image(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("set-image", "cart", "cart=registry.example/shop/cart:6.0", "--yes")
    assert ran.lines[-2] == "shop/cart set to cart:6.0."
    assert cart.image() == "registry.example/shop/cart:6.0"


def test_roll_back_to_the_previous_revision(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    ran = ktui("rollback", "cart", "--yes")
    assert ran.lines[-2] == "shop/cart: rollback to revision 1 (cart:4.9) sent."
    cluster.settle()
    assert cart.image() == OLD
    assert cart.deployment().metadata.annotations["deployment.kubernetes.io/revision"] == "3"
    labels = cart.deployment().spec.template.metadata.labels
    assert labels == {"app": "cart"}


def test_roll_back_restores_the_change_cause_and_leaves_every_other_annotation(
    ktui: Ktui, cluster: SimulatedCluster, witness: Witness
) -> None:
    def annotate(cause: str, tracking: str) -> None:
        annotations = {"kubernetes.io/change-cause": cause, "argocd.argoproj.io/tracking-id": tracking}
        witness.patch({"metadata": {"annotations": annotations}})
        cluster.settle()

    cluster.apply(manifest(OLD))
    cluster.settle()
    annotate("release 4.9", "old-app:apps/Deployment:shop/cart")
    witness.patch(image_patch(NEW))
    annotate("release 5.0", "new-app:apps/Deployment:shop/cart")

    ran = ktui("rollback", "cart", "--yes")
    assert ran.code == 0
    assert "Argo CD (new-app)" in ran.out
    annotations = witness.deployment().metadata.annotations
    assert annotations["kubernetes.io/change-cause"] == "release 4.9"
    assert annotations["argocd.argoproj.io/tracking-id"] == "new-app:apps/Deployment:shop/cart"


def test_roll_back_and_abort_in_the_middle_of_a_rollout(ktui: Ktui, stuck: Witness, cluster: SimulatedCluster) -> None:
    ran = ktui("abort", "cart", "--yes")
    assert ran.code == 0
    assert "of revision 3, image cart:nopull, will be replaced by revision 2, image cart:5.0." in ran.out
    assert stuck.image() == NEW
    cluster.settle()
    assert deployment_of(cluster)["status"]["updatedReplicas"] == 4


def test_roll_back_while_paused_resumes_too(ktui: Ktui, stuck: Witness, cluster: SimulatedCluster) -> None:
    assert ktui("pause", "cart", "--yes").code == 0
    generation = stuck.deployment().metadata.generation
    assert ktui("rollback", "cart", "--to-revision", "1", "--yes").code == 0
    after = stuck.deployment()
    assert (after.spec.paused, stuck.image()) == (None, OLD)
    assert after.metadata.generation == generation + 1
    cluster.settle()


def test_promote_a_paused_rolling_update_to_its_end(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    assert ktui("pause", "cart", "--yes").code == 0
    cart.patch(image_patch("registry.example/shop/cart:6.0"))
    ran = ktui("promote", "cart", "--yes")
    assert ran.lines[0] == "Promote shop/cart to cart:6.0: resume to the end"
    cluster.settle()
    status = deployment_of(cluster)["status"]
    assert (status["updatedReplicas"], status["availableReplicas"]) == (4, 4)


# What is refused, or only tried, does nothing


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resume", "cart"], 'deployments.apps "cart" is not paused'),
        (["promote", "cart"], "nothing to promote: revision 2 is complete"),
        (["abort", "cart"], "nothing to abort: revision 2 is complete; a rollback goes to an earlier one"),
        (["rollback", "cart", "--to-revision", "42"], "unable to find specified revision 42 in history"),
        (
            ["rollback", "cart", "--to-revision", "2"],
            "skipped rollback (current template already matches revision 2)",
        ),
        (["set-image", "cart", "web=x:1"], 'unable to find container named "web"; available: cart'),
        (["scale", "cart", "--replicas", "4"], 'nothing to change: deployment "cart" is at 4 replicas'),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    ktui: Ktui, cart: Witness, arguments: list[str], said: str
) -> None:
    before = cart.raw()
    for output in ("text", "json"):
        ran = ktui(*arguments, "--yes", "-o", output)
        assert (ran.code, ran.out, ran.err) == (1, "", f"ktui: {said}\n")
    assert cart.raw() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["pause", "cart"],
        ["restart", "cart"],
        ["scale", "cart", "--replicas=9"],
        ["rollback", "cart"],
        ["set-image", "cart", f"cart={STUCK}"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_dry_run_prints_the_plan_and_the_answer_and_changes_nothing(
    ktui: Ktui, cart: Witness, state: Path, arguments: list[str]
) -> None:
    before = cart.raw()
    ran = ktui(*arguments, "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert "The server accepts it (dry run)." in ran.out
    assert "kubectl --context simulated -n shop " in ran.out
    assert cart.raw() == before
    assert not (state / "audit.jsonl").exists()


def test_a_dry_run_as_a_document(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("rollback", "cart", "--dry-run", "-o", "json")
    document = json.loads(ran.out)
    assert document["action"] == "rollback"
    assert document["dryRun"] is True
    assert document["target"]["uid"] == cart.deployment().metadata.uid
    assert document["effects"][0] == (
        "4 pods of revision 2, image cart:5.0, will be replaced by revision 1, image cart:4.9."
    )
    assert document["changes"] == [
        {"kind": "changed", "path": "spec.template.spec.containers[cart].image", "before": NEW, "after": OLD}
    ]
    assert document["outcome"] is None
    assert yaml.safe_load(ktui("rollback", "cart", "--dry-run", "-o", "yaml").out) == document


def test_an_outcome_as_a_document(ktui: Ktui, cart: Witness) -> None:
    document = json.loads(ktui("pause", "cart", "--yes", "-o", "json").out)
    assert document["outcome"] == {"is": "done", "sentence": "shop/cart paused."}


def test_without_a_terminal_and_without_yes_nothing_is_done(ktui: Ktui, cart: Witness) -> None:
    before = cart.raw()
    ran = ktui("rollback", "cart")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(
        "ktui: This needs a confirmation, and there is no terminal to ask on: nothing was sent.\n"
    )
    assert cart.raw() == before


@pytest.mark.parametrize("where", ["flag before", "flag after", "environment", "file"])
def test_read_only_closes_every_action(
    *,
    ktui: Ktui,
    cart: Witness,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    own_folders: Path,
    cluster: SimulatedCluster,
) -> None:
    arguments = ["pause", "cart", "--yes"]
    if where == "environment":
        monkeypatch.setenv("KTUI_READ_ONLY", "1")
    elif where == "file":
        (own_folders / "config" / "ktui").mkdir(parents=True)
        (own_folders / "config" / "ktui" / "config.toml").write_text("read_only = true\n")
    else:
        arguments = ["--read-only", *arguments] if where == "flag before" else [*arguments, "--read-only"]
    asked = len(cluster.requests)
    ran = ktui(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ktui: ktui is read-only: nothing was sent.\n")
    assert len(cluster.requests) == asked


def test_a_user_without_the_right_is_told_so(ktui: Ktui, cart: Witness, state: Path) -> None:
    before = cart.raw()
    ran = ktui("--context", "simulated-viewer", "pause", "cart", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: Not allowed: deployments.apps "cart" is forbidden: User "viewer" cannot patch')
    assert "role" in ran.err
    assert cart.raw() == before
    assert not (state / "audit.jsonl").exists()


def test_a_name_that_does_not_exist(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("pause", "basket", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: deployments.apps "basket" not found in the namespace shop.')


def audit(state: Path) -> list[dict[str, object]]:
    return audited(state / "audit.jsonl")


# The audit log


def test_each_action_is_one_line_that_only_its_owner_may_read(
    ktui: Ktui, cart: Witness, state: Path, cluster: SimulatedCluster
) -> None:
    assert ktui("pause", "cart", "--yes").code == 0
    assert ktui("scale", "cart", "--replicas", "6", "--yes").code == 0
    first, second = audit(state)
    assert (first["outcome"], first["plan"], first["sentence"]) == ("done", "Pause shop/cart", "shop/cart paused.")
    assert (first["context"], first["server"], first["user"]) == ("simulated", cluster.url, "admin")
    assert first["request"] == {"action": "pause"}
    assert first["uid"] == cart.deployment().metadata.uid
    assert second["request"] == {"action": "scale", "replicas": 6}
    assert (state / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_audit_log_that_cannot_be_written_is_said_and_stops_nothing(ktui: Ktui, cart: Witness, state: Path) -> None:
    (state / "audit.jsonl").mkdir(parents=True)
    ran = ktui("pause", "cart", "--yes")
    assert ran.code == 0
    assert ran.err == f"ktui: The audit log {state / 'audit.jsonl'} cannot be written: Is a directory.\n"
    assert cart.deployment().spec.paused is True


# The last revision that was good


def test_after_a_roll_back_the_revision_that_failed_is_not_what_a_second_one_leads_to(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster
) -> None:
    cart.patch(image_patch(CRASHING))
    assert ktui("status", "cart", "--rollback-on-failure", "--patience", "1s").code == 1
    cluster.settle()
    assert cart.image() == NEW
    assert ktui("rollback", "cart", "--dry-run").lines[0] == "Roll back shop/cart to revision 1 (cart:4.9)"
    ran = ktui("rollback", "cart", "--to-revision", "3", "--dry-run")
    assert "  Warning: Revision 3 failed " in ran.out
    rows = {row[0]: row for row in (line.split() for line in ktui("history", "cart").lines[1:])}
    assert (rows["4"][1], rows["3"][1]) == ("live", "failed")
    told = {each["revision"]: each for each in json.loads(ktui("history", "cart", "-o", "json").out)["revisions"]}
    assert (told[3]["outcome"], told[1]["outcome"]) == ("failed", None)
    assert "crash" in told[3]["outcomeReason"]


def test_two_bad_versions_in_a_row_are_aborted_to_what_serves(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster
) -> None:
    for bad in (STUCK, CRASHING):
        cart.patch(image_patch(bad))
        cluster.wait_until(lambda it: deployment_of(it)["status"].get("unavailableReplicas"))
    assert ktui("abort", "cart", "--dry-run").lines[0] == "Abort: roll back shop/cart to revision 2 (cart:5.0)"
