"""A roll back that nobody is asked about: when a failed rollout may be taken back without a person's word. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.actions.plan import Plan
from ktui.actions.reading import AnySubject
from ktui.actions.request import RollBack
from ktui.actions.rollback import plan_rollback
from ktui.actions.sets.planning import plan_set
from ktui.actions.sets.subject import SetSubject
from ktui.model.objects import Deployment, ReplicaSet
from ktui.rollout import revisions
from ktui.rollout.cohorts import Cohort, cohorts, waits_for_deletion
from ktui.rollout.guard import Armed, disowned, is_paused
from ktui.rollout.podstatus import is_available
from ktui.rollout.revisions import Refusal
from ktui.rollout.status import verdict


def plan_automatic_rollback(told: Armed, subject: AnySubject) -> Plan | Refusal:
    """The roll back of exactly that rollout, or why it is no longer (or was never) one's own to take back.

    The number of pods may have changed: an autoscaler does that. It goes to the old revision that serves best, where
    one serves, since the one before may never have been complete either; else to the one before.
    """
    workload = subject.workload
    if reason := disowned(told, workload):
        return Refusal(reason)
    if is_paused(workload):
        return Refusal("it was paused before: whoever did that decides what comes next")
    if not isinstance(workload, Deployment) and waits_for_deletion(workload):
        return Refusal("its strategy is OnDelete, and whoever deletes its pods decides what comes next")
    judged = verdict(workload)
    if judged.done and not judged.failed:
        return Refusal("it is complete by now")
    if isinstance(subject, SetSubject):
        return plan_set(RollBack(serving_set_revision(subject)), subject)
    return plan_rollback(RollBack(serving_revision(subject.deployment, subject.replicasets)), subject)


def serving_revision(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> int | None:
    """The old revision with the most available pods, the newest among equals; None where none has any."""
    current = revisions.current(deployment, replicasets)
    old = [rs for rs in replicasets if current is None or rs.metadata.uid != current.metadata.uid]
    best = max(old, key=lambda rs: (rs.status.available_replicas, revisions.revision(rs)), default=None)
    if best is None or best.status.available_replicas == 0:
        return None
    return revisions.revision(best)


def serving_set_revision(subject: SetSubject) -> int | None:
    """The same of a StatefulSet or a DaemonSet, whose pods tell; the template as it is never serves as an old one."""
    workload, seconds = subject.workload, subject.workload.spec.min_ready_seconds

    def serving(part: Cohort) -> tuple[int, int]:
        return sum(is_available(pod, seconds, subject.now) for pod in part.running), part.number

    parts = cohorts(workload, subject.revisions, subject.pods)
    old = [part for part in parts if part.revision is not None and not part.is_current]
    best = max(old, key=serving, default=None)
    return best.number if best is not None and serving(best)[0] else None
