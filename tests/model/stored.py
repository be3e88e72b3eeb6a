"""Objects for a store, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ktui.model.changes import Put
from ktui.model.objects import Deployment
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    DAEMONSETS,
    DEPLOYMENTS,
    EVENTS,
    PODS,
    REPLICASETS,
    STATEFULSETS,
    Resource,
    known_resources,
)
from ktui.model.store import Store
from ktui.model.workloads import KubeObject
from tests.recorded import decode

PARTS = (
    DEPLOYMENTS,
    STATEFULSETS,
    DAEMONSETS,
    REPLICASETS,
    CONTROLLER_REVISIONS,
    PODS,
    EVENTS,
)


def raw(resource: Resource, uid: str, version: int, parent: str = "", **spec: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": f"n-{uid}", "namespace": "ns", "uid": uid, "resourceVersion": str(version)}
    if resource is EVENTS:
        return {"metadata": meta, "involvedObject": {"uid": parent}, "reason": f"v{version}"}
    if parent:
        meta["ownerReferences"] = [{"uid": parent, "controller": True}]
    template = {"spec": {"containers": [{"name": "c", "image": f"i:{version}"}]}}
    if resource is CONTROLLER_REVISIONS:
        return {"metadata": meta, "revision": version, "data": {"spec": {"template": template}}}
    if resource is PODS:
        return {"metadata": meta, "spec": {"nodeName": f"node-{version}", **spec}}
    return {"metadata": meta, "spec": {"template": template, **spec}}


def put(resource: Resource, uid: str, version: int, parent: str = "") -> Put:
    return Put(resource, decode(resource, raw(resource, uid, version, parent)))


def answers(store: Store) -> dict[str, Any]:
    """All that a store can be asked, independent of the order in which it learned it."""
    known: dict[str, Any] = {r.plural: store.count(r) for r in known_resources()}
    known["workloads"] = versions(store.workloads())
    uids = [f"{kind}{number}" for kind in "dsarvp" for number in range(3)]
    for uid in uids:
        workload, deployment = store.workload(uid), store.of_uid(Deployment, uid)
        known[f"workload {uid}"] = workload.metadata.resource_version if workload is not None else None
        assert deployment is None or deployment is workload
        known[f"replicasets {uid}"] = versions(store.replicasets(uid))
        known[f"controller revisions {uid}"] = versions(store.controller_revisions(uid))
        known[f"pods {uid}"] = versions(store.pods(uid))
        known[f"events {uid}"] = versions(store.events(uid))
    return known


def versions(objects: Iterable[KubeObject]) -> list[tuple[str, str]]:
    return sorted((each.metadata.uid, each.metadata.resource_version) for each in objects)
