"""ResourceQuota: refuses what would exceed it, and tells how much of it is used."""

from __future__ import annotations

from typing import Any

from ktui.sim.api import errors, resources
from ktui.sim.api.resources import PODS, Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controllers.common import MANAGER
from ktui.sim.controllers.queue import WorkQueue
from ktui.sim.quantity import number_of
from ktui.sim.storage import Change, Key

JSON = dict[str, Any]
QUOTAS = resources.of("", "resourcequotas")
_COUNTED = {
    "count/deployments.apps": resources.of("apps", "deployments"),
    "count/replicasets.apps": resources.of("apps", "replicasets"),
    "services": resources.of("", "services"),
    "configmaps": resources.of("", "configmaps"),
}


class QuotaController:
    """Admits pods, and keeps the status of each quota."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._queue = WorkQueue(api.kernel, self._reconcile, 0.05)
        api.admission.append(self._admit)
        api.bucket(QUOTAS).listen(lambda change: self._queue.add(change.key))
        api.bucket(PODS).listen(self._pod_changed)

    def _pod_changed(self, change: Change) -> None:
        if change.type != "MODIFIED" or _is_finished(change.version.obj):
            for quota in self._api.bucket(QUOTAS).in_namespace(change.key[0]):
                self._queue.add((change.key[0], quota["metadata"]["name"]))

    def _admit(self, resource: Resource, obj: JSON) -> None:
        if resource.kind != "Pod":
            return
        namespace = obj["metadata"]["namespace"]
        asked = usage(obj)
        for quota in self._api.bucket(QUOTAS).in_namespace(namespace):
            hard = quota["spec"].get("hard") or {}
            used = self._used(namespace, hard)
            over = sorted(
                name for name in hard
                if name in asked and number_of(used[name]) + asked[name] > number_of(str(hard[name]))
            )  # fmt: skip
            if over:
                requested = ",".join(f"{name}={_written(name, asked[name])}" for name in over)
                taken = ",".join(f"{name}={used[name]}" for name in over)
                limited = ",".join(f"{name}={hard[name]}" for name in over)
                name = quota["metadata"]["name"]
                words = f"exceeded quota: {name}, requested: {requested}, used: {taken}, limited: {limited}"
                raise errors.forbidden(resource, obj["metadata"]["name"], words)

    def _used(self, namespace: str, hard: JSON) -> dict[str, str]:
        total: dict[str, float] = dict.fromkeys(hard, 0.0)
        for pod in self._api.bucket(PODS).in_namespace(namespace):
            if not _is_finished(pod):
                for name, amount in usage(pod).items():
                    if name in total:
                        total[name] += amount
        for name, resource in _COUNTED.items():
            if name in total:
                total[name] = sum(1 for _ in self._api.bucket(resource).in_namespace(namespace))
        return {name: _written(name, amount) for name, amount in total.items()}

    def _reconcile(self, key: Key) -> None:
        quota = self._api.bucket(QUOTAS).get(*key)
        if quota is None:
            return
        hard = quota["spec"].get("hard") or {}
        status = {"hard": hard, "used": self._used(key[0], hard)}
        if status != quota.get("status"):
            self._api.set_status(QUOTAS, quota, status, manager=MANAGER)


def usage(pod: JSON) -> dict[str, float]:
    """What a pod takes from a quota: all that runs together, or an init container where that asks for more."""
    together: dict[str, float] = {}
    most: dict[str, float] = {}
    for container in pod["spec"].get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            together = _sum(together, _asked(container))
            most = _larger(most, together)
        else:
            most = _larger(most, _sum(together, _asked(container)))
    for container in pod["spec"]["containers"]:
        together = _sum(together, _asked(container))
    taken = {"pods": 1.0, "count/pods": 1.0} | _larger(most, together)
    return taken | {name: taken[f"requests.{name}"] for name in ("cpu", "memory") if f"requests.{name}" in taken}


def _asked(container: JSON) -> dict[str, float]:
    given = container.get("resources") or {}
    return {
        f"{part}.{name}": number_of(str(quantity))
        for part in ("requests", "limits")
        for name, quantity in (given.get(part) or {}).items()
    }


def _sum(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in {**one, **other}}


def _larger(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in {**one, **other}}


def _is_finished(pod: JSON) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _written(name: str, amount: float) -> str:
    """As a Quantity writes itself: bytes in the largest unit that they are a whole number of."""
    if "memory" in name or "storage" in name:
        whole = int(amount)
        unit = next((unit for unit in (4, 3, 2, 1) if whole and whole % 1024**unit == 0), 0)
        return f"{whole // 1024**unit}{('', 'Ki', 'Mi', 'Gi', 'Ti')[unit]}"
    return str(int(amount)) if amount == int(amount) else f"{round(amount * 1000)}m"
