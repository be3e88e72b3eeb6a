"""When a rollback may be done without a person's word, and where it goes."""

from __future__ import annotations

import pytest

from ktui.actions.automatic_rollback import plan_automatic_rollback
from ktui.kinds.auto_abort import arm
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.plans.plan import Plan
from ktui.plans.request import RollBack
from ktui.rollout.revisions import Refusal
from tests.plans.builders import JSON, NEW, OLD, complete, deployment, made, midway, replicaset, template
from tests.plans.set_operator import SetOperator, image

TOLD = arm(midway().workload)
OTHER = {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:3"}]}}}}
BROKEN = template("registry.example/shop/cart:broken")


def going(*others: JSON) -> DeploymentSubject:
    """Revision 33 on its way in, with these others."""
    raw = deployment(NEW, counts=(5, 1, 3), reason="ReplicaSetUpdated")
    return made(raw, replicaset(33, NEW, count=1, available=0), *others)


def test_it_goes_back_to_the_revision_that_serves() -> None:
    subject = going(replicaset(32, BROKEN, count=1, available=0), replicaset(31, OLD, count=3), replicaset(30, BROKEN))
    planned = plan_automatic_rollback(TOLD, subject)
    assert isinstance(planned, Plan)
    assert planned.request == RollBack(31)
    assert {"op": "test", "path": "/metadata/uid", "value": subject.workload.metadata.uid} in planned.patch


def test_where_nothing_serves_it_goes_to_the_revision_before() -> None:
    planned = plan_automatic_rollback(TOLD, going(replicaset(32, BROKEN), replicaset(31, OLD)))
    assert isinstance(planned, Plan)
    assert planned.title.startswith("Roll back shop/cart to revision 32")


def test_another_size_is_the_same_rollout() -> None:
    assert isinstance(plan_automatic_rollback(TOLD, midway(replicas=9, generation=12)), Plan)


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (midway(paused=True), "it was paused"),
        (complete(), "it has completed"),
        (made(deployment(BROKEN, counts=(5, 2, 4)), replicaset(30, OLD, count=3)), "its pod template was changed"),
        (going(), "no rollout history found"),
    ],
)
def test_what_is_not_ones_own_to_take_back_is_left_alone(subject: DeploymentSubject, reason: str) -> None:
    refused = plan_automatic_rollback(TOLD, subject)
    assert isinstance(refused, Refusal)
    assert reason in refused.reason


def test_another_object_of_the_same_name_is_left_alone() -> None:
    raw = deployment(NEW, counts=(5, 2, 4))
    raw["metadata"]["uid"] = "22222222-bbbb"
    refused = plan_automatic_rollback(TOLD, made(raw, replicaset(31, OLD, count=3, owner="22222222-bbbb")))
    assert refused == Refusal("it was deleted, and another one has its name now")


# StatefulSets and DaemonSets


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_set_goes_back_to_the_revision_that_serves_not_to_another_failure(kind: str) -> None:
    operator = SetOperator(kind)
    operator.send(image("crash"), seconds=30)
    operator.merge(
        {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:3"}]}}}}, 2
    )
    subject = operator.subject()
    planned = plan_automatic_rollback(arm(subject.workload), subject)
    assert isinstance(planned, Plan)
    assert planned.request == RollBack(1)


def test_a_set_that_is_not_ones_own_to_take_back_is_left_alone() -> None:
    operator = SetOperator()
    operator.send(image("crash"), seconds=30)
    told = arm(operator.subject().workload)
    operator.merge(
        {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:3"}]}}}}, 2
    )
    assert plan_automatic_rollback(told, operator.subject()) == Refusal(
        "its pod template was changed: that is another rollout"
    )
    whole = SetOperator().subject()
    assert plan_automatic_rollback(arm(whole.workload), whole) == Refusal("it has completed")


def test_under_on_delete_nothing_goes_back_by_itself() -> None:
    subject = SetOperator(updateStrategy={"type": "OnDelete"}).subject()
    refused = plan_automatic_rollback(arm(subject.workload), subject)
    assert isinstance(refused, Refusal)
    assert "OnDelete" in refused.reason
