"""What can be done to a Deployment."""

from __future__ import annotations

from typing import Final

from ktui.kinds.deployment.plans.coming import coming
from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment, is_under_way
from ktui.kinds.deployment.plans.offers import offers
from ktui.kinds.deployment.plans.planning import PLANS
from ktui.kinds.deployment.plans.rollback import rollback_revision
from ktui.plans.acting import Acting

ACTING: Final = Acting[KnownDeployment, DeploymentSubject](PLANS.plan, offers, is_under_way, rollback_revision, coming)
