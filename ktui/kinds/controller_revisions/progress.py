"""How far the rollout of a StatefulSet or a DaemonSet is.

Its pods tell that by their revision. Where they are not known (yet), the status has to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.kinds.controller_revisions.strategy import bounds, desired, place, target, waits_for_deletion
from ktui.model.objects import Pod
from ktui.model.resources import PODS
from ktui.model.store import Store
from ktui.model.workloads import ORDERED_READY, PodSet, StatefulSet
from ktui.rollout.podstatus import is_available, is_ready, is_terminating
from ktui.rollout.progress import Observation, Progress, Side


def progress(workload: PodSet, parts: Sequence[RevisionPods], now: datetime, *, has_pods: bool) -> Progress:
    """Both sides of a rollout: by its pods where they are known, or else by the status."""
    limits = bounds(workload)
    new, old = _by_pods(workload, parts, now) if has_pods else by_status(workload)
    pods = desired(workload)
    return Progress(
        desired=pods,
        goal=target(workload),
        new=msgspec.structs.replace(new, wanted=target(workload)),
        old=msgspec.structs.replace(old, wanted=pods - target(workload)),
        surge=limits.surge,
        unavailable=limits.unavailable,
        promised=max(0, pods - limits.unavailable),
    )


def _by_pods(workload: PodSet, parts: Sequence[RevisionPods], now: datetime) -> tuple[Side, Side]:
    new = [pod for part in parts if part.is_current for pod in part.pods]
    old = [pod for part in parts if not part.is_current for pod in part.pods]
    seconds = workload.spec.min_ready_seconds
    return _side(new, seconds, now), _side(old, seconds, now)


def _side(pods: Sequence[Pod], min_ready_seconds: int, now: datetime) -> Side:
    running = [pod for pod in pods if not is_terminating(pod)]
    return Side(
        existing=len(running),
        ready=sum(is_ready(pod) for pod in running),
        available=sum(is_available(pod, min_ready_seconds, now) for pod in running),
        terminating=len(pods) - len(running),
    )


def has_pods(store: Store, workload: PodSet, parts: Sequence[RevisionPods]) -> bool:
    """Whether its pods are known: they follow later than the workloads, and not everybody may read them.

    The status lags behind them, and counts those that are stopping.
    """
    return PODS in store.listed or sum(len(part.pods) for part in parts) >= workload.counts.existing


def by_status(workload: PodSet) -> tuple[Side, Side]:
    """New and old pods as the status counts them. Those that are not ready are taken for new ones, which start."""
    counts = workload.counts
    updated = min(counts.updated, counts.existing)
    old = counts.existing - updated
    return (
        Side(existing=updated, ready=max(0, counts.ready - old), available=max(0, counts.available - old)),
        Side(existing=old, ready=min(old, counts.ready), available=min(old, counts.available)),
    )


def is_complete(workload: PodSet) -> bool:
    """Whether every pod is of the newest revision and available. A partition that holds some back is not the end."""
    counts, pods = workload.counts, desired(workload)
    return workload.observed and counts.updated >= pods and counts.available >= pods and counts.existing <= pods


def stranded(workload: PodSet, parts: Sequence[RevisionPods]) -> list[Pod]:
    """Pods of another revision that are not ready and that an OrderedReady StatefulSet does not replace.

    It waits for them to become ready first, so another template alone is no cure (docs/semantics.md, StatefulSets).
    """
    if not isinstance(workload, StatefulSet) or workload.spec.pod_management_policy != ORDERED_READY:
        return []
    return [
        pod
        for part in parts
        if not part.is_current
        for pod in part.pods
        if not is_terminating(pod) and not is_ready(pod) and place(workload, pod) >= workload.spec.partition
    ]


def stands_still(workload: PodSet) -> bool:
    """Whether pods are held back on purpose: by a partition, or until someone deletes them."""
    return waits_for_deletion(workload) or target(workload) < desired(workload)


def observation(
    workload: PodSet, parts: Sequence[RevisionPods], numbers: Progress, *, is_paused: bool = False
) -> Observation:
    """What is seen of it now."""
    newest = next((part for part in parts if part.is_current and part.revision is not None), None)
    ended = is_complete(workload)
    made = newest.revision.metadata.creation_timestamp if newest is not None and newest.revision is not None else None
    # A revision that a rollback has brought back is older than its rollout.
    births = [part.revision.metadata.creation_timestamp for part in parts if part.revision is not None]
    last_made = max((at for at in births if at is not None), default=None)
    is_youngest = made is not None and made == last_made
    # Who wrote the template noted when. It is no earlier than the last revision, which it replaced.
    written = workload.metadata.template_written
    since = written if written is not None and (last_made is None or written >= last_made) else None
    return Observation(
        template=workload.spec.template.digest,
        available=numbers.available,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=is_paused or stands_still(workload),
        is_complete=ended,
        started=made if is_youngest else since if not ended else None,
        finished=_finished(workload, newest, made if is_youngest else None, last_made) if ended else None,
        is_going=workload.metadata.deletion_timestamp is not None,
    )


def _finished(
    workload: PodSet, newest: RevisionPods | None, made: datetime | None, last_made: datetime | None
) -> datetime | None:
    """When a rollout that was not watched came to its end, as well as that can be shown.

    Neither kind notes it. The age of what was `made` for it is near; where a rollback brought back what was there,
    the age of its youngest pod is. Where the pods are not known either, it cannot have been before the last revision
    of all was made.
    """
    pods = newest.running if newest is not None and made is None else ()
    youngest = max((at for pod in pods if (at := pod.metadata.creation_timestamp) is not None), default=None)
    return made or youngest or last_made or workload.metadata.creation_timestamp
