"""The kind DaemonSet of OpenKruise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS, AdvancedDaemonSet
from ktui.kinds.open_kruise.kind import KruiseKind
from ktui.kinds.open_kruise.status import judged
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject
    from ktui.plans.acting import Acting


class AdvancedDaemonSetKind(KruiseKind[AdvancedDaemonSet]):
    """Advanced DaemonSets. The nodes say how many pods they have; their controller reports no words of its own."""

    resource = ADVANCED_DAEMONSETS

    def verdict(self, workload: AdvancedDaemonSet) -> Verdict:
        return judged(workload, "Advanced DaemonSet", revision=workload.status.update_revision)

    @property
    def acting(self) -> Acting[KnownKruise, KruiseSubject]:
        from ktui.kinds.open_kruise.plans.acting import OF_NODES  # noqa: PLC0415

        return OF_NODES
