"""What the kinds of OpenKruise have in common."""

from __future__ import annotations

from abc import ABC
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from ktui.kinds.controller_revisions.kind import PodSetKind
from ktui.kinds.controller_revisions.revisions import stored_pods_by_revision
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.open_kruise.own import own_of, partition_of
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.model.store import Store
from ktui.text import count

if TYPE_CHECKING:
    from ktui.rollout.detail import Section

K = TypeVar("K", bound=KruiseSet)


class KruiseKind(PodSetKind[K], ABC):
    """A workload that is paused by a field, and keeps pods back by its partition."""

    def own(self, store: Store, workload: K, now: datetime) -> Own:
        parts = stored_pods_by_revision(store, workload)
        return own_of(workload, parts, self.verdict(workload), self.replicas(workload))

    def sections(self, store: Store, workload: K) -> tuple[Section, ...]:
        from ktui.kinds.open_kruise.detail import sections  # noqa: PLC0415 - not for the first frame

        return sections(workload, stored_pods_by_revision(store, workload))

    def is_paused(self, workload: K) -> bool:
        return bool(workload.rolling.paused)

    def held_back(self, workload: K) -> str:
        """It counts as complete if its partition keeps pods back, all of them even."""
        left = workload.desired - workload.counts.updated
        if left <= 0 or partition_of(workload) is None:
            return ""
        stay = "stays" if left == 1 else "stay"
        return f"{count(left, 'pod')} {stay} as before: its partition is {workload.rolling.partition}."
