"""Where a rollback and an abort lead, what they say of that, and the numbers that revisions have afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ktui.actions.automatic_rollback import plan_automatic_rollback
from ktui.kinds.auto_abort import arm
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.planning import plan
from ktui.model.objects import RESTARTED_AT
from ktui.model.workloads import ControllerRevision
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Request, RollBack, SetImage
from ktui.plans.subject import subject as build
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Account, Standing
from ktui.sim import SimulatedCluster
from tests.plans.builders import NEW, NOW, OLD, REVISION, complete, deployment, made, replicaset, template
from tests.plans.operator import Operator
from tests.plans.planned import planned
from tests.plans.set_operator import SetOperator, image
from tests.simulated import manifest

JSON = dict[str, Any]
BAD = template("registry.example/shop/cart:bad")
FAILED = Account(Standing.FAILED, NOW - timedelta(minutes=25), "3 of 3 new pods crash: exit 1")


def remembering(subject: DeploymentSubject, **accounts: Account) -> DeploymentSubject:
    return msgspec.structs.replace(subject, remembered={int(number[1:]): each for number, each in accounts.items()})


def restarted(pods: JSON, when: str) -> JSON:
    return {**pods, "metadata": {**pods["metadata"], "annotations": {RESTARTED_AT: when}}}


# The last good revision


def after_a_roll_back(*older: JSON) -> DeploymentSubject:
    """Revision 4 came back as 6, because 5 failed."""
    former = {"deployment.kubernetes.io/revision-history": "4"}
    return made(deployment(NEW), replicaset(6, NEW, count=4, annotations=former), replicaset(5, BAD), *older)


def test_the_revision_that_failed_is_passed_over_after_a_roll_back() -> None:
    assert "to revision 3 (cart:4.9)" in planned(RollBack(), after_a_roll_back(replicaset(3, OLD))).title


def test_what_is_known_to_be_bad_is_named_with_when_and_why_and_asked_about_twice() -> None:
    for request in (RollBack(5), RollBack()):
        made_plan = planned(request, remembering(after_a_roll_back(), r5=FAILED))
        assert made_plan.warnings[0] == "Revision 5 failed 25m ago: 3 of 3 new pods crash: exit 1."
        assert made_plan.insist == made_plan.warnings[0]
    silent = planned(RollBack(), after_a_roll_back())
    assert silent.insist == "Revision 5 was rolled back: an earlier revision replaced it."


def test_what_was_complete_needs_no_word_and_one_question() -> None:
    made_plan = planned(RollBack(), remembering(complete(), r30=Account(Standing.COMPLETE)))
    assert (made_plan.warnings, made_plan.insist) == ((), "")


def test_without_evidence_it_says_so_and_names_what_is_known_to_have_been_good() -> None:
    subject = made(deployment(NEW), replicaset(31, NEW, count=4), replicaset(30, BAD), replicaset(29, OLD))
    good = Account(Standing.COMPLETE, NOW - timedelta(days=2))
    assert planned(RollBack(), remembering(subject, r29=good)).warnings == (
        "It is not known whether revision 30 was ever complete. Revision 29 was complete 2d ago.",
    )


def test_an_automatic_roll_back_does_not_go_to_what_is_known_to_be_bad() -> None:
    raw = deployment(NEW, counts=(5, 1, 3), reason="ReplicaSetUpdated")
    subject = made(raw, replicaset(6, NEW, count=1, available=0), replicaset(5, BAD))
    refused = plan_automatic_rollback(arm(subject.workload), remembering(subject, r5=FAILED))
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("no earlier revision is known to be good. Revision 5 failed 25m ago")


def test_a_set_passes_over_what_failed_too() -> None:
    db = SetOperator(podManagementPolicy="Parallel")
    db.send(image("2"), seconds=120)
    db.send(image("crash"), seconds=60)
    db.send(RollBack(2), seconds=120)
    assert db.planned(RollBack()).title == "Roll back StatefulSet shop/db to revision 1 (db:1)"
    bad = db.planned(RollBack(3))
    assert bad.insist == "Revision 3 was rolled back: an earlier revision replaced it."
    assert bad.insist in bad.warnings


# Numbers


@pytest.fixture
def operator() -> Operator:
    cluster = SimulatedCluster(seed=3)
    cluster.apply(manifest("cart:1"))
    cluster.run_for(60)
    return Operator(cluster)


def number(operator: Operator) -> str:
    return str(operator.annotations[REVISION])


def test_the_revision_that_has_the_highest_number_keeps_it(operator: Operator) -> None:
    operator.set_image("cart:2")
    operator.merge({"spec": {"paused": True}})
    operator.set_image("cart:3")
    for request in (RollBack(), SetImage((("cart", "cart:2"),))):
        assert not [each for each in operator.planned(request).effects if "numbered" in each]
    operator.send(RollBack())
    assert number(operator) == "2"


def test_any_other_gets_the_next_one(operator: Operator) -> None:
    operator.set_image("cart:2")
    made_plan = operator.send(RollBack())
    assert "Revision 1 will be numbered 3." in made_plan.effects
    assert number(operator) == "3"


def test_the_highest_revision_of_a_set_keeps_its_number() -> None:
    db = SetOperator(updateStrategy={"type": "OnDelete"})
    db.send(image("2"), seconds=60)
    subject = db.subject()
    subject.raw["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/db:3"

    raw = list(subject.raw_revisions.values())
    pods = db.cluster.list("pods", "shop")
    ahead = build(type(subject.workload), ControllerRevision, subject.raw, raw, pods, now=subject.now)
    made_plan = plan(RollBack(2), ahead)
    assert isinstance(made_plan, Plan)
    assert not [each for each in made_plan.effects if "numbered" in each]


@pytest.mark.parametrize("written", ["x", None, "-1", "9" * 40])
def test_what_has_no_number_is_not_offered(written: str | None) -> None:
    unnumbered = replicaset(30, OLD)
    unnumbered["metadata"]["annotations"] = {} if written is None else {REVISION: written}
    refused = plan(RollBack(), made(deployment(NEW), replicaset(31, NEW, count=4), unnumbered))
    assert refused == Refusal('no revision to go back to: no rollout history found for deployment "cart"')


# Restarts


def test_a_revision_that_differs_in_a_restart_alone_is_said_to_and_the_last_other_one_named() -> None:
    now, before = restarted(NEW, "2026-11-23T11:00:00Z"), restarted(NEW, "2026-11-23T10:00:00Z")
    subject = made(
        deployment(now), replicaset(33, now, count=4), replicaset(32, before), replicaset(31, NEW), replicaset(30, OLD)
    )
    assert planned(RollBack(), subject).warnings[-1] == (
        "Revision 32 differs from the running template only in the time of a restart "
        "(kubectl.kubernetes.io/restartedAt): the image stays cart:5.0. "
        "The last revision with other differences is 30 (cart:4.9)."
    )
    assert not [each for each in planned(RollBack(30), subject).warnings if "differs" in each]


def test_another_annotation_is_named() -> None:
    checked = {**NEW, "metadata": {**NEW["metadata"], "annotations": {"checksum/config": "1"}}}
    subject = made(deployment(NEW), replicaset(31, NEW, count=4), replicaset(30, checked))
    assert planned(RollBack(), subject).warnings[-1] == (
        "Revision 30 differs from the running template only in annotations of its template (checksum/config): the "
        "image stays cart:5.0. No revision has other differences."
    )


def test_restarts_of_a_set_are_seen_too() -> None:
    db = SetOperator()
    db.merge({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: "2026-11-23T10:00:00Z"}}}}}, 120)
    assert "only in the time of a restart" in db.planned(RollBack()).warnings[-1]


# A ReplicaSet that cannot be made


@pytest.mark.parametrize("request_", [RollBack(), Abort()], ids=lambda each: type(each).__name__)
def test_where_the_new_revision_cannot_be_made_it_goes_back_to_what_all_pods_run(request_: Request) -> None:
    raw = deployment(template("registry.example/shop/cart:6.0"), observed=6, reason="ReplicaSetCreateError")
    subject = made(raw, replicaset(31, NEW, count=4), replicaset(30, OLD))
    made_plan = planned(request_, subject)
    assert "to revision 31 (cart:5.0)" in made_plan.title
    assert made_plan.effects[0] == "4 pods of revision 31, image cart:5.0, are there already and stay."
    assert not [each for each in made_plan.effects if "numbered" in each]


def test_so_it_does_for_a_set_whose_revision_cannot_be_made() -> None:
    db = SetOperator()
    subject = db.subject()

    subject.raw["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/db:3"
    subject.raw["metadata"]["generation"] += 1
    raw, pods = list(subject.raw_revisions.values()), db.cluster.list("pods", "shop")
    for request in (RollBack(), Abort()):
        made_plan = plan(
            request, build(type(subject.workload), ControllerRevision, subject.raw, raw, pods, now=subject.now)
        )
        assert isinstance(made_plan, Plan), made_plan
        assert "to revision 1 (db:1)" in made_plan.title
