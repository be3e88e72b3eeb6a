"""What can be done to an Argo Rollout."""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout.plans.choices import choices
from ktui.kinds.argo_rollout.plans.coming import coming
from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject, is_under_way
from ktui.kinds.argo_rollout.plans.offers import offers
from ktui.kinds.argo_rollout.plans.planning import PLANS
from ktui.kinds.argo_rollout.plans.rollback import rollback_revision
from ktui.plans.acting import Acting

ACTING: Final = Acting[KnownRollout, RolloutSubject](
    PLANS.plan, offers, is_under_way, rollback_revision, coming, choices=choices
)
