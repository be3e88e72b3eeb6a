"""What a request is about: the resource, namespace, name and subresource that its path names, and its API verb."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from ktui.sim.api.resources import Catalog, Resource


@dataclass(frozen=True)
class Target:
    """What a path of a resource names; empty where it leaves something out."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def plural(self) -> str:
        """`deployments` or `deployments/scale`, as roles name it."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural


def target_of(catalog: Catalog, path: str) -> Target | None:
    """What a path names, None where that is no resource of this server."""
    parts = [unquote(part) for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not _is_namespace_subresource(rest):
        namespace, rest = rest[1], rest[2:]
    resource = catalog.find(group, version, rest[0])
    if resource is None or len(rest) > 3:
        return None
    name, subresource = (*rest[1:], "", "")[:2]
    if subresource and resource.subresource(subresource) is None:
        return None
    if resource.plural == "namespaces":
        namespace = name
    elif (resource.namespaced and name and not namespace) or (namespace and not resource.namespaced):
        return None
    return Target(resource, namespace, name, subresource)


def _is_namespace_subresource(rest: list[str]) -> bool:
    return len(rest) == 3 and rest[2] in ("status", "finalize")


def verb_of(method: str, target: Target, *, watch: bool) -> str:
    """The API verb of a request, as roles name it; empty for a method that has none."""
    if method in ("GET", "HEAD"):
        if target.name:
            return "get"
        return "watch" if watch else "list"
    if method == "DELETE":
        return "delete" if target.name else "deletecollection"
    return {"POST": "create", "PUT": "update", "PATCH": "patch"}.get(method, "")


def serves(target: Target, verb: str) -> bool:
    """Whether the resource, or its subresource, knows the verb."""
    if target.subresource:
        found = target.resource.subresource(target.subresource)
        return found is not None and verb in found.verbs
    if verb == "create" and (target.name or (target.resource.namespaced and not target.namespace)):
        return False
    if verb in ("update", "patch") and not target.name:
        return False
    return verb in target.resource.verbs
