"""What can be done to a Knative Service."""

from __future__ import annotations

from typing import Final

from ktui.kinds.knative_service.plans.choices import choices
from ktui.kinds.knative_service.plans.known import KnownService, ServiceSubject, is_under_way
from ktui.kinds.knative_service.plans.offers import offers
from ktui.kinds.knative_service.plans.planning import PLANS
from ktui.kinds.knative_service.plans.rollback import rollback_revision
from ktui.plans.acting import Acting

ACTING: Final = Acting[KnownService, ServiceSubject](
    PLANS.plan, offers, is_under_way, rollback_revision, choices=choices
)
