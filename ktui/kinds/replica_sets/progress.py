"""One side of a rollout in pods, as ReplicaSets count them."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.model.objects import ReplicaSet
from ktui.rollout.progress import Side


def side_of(replicasets: Sequence[ReplicaSet]) -> Side:
    """The pods of these ReplicaSets together."""
    terminating = [rs.status.terminating_replicas for rs in replicasets]
    return Side(
        wanted=sum(rs.spec.desired for rs in replicasets),
        existing=sum(rs.status.replicas for rs in replicasets),
        ready=sum(rs.status.ready_replicas for rs in replicasets),
        available=sum(rs.status.available_replicas for rs in replicasets),
        terminating=None if None in terminating else sum(number or 0 for number in terminating),
    )
