"""The revisions of a Canary, for its history: those of its target."""

from __future__ import annotations

import msgspec

from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.plans.known import known as known_of
from ktui.kinds.flagger_canary.plans.rollback import candidates, rollback_revision
from ktui.kinds.flagger_canary.revisions import revisions
from ktui.model.store import Store
from ktui.rollout.history import History, accounted
from ktui.rollout.history import history as rollout_history
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts, standings


def history(store: Store, canary: Canary, took: float | None, remembered: Accounts | None) -> History:
    """The revisions that the target still has."""
    known = known_of(store, canary, remembered or {})
    made = revisions(known.situation)
    back = rollback_revision(known)
    found = rollout_history(
        canary, [each for each in made if each.number], 0 if isinstance(back, Refusal) else back, took
    )
    target = known.situation.target
    live = target.template.digest if target is not None else b""
    found = msgspec.structs.replace(found, kind="Canary", live=live)
    return accounted(found, standings(candidates(known), known.remembered))
