"""Why the rollout of a StatefulSet or a DaemonSet does not move.

Neither has conditions that tell: what speaks are its pods, and the Events that its controller sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ktui.kinds.controller_revisions.progress import stranded
from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.kinds.controller_revisions.strategy import bounds, desired, target, waits_for_deletion
from ktui.model.events import Event
from ktui.model.objects import Pod
from ktui.model.workloads import DaemonSet, PodSet, StatefulSet
from ktui.rollout.diagnosis import admission_messages
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy, by_weight, legible
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.onset import unready_since
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.pod_causes import of_pods
from ktui.rollout.diagnosis.resizes import of_resizes
from ktui.rollout.diagnosis.restarts import of_restarts
from ktui.rollout.diagnosis.wording import fit, impersonal
from ktui.text import clean, count, duration

_POD_IN_FULL: Final = Expression(r", pod: \{.*", re.DOTALL)
"""The whole object, environment and all, that OpenKruise adds to the message (`createOnePod` of cloneset_scale.go)."""

_RECENT: Final = timedelta(minutes=20)
"""How long ago the controller may have been refused for that to be why pods are missing: it tries at least so often."""


def diagnose(
    workload: PodSet,
    parts: Sequence[RevisionPods],
    now: datetime,
    *,
    is_settled: bool,
    events_of: Callable[[str], Sequence[Event]],
) -> tuple[Cause, ...]:
    """The causes that hold it up: from its pods, their events and its own.

    Old pods that are not well count too: either controller waits for them before it goes on.
    """
    new = [pod for part in parts if part.is_current for pod in part.pods]
    old = [pod for part in parts if not part.is_current for pod in part.pods]
    noun = "pod" if is_settled else "new pod"
    found = [*of_pods(new, now, noun, events_of), *of_restarts(new, now, noun, events_of), *of_resizes(new, noun)]
    hopeless = _hopeless(workload, parts, now, events_of)
    ailing = of_pods([pod for pod in old if pod not in hopeless], now, "old pod", events_of)
    of_old = [
        msgspec.structs.replace(cause, of_old=True)
        for cause in (*_left_behind(workload, hopeless, now, events_of), *ailing)
    ]
    causes = [*_refused(workload, parts, now, events_of), *_wedged(workload, parts, now, events_of), *of_old, *found]
    causes += _held_back(workload, [pod for part in parts if not part.is_current for pod in part.running])
    causes.sort(key=by_weight)
    return tuple(legible(_fit(cause, workload)) for cause in causes)


def awaited(workload: PodSet, parts: Sequence[RevisionPods], now: datetime) -> str:
    """Which old pods, on their way to be ready, an OrderedReady StatefulSet waits for, and since when; or nothing."""
    unready = stranded(workload, parts)
    if not unready:
        return ""
    since = min((at for pod in unready if (at := unready_since(pod)) is not None), default=None)
    lasted = f" for {duration((now - since).total_seconds())}" if since is not None else ""
    first = clean(min(pod.metadata.name for pod in unready))
    which = f"the old pod {first}, which is" if len(unready) == 1 else f"{len(unready)} old pods, which are"
    return fit(f"waits for {which} not ready{lasted}")


def _fit(cause: Cause, workload: PodSet) -> Cause:
    """The cause with what helps this kind: neither has its pods moved from a lost node, nor a DaemonSet a size."""
    try_next, remedies = cause.try_next, cause.remedies
    if cause.reason is Reason.NODE_LOST:
        try_next = "look at the node; if it will not come back, delete it: its pods are not replaced before that"
    if isinstance(workload, DaemonSet):
        remedies = tuple(remedy for remedy in remedies if remedy is not Remedy.SCALE)
    return msgspec.structs.replace(cause, try_next=try_next, remedies=remedies)


def _refused(
    workload: PodSet, parts: Sequence[RevisionPods], now: datetime, events_of: Callable[[str], Sequence[Event]]
) -> list[Cause]:
    """Pods that the API server does not let the controller create: only its Events tell.

    They stay for an hour: what came before the youngest pod no longer holds.
    """
    running = [pod for part in parts for pod in part.running]
    has_old = any(part.running for part in parts if not part.is_current)
    if len(running) >= desired(workload) + (bounds(workload).surge if has_old else 0):
        return []
    failures = [event for event in events_of(workload.metadata.uid) if event.reason == "FailedCreate"]
    newest = max(failures, key=lambda event: event.last_seen or now, default=None)
    if newest is None or newest.last_seen is None or now - newest.last_seen > _RECENT:
        return []
    if any((made := pod.metadata.creation_timestamp) is not None and made > newest.last_seen for pod in running):
        return []
    message = _POD_IN_FULL.sub("", newest.message)
    refused = admission_messages.in_words(message)
    helps = "raise the quota, or scale something else in" if refused.wants_room else refused.helps
    return [
        Cause(
            Kind.FORBIDDEN,
            fit(f"no more pods can be created: {refused.why}" if refused.why else "no more pods can be created"),
            blocking=is_stalled(refused.reason, newest.first_seen, now),
            try_next=helps,
            detail=message,
            remedies=(*((Remedy.SCALE,) if refused.wants_room else ()), Remedy.ROLLBACK),
            reason=refused.reason,
            since=newest.first_seen,
        )
    ]


def _hopeless(
    workload: PodSet, parts: Sequence[RevisionPods], now: datetime, events_of: Callable[[str], Sequence[Event]]
) -> list[Pod]:
    """The pods that an OrderedReady StatefulSet waits for and that will not become ready."""
    if not workload.observed:
        return []
    unready = stranded(workload, parts)
    broken = {name for cause in of_pods(unready, now, "old pod", events_of) if cause.blocking for name in cause.pods}
    return [pod for pod in unready if pod.metadata.name in broken]


def _held_back(workload: PodSet, old: Sequence[Pod]) -> list[Cause]:
    """A change that someone has to let through: kubectl calls the one complete, and has no word for the other."""
    if not old or not workload.observed:
        return []
    names = sorted((pod.metadata.name for pod in old), key=lambda name: (len(name), name))
    if waits_for_deletion(workload):
        verb, them = ("changes", "it: it comes") if len(old) == 1 else ("change", "them one by one: each comes")
        sentence = f"OnDelete: {count(len(old), 'old pod')} {verb} only when deleted"
        first = f"kubectl delete pod {clean(names[-1])} -n {clean(workload.metadata.namespace)}"
        helps = f"delete {them} back with the newest template ({first})"
        remedies: tuple[Remedy, ...] = ()
    elif target(workload) == 0 < desired(workload) and type(workload) is StatefulSet:
        sentence = "changed while paused: nothing rolls out until it is resumed"
        helps = "resume it, which lowers the partition, or undo the change"
        remedies = (Remedy.RESUME, Remedy.ROLLBACK)
    else:
        return []
    return [Cause(Kind.PAUSED, sentence, blocking=False, try_next=helps, pods=tuple(names), remedies=remedies)]


def _left_behind(
    workload: PodSet,
    hopeless: Sequence[Pod],
    now: datetime,
    events_of: Callable[[str], Sequence[Event]],
) -> list[Cause]:
    names = sorted(pod.metadata.name for pod in hopeless)
    if not names:
        return []
    shown = ", ".join(clean(name) for name in names)
    them, verb = ("it", "does") if len(names) == 1 else ("them", "do")
    ails = next(cause for cause in of_pods(hopeless, now, "old pod", events_of) if cause.blocking)
    return [
        Cause(
            Kind.POD,
            f"{count(len(names), 'old pod')} {verb} not become ready, and the StatefulSet waits for {them}: {shown}",
            blocking=True,
            try_next=_deleting(workload, names),
            pods=tuple(names),
            remedies=(Remedy.REPAIR, Remedy.LOGS),
            reason=ails.reason,
            since=ails.since,
        )
    ]


def _deleting(workload: PodSet, names: Sequence[str]) -> str:
    them, come = ("it", "it comes") if len(names) == 1 else ("them", "they come")
    command = f"kubectl delete pod {' '.join(clean(name) for name in names)} -n {clean(workload.metadata.namespace)}"
    return f"delete {them}: {command}; {come} back with the newest template"


_FAILED_UPDATE: Final = Expression(r"[Uu]pdate Pod (\S+) in StatefulSet \S+ failed error: (.*)$", re.DOTALL)
"""What the StatefulSet controller writes (`recordPodEvent`, pkg/controller/statefulset/stateful_pod_control.go)."""


def _wedged(
    workload: PodSet, parts: Sequence[RevisionPods], now: datetime, events_of: Callable[[str], Sequence[Event]]
) -> list[Cause]:
    """Pods that the controller tries to bring in line with the set, and may not: a claim template that they lack."""
    made = {pod.metadata.name: pod.metadata.creation_timestamp for part in parts for pod in part.running}
    failures: dict[str, tuple[Event, str]] = {}
    for event in events_of(workload.metadata.uid):
        found = _FAILED_UPDATE.search(event.message) if event.reason == "FailedUpdate" else None
        seen = event.last_seen
        if found is None or seen is None or now - seen > _RECENT or found[1] not in made:
            continue
        born = made[found[1]]
        if born is None or born <= seen:
            failures[found[1]] = event, found[2]
    if not failures:
        return []
    names = sorted(failures)
    event, text = max(failures.values(), key=lambda each: each[0].last_seen or now)
    why = impersonal(text, names[0])
    if "pod updates may not change fields" in text:
        why = "the changed fields are immutable in a running pod"
    since = min((first for each, _ in failures.values() if (first := each.first_seen) is not None), default=None)
    return [
        Cause(
            Kind.POD,
            fit(f"the StatefulSet cannot update {count(len(names), 'pod')}: {why}"),
            blocking=is_stalled(Reason.CONTROLLER_FAILS, since, now),
            try_next=_deleting(workload, names),
            detail=event.message,
            pods=tuple(names),
            remedies=(Remedy.TIMELINE,),
            reason=Reason.CONTROLLER_FAILS,
            since=since,
        )
    ]
