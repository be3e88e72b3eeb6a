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
    from ktui.kinds.controller_revisions.plans.known import ControlledSubject
    from ktui.plans.plan import Plan
    from ktui.plans.request import Request
    from ktui.rollout.revisions import Refusal


class DaemonSetKind(ControlledKind[DaemonSet]):
    """DaemonSets. The nodes say how many pods they have; nothing pauses them."""

    resource = DAEMONSETS

    def own(self, store: Store, workload: DaemonSet, now: datetime) -> Own:
        return Own(verdict=self.verdict(workload))

    def plan(self, request: Request, subject: ControlledSubject) -> Plan | Refusal:
        from ktui.kinds.controller_revisions.plans.planning import OF_DAEMONSETS  # noqa: PLC0415

        return OF_DAEMONSETS.plan(request, subject)
