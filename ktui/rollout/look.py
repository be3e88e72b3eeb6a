"""One look at a workload of any kind: how its rollout went so far, and how it stands."""

from __future__ import annotations

from datetime import datetime

from ktui.model.objects import Deployment
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout import controlled
from ktui.rollout.progress import Track, glimpse, observe
from ktui.rollout.rollout import Rollout, is_blind, summarise


def look(store: Store, workload: Workload, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
    """The track with what is seen now (None: the first look), and everything known of it, in answers."""
    if not isinstance(workload, Deployment):
        return controlled.look(store, workload, track, now)
    seen = glimpse(workload, store.replicasets(workload.metadata.uid), is_blind=is_blind(store))
    followed = observe(track, seen, now)
    return followed, summarise(store, workload, followed, now)
