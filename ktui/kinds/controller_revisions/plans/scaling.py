"""Scale of a StatefulSet. Its pods come and go by their numbers, and their volumes stay."""

from __future__ import annotations

from typing import Any

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans.known import ControlledSubject, StatefulSetSubject
from ktui.model.workloads import ORDERED_READY, StatefulSet
from ktui.plans.scaling import Words, scaling
from ktui.text import clean, count


def _words(subject: StatefulSetSubject, then: int) -> Words:
    statefulset = subject.workload
    now = statefulset.spec.desired
    effects = _added(statefulset, now, then) if then > now else _stopped(subject, statefulset, now, then)
    return Words(effects, (*_waits(statefulset), *_held(statefulset, now, then)))


def _added(statefulset: StatefulSet, now: int, then: int) -> tuple[str, ...]:
    order = ", one after another, each only once the one before is ready" if _in_order(statefulset) else ", all at once"
    which = _pods(statefulset, now, then - 1)
    return (f"{count(then - now, 'pod')} will be added: {now} → {then} ({which}){order}.",)


def _stopped(subject: ControlledSubject, statefulset: StatefulSet, now: int, then: int) -> tuple[str, ...]:
    order = ", the highest first, one after another" if _in_order(statefulset) else ", all at once"
    which = _pods(statefulset, now - 1, then)
    stopped = f"{count(now - then, 'pod')} will be stopped: {now} → {then} ({which}){order}."
    return (stopped, *_volumes(subject.raw["spec"], now - then))


def _volumes(spec: dict[str, Any], pods: int) -> tuple[str, ...]:
    """What becomes of the volumes of pods that go: they stay, unless the set says otherwise."""
    claims = [clean(claim["metadata"]["name"]) for claim in spec.get("volumeClaimTemplates") or ()]
    if not claims:
        return ()
    theirs = f"{count(pods * len(claims), 'PersistentVolumeClaim')} ({', '.join(claims)})"
    if (spec.get("persistentVolumeClaimRetentionPolicy") or {}).get("whenScaled") == "Delete":
        return (f"Their volumes are DELETED with what is on them: {theirs}, retention policy whenScaled Delete.",)
    return (f"Their volumes stay: {theirs}. Scaled up again, the pods find their data.",)


def _held(statefulset: StatefulSet, now: int, then: int) -> tuple[str, ...]:
    """A partition stays where it is, so that scaling changes how many pods it lets through."""
    held = partition_of(statefulset)
    if held is None:
        return ()
    reached = max(0, then - held.first)
    if reached == held.pods:
        return ()
    if then > now:
        return (f"The partition stays at {held.first}: what is added is of the new revision, {held.pods} → {reached}.",)
    return (f"The partition stays at {held.first}: what goes first is of the new revision, {held.pods} → {reached}.",)


def _waits(statefulset: StatefulSet) -> tuple[str, ...]:
    missing = statefulset.spec.desired - statefulset.status.ready_replicas
    if missing <= 0 or not _in_order(statefulset):
        return ()
    are = "is" if missing == 1 else "are"
    return (f"{count(missing, 'pod')} {are} not ready: an OrderedReady StatefulSet waits for that before it scales.",)


def _in_order(statefulset: StatefulSet) -> bool:
    return statefulset.spec.pod_management_policy == ORDERED_READY


def _pods(statefulset: StatefulSet, first: int, last: int) -> str:
    """`db-4`, `db-4 to db-7`: by their place in the set."""
    name, start = clean(statefulset.metadata.name), statefulset.spec.ordinals.start
    return f"{name}-{start + first}" + (f" to {name}-{start + last}" if first != last else "")


plan_scale = scaling(_words)
