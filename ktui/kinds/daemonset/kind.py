"""The kind DaemonSet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ktui.kinds.controller_revisions.kind import ControlledKind
from ktui.kinds.controller_revisions.summary import Own
from ktui.model.resources import DAEMONSETS
from ktui.model.store import Store
from ktui.model.workloads import DaemonSet

if TYPE_CHECKING:
    from ktui.kinds.controller_revisions.plans.known import ControlledSubject, KnownControlled
    from ktui.plans.acting import Acting


class DaemonSetKind(ControlledKind[DaemonSet]):
    """DaemonSets. The nodes say how many pods they have; nothing pauses them."""

    resource = DAEMONSETS

    def own(self, store: Store, workload: DaemonSet, now: datetime) -> Own:
        return Own(verdict=self.verdict(workload))

    @property
    def acting(self) -> Acting[KnownControlled, ControlledSubject]:
        from ktui.kinds.controller_revisions.plans.acting import OF_DAEMONSETS  # noqa: PLC0415

        return OF_DAEMONSETS
