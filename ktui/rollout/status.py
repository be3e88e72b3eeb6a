"""kubectl's verdict on a workload, in kubectl's words (docs/semantics.md, Status; `rollout_status.go` of kubectl)."""

from __future__ import annotations

from typing import Final

import msgspec

from ktui.model.objects import Condition, Deployment, ReplicaSet, condition_of
from ktui.model.workloads import DaemonSet, StatefulSet, Workload
from ktui.text import clean

ROLLING_UPDATE: Final = "RollingUpdate"
PROGRESSING: Final = "Progressing"
AVAILABLE: Final = "Available"
REPLICA_FAILURE: Final = "ReplicaFailure"
DEADLINE_EXCEEDED: Final = "ProgressDeadlineExceeded"
NEW_REPLICASET_AVAILABLE: Final = "NewReplicaSetAvailable"


class Verdict(msgspec.Struct, frozen=True):
    """What `kubectl rollout status` says of a workload as it is.

    `line` is what it prints, without the `error: ` that it puts before an error. `done` means that it would stop
    waiting; with `failed`, that it would exit with 1.
    """

    line: str
    done: bool = False
    failed: bool = False


def verdict(workload: Workload) -> Verdict:
    """Judge a workload as kubectl does: the first rule that matches says it."""
    match workload:
        case Deployment():
            return _of_deployment(workload)
        case StatefulSet():
            return _of_statefulset(workload)
        case DaemonSet():
            return _of_daemonset(workload)


def _of_deployment(deployment: Deployment) -> Verdict:
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


_NOT_ROLLING: Final = Verdict("rollout status is only available for RollingUpdate strategy type", True, True)


def _of_statefulset(statefulset: StatefulSet) -> Verdict:
    spec, status = statefulset.spec, statefulset.status
    if spec.update_strategy.type != ROLLING_UPDATE:
        return _NOT_ROLLING
    if not statefulset.observed:
        return Verdict("Waiting for statefulset spec update to be observed...")
    if spec.replicas is not None and status.ready_replicas < spec.replicas:
        return Verdict(f"Waiting for {spec.replicas - status.ready_replicas} pods to be ready...")
    updated, rolling = status.updated_replicas, spec.update_strategy.rolling_update
    if rolling is None:
        revision = clean(status.current_revision)
        if status.update_revision != status.current_revision:
            revision = clean(status.update_revision)
            return Verdict(
                f"waiting for statefulset rolling update to complete {updated} pods at revision {revision}..."
            )
        at_end = f"statefulset rolling update complete {status.current_replicas} pods at revision {revision}..."
        return Verdict(at_end, done=True)
    if spec.replicas is not None and rolling.partition is not None and updated < spec.replicas - rolling.partition:
        wanted = spec.replicas - rolling.partition
        finish = f"Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated..."
        return Verdict(finish)
    return Verdict(f"partitioned roll out complete: {updated} new pods have been updated...", done=True)


def _of_daemonset(daemonset: DaemonSet) -> Verdict:
    name, status = clean(daemonset.metadata.name), daemonset.status
    if daemonset.spec.update_strategy.type != ROLLING_UPDATE:
        return _NOT_ROLLING
    if not daemonset.observed:
        return Verdict("Waiting for daemon set spec update to be observed...")
    waiting = f'Waiting for daemon set "{name}" rollout to finish: '
    updated, wanted = status.updated_number_scheduled, status.desired_number_scheduled
    if updated < wanted:
        return Verdict(f"{waiting}{updated} out of {wanted} new pods have been updated...")
    if status.number_available < wanted:
        return Verdict(f"{waiting}{status.number_available} of {wanted} updated pods are available...")
    return Verdict(f'daemon set "{name}" successfully rolled out', done=True)


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
