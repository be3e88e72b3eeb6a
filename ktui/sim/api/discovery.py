"""The discovery documents: what the server serves, in the legacy form and in the aggregated one of recent clients."""

import base64
import hashlib
from typing import Any

from ktui.sim.api.accepting import accepted
from ktui.sim.api.resources import Catalog, Resource, Subresource

JSON = dict[str, Any]

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def wants_aggregated(accept: str | None) -> bool:
    """Whether the client asks ``/api`` or ``/apis`` for the aggregated document, in the version that is served."""
    asked = {"as": "APIGroupDiscoveryList", "v": "v2", "g": "apidiscovery.k8s.io"}
    return any(asked.items() <= parameters.items() for _, parameters in accepted(accept))


def core_versions(address: str = "127.0.0.1") -> JSON:
    """``/api``: the versions of the core group."""
    where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}


def group_list(catalog: Catalog) -> JSON:
    """``/apis``: every named group."""
    listed = [_group(name, versions) for name, versions in catalog.groups()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(catalog: Catalog, name: str) -> JSON | None:
    """``/apis/<group>``, or None where there is no such group."""
    found = dict(catalog.groups()).get(name)
    return None if found is None else {"kind": "APIGroup", "apiVersion": "v1", **_group(name, found)}


def _group(name: str, versions: tuple[str, ...]) -> JSON:
    served = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": served, "preferredVersion": served[0]}


def resource_list(catalog: Catalog, group_name: str, version: str) -> JSON | None:
    """``/api/v1`` or ``/apis/<group>/<version>``, or None where that is not served."""
    served = catalog.in_group(group_name, version)
    if not served:
        return None
    listed: list[JSON] = []
    for resource in sorted(served, key=lambda resource: resource.plural):
        listed.append(_resource(resource))
        listed.extend(_subresource(resource, sub) for sub in resource.subresources)
    group_version = f"{group_name}/{version}" if group_name else version
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": listed,
    }


def _resource(resource: Resource) -> JSON:
    document: JSON = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        document["shortNames"] = list(resource.short_names)
    if resource.categories:
        document["categories"] = list(resource.categories)
    if "create" in resource.verbs and not resource.is_review:
        document["storageVersionHash"] = _storage_version_hash(resource)
    return document


def _storage_version_hash(resource: Resource) -> str:
    named = f"{resource.storage[0]}/{_storage_version(resource)}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(named.encode()).digest()[:8]).decode()


def _storage_version(resource: Resource) -> str:
    if resource.custom is not None:
        return resource.custom.storage_version
    return "v2" if resource.group == "autoscaling" else "v1"


def _subresource(resource: Resource, sub: Subresource) -> JSON:
    document: JSON = {
        "name": f"{resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
    }
    if sub.version:
        document |= {"group": sub.group, "version": sub.version}
    return document | {"kind": sub.kind, "verbs": list(sub.verbs)}


def aggregated(catalog: Catalog, *, core: bool) -> JSON:
    """The APIGroupDiscoveryList of ``/api`` (the core group alone) or of ``/apis`` (all others)."""
    named = [("", ("v1",))] if core else list(catalog.groups())
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_aggregated_group(catalog, name, versions) for name, versions in named],
    }


def _aggregated_group(catalog: Catalog, name: str, versions: tuple[str, ...]) -> JSON:
    served = [
        {
            "version": version,
            "resources": [_aggregated_resource(resource) for resource in catalog.in_group(name, version)],
            "freshness": "Current",
        }
        for version in versions
    ]
    return {"metadata": {"name": name} if name else {"name": ""}, "versions": served}


def _aggregated_resource(resource: Resource) -> JSON:
    document: JSON = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        document["shortNames"] = list(resource.short_names)
    if resource.categories:
        document["categories"] = list(resource.categories)
    if resource.subresources:
        document["subresources"] = [_aggregated_subresource(resource, sub) for sub in resource.subresources]
    return document


def _aggregated_subresource(resource: Resource, sub: Subresource) -> JSON:
    group_name, version = (sub.group, sub.version) if sub.version else (resource.group, resource.version)
    kind = {"group": group_name, "version": version, "kind": sub.kind}
    return {"subresource": sub.name, "responseKind": kind, "verbs": list(sub.verbs)}
