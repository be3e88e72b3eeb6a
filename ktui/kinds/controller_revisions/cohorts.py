"""The pods of a StatefulSet or a DaemonSet by revision, and how far their rollout is.

These own their pods themselves, and their status does not tell new from old as ReplicaSets do: the label
`controller-revision-hash` of each pod does. Where the pods are not known (yet), the status has to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ktui.model.objects import Pod, RollingUpdate
from ktui.model.resources import PODS
from ktui.model.store import Store
from ktui.model.workloads import ON_DELETE, ORDERED_READY, ControllerRevision, DaemonSet, StatefulSet
from ktui.rollout.bounds import Bounds, in_pods
from ktui.rollout.facts import Revision
from ktui.rollout.podstatus import is_available, is_ready, is_terminating
from ktui.rollout.progress import Glimpse, Progress, Side
from ktui.rollout.track_record import Account, Accounts, Candidate, last_good, standings
from ktui.text import clean

Controlled = StatefulSet | DaemonSet
"""A workload whose pods its own controller makes, and whose revisions are ControllerRevisions."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Cohort(msgspec.Struct, frozen=True):
    """One revision with the pods that were made from it, those that are stopping included.

    `revision` is None for pods whose revision is no longer (or not yet) known.
    """

    revision: ControllerRevision | None
    pods: tuple[Pod, ...]
    is_current: bool

    @property
    def number(self) -> int:
        """The revision's number; 0 where it is not known."""
        return self.revision.revision if self.revision is not None else 0

    @property
    def running(self) -> tuple[Pod, ...]:
        """Its pods without those that are stopping."""
        return tuple(pod for pod in self.pods if not is_terminating(pod))


def newest_first(known: Sequence[ControllerRevision]) -> list[ControllerRevision]:
    """Sorted by number, the highest first; equal ones by age, the youngest first."""
    return sorted(
        known,
        key=lambda rev: (rev.revision, rev.metadata.creation_timestamp or _LONG_AGO, rev.metadata.uid),
        reverse=True,
    )


def current(workload: Controlled, known: Sequence[ControllerRevision]) -> ControllerRevision | None:
    """The revision of the template as it is now; None where the controller has not made it yet.

    It is the newest of those that mean the same as the template. A StatefulSet also names it in its status, which
    stands where an old server's data lacks what a newer one fills in; a DaemonSet's newest one is the one it rolls out.
    """
    ordered = newest_first(known)
    same = next((rev for rev in ordered if rev.template == workload.spec.template), None)
    if same is not None or not workload.observed:
        return same
    if isinstance(workload, StatefulSet):
        return next((rev for rev in ordered if rev.metadata.name == workload.status.update_revision), None)
    return next(iter(ordered), None)


def cohorts(workload: Controlled, known: Sequence[ControllerRevision], pods: Sequence[Pod]) -> tuple[Cohort, ...]:
    """All revisions with their pods, the newest first, then the pods of no known revision."""
    now = current(workload, known)
    by_hash: dict[str, list[Pod]] = {}
    for pod in pods:
        by_hash.setdefault(pod.revision_hash, []).append(pod)
    found = [Cohort(rev, tuple(by_hash.pop(rev.pod_hash, ())), rev is now) for rev in newest_first(known)]
    left = tuple(pod for strangers in by_hash.values() for pod in strangers)
    return (*found, Cohort(None, left, is_current=False)) if left else tuple(found)


def cohorts_of(store: Store, workload: Controlled) -> tuple[Cohort, ...]:
    """All revisions of a workload with their pods, from what is known."""
    uid = workload.metadata.uid
    return cohorts(workload, store.controller_revisions(uid), store.pods(uid))


def as_revision(workload: Controlled, part: Cohort) -> Revision:
    """One revision with its pods. Nothing tells how many pods an old one is to keep: those that it has."""
    known, existing = part.revision, len(part.running)
    return Revision(
        number=part.number,
        uid=known.metadata.uid if known is not None else "",
        name=known.metadata.name if known is not None else "",
        stem=workload.metadata.name,
        template=known.template if known is not None else None,
        annotations=known.metadata.annotations if known is not None else {},
        created=known.metadata.creation_timestamp if known is not None else None,
        pods=part.pods,
        wanted=max(existing, target(workload)) if part.is_current else existing,
        existing=existing,
        ready=sum(is_ready(pod) for pod in part.running),
        is_current=part.is_current,
    )


def rollback_target(
    workload: Controlled, parts: Sequence[Cohort], remembered: Accounts | None = None
) -> ControllerRevision | None:
    """The last revision that was good, of those that differ from the template as it is now; None if there is none.

    kubectl takes the second highest number, which is one too far back while the newest template has none yet.
    """
    others = [part for part in parts if part.revision is not None and not _is_live(workload, part)]
    chosen = last_good(candidates(workload, parts), remembered or {})
    return next((part.revision for part in others if chosen is not None and part.number == chosen.number), None)


def candidates(workload: Controlled, parts: Sequence[Cohort]) -> list[Candidate]:
    """The revisions as `standing` weighs them: pods that are ready count, however long they have been."""
    return [
        Candidate(
            part.number,
            available=sum(is_ready(pod) for pod in part.running),
            is_current=_is_live(workload, part),
            came_back=came_back(part, parts),
        )
        for part in parts
        if part.revision is not None and part.revision.template is not None
    ]


def came_back(part: Cohort, parts: Sequence[Cohort]) -> bool:
    """Whether a rollback gave that revision its number: it keeps its age, and takes the highest number."""
    return any(
        other.number < part.number and _created(other) > _created(part) for other in parts if other.revision is not None
    )


def _created(part: Cohort) -> datetime:
    created = part.revision.metadata.creation_timestamp if part.revision is not None else None
    return created or _LONG_AGO


def standing_of(
    workload: Controlled, parts: Sequence[Cohort], remembered: Accounts | None = None
) -> dict[int, Account]:
    """What is known of how each revision did, by its number."""
    return standings(candidates(workload, parts), remembered or {})


def _is_live(workload: Controlled, part: Cohort) -> bool:
    return part.is_current or (part.revision is not None and part.revision.template == workload.spec.template)


def desired(workload: Controlled) -> int:
    """How many pods there are to be: the spec says so of a StatefulSet, the nodes of a DaemonSet."""
    if isinstance(workload, StatefulSet):
        return workload.spec.desired
    return workload.status.desired_number_scheduled


def target(workload: Controlled) -> int:
    """How many pods the rollout is to reach: a StatefulSet's partition leaves some of them as they are."""
    return workload.target if isinstance(workload, StatefulSet) else desired(workload)


def waits_for_deletion(workload: Controlled) -> bool:
    """Whether a pod changes only when someone deletes it."""
    return workload.spec.update_strategy.type == ON_DELETE


def bounds(workload: Controlled) -> Bounds:
    """Surge and unavailability in pods; without surge, one pod may always be missing.

    A DaemonSet rounds both up (`SurgeCount`, `UnavailableCount` of its controller). A StatefulSet has no surge, and
    rounds down (`getStatefulSetMaxUnavailable`), whatever the API's reference says.
    """
    rolling, pods = workload.spec.update_strategy.rolling_update, desired(workload)
    missing = 1 if rolling is None or rolling.max_unavailable is None else rolling.max_unavailable
    extra = (rolling.max_surge or 0) if isinstance(rolling, RollingUpdate) else 0
    surge = in_pods(extra, pods, round_up=True)
    unavailable = in_pods(missing, pods, round_up=isinstance(workload, DaemonSet))
    return Bounds(
        surge, min(pods, unavailable if surge else max(1, unavailable)), clean(str(extra)), clean(str(missing))
    )


class _Counts(msgspec.Struct, frozen=True):
    """What the status of either kind says, in pods."""

    existing: int
    updated: int
    ready: int
    available: int


def _counts(workload: Controlled) -> _Counts:
    if isinstance(workload, StatefulSet):
        told = workload.status
        return _Counts(told.replicas, told.updated_replicas, told.ready_replicas, told.available_replicas)
    seen = workload.status
    return _Counts(
        seen.current_number_scheduled, seen.updated_number_scheduled, seen.number_ready, seen.number_available
    )


def progress(workload: Controlled, parts: Sequence[Cohort], now: datetime, *, has_pods: bool) -> Progress:
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


def _by_pods(workload: Controlled, parts: Sequence[Cohort], now: datetime) -> tuple[Side, Side]:
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


def has_pods(store: Store, workload: Controlled, parts: Sequence[Cohort]) -> bool:
    """Whether its pods are known: they follow later than the workloads, and not everybody may read them.

    The status lags behind them, and counts those that are stopping.
    """
    return PODS in store.listed or sum(len(part.pods) for part in parts) >= _counts(workload).existing


def by_status(workload: Controlled) -> tuple[Side, Side]:
    """New and old pods as the status counts them. Those that are not ready are taken for new ones, which start."""
    counts = _counts(workload)
    updated = min(counts.updated, counts.existing)
    old = counts.existing - updated
    return (
        Side(existing=updated, ready=max(0, counts.ready - old), available=max(0, counts.available - old)),
        Side(existing=old, ready=min(old, counts.ready), available=min(old, counts.available)),
    )


def is_complete(workload: Controlled) -> bool:
    """Whether every pod is of the newest revision and available. A partition that holds some back is not the end."""
    counts, pods = _counts(workload), desired(workload)
    return workload.observed and counts.updated >= pods and counts.available >= pods and counts.existing <= pods


def place(statefulset: StatefulSet, pod: Pod) -> int:
    """Which pod of the set it is, counted from the one at `ordinals.start`; negative for a name that is none of it."""
    _, _, number = pod.metadata.name.rpartition("-")
    is_ordinal = number.isascii() and number.isdecimal() and len(number) < 10
    return int(number) - statefulset.spec.ordinals.start if is_ordinal else -1


def stranded(workload: Controlled, parts: Sequence[Cohort]) -> list[Pod]:
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


def stands_still(workload: Controlled) -> bool:
    """Whether pods are held back on purpose: by a partition, or until someone deletes them."""
    return waits_for_deletion(workload) or target(workload) < desired(workload)


def glimpse(workload: Controlled, parts: Sequence[Cohort], numbers: Progress) -> Glimpse:
    """What is seen of it now."""
    newest = next((part for part in parts if part.is_current and part.revision is not None), None)
    ended = is_complete(workload)
    made = newest.revision.metadata.creation_timestamp if newest is not None and newest.revision is not None else None
    # A revision that a rollback has brought back is older than its rollout.
    births = [part.revision.metadata.creation_timestamp for part in parts if part.revision is not None]
    last_made = max((at for at in births if at is not None), default=None)
    is_youngest = made is not None and made == last_made
    # Who wrote the template noted when. It is no earlier than the last revision, which it took the place of.
    written = workload.metadata.template_written
    since = written if written is not None and (last_made is None or written >= last_made) else None
    return Glimpse(
        template=workload.spec.template.digest,
        available=numbers.available,
        new_available=numbers.new.available,
        new_ready=numbers.new.ready,
        stands_still=stands_still(workload),
        is_complete=ended,
        started=made if is_youngest else since if not ended else None,
        finished=_finished(workload, newest, made if is_youngest else None, last_made) if ended else None,
        is_going=workload.metadata.deletion_timestamp is not None,
    )


def _finished(
    workload: Controlled, newest: Cohort | None, made: datetime | None, last_made: datetime | None
) -> datetime | None:
    """When a rollout that was not watched came to its end, as well as that can be shown.

    Neither kind notes it. The age of what was `made` for it is near; where a rollback brought back what was there,
    the age of its youngest pod is. Where the pods are not known either, it cannot have been before the last revision
    of all was made.
    """
    pods = newest.running if newest is not None and made is None else ()
    youngest = max((at for pod in pods if (at := pod.metadata.creation_timestamp) is not None), default=None)
    return made or youngest or last_made or workload.metadata.creation_timestamp
