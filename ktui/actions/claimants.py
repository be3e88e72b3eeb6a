"""Which controllers roll out a workload, or what it rolls out: the workload itself does not tell."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from ktui.kinds.registry import EXTENSIONS
from ktui.kube.api import Api
from ktui.kube.errors import Forbidden, NotFound
from ktui.model.claims import Place
from ktui.model.resources import Resource
from ktui.model.template import decode_hook
from ktui.model.workloads import Workload

_GROUPS: Final = ("apps", "apps.kruise.io")
"""Of the workloads that another one may roll out."""


async def read_claimants(api: Api, resource: Resource, raw: dict[str, Any]) -> tuple[Workload, ...]:
    """Those in its namespace. None of a kind that the cluster has not, or that may not be listed. Raises KubeError."""
    meta = raw["metadata"]
    places = {Place(resource.group, resource.kind, meta["namespace"], meta["name"])}
    if resource.claims:
        own = msgspec.convert(raw, resource.type, dec_hook=decode_hook)
        places = {place for place in getattr(own, "claims", ()) if place.group in _GROUPS}
    if not any(place.group in _GROUPS for place in places):
        return ()
    claiming = [kind.resource for kind in EXTENSIONS if kind.resource.claims]
    found = await asyncio.gather(*(_read(api, each, meta["namespace"]) for each in claiming))
    return tuple(
        each
        for workloads in found
        for each in workloads
        if each.metadata.uid != meta["uid"] and not places.isdisjoint(getattr(each, "claims", ()))
    )


async def _read(api: Api, resource: Resource, namespace: str) -> list[Any]:
    try:
        listed = await api.get_path(resource.path(namespace))
    except (NotFound, Forbidden):
        return []
    found = []
    for raw in listed.get("items") or ():
        try:
            found.append(msgspec.convert(raw, resource.type, dec_hook=decode_hook))
        except msgspec.ValidationError:
            # One that cannot be read claims nothing that is known.
            continue
    return found
