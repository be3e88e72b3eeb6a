"""Everything that the detail screen shows of a Deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.quota_remarks import quota_remarks
from ktui.kinds.deployment.summary import summarise
from ktui.model.objects import NO_DEADLINE, Deployment, ReplicaSet
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.rollout import images
from ktui.rollout.detail import LONG_AGO, Capacity, Detail, EventRow, Revision, condition_row, newest_events
from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.diagnosis.policy_remarks import remarks
from ktui.rollout.podstatus import pod_state
from ktui.rollout.progress import Track
from ktui.rollout.revisions import change_cause
from ktui.rollout.rollout import Rollout
from ktui.text import clean


def detail(
    store: Store, deployment: Deployment, track: Track, now: datetime, policies: Policies | None = None
) -> Detail:
    """Everything known of one Deployment; `policies` are what acts on its pods, if that was read."""
    replicasets = store.replicasets(deployment.metadata.uid)
    current = revisions.current(deployment, replicasets)
    spec = deployment.spec
    deadline = spec.progress_deadline_seconds
    rollout = summarise(store, deployment, track, now)
    return Detail(
        rollout=rollout,
        created=deployment.metadata.creation_timestamp,
        strategy=clean(spec.strategy.type),
        bounds=strategy.bounds(deployment),
        min_ready_seconds=spec.min_ready_seconds,
        deadline_seconds=None if deadline == NO_DEADLINE else deadline,
        revisions=tuple(_revision(store, rs, rs is current, now) for rs in revisions.newest_first(replicasets)),
        conditions=tuple(condition_row(condition) for condition in deployment.status.conditions),
        events=_events(store, deployment, replicasets),
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


def _revision(store: Store, replicaset: ReplicaSet, is_current: bool, now: datetime) -> Revision:
    seconds = replicaset.spec.min_ready_seconds
    pods = [pod_state(pod, min_ready_seconds=seconds, now=now) for pod in store.pods(replicaset.metadata.uid)]
    pods.sort(key=lambda pod: (pod.created or LONG_AGO, pod.name))
    template = replicaset.spec.template
    return Revision(
        number=revisions.revision(replicaset),
        uid=replicaset.metadata.uid,
        name=clean(replicaset.metadata.name),
        images=tuple(clean(images.short(c.image)) for c in template.containers) if template is not None else (),
        created=replicaset.metadata.creation_timestamp,
        change_cause=clean(change_cause(replicaset)),
        wanted=replicaset.spec.desired,
        existing=replicaset.status.replicas,
        ready=replicaset.status.ready_replicas,
        available=replicaset.status.available_replicas,
        min_ready_seconds=seconds,
        former=revisions.former_revisions(replicaset),
        is_current=is_current,
        pods=tuple(pods),
    )


def _events(store: Store, deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> tuple[EventRow, ...]:
    """The events about all that belongs to the Deployment, and about what did until lately."""
    uid, name = deployment.metadata.uid, deployment.metadata.name
    owners = {replicaset.metadata.uid: replicaset.metadata.name for replicaset in replicasets}
    # What is gone has no name any more: that of the Deployment is the better part of it.
    owners |= dict.fromkeys(store.gone_parts({uid})[uid], name)
    gone_pods = store.gone_parts(owners)
    found = [(event, "") for event in store.events(uid)]
    for part, part_name in owners.items():
        found += [(event, name) for event in store.events(part)]
        for pod in (*(pod.metadata.uid for pod in store.pods(part)), *gone_pods[part]):
            found += [(event, part_name) for event in store.events(pod)]
    return newest_events(found)
