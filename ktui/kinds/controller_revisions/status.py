"""kubectl's verdict on StatefulSets and DaemonSets, in kubectl's words (`rollout_status.go` of kubectl)."""

from __future__ import annotations

from typing import Final

from ktui.kinds.controller_revisions.strategy import Controlled
from ktui.model.workloads import DaemonSet, StatefulSet
from ktui.rollout.status import ROLLING_UPDATE, Verdict
from ktui.text import clean

_NOT_ROLLING: Final = Verdict(
    "rollout status is only available for RollingUpdate strategy type", done=True, failed=True, is_judged=False
)


def verdict(workload: Controlled) -> Verdict:
    """Judge a workload as kubectl does: the first rule that matches says it."""
    return _of_statefulset(workload) if isinstance(workload, StatefulSet) else _of_daemonset(workload)


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
