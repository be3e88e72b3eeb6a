"""The revisions of a Service, for its history."""

from __future__ import annotations

from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.knative_service.plans.known import KnownService, candidates
from ktui.kinds.knative_service.plans.rollback import rollback_revision
from ktui.kinds.knative_service.revisions import revisions
from ktui.kinds.knative_service.summary import situation_of
from ktui.model.store import Store
from ktui.plans.subject import Known
from ktui.rollout.history import History, accounted
from ktui.rollout.history import history as rollout_history
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts, standings


def history(store: Store, service: KnativeService, took: float | None, remembered: Accounts | None) -> History:
    """The revisions that there still are."""
    where = situation_of(store, service)
    known: KnownService = Known(
        workload=service, revisions=tuple(part.revision for part in where.parts), remembered=remembered or {}
    )
    back = rollback_revision(known)
    found = rollout_history(service, revisions(where), 0 if isinstance(back, Refusal) else back, took)
    return accounted(found, standings(candidates(known), known.remembered))
