"""The workloads of a scope read once, and of what they are made of as much as tells how they are."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

from ktui.cli import printing
from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden
from ktui.kube.listing import list_once
from ktui.kube.watch import Unreadable
from ktui.model.changes import WORKLOADS, Put, Resource
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.reference import Reference, reference_to
from ktui.model.store import Store
from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.rollout import revisions
from ktui.rollout.cohorts import Controlled, is_complete
from ktui.rollout.status import verdict

_OPTIONAL: Final = (Resource.STATEFULSETS, Resource.DAEMONSETS)
"""Who may not see these still sees Deployments."""


async def read_store(
    connection: Connection, namespace: str | None, selector: str = "", names: Collection[Reference] = ()
) -> Store:
    """The workloads that the selector or the names choose, with their revisions, and with pods where needed.

    Pods are read where something is not complete. Raises KubeError: of kinds that may not be listed, only where they
    were asked for by name.
    """
    store = Store()
    kinds = [each for each in WORKLOADS if not names or any(name.resource is each for name in names)]
    left_out: list[Resource] | None = None if names else []
    reads = [_workloads(connection, kind, namespace, selector, left_out) for kind in kinds]
    if Resource.DEPLOYMENTS in kinds:
        reads.append(list_once(connection, Resource.REPLICASETS, namespace))
    if not set(kinds).isdisjoint(_OPTIONAL):
        reads.append(_if_allowed(connection, Resource.CONTROLLER_REVISIONS, namespace))
    for listed in await asyncio.gather(*reads):
        store.apply(put for put in _readable(listed) if not names or _is_wanted(put, names))
    for kind in left_out or ():
        printing.note(f"ktui: {kind.plural} are left out: you may not list them.")
    parts = await asyncio.gather(*(_parts(connection, store, workload) for workload in store.workloads()))
    for listed in parts:
        store.apply(_readable(listed))
    return store


async def _workloads(
    connection: Connection, kind: Resource, namespace: str | None, selector: str, left_out: list[Resource] | None
) -> list[Put | Unreadable]:
    """Those of a kind; one that may not be listed is left out where it may be, which is None for never."""
    try:
        return await list_once(connection, kind, namespace, selector)
    except Forbidden:
        if kind not in _OPTIONAL or left_out is None:
            raise
        left_out.append(kind)
        return []


def _is_wanted(put: Put, names: Collection[Reference]) -> bool:
    return not isinstance(put.object, Workload) or reference_to(put.object) in names


async def _parts(connection: Connection, store: Store, workload: Workload) -> list[Put | Unreadable]:
    """What a diagnosis looks at: the pods of what is not complete, and what the controller of a set says of it."""
    if isinstance(workload, Deployment):
        judged = verdict(workload)
        current = revisions.current(workload, store.replicasets(workload.metadata.uid))
        if current is None or (judged.done and not judged.failed):
            return []
        return await _pods_of(connection, current)
    if is_complete(workload):
        return []
    namespace, uid = workload.metadata.namespace, workload.metadata.uid
    pods, events = await asyncio.gather(
        _if_allowed(connection, Resource.PODS, namespace, _common_labels(store, workload)),
        _if_allowed(connection, Resource.EVENTS, namespace, fields=f"involvedObject.uid={uid}"),
    )
    return [*pods, *events]


async def _pods_of(connection: Connection, replicaset: ReplicaSet) -> list[Put | Unreadable]:
    # Those of other revisions may have the same labels; the store tells whose each one is.
    template = replicaset.spec.template
    selector = _selector(template.labels.items()) if template is not None else ""
    return await list_once(connection, Resource.PODS, replicaset.metadata.namespace, selector)


def _common_labels(store: Store, workload: Controlled) -> str:
    """The labels that the pods of all its revisions have."""
    known = (revision.template for revision in store.controller_revisions(workload.metadata.uid))
    templates: list[PodTemplate] = [workload.spec.template, *(template for template in known if template is not None)]
    return _selector(set.intersection(*(set(template.labels.items()) for template in templates)))


def _selector(labels: Iterable[tuple[str, str]]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels))


async def _if_allowed(
    connection: Connection, resource: Resource, namespace: str | None, selector: str = "", *, fields: str = ""
) -> list[Put | Unreadable]:
    try:
        return await list_once(connection, resource, namespace, selector, fields)
    except Forbidden:
        return []


def _readable(listed: Iterable[Put | Unreadable]) -> list[Put]:
    """What could be decoded; what could not is said."""
    puts = []
    for item in listed:
        if isinstance(item, Put):
            puts.append(item)
        else:
            printing.note(f"ktui: {item.name} of the {item.resource.plural} cannot be read: {item.why}")
    return puts
