"""Read what a switch of a Service's traffic is planned on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

from ktui.kinds.registry import rollout_of
from ktui.kube.api import Api, readable
from ktui.kube.errors import Forbidden, NotFound
from ktui.kube.listing import list_once
from ktui.model.changes import Listed, Put
from ktui.model.objects import Deployment
from ktui.model.resources import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    HTTP_ROUTES,
    INGRESSES,
    PODS,
    REPLICASETS,
    SERVICES,
    Resource,
)
from ktui.model.routing import SERVICE_NAME, Service
from ktui.model.store import Store
from ktui.model.traffic import Traffic
from ktui.plans.switch import ServiceSubject
from ktui.rollout.traffic.bluegreen import Pairing, pairings


async def read_service(api: Api, namespace: str, name: str, kubectl: tuple[str, ...] = ("kubectl",)) -> ServiceSubject:
    """Read what a switch of that Service is planned on. Raises KubeError.

    Where EndpointSlices, Ingresses or HTTPRoutes may not be read, or do not exist, they are left out.
    """
    raw = await api.get(SERVICES, namespace, name)
    service = cast(Service, readable(raw, SERVICES))
    store, traffic = Store(), Traffic()
    store.apply(await _listed(api, DEPLOYMENTS, namespace))
    found = pairings(service, store.of_type(Deployment))
    others, *routing = await asyncio.gather(
        _parts(api, found, service),
        _tolerated(api, ENDPOINT_SLICES, namespace, f"{SERVICE_NAME}={name}"),
        _tolerated(api, INGRESSES, namespace),
        _tolerated(api, HTTP_ROUTES, namespace),
    )
    store.apply(others)
    for changes in routing:
        traffic.apply(changes)
    now = api.connection.clock.now()
    rollouts = {
        deployment.metadata.uid: rollout_of(store, deployment, None, now)[1]
        for pairing in found
        for deployments in pairing.colours.values()
        for deployment in deployments
    }
    return ServiceSubject(service, raw, found, store, traffic, rollouts, now, kubectl)


async def _parts(api: Api, found: Iterable[Pairing], service: Service) -> list[Put | Listed]:
    """ReplicaSets and pods of the sides, by the labels that they share."""
    keys = {pairing.key for pairing in found}
    if not keys:
        return []
    shared = ",".join(f"{key}={value}" for key, value in service.spec.selector.items() if key not in keys)
    namespace = service.metadata.namespace
    replicasets, pods = await asyncio.gather(
        _listed(api, REPLICASETS, namespace, shared), _tolerated(api, PODS, namespace, shared)
    )
    return [*replicasets, *pods]


async def _listed(api: Api, resource: Resource, namespace: str, selector: str = "") -> list[Put | Listed]:
    contents = await list_once(api.connection, resource, namespace, selector)
    return [*(each for each in contents if isinstance(each, Put)), Listed(resource)]


async def _tolerated(api: Api, resource: Resource, namespace: str, selector: str = "") -> list[Put | Listed]:
    try:
        return await _listed(api, resource, namespace, selector)
    except (Forbidden, NotFound):
        return []
