"""What can be done to the workloads of OpenKruise."""

from __future__ import annotations

from functools import partial
from typing import Final

from ktui.kinds.open_kruise.plans.coming import coming
from ktui.kinds.open_kruise.plans.known import KnownKruise, KruiseSubject, in_flight
from ktui.kinds.open_kruise.plans.offers import offers
from ktui.kinds.open_kruise.plans.planning import NODE_PLANS, NUMBERED_PLANS
from ktui.kinds.open_kruise.plans.rollback import rollback_revision
from ktui.kinds.open_kruise.plans.scaling import NumberedSubject
from ktui.plans.acting import Acting
from ktui.plans.request import Action

OF_NUMBERED: Final = Acting[KnownKruise, NumberedSubject](
    NUMBERED_PLANS.plan, offers, in_flight, rollback_revision, coming
)
"""Of CloneSets and Advanced StatefulSets, which have a number of pods."""

OF_NODES: Final = Acting[KnownKruise, KruiseSubject](
    NODE_PLANS.plan,
    partial(offers, no_scale=NODE_PLANS.refuse(Action.SCALE)),
    in_flight,
    rollback_revision,
    coming,
)
"""Of Advanced DaemonSets."""
