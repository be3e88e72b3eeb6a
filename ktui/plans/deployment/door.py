"""What can be done to a Deployment, for `by_kind`."""

from __future__ import annotations

from ktui.model.changes import Resource
from ktui.plans.deployment.coming import coming
from ktui.plans.deployment.known import KnownDeployment, in_flight
from ktui.plans.deployment.offers import offers
from ktui.plans.deployment.planning import plan
from ktui.plans.deployment.rollback import rollback_target
from ktui.rollout.hold import hold_of
from ktui.rollout.revisions import Refusal, revision

__all__ = ["PARTS", "coming", "is_under_way", "offers", "plan", "rollback_revision"]

PARTS = (Resource.REPLICASETS,)


def is_under_way(known: KnownDeployment) -> bool:
    """Whether there is something to abort: a rolling update, or a canary that is held."""
    hold = hold_of(known.workload, known.revisions)
    return in_flight(known) or (hold is not None and hold.is_real)


def rollback_revision(known: KnownDeployment) -> int | Refusal:
    """The number of the revision that a rollback would bring back."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else revision(found)
