"""PodDisruptionBudgets: how many pods may be evicted now."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.resources import BUDGETS, PODS
from ktui.sim.api.selectors import object_selector
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import MANAGER, find_condition, is_active, is_ready, resolve
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]


class DisruptionController:
    """Keeps the status of each budget."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._queue = WorkQueue(api.kernel, self._reconcile)
        api.bucket(BUDGETS).listen(lambda change: self._queue.add(change.key))
        api.bucket(PODS).listen(self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        for budget in self._api.bucket(BUDGETS).in_namespace(change.key[0]):
            self._queue.add((change.key[0], budget["metadata"]["name"]))

    def _reconcile(self, key: Key) -> None:
        budget = self._api.bucket(BUDGETS).get(*key)
        if budget is None:
            return
        matches = object_selector(budget["spec"].get("selector"))
        pods = [
            pod
            for pod in self._api.bucket(PODS).in_namespace(key[0])
            if is_active(pod) and matches(pod["metadata"].get("labels") or {})
        ]
        healthy, desired = sum(is_ready(pod) for pod in pods), _desired(budget["spec"], len(pods))
        allowed = max(0, healthy - desired) if pods else 0
        status = {
            "observedGeneration": budget["metadata"]["generation"],
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": len(pods),
            "conditions": [self._condition(budget, allowed)],
        }
        if status != budget["status"]:
            self._api.set_status(BUDGETS, budget, status, manager=MANAGER)

    def _condition(self, budget: JSON, allowed: int) -> JSON:
        status = "True" if allowed else "False"
        before = find_condition(budget["status"].get("conditions") or (), "DisruptionAllowed")
        since = before["lastTransitionTime"] if before and before["status"] == status else self._api.kernel.stamp()
        return {
            "type": "DisruptionAllowed",
            "status": status,
            "observedGeneration": budget["metadata"]["generation"],
            "lastTransitionTime": since,
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
        }


def _desired(spec: JSON, expected: int) -> int:
    if "maxUnavailable" in spec:
        return max(0, expected - resolve(spec["maxUnavailable"], expected, up=True))
    return resolve(spec.get("minAvailable", 1), expected, up=True)
