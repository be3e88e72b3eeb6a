"""The kind CloneSet. What it shares with the other kinds of OpenKruise, its plans included, is in `open_kruise`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ktui.kinds.cloneset import status
from ktui.kinds.cloneset.objects import CLONESETS, CloneSet
from ktui.kinds.controller_revisions.revisions import stored_pods_by_revision
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.open_kruise.kind import KruiseKind
from ktui.kinds.open_kruise.own import own_of
from ktui.model.store import Store
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.open_kruise.plans.known import KnownKruise
    from ktui.kinds.open_kruise.plans.scaling import NumberedSubject
    from ktui.plans.acting import Acting


class CloneSetKind(KruiseKind[CloneSet]):
    """CloneSets of OpenKruise."""

    resource = CLONESETS

    def verdict(self, workload: CloneSet) -> Verdict:
        return status.verdict(workload)

    def own(self, store: Store, workload: CloneSet, now: datetime) -> Own:
        parts, found = stored_pods_by_revision(store, workload), status.of_deadline(workload)
        return msgspec.structs.replace(
            own_of(workload, parts, self.verdict(workload), self.replicas(workload), found),
            controller=status.controller_of(workload),
            deadline_seconds=workload.spec.progress_deadline_seconds,
        )

    def replicas(self, workload: CloneSet) -> int:
        return workload.spec.desired

    @property
    def acting(self) -> Acting[KnownKruise, NumberedSubject]:
        from ktui.kinds.open_kruise.plans.acting import OF_NUMBERED  # noqa: PLC0415

        return OF_NUMBERED
