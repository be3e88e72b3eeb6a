"""The kind DaemonSet of OpenKruise."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS, AdvancedDaemonSet
from ktui.kinds.controller_revisions.revisions import stored_pods_by_revision
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.open_kruise.kind import KruiseKind
from ktui.kinds.open_kruise.own import own_of
from ktui.kinds.open_kruise.status import judged
from ktui.model.store import Store
from ktui.rollout.rollout import Controller
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject
    from ktui.plans.acting import Acting


class AdvancedDaemonSetKind(KruiseKind[AdvancedDaemonSet]):
    """Advanced DaemonSets. The nodes say how many pods they have; their controller reports no words of its own."""

    resource = ADVANCED_DAEMONSETS

    def verdict(self, workload: AdvancedDaemonSet) -> Verdict:
        return judged(workload, "Advanced DaemonSet", revision=workload.status.update_revision)

    def own(self, store: Store, workload: AdvancedDaemonSet, now: datetime) -> Own:
        return own_of(
            workload,
            stored_pods_by_revision(store, workload),
            self.verdict(workload),
            replicas=None,
            controller=Controller(),
        )

    @property
    def acting(self) -> Acting[KnownKruise, KruiseSubject]:
        from ktui.kinds.open_kruise.plans.acting import OF_NODES  # noqa: PLC0415

        return OF_NODES
