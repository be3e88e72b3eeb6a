"""HorizontalPodAutoscaler, to the extent that it fights a scale: it keeps the size that its load asks for.

The load of a target is what its replicas carried when the autoscaler first saw it, at the share of CPU that the
autoscaler aims at. Who scales the target is thus overruled some seconds later.
"""

from __future__ import annotations

import math
from typing import Any

from ktui.sim.api import resources
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import DEPLOYMENTS, MANAGER, REPLICA_SETS, STATEFUL_SETS
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.events import EventRecorder
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
AUTOSCALERS = resources.of("autoscaling", "horizontalpodautoscalers")
PERIOD_SECONDS = 15.0
_SCALED = {"Deployment": DEPLOYMENTS, "ReplicaSet": REPLICA_SETS, "StatefulSet": STATEFUL_SETS}


class AutoscalerController:
    """Scales the targets of the autoscalers."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._events = EventRecorder(api, "horizontal-pod-autoscaler")
        self._load: dict[str, float] = {}
        self._queue = WorkQueue(api.kernel, self._reconcile, 0.05)
        api.bucket(AUTOSCALERS).listen(self._changed)

    def _changed(self, change: Change) -> None:
        if change.type == "ADDED":
            self._queue.add(change.key)
        elif change.type == "DELETED":
            self._load.pop(change.version.obj["metadata"]["uid"], None)

    def _reconcile(self, key: Key) -> None:
        autoscaler = self._api.bucket(AUTOSCALERS).get(*key)
        if autoscaler is None:
            return
        self._queue.add_after(key, self._api.kernel.jitter(PERIOD_SECONDS, 0.05))
        reference = autoscaler["spec"]["scaleTargetRef"]
        resource = _SCALED.get(reference["kind"])
        target = self._api.bucket(resource).get(key[0], reference["name"]) if resource else None
        if resource is None or target is None:
            self._write(autoscaler, 0, 0, [self._condition(autoscaler, "AbleToScale", "False", "FailedGetScale")])
            return
        self._scale(autoscaler, resource, target)

    def _scale(self, autoscaler: JSON, resource: resources.Resource, target: JSON) -> None:
        spec, current = autoscaler["spec"], int(target["spec"].get("replicas", 1))
        least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
        load = self._load.setdefault(autoscaler["metadata"]["uid"], float(min(max(current, least), most)))
        if current == 0:
            conditions = [
                self._condition(autoscaler, "AbleToScale", "True", "SucceededGetScale"),
                self._condition(autoscaler, "ScalingActive", "False", "ScalingDisabled"),
            ]
            self._write(autoscaler, 0, 0, conditions)
            return
        desired = min(max(math.ceil(load), least), most)
        limit = "TooFewReplicas" if load < least else "TooManyReplicas" if load > most else ""
        able = "ReadyForNewScale"
        if desired != current:
            able = "SucceededRescale"
            self._api.set_spec(
                resource, target, target | {"spec": target["spec"] | {"replicas": desired}}, manager=MANAGER
            )
            direction = "above" if desired > current else "below"
            why = f"cpu resource utilization (percentage of request) {direction} target"
            self._events.event(autoscaler, "Normal", "SuccessfulRescale", f"New size: {desired}; reason: {why}")
        conditions = [
            self._condition(autoscaler, "AbleToScale", "True", able),
            self._condition(autoscaler, "ScalingActive", "True", "ValidMetricFound"),
            self._condition(autoscaler, "ScalingLimited", str(bool(limit)), limit or "DesiredWithinRange"),
        ]
        self._write(autoscaler, current, desired, conditions, share=round(100 * load / current))

    def _condition(self, autoscaler: JSON, type_: str, status: str, reason: str) -> JSON:
        before = next((c for c in autoscaler["status"].get("conditions") or () if c["type"] == type_), None)
        since = before["lastTransitionTime"] if before and before["status"] == status else self._api.kernel.stamp()
        message = _MESSAGES.get(reason, "")
        return {"type": type_, "status": status, "lastTransitionTime": since, "reason": reason, "message": message}

    def _write(
        self, autoscaler: JSON, current: int, desired: int, conditions: list[JSON], share: int | None = None
    ) -> None:
        status: JSON = {"currentReplicas": current, "desiredReplicas": desired, "conditions": conditions}
        if "lastScaleTime" in autoscaler["status"]:
            status["lastScaleTime"] = autoscaler["status"]["lastScaleTime"]
        if desired != current:
            status["lastScaleTime"] = self._api.kernel.stamp()
        status["currentMetrics"] = [_metric(autoscaler, share)] if share is not None else None
        if status != autoscaler["status"]:
            self._api.set_status(AUTOSCALERS, autoscaler, status, manager=MANAGER)


def _metric(autoscaler: JSON, load_share: int) -> JSON:
    """The utilization that is seen: what is aimed at, times how much more load each replica has than was planned."""
    metrics = autoscaler["spec"].get("metrics") or [{}]
    aim = ((metrics[0].get("resource") or {}).get("target") or {}).get("averageUtilization", 80)
    current = {"averageUtilization": aim * load_share // 100, "averageValue": "0"}
    return {"type": "Resource", "resource": {"name": "cpu", "current": current}}


_MESSAGES = {
    "FailedGetScale": "the HPA controller was unable to get the target's current scale",
    "SucceededGetScale": "the HPA controller was able to get the target's current scale",
    "ReadyForNewScale": "recommended size matches current size",
    "SucceededRescale": "the HPA controller was able to update the target scale",
    "ScalingDisabled": "scaling is disabled since the replica count of the target is zero",
    "ValidMetricFound": "the HPA was able to successfully calculate a replica count from cpu resource utilization "
    "(percentage of request)",
    "DesiredWithinRange": "the desired count is within the acceptable range",
    "TooFewReplicas": "the desired replica count is less than the minimum replica count",
    "TooManyReplicas": "the desired replica count is more than the maximum replica count",
}
