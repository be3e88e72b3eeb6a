"""Everything that the detail screen shows of a Deployment."""

from __future__ import annotations

from datetime import datetime

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.quota_remarks import quota_remarks
from ktui.kinds.deployment.situation import situation_of
from ktui.kinds.deployment.summary import summarise
from ktui.kinds.replica_sets.detail import events_of, shown
from ktui.model.objects import NO_DEADLINE, Deployment, ReplicaSet
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.rollout.detail import Capacity, Detail, Revision, condition_row
from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.diagnosis.policy_remarks import remarks
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from ktui.text import clean


def detail(
    store: Store, deployment: Deployment, track: Track, now: datetime, policies: Policies | None = None
) -> Detail:
    """Everything known of one Deployment; `policies` are what acts on its pods, if that was read."""
    where = situation_of(store, deployment)
    ordered = revisions.newest_first(where.replicasets)
    spec = deployment.spec
    deadline = spec.progress_deadline_seconds
    rollout = summarise(store, where, track, now)
    return Detail(
        rollout=rollout,
        created=deployment.metadata.creation_timestamp,
        strategy=clean(spec.strategy.type),
        bounds=strategy.bounds(deployment),
        min_ready_seconds=spec.min_ready_seconds,
        deadline_seconds=None if deadline == NO_DEADLINE else deadline,
        revisions=tuple(_shown(store, rs, rs is where.current, now) for rs in ordered),
        conditions=tuple(condition_row(condition) for condition in deployment.status.conditions),
        events=events_of(store, deployment, where.replicasets),
        capacity=Capacity(track.samples, strategy.promised(deployment), spec.desired),
        remarks=_remarks(deployment, rollout, policies) if policies is not None else (),
    )


def _remarks(deployment: Deployment, rollout: Rollout, policies: Policies) -> tuple[Cause, ...]:
    """What the policies do, but for what a cause says already: that a quota is used up."""
    is_under_way = not rollout.verdict.done
    found = remarks(deployment, policies, replicas=deployment.spec.desired, is_under_way=is_under_way)
    if is_under_way:
        found = (*found, *quota_remarks(deployment, policies.quotas))
    refused = any(cause.kind is Kind.FORBIDDEN for cause in rollout.causes)
    return tuple(cause for cause in found if not (refused and cause.kind is Kind.QUOTA))


def _shown(store: Store, replicaset: ReplicaSet, is_current: bool, now: datetime) -> Revision:
    number, former = revisions.revision(replicaset), revisions.former_revisions(replicaset)
    return shown(store, replicaset, number, now, is_current=is_current, former=former)
