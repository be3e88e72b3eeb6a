"""A rollout that stands still without any pod that tells why: what its workload says of it. Pure.

Warnings about the workload come first, then its conditions, then its counters. All of it is what the cluster wrote, so
that a command that looks once knows as much as a dashboard that has watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from ktui.model.events import Event
from ktui.model.objects import Condition, Pod, ReplicaSet, condition_of
from ktui.model.resources import resource_of
from ktui.model.times import before, span
from ktui.model.workloads import ControllerRevision, Workload
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy, legible
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.progress import Progress
from ktui.rollout.status import PROGRESSING
from ktui.text import count, duration

QUIET: Final = timedelta(minutes=1)
"""How long nothing may happen before that is worth a word."""

_LONGEST: Final = 90
"""Characters of a sentence; the rest stands in its detail."""


def of_standstill(
    workload: Workload,
    parts: Sequence[ReplicaSet | ControllerRevision],
    pods: Sequence[Pod],
    numbers: Progress,
    now: datetime,
    *,
    events_of: Callable[[str], Sequence[Event]],
    conditions: Sequence[Condition] = (),
) -> tuple[Cause, ...]:
    """Why nothing happens, if nothing has for a while; `parts` and `pods` are all that the workload has.

    `conditions` are those that tell why by being False, and that nothing else reports.
    """
    if workload.metadata.deletion_timestamp is not None:
        # It is on its way out, and its controller does nothing more.
        return ()
    if numbers.old.terminating or len(pods) < numbers.new.existing + numbers.old.existing:
        # Pods that stop have causes of their own once they are late; and pods that are not known may well move.
        return ()
    moved = max(_moves(workload, parts, pods), default=None)
    # A pod that is ready and has to stay so for minReadySeconds is waited for.
    if moved is None or now - moved < QUIET + span(workload.spec.min_ready_seconds):
        return ()
    cause = _warned(workload, parts, moved, now, events_of) or _stands(workload, conditions, numbers, moved, now)
    return (legible(cause),)


def _moves(
    workload: Workload, parts: Sequence[ReplicaSet | ControllerRevision], pods: Sequence[Pod]
) -> Iterator[datetime]:
    """The moments of which the objects tell that something happened then."""
    meta = workload.metadata
    moments: list[datetime | None] = [meta.creation_timestamp, meta.spec_written]
    progressing = condition_of(workload.status.conditions, PROGRESSING)
    if progressing is not None:
        moments.append(progressing.last_update_time)
    moments += [part.metadata.creation_timestamp for part in parts]
    for pod in pods:
        ready = condition_of(pod.status.conditions, "Ready")
        moments += [pod.metadata.creation_timestamp, ready.last_transition_time if ready is not None else None]
        due = pod.metadata.deletion_timestamp
        if due is not None:
            moments.append(before(due, span(pod.metadata.deletion_grace_period_seconds or 0)))
    return (moment for moment in moments if moment is not None)


def _warned(
    workload: Workload,
    parts: Sequence[ReplicaSet | ControllerRevision],
    moved: datetime,
    now: datetime,
    events_of: Callable[[str], Sequence[Event]],
) -> Cause | None:
    """The last warning about the workload, or about what it is made of, since something happened."""
    uids = (workload.metadata.uid, *(part.metadata.uid for part in parts))
    warnings = [
        (event.last_seen, event)
        for uid in uids
        for event in events_of(uid)
        if event.type == "Warning" and event.last_seen is not None and event.last_seen >= moved
    ]
    if not warnings:
        return None
    _, last = max(warnings, key=lambda each: each[0])
    since = max(last.first_timestamp or moved, moved)
    return Cause(
        Kind.CONTROLLER,
        _fit(f"its controller reports {last.reason}: {last.message}"),
        blocking=is_stalled(Reason.CONTROLLER_FAILS, since, now),
        try_next="read the whole warning, and correct what it names",
        detail=last.message,
        remedies=(Remedy.TIMELINE,),
        reason=Reason.CONTROLLER_FAILS,
        since=since,
    )


def _stands(
    workload: Workload, conditions: Sequence[Condition], numbers: Progress, moved: datetime, now: datetime
) -> Cause:
    """What the conditions say, or else the counters."""
    quiet = duration((now - moved).total_seconds())
    helps = "look at the events, and whether the controller of the workload runs"
    condition = next((each for each in conditions if each.status != "True" and each.message), None)
    detail = condition.message if condition is not None else ""
    if not workload.observed:
        said = f"the controller has not seen the change for {quiet}"
        helps = f"check whether {_controller(workload)} runs"
    elif condition is not None:
        said = _fit(f"nothing has happened for {quiet}: {condition.type} {condition.status}, {condition.message}")
    elif numbers.new.existing < numbers.new.wanted:
        said = f"no new pod has come for {quiet}: there are {numbers.new.existing} of {numbers.new.wanted}"
    elif numbers.old.existing and numbers.new.available >= numbers.new.wanted:
        said = f"{count(numbers.old.existing, 'old pod')} left to stop, and nothing has happened for {quiet}"
    else:
        said = f"nothing has happened for {quiet}, with {numbers.new.available} of {numbers.desired} new pods available"
    return Cause(
        Kind.CONTROLLER,
        said,
        blocking=is_stalled(Reason.NO_PROGRESS, moved, now),
        try_next=helps,
        detail=detail,
        remedies=(Remedy.TIMELINE,),
        reason=Reason.NO_PROGRESS,
        since=moved,
    )


def _controller(workload: Workload) -> str:
    """What has to run for it to roll out."""
    resource = resource_of(workload)
    return "kube-controller-manager" if resource.group == "apps" else f"the controller of {resource.titles}"


def _fit(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
