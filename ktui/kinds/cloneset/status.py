"""What is so of a CloneSet by its own status: the verdict, the controller's words, and its deadline.

Where `kubectl kruise rollout status` (openkruise/kruise-tools, rollout_status.go) has a sentence, it is that one. That
command calls a CloneSet complete while none of its pods is new yet, and knows no deadline; a gate must not, so when it
is complete follows kubectl's rules for a Deployment.
"""

from __future__ import annotations

from typing import Final

from ktui.kinds.cloneset.objects import CloneSet
from ktui.model.objects import Condition, condition_of
from ktui.model.workloads import ON_DELETE
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.rollout import Controller
from ktui.rollout.status import DEADLINE_EXCEEDED, PROGRESSING, Verdict
from ktui.text import clean, duration

_NOT_ROLLING: Final = Verdict(
    "rollout status is only available for RollingUpdate strategy type", done=True, failed=True, is_judged=False
)


def progressing(cloneset: CloneSet) -> Condition | None:
    """The condition Progressing, which is there only with `progressDeadlineSeconds`."""
    return condition_of(cloneset.status.conditions, PROGRESSING)


def deadline_exceeded(cloneset: CloneSet) -> bool:
    """Whether the deadline has passed for the revision that is rolled out now.

    After another template the condition stays, with the old revision's name in its message, until all is available.
    """
    condition, revision = progressing(cloneset), cloneset.status.update_revision
    if condition is None or condition.reason != DEADLINE_EXCEEDED or not cloneset.observed:
        return False
    return not revision or revision in condition.message.split()


def verdict(cloneset: CloneSet) -> Verdict:
    """Judge it by its status."""
    name, reported, desired, goal = clean(cloneset.metadata.name), cloneset.status, cloneset.desired, cloneset.target
    if cloneset.strategy == ON_DELETE:
        return _NOT_ROLLING
    if not cloneset.observed:
        return Verdict("Waiting for CloneSet spec update to be observed...")
    if deadline_exceeded(cloneset):
        return Verdict(f'cloneset "{name}" exceeded its progress deadline', done=True, failed=True)
    if reported.updated_replicas < goal:
        many = f"{reported.updated_replicas} out of {goal} new"
        if cloneset.kept:
            return Verdict(f"Waiting for partitioned roll out to finish: {many} pods have been updated...")
        return Verdict(f'Waiting for cloneset "{name}" rollout to finish: {many} replicas have been updated...')
    if reported.replicas > desired:
        extra = reported.replicas - desired
        return Verdict(
            f'Waiting for cloneset "{name}" rollout to finish: {extra} old replicas are pending termination...'
        )
    if reported.ready_replicas < desired:
        return Verdict(f"Waiting for {desired - reported.ready_replicas} pods to be ready...")
    if reported.available_replicas < desired:
        return Verdict(f"Waiting for {desired - reported.available_replicas} pods to be available...")
    if cloneset.kept:
        line = f"partitioned roll out complete: {reported.updated_replicas} new pods have been updated..."
        return Verdict(line, done=True)
    revision = clean(reported.update_revision)
    at_end = f"CloneSet rolling update complete {reported.available_replicas} pods at revision {revision}..."
    return Verdict(at_end, done=True)


def controller_of(cloneset: CloneSet) -> Controller:
    """What its controller says of the update, which it does only with `progressDeadlineSeconds`."""
    condition = progressing(cloneset)
    if condition is None:
        return Controller()
    return Controller(phase=clean(condition.reason) or None, message=clean(condition.message) or None)


def of_deadline(cloneset: CloneSet) -> tuple[Cause, ...]:
    """That time ran out, if it did."""
    limit, condition = cloneset.spec.progress_deadline_seconds, progressing(cloneset)
    if condition is None or not deadline_exceeded(cloneset):
        return ()
    within = f" within its deadline of {duration(limit)}" if limit is not None else ""
    return (
        Cause(
            Kind.DEADLINE,
            f"no progress{within}",
            blocking=True,
            try_next="roll back, or fix the cause: the rollout then continues, and nothing is taken back",
            remedies=(Remedy.ROLLBACK,),
            reason=Reason.DEADLINE_PASSED,
            since=condition.last_transition_time,
        ),
    )
