"""Which of the resources that not every cluster has are served by this one (the API's discovery).

One request tells it (aggregated discovery, since Kubernetes 1.26). An older server answers the same request with the
groups alone; then a group that is looked for, and is there, is asked about by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from ktui.kube.connection import Connection
from ktui.kube.errors import Interrupted
from ktui.model.reading import NotRead, read
from ktui.model.resources import Resource

_AGGREGATED: Final = ",".join(
    (
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        "application/json",
    )
)


class _Named(msgspec.Struct, frozen=True):
    name: str = ""


class _Served(msgspec.Struct, frozen=True):
    resource: str = ""
    """In an aggregated answer."""
    name: str = ""
    """In that of one version of a group."""


class _Version(msgspec.Struct, frozen=True):
    version: str = ""
    resources: tuple[_Served, ...] = ()


class _Group(msgspec.Struct, frozen=True):
    metadata: _Named = _Named()
    """In an aggregated answer."""
    name: str = ""
    """In a list of groups."""
    versions: tuple[_Version, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    kind: str = ""
    items: tuple[_Group, ...] = ()
    groups: tuple[_Group, ...] = ()
    resources: tuple[_Served, ...] = ()


_ANSWER: Final = msgspec.json.Decoder(_Answer)


async def discover(connection: Connection, wanted: Collection[Resource]) -> frozenset[Resource]:
    """Those of these resources that the server serves, in whatever version of their group. Raises KubeError.

    From then on the connection asks for each in a version that is served: the resource's own, or else the first.
    Those of the core group, which every server has, are wanted beside the others, and come with them.
    """
    groups = {resource.group for resource in wanted}
    answer = await _asked(connection, "/apis")
    found: dict[str, list[_Version]] = {}
    for group in (*answer.items, *answer.groups):
        # A proxy that puts answers together may name a group more than once.
        found.setdefault(group.metadata.name or group.name, []).extend(group.versions)
    served: dict[str, Mapping[str, frozenset[str]]] = {}
    if not any(resource.group in found for resource in wanted if resource.is_workload):
        # What only tells how such workloads go (Jobs, routes) is of no use without them: no more questions.
        groups = set()
    for name in groups & found.keys():
        if answer.items:
            served[name] = {
                version: _plurals(
                    tuple(one for each in found[name] if each.version == version for one in each.resources)
                )
                for version in dict.fromkeys(each.version for each in found[name])
            }
        else:
            served[name] = {
                each.version: _plurals((await _asked(connection, f"/apis/{name}/{each.version}")).resources)
                for each in found[name]
            }
    versions = {resource: _version(resource, served.get(resource.group, {})) for resource in wanted}
    connection.served_as = {
        (resource.group_version, resource.plural): f"apis/{resource.group}/{version}"
        for resource, version in versions.items()
        if version and version != resource.version
    }
    there = frozenset(resource for resource, version in versions.items() if version)
    return there | {resource for resource in wanted if not resource.group} if there else there


def _plurals(served: tuple[_Served, ...]) -> frozenset[str]:
    return frozenset(each.resource or each.name for each in served)


def _version(resource: Resource, served: Mapping[str, frozenset[str]]) -> str:
    """The version to ask for; empty if none has the resource."""
    having = [version for version, plurals in served.items() if resource.plural in plurals]
    return resource.version if resource.version in having else next(iter(having), "")


async def _asked(connection: Connection, path: str) -> _Answer:
    body = await connection.request("GET", path, accept=_AGGREGATED, waits=False)
    try:
        return read(_ANSWER, body)
    except NotRead as error:
        raise Interrupted(f"The server's answer at {path} is not a list of what it serves: {error}") from error
