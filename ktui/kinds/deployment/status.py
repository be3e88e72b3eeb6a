"""kubectl's verdict on a Deployment, in kubectl's words (docs/semantics.md, Status; `rollout_status.go` of kubectl)."""

from __future__ import annotations

from ktui.model.objects import Condition, Deployment, ReplicaSet, condition_of
from ktui.rollout.status import DEADLINE_EXCEEDED, NEW_REPLICASET_AVAILABLE, PROGRESSING, Verdict
from ktui.text import clean


def verdict(deployment: Deployment) -> Verdict:
    """Judge a Deployment as kubectl does: the first rule that matches says it."""
    name, status = clean(deployment.metadata.name), deployment.status
    if not deployment.observed:
        return Verdict("Waiting for deployment spec update to be observed...")
    if deadline_exceeded(deployment):
        return Verdict(f'deployment "{name}" exceeded its progress deadline', done=True, failed=True)
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    updated = status.updated_replicas
    if deployment.spec.replicas is not None and updated < deployment.spec.replicas:
        return Verdict(f"{waiting}{updated} out of {deployment.spec.replicas} new replicas have been updated...")
    if status.replicas > updated:
        return Verdict(f"{waiting}{status.replicas - updated} old replicas are pending termination...")
    if status.available_replicas < updated:
        return Verdict(f"{waiting}{status.available_replicas} of {updated} updated replicas are available...")
    return Verdict(f'deployment "{name}" successfully rolled out', done=True)


def progressing(deployment: Deployment) -> Condition | None:
    """The condition Progressing; there is none where the Deployment has no deadline."""
    return condition_of(deployment.status.conditions, PROGRESSING)


def deadline_exceeded(deployment: Deployment) -> bool:
    """Whether the controller has said that the progress deadline passed, of the spec as it is now."""
    condition = progressing(deployment)
    return deployment.observed and condition is not None and condition.reason == DEADLINE_EXCEEDED


def settled(deployment: Deployment, current: ReplicaSet | None) -> bool:
    """Whether this template was once rolled out in full: pods that are missing now were lost later, or added.

    The condition alone does not tell: while Recreate takes the old pods down, it still speaks of their template.
    """
    condition = progressing(deployment)
    return (
        current is not None
        and deployment.observed
        and condition is not None
        and condition.reason == NEW_REPLICASET_AVAILABLE
        and 0 < deployment.status.updated_replicas == deployment.status.replicas
    )
