"""What can be done to a StatefulSet, and what to a DaemonSet."""

from __future__ import annotations

from typing import Final

from ktui.kinds.controller_revisions.plans.coming import coming
from ktui.kinds.controller_revisions.plans.known import (
    ControlledSubject,
    KnownControlled,
    StatefulSetSubject,
    in_flight,
)
from ktui.kinds.controller_revisions.plans.offers import offers
from ktui.kinds.controller_revisions.plans.planning import DAEMONSET_PLANS, STATEFULSET_PLANS
from ktui.kinds.controller_revisions.plans.rollback import rollback_revision
from ktui.plans.acting import Acting

OF_STATEFULSETS: Final = Acting[KnownControlled, StatefulSetSubject](
    STATEFULSET_PLANS.plan, offers, in_flight, rollback_revision, coming
)
OF_DAEMONSETS: Final = Acting[KnownControlled, ControlledSubject](
    DAEMONSET_PLANS.plan, offers, in_flight, rollback_revision, coming
)
