"""The revisions of a Rollout, for its history."""

from __future__ import annotations

import msgspec

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.plans.known import KnownRollout, candidates, situation
from ktui.kinds.argo_rollout.plans.rollback import rollback_revision
from ktui.kinds.argo_rollout.progress import template_of
from ktui.kinds.replica_sets.revisions import kept_by
from ktui.model.store import Store
from ktui.plans.subject import Known
from ktui.rollout.history import History, accounted
from ktui.rollout.history import history as rollout_history
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts, standings


def history(store: Store, rollout: ArgoRollout, took: float | None, remembered: Accounts | None) -> History:
    """The revisions that the Rollout still has."""
    known: KnownRollout = Known(
        workload=rollout, revisions=tuple(store.replicasets(rollout.metadata.uid)), remembered=remembered or {}
    )
    current, back = situation(known).current, rollback_revision(known)
    made = [
        kept_by(each, revisions.revision(each), is_current=each is current)
        for each in revisions.newest_first(known.revisions)
    ]
    found = rollout_history(rollout, made, 0 if isinstance(back, Refusal) else back, took)
    found = msgspec.structs.replace(found, kind="Rollout", live=template_of(rollout, current).digest)
    return accounted(found, standings(candidates(known), known.remembered))
