"""From what streams write into a store to how each rollout goes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ktui.kinds.registry import rollout_of
from ktui.model.changes import Change
from ktui.model.store import Store
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout


class Tracker:
    """A store, and for each workload what one look at it has to know of the look before. No I/O."""

    def __init__(self) -> None:
        self.store = Store()
        self._tracks: dict[str, Track] = {}

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in what a stream said."""
        self.store.apply(changes)

    def track(self, uid: str) -> Track | None:
        """What is known of that rollout from looks at it; None before the first, and once it is gone."""
        return self._tracks.get(uid)

    def rollout(self, uid: str, now: datetime, *, anew: bool = False) -> Rollout | None:
        """How the rollout with that uid goes now; None if it is gone. `anew`: as if for the first time.

        A workload that is no more than a part of another one, or was not asked for, has no rollout of its own.
        """
        workload = self.store.workload(uid)
        if workload is None or not self.store.is_row(workload):
            self._tracks.pop(uid, None)
            return None
        before = self._tracks.get(uid) if not anew else None
        self._tracks[uid], rollout = rollout_of(self.store, workload, before, now)
        return rollout
