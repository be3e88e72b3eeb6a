"""The kind StatefulSet of OpenKruise."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ktui.kinds.advanced_statefulset.objects import ADVANCED_STATEFULSETS, AdvancedStatefulSet
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.open_kruise.kind import KruiseKind
from ktui.kinds.open_kruise.status import judged
from ktui.model.store import Store
from ktui.model.workloads import ORDERED_READY
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.open_kruise.plans.known import KnownKruise
    from ktui.kinds.open_kruise.plans.scaling import NumberedSubject
    from ktui.plans.acting import Acting


class AdvancedStatefulSetKind(KruiseKind[AdvancedStatefulSet]):
    """Advanced StatefulSets. Their controller reports no conditions, and so no words of its own."""

    resource = ADVANCED_STATEFULSETS

    def verdict(self, workload: AdvancedStatefulSet) -> Verdict:
        return judged(workload, "Advanced StatefulSet", revision=workload.status.update_revision)

    def own(self, store: Store, workload: AdvancedStatefulSet, now: datetime) -> Own:
        waits = workload.spec.pod_management_policy == ORDERED_READY
        return msgspec.structs.replace(super().own(store, workload, now), waits_for_old=waits)

    def replicas(self, workload: AdvancedStatefulSet) -> int:
        return workload.spec.desired

    @property
    def acting(self) -> Acting[KnownKruise, NumberedSubject]:
        from ktui.kinds.open_kruise.plans.acting import OF_NUMBERED  # noqa: PLC0415

        return OF_NUMBERED
