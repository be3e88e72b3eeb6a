"""A workload of any kind with everything that the detail screen shows."""

from __future__ import annotations

from datetime import datetime

from ktui.model.objects import Deployment
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout import controlled_detail
from ktui.rollout.detail import Detail, detail
from ktui.rollout.progress import Track


def in_full(store: Store, workload: Workload, track: Track, now: datetime, policies: Policies | None = None) -> Detail:
    """Everything known of a workload; `policies` is what acts on its pods, if that was read."""
    if not isinstance(workload, Deployment):
        return controlled_detail.detail(store, workload, track, now, policies)
    return detail(store, workload, track, now, policies)
