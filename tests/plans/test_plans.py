"""What each request comes to: the patch, by what it makes of the object, and the words around it."""

from __future__ import annotations

from copy import deepcopy

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.model.policies import Autoscaler
from ktui.plans.request import Abort, Pause, Promote, Request, Restart, Resume, RollBack, Scale, SetImage
from tests.plans.builders import (
    CAUSE,
    NEW,
    OLD,
    REVISION,
    complete,
    deployment,
    made,
    midway,
    replicaset,
    template,
)
from tests.plans.planned import patched, planned, refused

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
        "It is not known whether revision 30 was ever complete.",
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
    assert "No pod is left: nothing serves." in made_plan.warnings[-1]
    assert made_plan.undo.request == Scale(4)


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
