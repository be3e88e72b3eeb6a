"""What can be done to a Rollout of Kruise Rollouts."""

from __future__ import annotations

from typing import Final

from ktui.kinds.kruise_rollout.plans.known import KnownKruiseRollout, KruiseRolloutSubject, is_under_way
from ktui.kinds.kruise_rollout.plans.offers import offers
from ktui.kinds.kruise_rollout.plans.planning import PLANS
from ktui.kinds.kruise_rollout.plans.promoting import choices
from ktui.kinds.kruise_rollout.plans.rollback import rollback_revision
from ktui.plans.acting import Acting

ACTING: Final = Acting[KnownKruiseRollout, KruiseRolloutSubject](
    PLANS.plan, offers, is_under_way, rollback_revision, choices=choices
)
