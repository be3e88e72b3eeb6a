"""What can be done to a StatefulSet or a DaemonSet, for `by_kind`."""

from __future__ import annotations

from ktui.model.changes import Resource
from ktui.plans.controller_revisions.coming import coming
from ktui.plans.controller_revisions.known import KnownControlled
from ktui.plans.controller_revisions.known import in_flight as is_under_way
from ktui.plans.controller_revisions.offers import offers
from ktui.plans.controller_revisions.planning import plan
from ktui.plans.controller_revisions.rollback import rollback_target
from ktui.rollout.revisions import Refusal

__all__ = ["PARTS", "coming", "is_under_way", "offers", "plan", "rollback_revision"]

PARTS = (Resource.CONTROLLER_REVISIONS, Resource.PODS)


def rollback_revision(known: KnownControlled) -> int | Refusal:
    """The number of the revision that a rollback would bring back."""
    found = rollback_target(known)
    return found if isinstance(found, Refusal) else found.revision
