"""The ReplicaSets of a Rollout: which is which, and in what order they came.

A Rollout numbers its revisions as a Deployment does, under an annotation of its own. The status names ReplicaSets by
the hash of their template, a label of theirs (`GetReplicaSetInfo` of pkg/kubectl-argo-rollouts/info).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from ktui.kinds.argo_rollout.objects import REVISION, SCALE_DOWN_DEADLINE, ArgoRollout
from ktui.model.objects import ReplicaSet
from ktui.model.times import read_time


class Role(StrEnum):
    """What the plugin calls a ReplicaSet."""

    STABLE = "stable"
    CANARY = "canary"
    ACTIVE = "active"
    PREVIEW = "preview"
    PING = "ping"
    PONG = "pong"


_LONGEST = 18
"""Digits of a revision that is one: more are no number of this controller."""


def revision(owned: ReplicaSet | ArgoRollout) -> int:
    """The number of a revision; 0 where there is none that is a number."""
    text = owned.metadata.annotations.get(REVISION, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST else 0


def hash_of(replicaset: ReplicaSet) -> str:
    """The hash by which the status names it; empty where it has none."""
    return replicaset.spec.template.rollout_hash if replicaset.spec.template is not None else ""


def newest_first(replicasets: Iterable[ReplicaSet]) -> list[ReplicaSet]:
    """The revisions by their numbers, the highest first, as the plugin lists them."""
    return sorted(replicasets, key=lambda rs: (-revision(rs), rs.metadata.name))


def by_hash(replicasets: Iterable[ReplicaSet], wanted: str) -> ReplicaSet | None:
    """The ReplicaSet that the status names so."""
    return next((rs for rs in replicasets if wanted and hash_of(rs) == wanted), None)


def current(rollout: ArgoRollout, replicasets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the template that is wanted; None where it has none yet.

    Until the controller has seen the spec, the status names the one before: then the templates tell.
    """
    named = by_hash(replicasets, rollout.status.current_pod_hash)
    if rollout.spec.workload_ref is not None or (named is not None and rollout.observed):
        return named
    same = [rs for rs in replicasets if rs.spec.template == rollout.spec.template]
    return named if named in same else next(iter(newest_first(same)), None)


def stable(rollout: ArgoRollout, replicasets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet that was rolled out in full last, and that an abort goes back to."""
    return by_hash(replicasets, rollout.status.stable_rs)


def roles(rollout: ArgoRollout, replicaset: ReplicaSet) -> tuple[Role, ...]:
    """What the plugin writes beside a ReplicaSet, in its order."""
    status, strategy, own = rollout.status, rollout.spec.strategy, hash_of(replicaset)
    found: list[Role] = []
    if not own:
        return ()
    if strategy.canary is not None:
        is_stable = own == status.stable_rs
        if is_stable:
            found.append(Role.STABLE)
        elif own == status.current_pod_hash:
            found.append(Role.CANARY)
        if found and strategy.canary.ping_pong is not None:
            is_ping = (status.canary.stable_ping_pong == Role.PING) == is_stable
            found.append(Role.PING if is_ping else Role.PONG)
    if strategy.blue_green is not None:
        if own == status.stable_rs:
            found.append(Role.STABLE)
        if own == status.blue_green.active_selector:
            found.append(Role.ACTIVE)
        elif own == status.blue_green.preview_selector:
            found.append(Role.PREVIEW)
    return tuple(found)


def scale_down_deadline(replicaset: ReplicaSet) -> datetime | None:
    """When a ReplicaSet that has lost its traffic is scaled down; None for one that has no such time."""
    return read_time(replicaset.metadata.annotations.get(SCALE_DOWN_DEADLINE, ""))
