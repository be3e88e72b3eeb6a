"""A Deployment as it is at one moment: what all that is said of it rests on, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.status import verdict
from ktui.kinds.replica_sets.progress import side_of
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.resources import REPLICASETS
from ktui.model.store import Store
from ktui.rollout.progress import Progress, Side
from ktui.rollout.rollout import unseen
from ktui.rollout.status import Verdict


class Situation(NamedTuple):
    """A Deployment with its ReplicaSets, which of them is current, and how far its rollout is."""

    deployment: Deployment
    replicasets: Sequence[ReplicaSet]
    current: ReplicaSet | None
    """That of the template as it is (`revisions.current`)."""
    old: Sequence[ReplicaSet]
    """The others."""
    verdict: Verdict
    progress: Progress

    @property
    def is_complete(self) -> bool:
        """Whether kubectl calls it rolled out."""
        return self.verdict.done and not self.verdict.failed


def situation_of(store: Store, deployment: Deployment) -> Situation:
    """The situation as the streams have brought it."""
    replicasets = store.replicasets(deployment.metadata.uid)
    return situation(deployment, replicasets, is_blind=bool(unseen(store, REPLICASETS)))


def situation(deployment: Deployment, replicasets: Sequence[ReplicaSet], *, is_blind: bool = False) -> Situation:
    """The situation of a Deployment. If its ReplicaSets may not be read, `is_blind`, its own status has to do."""
    current = revisions.current(deployment, replicasets)
    old = [each for each in replicasets if each is not current]
    sides = _by_status(deployment) if is_blind else (side_of([current] if current is not None else []), side_of(old))
    return Situation(deployment, replicasets, current, old, verdict(deployment), _progress(deployment, *sides))


def _progress(deployment: Deployment, new: Side, old: Side) -> Progress:
    """How far it is, from the counts of the ReplicaSets, which are newer than those of the Deployment."""
    limits, desired = strategy.bounds(deployment), deployment.spec.desired
    return Progress(
        desired=desired,
        goal=min(limits.surge or limits.unavailable, desired) if strategy.held(deployment) else desired,
        new=new,
        old=old,
        surge=limits.surge,
        unavailable=limits.unavailable,
        promised=strategy.promised(deployment),
    )


def _by_status(deployment: Deployment) -> tuple[Side, Side]:
    """New and old pods as the status counts them. Those that are not ready are taken for new ones, which start."""
    status = deployment.status
    updated = min(status.updated_replicas, status.replicas) if deployment.observed else 0
    old = status.replicas - updated
    old_ready, old_available = min(old, status.ready_replicas), min(old, status.available_replicas)
    return (
        Side(
            wanted=updated,
            existing=updated,
            ready=status.ready_replicas - old_ready,
            available=status.available_replicas - old_available,
            terminating=status.terminating_replicas,
        ),
        Side(wanted=old, existing=old, ready=old_ready, available=old_available),
    )
