"""The phase is the truth: restarts, pauses, standstills, rights, and when a rollout began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ktui.kinds.registry import rollout_of
from ktui.model.changes import Link, LinkState
from ktui.model.resources import EVENTS, REPLICASETS
from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.rollout import Phase, Rollout
from tests.rollout.made import NOW, Made, ago, container, ended, running
from tests.rollout.sets import statefulset

READY = [{"type": "Ready", "status": "True", "lastTransitionTime": ago(5)}]


def _complete(pods: int = 2) -> Made:
    made = Made("web:1.1", pods, replicas=pods, updatedReplicas=pods, readyReplicas=pods, availableReplicas=pods)
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=3600)
    return made.revision(2, "web:1.1", pods, ready=pods, age=3700)


def _run(began: float, finished: float, code: int = 1) -> dict[str, Any]:
    last = ended(code, since=finished)
    last["terminated"]["startedAt"] = ago(began)
    return last


def _restarted(restarts: int, last: dict[str, Any], *, since: float, pod_age: float = 600) -> Made:
    """A complete rollout with one pod that is ready and restarted."""
    status = container(running(since), restarts=restarts, last=last, ready=True)
    return _complete(1).pod(2, "a", age=pod_age, conditions=READY, **status)


# Pods that crash and are ready in between (CASES 12)


@pytest.mark.parametrize("code", [0, 1, 137])
def test_a_crash_loop_stays_flagged_while_its_pods_are_ready(code: int) -> None:
    rollout = _restarted(4, _run(30, 12, code), since=10).rollout()
    assert (rollout.phase, rollout.verdict.done) == (Phase.STALLED, True)
    assert rollout.why == "the pod restarted 4 times, last 12s ago"
    (cause,) = rollout.causes
    assert (cause.reason, cause.pods) == (Reason.RESTARTED, ("web-2-a",))
    assert rollout.since == cause.since is not None


def test_it_is_over_after_a_quiet_while() -> None:
    made = _restarted(4, _run(30, 12), since=10)
    assert made.rollout(later=200).phase is Phase.STALLED
    assert made.rollout(later=300).phase is Phase.COMPLETE


@pytest.mark.parametrize(
    ("restarts", "last"),
    [
        (1, _run(40, 12)),
        (9, _run(3600, 12)),
        (2, _run(90000, 12, 255)),
    ],
    ids=["once", "after a long run", "a node that started again"],
)
def test_a_restart_is_not_a_loop(restarts: int, last: dict[str, Any]) -> None:
    assert _restarted(restarts, last, since=10, pod_age=99999).rollout().phase is Phase.COMPLETE


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("Killing", "Container web resize requires restart"),
        ("SandboxChanged", "Pod sandbox changed, it will be killed"),
    ],
)
def test_a_restart_that_was_asked_for_is_not_a_loop(reason: str, message: str) -> None:
    made = _restarted(3, _run(60, 12, 137), since=10)
    assert made.rollout().phase is Phase.STALLED
    made.put(
        EVENTS,
        {
            "metadata": {"name": "e", "namespace": "shop", "uid": "e"},
            "involvedObject": {"uid": "p2-a", "kind": "Pod", "name": "web-2-a"},
            "reason": reason,
            "message": message,
            "lastTimestamp": ago(13),
        },
    )
    assert made.rollout().phase is Phase.COMPLETE


# Paused (CASES 11)


def test_created_paused_is_not_complete() -> None:
    rollout = Made("web:1.0", 2).spec(paused=True).rollout()
    assert rollout.phase is Phase.PAUSED
    assert rollout.why == "paused before it began: 0 of 2 pods, none until it is resumed"


def test_paused_with_pods_that_never_became_ready_is_not_complete() -> None:
    made = Made("web:1.0", 2, replicas=2, updatedReplicas=2).spec(paused=True)
    made.condition("Progressing", "Unknown", "DeploymentPaused").revision(1, "web:1.0", 2, ready=0)
    assert made.rollout().why == "paused with 0 of 2 new pods available: not complete"


# Without the right to read the ReplicaSets (CASES 13)


def test_its_own_status_tells_the_numbers() -> None:
    made = Made("web:1.1", 4, replicas=5, updatedReplicas=2, readyReplicas=4, availableReplicas=4)
    made.store.apply([Link(REPLICASETS, LinkState.REFUSED, NOW, "Not allowed")])
    rollout = rollout_of(made.store, made.deployment(), None, NOW)[1]
    numbers = rollout.progress
    assert (numbers.new.existing, numbers.new.available, numbers.old.existing, numbers.old.available) == (2, 1, 3, 3)
    assert "you may not list replicasets" in rollout.why
    assert rollout.unseen == ("replicasets",)


# When it began (CASES 107)


def _written(made: Made, since: float, *managers: str) -> Made:
    made.raw["metadata"]["managedFields"] = [
        {
            "manager": manager,
            "operation": "Update",
            "apiVersion": "apps/v1",
            "time": ago(since),
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:template": {"f:spec": {}}}},
        }
        for manager in managers
    ]
    return made


def test_a_rollback_began_when_the_template_was_written() -> None:
    made = Made("web:1.0", 4, replicas=5, updatedReplicas=1, availableReplicas=4)
    made.condition("Progressing", "True", "ReplicaSetUpdated", since=250000)
    made.revision(3, "web:1.0", 1, ready=0, age=260000, former="1").revision(2, "web:1.1", 4, ready=4, age=250000)
    rollout = _written(made, 5, "kubectl-rollout").rollout()
    assert rollout.phase is Phase.PROGRESSING
    assert rollout.since == rollout.started == NOW - timedelta(seconds=5)
    assert rollout.seconds_left is None


def test_a_recreate_that_still_stops_its_old_pods_began_when_the_template_was_written() -> None:
    made = Made("web:1.1", 3, replicas=0).spec(strategy={"type": "Recreate"})
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=1740)
    made.revision(1, "web:1.0", 0, age=9000, terminatingReplicas=3)
    rollout = _written(made, 5, "kubectl-set").rollout()
    assert rollout.started == NOW - timedelta(seconds=5)
    assert rollout.why == "3 old pods to stop first"


# Nothing stays at "beginning" (CASES 56, 115)


def _still(**status: Any) -> Made:
    """A rollout in which nothing has happened for ten minutes."""
    made = Made("web:1.1", 2, replicas=2, updatedReplicas=0, readyReplicas=2, availableReplicas=2, **status)
    made.revision(1, "web:1.0", 2, ready=2, age=9000).revision(2, "web:1.1", 0, age=600)
    for name in "ab":
        made.pod(1, name, age=9000, conditions=[READY[0] | {"lastTransitionTime": ago(8990)}])
    return made


def _first(rollout: Rollout) -> tuple[Reason, str]:
    return rollout.causes[0].reason, rollout.causes[0].sentence


def test_a_standstill_says_what_its_counters_say() -> None:
    rollout = _still().rollout()
    assert rollout.phase is Phase.STALLED
    assert _first(rollout)[0] is Reason.NO_PROGRESS
    assert "for 10m" in rollout.why
    assert rollout.causes[0].since == NOW - timedelta(seconds=600)


def test_what_happened_a_moment_ago_is_no_standstill() -> None:
    made = _still()
    made.pod(2, "x", age=20)
    assert made.rollout().causes == ()


def test_a_change_that_the_controller_does_not_see() -> None:
    made = _still()
    made.raw["metadata"]["generation"] = 3
    assert _first(made.rollout()) == (Reason.NO_PROGRESS, "the controller has not seen the change for 10m")
    assert made.rollout().causes[0].try_next == "check whether kube-controller-manager runs"


def test_a_scale_a_moment_ago_is_no_standstill() -> None:
    made = _still()
    made.raw["metadata"]["generation"] = 3
    _written(made, 600, "kubectl-set")
    scaled = {"manager": "kubectl-scale", "time": ago(1), "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    made.raw["metadata"]["managedFields"].append(scaled | {"operation": "Update", "subresource": "scale"})
    assert made.rollout().causes == ()
    assert made.deployment().metadata.template_written == NOW - timedelta(seconds=600)


def test_what_is_being_deleted_does_not_stand_still() -> None:
    made = _still()
    made.raw["metadata"] |= {"generation": 3, "deletionTimestamp": ago(1)}
    assert made.rollout().causes == ()


def test_a_warning_about_the_workload_comes_first() -> None:
    made = _still()
    made.put(
        EVENTS,
        {
            "metadata": {"name": "e", "namespace": "shop", "uid": "e"},
            "involvedObject": {"uid": "r2", "kind": "ReplicaSet", "name": "web-2"},
            "type": "Warning",
            "reason": "FailedUpdate",
            "message": "the object has been modified by something else again and again, which nobody expected at all",
            "firstTimestamp": ago(500),
            "lastTimestamp": ago(10),
            "count": 11,
        },
    )
    reason, sentence = _first(made.rollout())
    assert reason is Reason.CONTROLLER_FAILS
    assert sentence.startswith("its controller reports FailedUpdate: the object has been modified")
    assert len(sentence) <= 90


def test_two_writers_never_converge() -> None:
    made = Made("web:1.1", 2, replicas=2, updatedReplicas=1, availableReplicas=2)
    for number in range(1, 14):
        made.revision(number, f"web:{number}", 0, age=30 - number)
    rollout = _written(made, 1, "kubectl-set", "argocd-controller").rollout()
    assert rollout.phase is Phase.STALLED
    sentence = "never converges: 13 revisions in 12s, written by kubectl-set and argocd-controller"
    assert _first(rollout) == (Reason.NEVER_CONVERGES, sentence)
    assert rollout.seconds_left is None


def test_replicasets_that_something_rewrites_never_converge() -> None:
    made = Made("web:1.1", 2, replicas=2, updatedReplicas=0, availableReplicas=2, collisionCount=41)
    for number in range(1, 5):
        made.revision(number, f"web:{number}", 0, age=20 - number)
    reason, sentence = _first(made.rollout())
    assert reason is Reason.NEVER_CONVERGES
    assert "something changes each new ReplicaSet" in sentence


def test_a_person_in_a_hurry_does_converge() -> None:
    made = Made("web:1.4", 2, replicas=2, updatedReplicas=1, availableReplicas=2)
    for number in range(1, 5):
        made.revision(number, f"web:1.{number}", 0, age=50 - 10 * number)
    assert made.rollout().phase is Phase.PROGRESSING


def test_a_statefulset_says_which_old_pod_it_waits_for_and_since_when() -> None:
    made = statefulset("db:2", 2, replicas=2, readyReplicas=1, updatedReplicas=0, availableReplicas=1)
    made.revision(1, "db:1", age=9000).revision(2, "db:2", age=40)
    made.pod("db:1", conditions=READY)
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": ago(40)}
    made.pod("db:1", conditions=[unready], **container(running(45)))
    rollout = made.rollout()
    assert rollout.phase is Phase.PROGRESSING
    assert rollout.why == "waits for the old pod db-1, which is not ready for 40s"
    assert rollout.since == NOW - timedelta(seconds=40)
    assert rollout.causes == ()


def test_a_statefulset_that_goes_back_began_when_its_template_was_written() -> None:
    made = statefulset("db:1", 2, replicas=2, readyReplicas=2, updatedReplicas=0, availableReplicas=2)
    made.revision(3, "db:1", age=250000).revision(2, "db:2", age=90000, pods=2)
    made.raw["metadata"]["managedFields"] = [
        {
            "manager": "kubectl-rollout",
            "operation": "Update",
            "time": ago(5),
            "fieldsV1": {"f:spec": {"f:template": {}}},
        }
    ]
    assert made.rollout().since == NOW - timedelta(seconds=5)
