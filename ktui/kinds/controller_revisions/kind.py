"""What StatefulSets and DaemonSets have in common as kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from ktui.kinds.controller_revisions import progress, revisions, strategy, summary
from ktui.kinds.controller_revisions.status import verdict
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.kind import Kind
from ktui.model.objects import Pod
from ktui.model.resources import CONTROLLER_REVISIONS, PODS
from ktui.model.store import Store
from ktui.model.workloads import DaemonSet, PodSet, StatefulSet
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.model.policies import Policies
    from ktui.rollout.detail import Detail, Section
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.track_record import Accounts

P = TypeVar("P", bound=PodSet)
C = TypeVar("C", StatefulSet, DaemonSet)


class PodSetKind(Kind[P], ABC):
    """A kind whose controller makes the pods itself, and keeps the revisions as ControllerRevisions."""

    parts = (CONTROLLER_REVISIONS, PODS)

    @abstractmethod
    def own(self, store: Store, workload: P, now: datetime) -> Own:
        """What only its kind can tell of it."""

    def sections(self, store: Store, workload: P) -> tuple[Section, ...]:
        """What its page has that those of other kinds do not have."""
        return ()

    def rollout(self, store: Store, workload: P, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
        return summary.rollout(store, workload, self.own(store, workload, now), track, now)

    def revisions(self, store: Store, workload: P) -> tuple[Revision, ...]:
        return tuple(
            revisions.as_revision(workload, part) for part in revisions.stored_pods_by_revision(store, workload)
        )

    def detail(self, store: Store, workload: P, track: Track, now: datetime, policies: Policies | None) -> Detail:
        from ktui.kinds.controller_revisions.detail import detail  # noqa: PLC0415

        own, sections = self.own(store, workload, now), self.sections(store, workload)
        return detail(store, workload, own, track, now, policies=policies, sections=sections)

    def history(self, store: Store, workload: P, took: float | None, remembered: Accounts | None) -> History:
        from ktui.kinds.controller_revisions.history import controlled_history  # noqa: PLC0415

        parts = revisions.stored_pods_by_revision(store, workload)
        has_pods = progress.has_pods(store, workload, parts)
        return controlled_history(workload, parts, took, remembered, has_pods=has_pods)

    def happened(self, store: Store, workload: P) -> Iterable[Stamp]:
        from ktui.kinds.controller_revisions.timeline import happened  # noqa: PLC0415

        return happened(store, workload)

    def rolls_by_itself(self, workload: P) -> bool:
        return not strategy.waits_for_deletion(workload)

    def depends_on(self, store: Store, workload: P) -> tuple[Pod, ...]:
        """All of them: it waits for old pods too."""
        return tuple(sorted(store.pods(workload.metadata.uid), key=lambda pod: pod.metadata.name))

    def first_numbers(self, revisions: Sequence[Revision]) -> dict[str, int]:
        """One that is older than a lower number came back: its own first number is lost."""
        found, youngest = {}, None
        for each in sorted((each for each in revisions if each.uid), key=lambda each: each.number):
            if each.created is not None and (youngest is None or each.created >= youngest):
                youngest = each.created
                found[each.uid] = each.number
        return found


class ControlledKind(PodSetKind[C], ABC):
    """The two kinds of Kubernetes itself."""

    def verdict(self, workload: C) -> Verdict:
        return verdict(workload)
