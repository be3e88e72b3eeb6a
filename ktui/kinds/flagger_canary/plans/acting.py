"""What can be done to a Flagger Canary."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary.plans.known import CanarySubject, KnownCanary, is_under_way
from ktui.kinds.flagger_canary.plans.offers import offers
from ktui.kinds.flagger_canary.plans.planning import PLANS
from ktui.kinds.flagger_canary.plans.rollback import rollback_revision
from ktui.plans.acting import Acting

ACTING: Final = Acting[KnownCanary, CanarySubject](PLANS.plan, offers, is_under_way, rollback_revision)
