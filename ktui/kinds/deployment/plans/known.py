"""A Deployment with its ReplicaSets, as it is known and as an action on it is planned."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.status import progressing, verdict
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.template import decode_hook
from ktui.plans.subject import Known, Subject
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE

KnownDeployment = Known[Deployment, ReplicaSet]
DeploymentSubject = Subject[Deployment, ReplicaSet]


def as_deployment(raw: dict[str, Any]) -> Deployment:
    """A Deployment as rules look at one. Raises msgspec.ValidationError."""
    return msgspec.convert(raw, Deployment, dec_hook=decode_hook)


def in_flight(known: KnownDeployment) -> bool:
    """Whether a template is being rolled out, or waits to be: it has no ReplicaSet yet, or old pods are left, or
    it has never been complete."""
    deployment, replicasets = known.workload, known.revisions
    current = revisions.current(deployment, replicasets)
    if current is None:
        return True
    old = (rs for rs in replicasets if rs.metadata.uid != current.metadata.uid)
    if any(rs.spec.desired or rs.status.replicas for rs in old):
        return True
    if deployment.spec.paused and current.spec.desired >= deployment.spec.desired:
        # A pause overwrites the condition that would tell. The controller has nothing left to replace.
        return False
    judged = verdict(deployment)
    condition = progressing(deployment)
    has_been_complete = condition is not None and condition.reason == NEW_REPLICASET_AVAILABLE
    return (judged.failed or not judged.done) and not has_been_complete


def is_under_way(known: KnownDeployment) -> bool:
    """Whether there is something to abort: a rolling update, or a canary that is held."""
    hold = hold_of(known.workload, known.revisions)
    return in_flight(known) or (hold is not None and hold.is_real)
