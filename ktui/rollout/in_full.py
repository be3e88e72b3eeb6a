"""A workload of any kind with everything that the detail screen shows."""

from __future__ import annotations

from datetime import datetime

from ktui.model.objects import Deployment
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout import controlled_detail
from ktui.rollout.capacity.remarks import Surroundings
from ktui.rollout.detail import Detail, detail
from ktui.rollout.progress import Track


def in_full(
    store: Store, workload: Workload, track: Track, now: datetime, around: Surroundings | None = None
) -> Detail:
    """Everything known of a workload; `around` is what was found around it, where that was asked for."""
    if not isinstance(workload, Deployment):
        return controlled_detail.detail(store, workload, track, now, around)
    return detail(store, workload, track, now, around)
