"""The kind StatefulSet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ktui.kinds.controller_revisions.kind import ControlledKind
from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.summary import Own
from ktui.model.resources import STATEFULSETS
from ktui.model.store import Store
from ktui.model.workloads import StatefulSet
from ktui.text import count

if TYPE_CHECKING:
    from ktui.kinds.controller_revisions.plans.known import KnownControlled, StatefulSetSubject
    from ktui.plans.acting import Acting


class StatefulSetKind(ControlledKind[StatefulSet]):
    """StatefulSets. A partition pauses them, and holds their canaries."""

    resource = STATEFULSETS

    def own(self, store: Store, workload: StatefulSet, now: datetime) -> Own:
        return Own(verdict=self.verdict(workload), replicas=workload.spec.desired, partition=partition_of(workload))

    def is_paused(self, workload: StatefulSet) -> bool:
        """By the partition that ktui sets."""
        held = partition_of(workload)
        return held is not None and held.is_pause

    def replicas(self, workload: StatefulSet) -> int:
        return workload.spec.desired

    def held_back(self, workload: StatefulSet) -> str:
        """To kubectl it is complete too if its partition holds pods back, all of them even."""
        left = workload.spec.desired - workload.status.updated_replicas
        if left <= 0:
            return ""
        stay = "stays" if left == 1 else "stay"
        return f"{count(left, 'pod')} {stay} as before: its partition is {workload.spec.partition}."

    @property
    def acting(self) -> Acting[KnownControlled, StatefulSetSubject]:
        from ktui.kinds.controller_revisions.plans.acting import OF_STATEFULSETS  # noqa: PLC0415

        return OF_STATEFULSETS
