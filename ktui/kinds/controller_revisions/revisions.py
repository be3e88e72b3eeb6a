"""The revisions of a StatefulSet or a DaemonSet with their pods, and which one a rollback leads to.

These own their pods themselves, and their status does not tell new from old as ReplicaSets do: the label
`controller-revision-hash` of each pod does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ktui.kinds.controller_revisions.strategy import target
from ktui.model.objects import Pod
from ktui.model.store import Store
from ktui.model.workloads import ControllerRevision, PodSet
from ktui.rollout.facts import Revision
from ktui.rollout.podstatus import is_ready, is_terminating
from ktui.rollout.track_record import Account, Accounts, Candidate, last_good, standings

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class RevisionPods(msgspec.Struct, frozen=True):
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


def current(workload: PodSet, known: Sequence[ControllerRevision]) -> ControllerRevision | None:
    """The revision of the template as it is now; None where the controller has not made it yet.

    It is the newest of those that mean the same as the template. A StatefulSet also names it in its status, which
    stands where an old server's data lacks what a newer one fills in; a DaemonSet's newest one is the one it rolls out.
    """
    ordered = newest_first(known)
    same = next((rev for rev in ordered if rev.template == workload.spec.template), None)
    if same is not None or not workload.observed:
        return same
    named = workload.update_revision
    return next((rev for rev in ordered if named is None or rev.metadata.name == named), None)


def pods_by_revision(
    workload: PodSet, known: Sequence[ControllerRevision], pods: Sequence[Pod]
) -> tuple[RevisionPods, ...]:
    """All revisions with their pods, the newest first, then the pods of no known revision."""
    now = current(workload, known)
    by_hash: dict[str, list[Pod]] = {}
    for pod in pods:
        by_hash.setdefault(pod.revision_hash, []).append(pod)
    found = [
        RevisionPods(rev, tuple(pod for name in rev.pod_hashes for pod in by_hash.pop(name, ())), rev is now)
        for rev in newest_first(known)
    ]
    left = tuple(pod for strangers in by_hash.values() for pod in strangers)
    return (*found, RevisionPods(None, left, is_current=False)) if left else tuple(found)


def stored_pods_by_revision(store: Store, workload: PodSet) -> tuple[RevisionPods, ...]:
    """All revisions of a workload with their pods, from what is known."""
    uid = workload.metadata.uid
    return pods_by_revision(workload, store.controller_revisions(uid), store.pods(uid))


def as_revision(workload: PodSet, part: RevisionPods) -> Revision:
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
    workload: PodSet, parts: Sequence[RevisionPods], remembered: Accounts | None = None
) -> ControllerRevision | None:
    """The last revision that was good, of those that differ from the template as it is now; None if there is none.

    kubectl takes the second highest number, which is one too far back while the newest template has none yet.
    """
    others = [part for part in parts if part.revision is not None and not _is_live(workload, part)]
    chosen = last_good(candidates(workload, parts), remembered or {})
    return next((part.revision for part in others if chosen is not None and part.number == chosen.number), None)


def candidates(workload: PodSet, parts: Sequence[RevisionPods]) -> list[Candidate]:
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


def came_back(part: RevisionPods, parts: Sequence[RevisionPods]) -> bool:
    """Whether a rollback gave that revision its number: it keeps its age, and takes the highest number.

    Of the current one, its age tells it even if its new number has not been read yet: it comes on a stream of its own.
    """
    younger = [each for each in parts if each.revision is not None and _created(each) > _created(part)]
    return bool(younger) if part.is_current else any(each.number < part.number for each in younger)


def _created(part: RevisionPods) -> datetime:
    created = part.revision.metadata.creation_timestamp if part.revision is not None else None
    return created or _LONG_AGO


def standing_of(
    workload: PodSet, parts: Sequence[RevisionPods], remembered: Accounts | None = None
) -> dict[int, Account]:
    """What is known of how each revision did, by its number."""
    return standings(candidates(workload, parts), remembered or {})


def _is_live(workload: PodSet, part: RevisionPods) -> bool:
    return part.is_current or (part.revision is not None and part.revision.template == workload.spec.template)
