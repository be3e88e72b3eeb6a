"""The OpenAPI documents, made from the schema: enough for clients to validate, to merge and to explain.

kubectl reads version 3, one document for each group and version, to learn whether the server validates fields itself
and how lists merge. Descriptions of fields are left out.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from ktui.sim.api.patch import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from ktui.sim.api.resources import Catalog, Resource
from ktui.sim.api.schema import SCALARS, Field, ObjectType, type_of_resource, types

JSON = dict[str, Any]

_PREFIX = "io.k8s.api."
_PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
_SCALARS: dict[str, JSON] = {
    "str": {"type": "string"},
    "int": {"type": "integer", "format": "int32"},
    "bool": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "bytes": {"type": "string", "format": "byte"},
    "quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "intstr": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "any": {"type": "object"},
}


def root_path(group: str, version: str) -> str:
    """Where a group and version are served, without the leading slash."""
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _served(catalog: Catalog) -> list[tuple[str, str]]:
    return [("", "v1"), *((group, version) for group, versions in catalog.groups() for version in versions)]


def index(catalog: Catalog) -> JSON:
    """``/openapi/v3``: the document of each group and version."""
    paths = {}
    for group, version in _served(catalog):
        path = root_path(group, version)
        digest = hashlib.sha256(repr(catalog.in_group(group, version)).encode()).hexdigest().upper()
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


def document(catalog: Catalog, path: str) -> JSON | None:
    """The document of a group and version, whose path is as in the index; None where there is none."""
    for group, version in _served(catalog):
        if root_path(group, version) == path:
            return _document(catalog.in_group(group, version))
    return None


@cache
def _document(served: tuple[Resource, ...]) -> JSON:
    paths: JSON = {}
    for resource in served:
        paths.update(_paths(resource))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "components": {"schemas": _schemas(served)},
    }


def _paths(resource: Resource) -> JSON:
    base = f"/{root_path(resource.group, resource.version)}"
    place = f"{base}/namespaces/{{namespace}}" if resource.namespaced else base
    collection, item = f"{place}/{resource.plural}", f"{place}/{resource.plural}/{{name}}"
    paths: JSON = {collection: _operations(resource, {"list": "get", "create": "post"})}
    item_verbs = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
    paths[item] = _operations(resource, item_verbs)
    return {path: operations for path, operations in paths.items() if operations}


def _operations(resource: Resource, methods: dict[str, str]) -> JSON:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    operations: JSON = {}
    for verb, method in methods.items():
        if verb in resource.verbs:
            operations[method] = _operation(resource, verb) | {
                "x-kubernetes-action": verb if verb != "create" else "post",
                "x-kubernetes-group-version-kind": kind,
            }
    return operations


def _operation(resource: Resource, verb: str) -> JSON:
    type_name = type_of_resource(resource)
    body = {"$ref": f"#/components/schemas/{_PREFIX}{type_name}"} if type_name else {"type": "object"}
    operation: JSON = {"responses": {"200": {"description": "OK", "content": {"application/json": {"schema": body}}}}}
    if verb in ("create", "update", "patch"):
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for name in _WRITE_PARAMETERS
        ]
        patches = [each for each in _PATCHES if resource.custom is None or each != STRATEGIC_PATCH]
        media_types = patches if verb == "patch" else ["application/json"]
        content = {media_type: {"schema": body} for media_type in media_types}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _schemas(served: tuple[Resource, ...]) -> JSON:
    kinds: dict[str, list[JSON]] = {}
    for resource in served:
        if name := type_of_resource(resource):
            kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
            kinds.setdefault(name, []).append(kind)
    return {_PREFIX + name: _schema(types()[name], kinds.get(name)) for name in sorted(_reached(kinds))}


def _reached(roots: Iterator[str] | dict[str, Any]) -> set[str]:
    """These types and all that they are made of."""
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in reached and name in types():
            reached.add(name)
            waiting.extend(field.type_name for field in types()[name].fields.values())
    return reached


def _schema(described: ObjectType, kinds: list[JSON] | None) -> JSON:
    schema: JSON = {
        "type": "object",
        "properties": {name: _property(field) for name, field in described.fields.items()},
    }
    if described.atomic:
        schema["x-kubernetes-map-type"] = "atomic"
    if kinds:
        schema["x-kubernetes-group-version-kind"] = kinds
    return schema


def _property(field: Field) -> JSON:
    value = _value(field.type_name)
    if field.container == "map":
        atomic = {"x-kubernetes-map-type": "atomic"} if field.atomic else {}
        return {"type": "object", "additionalProperties": value} | atomic
    if field.container != "list":
        return value
    listed: JSON = {"type": "array", "items": value}
    if field.keys:
        listed |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(field.keys)}
    else:
        listed["x-kubernetes-list-type"] = "set" if field.is_set else "atomic"
    if field.merge_key:
        listed |= {"x-kubernetes-patch-merge-key": field.merge_key, "x-kubernetes-patch-strategy": "merge"}
    elif field.is_set:
        listed["x-kubernetes-patch-strategy"] = "merge"
    return listed


def _value(type_name: str) -> JSON:
    if type_name in SCALARS:
        return dict(_SCALARS[type_name])
    return {"allOf": [{"$ref": f"#/components/schemas/{_PREFIX}{type_name}"}], "default": {}}


def swagger(catalog: Catalog) -> JSON:
    """``/openapi/v2``: the definitions alone, for clients that know no version 3."""
    definitions: JSON = {}
    for group, version in _served(catalog):
        definitions.update(_schemas(catalog.in_group(group, version)))
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": {},
        "definitions": _with_references_of_version_2(definitions),
    }


def _with_references_of_version_2(value: Any) -> Any:
    if isinstance(value, dict):
        if "allOf" in value:
            reference: str = value["allOf"][0]["$ref"]
            return {"$ref": reference.replace("#/components/schemas/", "#/definitions/")}
        return {key: _with_references_of_version_2(inner) for key, inner in value.items() if key != "oneOf"}
    if isinstance(value, list):
        return [_with_references_of_version_2(inner) for inner in value]
    return value
