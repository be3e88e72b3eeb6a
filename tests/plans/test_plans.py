"""What each request comes to: the patch, by what it makes of the object, and the words around it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.planning import plan
from ktui.model.policies import Autoscaler
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Pause, Promote, Request, Restart, Resume, RollBack, Scale, SetImage
from ktui.rollout.revisions import Refusal
from tests.plans.builders import (
    CAUSE,
    NEW,
    NOW,
    OLD,
    REVISION,
    complete,
    deployment,
    made,
    midway,
    replicaset,
    template,
)

JSON = dict[str, Any]


def planned(request: Request, subject: DeploymentSubject) -> Plan:
    made_plan = plan(request, subject)
    assert isinstance(made_plan, Plan), made_plan
    return made_plan


def refused(request: Request, subject: DeploymentSubject) -> str:
    refusal = plan(request, subject)
    assert isinstance(refusal, Refusal)
    return refusal.reason


def patched(made_plan: Plan, raw: JSON | None = None) -> JSON:
    after: JSON = jsonpatch.apply_patch(made_plan.before if raw is None else raw, list(made_plan.patch))
    return after


# The preconditions

EVERY_CASE = [
    (Pause(), midway()),
    (Resume(), midway(paused=True)),
    (Promote(), midway(paused=True)),
    (RollBack(), midway()),
    (Abort(), midway(paused=True)),
    (SetImage((("cart", "cart:6.0"),)), complete()),
    (Restart(), complete()),
]


@pytest.mark.parametrize(("request_", "subject"), EVERY_CASE, ids=lambda each: type(each).__name__)
def test_a_patch_fails_on_another_object_of_the_name_and_after_a_change_of_the_spec(
    request_: Request, subject: DeploymentSubject
) -> None:
    made_plan = planned(request_, subject)
    assert [operation["op"] for operation in made_plan.patch[:2]] == ["test", "test"]
    patched(made_plan)
    for member, value in (("uid", "another"), ("generation", 8)):
        changed = deepcopy(subject.raw)
        changed["metadata"][member] = value
        with pytest.raises(jsonpatch.JsonPatchTestFailed):
            patched(made_plan, changed)


@pytest.mark.parametrize(("request_", "subject"), EVERY_CASE, ids=lambda each: type(each).__name__)
def test_a_status_that_changed_meanwhile_does_not_matter(request_: Request, subject: DeploymentSubject) -> None:
    made_plan = planned(request_, subject)
    changed = deepcopy(subject.raw)
    changed["metadata"]["resourceVersion"] = "901"
    changed["status"]["availableReplicas"] = 0
    patched(made_plan, changed)


@pytest.mark.parametrize(("request_", "subject"), EVERY_CASE, ids=lambda each: type(each).__name__)
def test_what_is_being_deleted_is_left_alone(request_: Request, subject: DeploymentSubject) -> None:
    raw = deepcopy(subject.raw)
    raw["metadata"]["deletionTimestamp"] = "2026-11-23T11:59:00Z"
    assert refused(request_, made(raw, *subject.raw_revisions.values())) == 'deployment "cart" is being deleted'


@pytest.mark.parametrize(("request_", "subject"), EVERY_CASE, ids=lambda each: type(each).__name__)
def test_every_plan_says_what_it_does_what_undoes_it_and_how_kubectl_would(
    request_: Request, subject: DeploymentSubject
) -> None:
    made_plan = planned(request_, subject)
    assert "shop/cart" in made_plan.title
    assert made_plan.effects
    assert made_plan.undo.sentence
    assert all(command.startswith("kubectl --context prod-eu -n shop ") for command in made_plan.commands)


# Pause and resume


@pytest.mark.parametrize("paused", [None, False])
def test_a_pause_sets_the_field_whether_it_is_there_or_not(paused: bool | None) -> None:
    subject = midway(paused=paused)
    after = patched(planned(Pause(), subject))
    assert after["spec"].pop("paused") is True
    before = deepcopy(subject.raw)
    before["spec"].pop("paused", None)
    assert after == before


def test_a_pause_says_where_the_rollout_stops() -> None:
    made_plan = planned(Pause(), midway())
    assert made_plan.effects[0] == "The rollout stops where it is: 2 pods of revision 31, 3 old pods."
    assert made_plan.undo.request == Resume()
    assert made_plan.commands == ("kubectl --context prod-eu -n shop rollout pause deployment/cart",)


def test_a_pause_at_rest_says_that_nothing_changes_now() -> None:
    assert planned(Pause(), complete()).effects[0] == "Nothing is rolling out, so no pod changes now."


def test_a_pause_does_not_clear_a_deadline_that_has_passed() -> None:
    raw = deployment(NEW, counts=(5, 2, 4), reason="ProgressDeadlineExceeded")
    subject = made(raw, replicaset(31, NEW, count=2), replicaset(30, OLD, count=3))
    assert "has passed already" in planned(Pause(), subject).warnings[0]


def test_a_resume_takes_the_field_away() -> None:
    subject = midway(paused=True)
    after = patched(planned(Resume(), subject))
    before = deepcopy(subject.raw)
    del before["spec"]["paused"]
    assert after == before


def test_a_resume_says_what_goes_and_what_comes() -> None:
    made_plan = planned(Resume(), midway(paused=True))
    assert made_plan.effects == (
        "3 old pods will be stopped.",
        "2 pods of revision 31, image cart:5.0, will be added.",
        "At least 3 of 4 pods stay available, and at most 5 run at once.",
    )


def test_pause_and_resume_are_refused_in_the_words_of_kubectl() -> None:
    assert refused(Pause(), complete(paused=True)) == 'deployments.apps "cart" is already paused'
    assert refused(Resume(), complete()) == 'deployments.apps "cart" is not paused'


# Promote


def test_promote_of_a_paused_rolling_update_is_a_resume_to_the_end_and_says_so() -> None:
    made_plan = planned(Promote(), midway(paused=True))
    assert made_plan.title == "Promote shop/cart to cart:5.0: resume to the end"
    assert made_plan.patch == planned(Resume(), midway(paused=True)).patch


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        (complete(), "nothing to promote: revision 31 is complete"),
        (complete(paused=True), "nothing to promote: revision 31 is complete, though paused"),
        (midway(), "nothing to promote: it runs by itself"),
        (
            made(
                deployment(NEW, counts=(5, 2, 4), reason="ProgressDeadlineExceeded"),
                replicaset(31, NEW, count=2),
                replicaset(30, OLD, count=3),
            ),
            "nothing to promote: revision 31 exceeded its progress deadline; roll back, or fix the cause",
        ),
    ],
    ids=["complete", "complete and paused", "running", "failed"],
)
def test_where_there_is_nothing_to_promote_it_says_why(subject: DeploymentSubject, why: str) -> None:
    assert refused(Promote(), subject) == why


def test_a_template_that_was_changed_while_paused_can_be_promoted() -> None:
    subject = made(deployment(template("cart:6.0"), paused=True, counts=(4, 0, 4)), replicaset(31, NEW, count=4))
    assert planned(Promote(), subject).effects[0] == (
        "4 pods of revision 31, image cart:5.0, will be replaced by revision 32, image cart:6.0."
    )


# Roll back

TEXTS = st.text("ab/~.", min_size=1, max_size=4)
ANNOTATIONS = st.none() | st.dictionaries(st.sampled_from(["x/y", "a~b", "argocd.argoproj.io/tracking-id"]), TEXTS)
CAUSES = st.none() | st.sampled_from(["release 5.0", "release 4.9"])


@given(
    annotations=ANNOTATIONS,
    old_annotations=ANNOTATIONS,
    cause=CAUSES,
    old_cause=CAUSES,
    paused=st.none() | st.booleans(),
    rolling=st.booleans(),
)
def test_a_roll_back_brings_the_template_and_the_change_cause_back_and_nothing_else(
    *,
    annotations: dict[str, str] | None,
    old_annotations: dict[str, str] | None,
    cause: str | None,
    old_cause: str | None,
    paused: bool | None,
    rolling: bool,
) -> None:
    mine = annotations if cause is None else {**(annotations or {}), CAUSE: cause}
    old = {**(old_annotations or {}), **({CAUSE: old_cause} if old_cause is not None else {})}
    raw = deployment(NEW, annotations=mine, paused=paused)
    subject = made(
        raw,
        replicaset(31, NEW, count=2 if rolling else 4),
        replicaset(30, OLD, count=2 if rolling else 0, annotations=old),
    )
    before = deepcopy(raw)
    after = patched(planned(RollBack(), subject))

    assert after["spec"].pop("template") == OLD
    assert (after["metadata"].get("annotations") or {}).get(CAUSE) == old_cause
    assert not after["spec"].pop("paused", False)
    for each in (before, after):
        each["spec"].pop("template", None)
        each["spec"].pop("paused", None)
        left = {key: text for key, text in (each["metadata"].pop("annotations", None) or {}).items() if key != CAUSE}
        each["metadata"]["annotations"] = left
    assert after == before


def test_a_roll_back_takes_away_what_only_the_current_template_has() -> None:
    # A merge patch would leave it.
    current = template("cart:5.0", nodeSelector={"disk": "ssd"})
    subject = made(deployment(current), replicaset(31, current, count=4), replicaset(30, OLD))
    assert "nodeSelector" not in patched(planned(RollBack(), subject))["spec"]["template"]["spec"]


def test_a_roll_back_names_the_number_and_image_that_come_back() -> None:
    made_plan = planned(RollBack(), complete())
    assert made_plan.title == "Roll back shop/cart to revision 30 (cart:4.9)"
    assert made_plan.effects == (
        "4 pods of revision 31, image cart:5.0, will be replaced by revision 30, image cart:4.9.",
        "At least 3 of 4 pods stay available, and at most 5 run at once.",
        "Revision 30 will be numbered 32.",
    )
    assert made_plan.undo.request == RollBack(31)
    assert made_plan.commands == ("kubectl --context prod-eu -n shop rollout undo deployment/cart --to-revision=30",)


def test_a_roll_back_in_the_middle_says_which_pods_stay() -> None:
    effects = planned(RollBack(), midway()).effects
    assert effects[:2] == (
        "2 pods of revision 31, image cart:5.0, will be replaced by revision 30, image cart:4.9.",
        "3 pods of revision 30, image cart:4.9, are there already and stay.",
    )


def test_a_roll_back_while_paused_resumes_in_the_same_patch_where_kubectl_needs_two_commands() -> None:
    made_plan = planned(RollBack(), midway(paused=True))
    assert "paused" not in patched(made_plan)["spec"]
    assert made_plan.effects[0] == "It is paused: the same patch resumes it."
    assert [command.split()[5:7] for command in made_plan.commands] == [["rollout", "resume"], ["rollout", "undo"]]


def test_a_roll_back_loses_a_template_that_never_became_a_revision_and_says_so() -> None:
    subject = made(deployment(template("cart:6.0"), paused=True, counts=(4, 0, 4)), replicaset(31, NEW, count=4))
    made_plan = planned(RollBack(), subject)
    assert "revision 31" in made_plan.title
    assert made_plan.undo.request is None
    assert made_plan.undo.sentence.startswith("Nothing brings the present template back")


def test_a_roll_back_into_another_rollout_that_never_finished_is_warned_of() -> None:
    newest = template("cart:5.1")
    subject = made(
        deployment(newest, counts=(5, 1, 3), reason="ReplicaSetUpdated"),
        replicaset(32, newest, count=1, available=0),
        replicaset(31, NEW, count=1, available=0),
        replicaset(30, OLD, count=3),
    )
    for request in (RollBack(), Abort(), RollBack(30)):
        made_plan = planned(request, subject)
        assert "to revision 30 (cart:4.9)" in made_plan.title
        assert not made_plan.warnings
    assert planned(RollBack(31), subject).warnings == (
        "Whether revision 31 was ever complete is not known. 3 pods of revision 30, image cart:4.9, still serve: "
        "roll back to revision 30 to return to that.",
    )


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (RollBack(31), "skipped rollback (current template already matches revision 31)"),
        (RollBack(42), "unable to find specified revision 42 in history"),
        (RollBack(-1), "unable to find specified revision -1 in history"),
    ],
)
def test_roll_backs_are_refused_in_the_words_of_kubectl(request_: Request, why: str) -> None:
    assert refused(request_, complete()).startswith(why[:30])


def test_without_history_nothing_comes_back() -> None:
    alone = made(deployment(NEW), replicaset(1, NEW, count=4))
    assert refused(RollBack(), alone) == 'no rollout history found for deployment "cart"'


def test_before_the_controller_has_seen_a_change_the_previous_revision_is_not_guessed() -> None:
    assert "has not seen" in refused(RollBack(), complete(observed=6))


def test_the_replicaset_of_another_deployment_is_no_history() -> None:
    raw = replicaset(30, OLD, owner="someone-else")
    assert refused(RollBack(30), made(deployment(NEW), replicaset(31, NEW, count=4), raw)).startswith("unable to find")


def test_the_strategy_recreate_is_said_to_stop_everything_first() -> None:
    effects = planned(RollBack(), complete(strategy={"type": "Recreate"})).effects
    assert "All old pods stop before the first new one starts, and nothing serves meanwhile" in effects[1]


# Abort


def test_an_abort_of_a_rolling_update_is_a_roll_back() -> None:
    assert planned(Abort(), midway()).patch == planned(RollBack(), midway()).patch
    assert planned(Abort(), midway()).title == "Abort: roll back shop/cart to revision 30 (cart:4.9)"


def test_of_a_complete_rollout_there_is_nothing_to_abort() -> None:
    assert refused(Abort(), complete()) == (
        "nothing to abort: revision 31 is complete; a rollback goes to an earlier one"
    )


# Who would undo it

ARGO = {"argocd.argoproj.io/tracking-id": "cart-app:apps/Deployment:shop/cart"}


@pytest.mark.parametrize("request_", [RollBack(), Abort(), SetImage((("cart", "cart:6.0"),)), Scale(9)])
def test_an_owner_is_named_before_what_it_would_undo(request_: Request) -> None:
    warning = planned(request_, midway(annotations=ARGO)).warnings[0]
    assert warning.startswith("Argo CD (cart-app)")
    assert "undo" in warning


@pytest.mark.parametrize("request_", [Pause(), Restart()])
def test_an_owner_is_not_blamed_for_what_it_would_leave_alone(request_: Request) -> None:
    assert not [warning for warning in planned(request_, midway(annotations=ARGO)).warnings if "Argo" in warning]


def test_a_controller_of_the_deployment_is_an_owner_too() -> None:
    raw = deployment(NEW)
    raw["metadata"]["ownerReferences"] = [{"kind": "Rollout", "name": "cart", "uid": "r-1", "controller": True}]
    subject = made(raw, replicaset(31, NEW, count=4), replicaset(30, OLD))
    assert planned(RollBack(), subject).warnings == (
        "Rollout cart controls this Deployment, and may undo a change by hand.",
        "Whether revision 30 was ever complete is not known.",
    )


def test_kubectl_apply_is_an_owner_of_sorts() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    assert "kubectl apply" in planned(RollBack(), complete(annotations=annotations)).warnings[0]


# Scale


@given(now=st.integers(0, 5), then=st.integers(0, 5))
def test_a_scale_is_of_the_number_that_was_shown(now: int, then: int) -> None:
    subject = complete(replicas=now)
    if now == then:
        assert refused(Scale(then), subject).startswith("nothing to change")
        return
    made_plan = planned(Scale(then), subject)
    assert made_plan.path == "/apis/apps/v1/namespaces/shop/deployments/cart/scale"
    assert patched(made_plan)["spec"] == {"replicas": then}
    for other in {0, 1, 6} - {now}:
        scale = {"metadata": {"uid": "11111111-aaaa"}, "spec": {"replicas": other} if other else {}}
        with pytest.raises((jsonpatch.JsonPatchTestFailed, jsonpatch.JsonPatchConflict)):
            patched(made_plan, scale)


def test_an_autoscaler_that_will_undo_a_scale_is_named() -> None:
    subject = made(deployment(NEW), replicaset(31, NEW, count=4), autoscalers=(Autoscaler("cart-hpa", 2, 10),))
    assert planned(Scale(9), subject).warnings[0] == (
        "The HorizontalPodAutoscaler cart-hpa (2 to 10 pods) decides the number, and will undo this."
    )


def test_an_autoscaler_leaves_alone_what_is_scaled_to_nothing_unless_it_may_do_that_itself() -> None:
    subject = made(deployment(NEW), replicaset(31, NEW, count=4), autoscalers=(Autoscaler("cart-hpa", 2, 10),))
    assert "it will not undo this, nor start any until it is scaled up" in planned(Scale(0), subject).warnings[0]
    subject = made(deployment(NEW), replicaset(31, NEW, count=4), autoscalers=(Autoscaler("cart-hpa", 0, 10),))
    assert "will undo this" in planned(Scale(0), subject).warnings[0]


def test_a_scale_in_the_middle_of_a_rollout_is_spread() -> None:
    effects = planned(Scale(8), midway()).effects
    assert effects[0] == "4 pods will be added: 4 → 8."
    assert "spread over revisions 30 and 31, in proportion" in effects[1]


def test_a_scale_to_nothing_is_warned_of() -> None:
    made_plan = planned(Scale(0), complete())
    assert "nothing serves any more" in made_plan.warnings[-1]
    assert made_plan.undo.request == Scale(4)


# Set image


def test_an_image_is_set_in_its_container_and_nowhere_else() -> None:
    two = template("cart:5.0")
    two["spec"]["containers"].append({"name": "proxy", "image": "envoy:1"})
    subject = made(deployment(two), replicaset(31, two, count=4))
    after = patched(planned(SetImage((("proxy", "envoy:2"),)), subject))
    expected = deepcopy(subject.raw)
    expected["spec"]["template"]["spec"]["containers"][1]["image"] = "envoy:2"
    assert after == expected


def test_a_star_means_every_container_and_init_containers_too() -> None:
    two = template("cart:5.0", initContainers=[{"name": "migrate", "image": "cart:5.0"}])
    subject = made(deployment(two), replicaset(31, two, count=4))
    pod = patched(planned(SetImage((("*", "cart:6.0"),)), subject))["spec"]["template"]["spec"]
    assert (pod["containers"][0]["image"], pod["initContainers"][0]["image"]) == ("cart:6.0", "cart:6.0")


def test_an_image_says_how_many_pods_it_replaces() -> None:
    made_plan = planned(SetImage((("cart", "registry.example/shop/cart:6.0"),)), complete(annotations={CAUSE: "5.0"}))
    assert made_plan.title == "Set the image of shop/cart to cart:6.0"
    assert made_plan.effects[:2] == (
        "Container cart: cart:5.0 → cart:6.0.",
        "4 pods of revision 31, image cart:5.0, will be replaced by revision 32, image cart:6.0.",
    )
    assert made_plan.warnings == ('The change-cause "5.0" stays, and will describe the new revision too.',)
    assert made_plan.undo.request == RollBack(31)


def test_the_image_of_an_earlier_revision_brings_that_revision_back() -> None:
    made_plan = planned(SetImage((("cart", "registry.example/shop/cart:4.9"),)), complete())
    assert made_plan.effects[-1] == "This is the template of revision 30: it comes back, numbered 32."


def test_an_image_that_is_set_while_paused_waits_and_says_so() -> None:
    made_plan = planned(SetImage((("cart", "cart:6.0"),)), complete(paused=True))
    assert made_plan.effects[-1] == "It is paused: 4 pods will be replaced only once it is resumed."
    assert made_plan.undo.request == SetImage((("cart", "registry.example/shop/cart:5.0"),))


@pytest.mark.parametrize(
    ("images", "why"),
    [
        ((("web", "x:1"),), 'unable to find container named "web"; available: cart'),
        ((("cart", "registry.example/shop/cart:5.0"),), 'nothing to change: deployment "cart" runs cart='),
        ((("cart", " "),), '"cart= " names no image'),
        ((("cart", "a"), ("cart", "b")), 'two images are given for "cart"'),
        ((), "one or more images must be given"),
    ],
)
def test_images_that_make_no_sense_are_refused(images: tuple[tuple[str, str], ...], why: str) -> None:
    assert refused(SetImage(images), complete()).startswith(why)


# Restart


@pytest.mark.parametrize("annotations", [None, {}, {"prometheus.io/scrape": "true"}])
def test_a_restart_adds_its_time_to_the_template(annotations: JSON | None) -> None:
    pods = template("cart:5.0")
    if annotations is not None:
        pods["metadata"]["annotations"] = annotations
    subject = made(deployment(pods), replicaset(31, pods, count=4))
    after = patched(planned(Restart(), subject))
    stamped = after["spec"]["template"]["metadata"].pop("annotations")
    assert stamped == {**(annotations or {}), "kubectl.kubernetes.io/restartedAt": "2026-11-23T12:00:00Z"}


def test_a_restart_while_paused_is_refused_in_the_words_of_kubectl() -> None:
    assert refused(Restart(), complete(paused=True)) == (
        'deployments.apps "cart" can\'t restart paused deployment (run rollout resume first)'
    )


def test_two_restarts_in_one_second_are_one() -> None:
    pods = template("cart:5.0")
    pods["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert "past second" in refused(Restart(), made(deployment(pods), replicaset(31, pods, count=4)))


def test_a_restart_in_the_middle_of_a_rollout_is_warned_of() -> None:
    assert "is running" in planned(Restart(), midway()).warnings[0]


# Hostile text


def test_what_a_cluster_says_cannot_move_the_cursor() -> None:
    evil = "x\x1b[2J\r\u202e:1"
    pods = template(evil)
    annotations = {CAUSE: evil, "argocd.argoproj.io/tracking-id": f"{evil}:apps/Deployment:shop/cart", REVISION: "31"}
    subject = made(
        deployment(pods, annotations=annotations, paused=True),
        replicaset(31, pods, count=2, annotations={CAUSE: evil}),
        replicaset(30, template("y" + evil), count=2, annotations={CAUSE: "y" + evil}),
    )
    for request in (RollBack(), Resume(), Promote(), SetImage((("cart", "z"),)), Scale(1)):
        made_plan = planned(request, subject)
        said = [made_plan.title, made_plan.done_sentence, made_plan.undo.sentence, *made_plan.commands]
        for text in [*said, *made_plan.effects, *made_plan.warnings]:
            assert text.isprintable(), repr(text)
