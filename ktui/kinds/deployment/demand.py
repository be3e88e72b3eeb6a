"""How many pods the rollout of a Deployment may still add."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.kinds.deployment import strategy
from ktui.model.objects import Deployment, ReplicaSet
from ktui.rollout.capacity.quota import Demand, demand


def demand_of(deployment: Deployment, new: int, old: int, terminating: int, *, surges: bool = True) -> Demand:
    """The same of a Deployment. A change of the number of pods alone does not surge."""
    limits, desired = strategy.bounds(deployment), deployment.spec.desired
    goal = min(limits.surge or limits.unavailable, desired) if strategy.held(deployment) else None
    return demand(desired, limits.surge if surges else 0, new, old, terminating, goal=goal)


def demand_now(deployment: Deployment, replicasets: Sequence[ReplicaSet], *, surges: bool = True) -> Demand:
    """The same from the ReplicaSets that there are."""
    new = sum(rs.status.replicas for rs in replicasets if rs.spec.template == deployment.spec.template)
    old = sum(rs.status.replicas for rs in replicasets) - new
    return demand_of(deployment, new, old, deployment.status.terminating_replicas or 0, surges=surges)
