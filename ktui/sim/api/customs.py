"""Custom resources: what a CustomResourceDefinition has the server serve, and how it keeps the objects.

An object is pruned to the fields that the schema knows and checked against their types; one whose kind the schema does
not know is kept as it is. Otherwise than a built-in object, it keeps what is empty or zero.
"""

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ktui.sim.api import jsonpath
from ktui.sim.api.causes import Causes
from ktui.sim.api.resources import (
    ALL_VERBS,
    Custom,
    PrinterColumn,
    Resource,
    ScalePaths,
    Subresource,
)
from ktui.sim.api.schema import Field, field_of, type_of_resource, types

JSON = dict[str, Any]

_AGE = PrinterColumn("Age", "date", ".metadata.creationTimestamp")
_STATUS_VERBS = ("get", "patch", "update")


def resources_of(definition: JSON) -> list[Resource]:
    """The resource in each version that a CustomResourceDefinition says is served, in the order of preference.

    Raises:
        KeyError, TypeError, ValueError: it does not say what it has to, or with a path that cannot be read.
    """
    spec = definition["spec"]
    versions = [version for version in spec.get("versions") or [] if version.get("served")]
    return [_resource(spec, version) for version in sorted(versions, key=_preference)]


def _preference(version: JSON) -> tuple[int, int]:
    """Stable versions first, then beta, then alpha, each with the highest number first (as ``v2``, ``v1beta1``)."""
    name = str(version["name"])
    for rank, word in enumerate(("alpha", "beta")):
        if word in name:
            return 2 - rank, -int("0" + name.partition(word)[2])
    return 0, -int("0" + name[1:])


def _resource(spec: JSON, version: JSON) -> Resource:
    names, subresources = spec["names"], version.get("subresources") or {}
    kind = names["kind"]
    found = []
    if "scale" in subresources:
        found.append(Subresource("scale", "Scale", _STATUS_VERBS, "autoscaling", "v1"))
    if "status" in subresources:
        found.append(Subresource("status", kind, _STATUS_VERBS))
    storage = next((each["name"] for each in spec["versions"] if each.get("storage")), version["name"])
    return Resource(
        spec["group"],
        version["name"],
        names["plural"],
        names.get("singular") or kind.lower(),
        kind,
        namespaced=spec.get("scope") == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        verbs=ALL_VERBS,
        subresources=tuple(found),
        custom=Custom(storage, _columns(version), _scale_paths(subresources.get("scale"))),
    )


def _columns(version: JSON) -> tuple[PrinterColumn, ...]:
    for each in version.get("additionalPrinterColumns") or ():
        jsonpath.first({}, each["jsonPath"])
    columns = tuple(
        PrinterColumn(
            each["name"], each["type"], each["jsonPath"], each.get("format", ""), wide=each.get("priority", 0) > 0
        )
        for each in version.get("additionalPrinterColumns") or ()
    )
    return columns or (_AGE,)


def _scale_paths(scale: JSON | None) -> ScalePaths | None:
    if scale is None:
        return None
    return ScalePaths(scale["specReplicasPath"], scale["statusReplicasPath"], scale.get("labelSelectorPath", ""))


def scale_of(resource: Resource, obj: JSON) -> tuple[int, int, str]:
    """What the Scale of an object shows: replicas asked for and there, and the selector of their pods."""
    paths = resource.custom.scale if resource.custom else None
    assert paths is not None
    wanted, there = (jsonpath.first(obj, path) or 0 for path in (paths.spec_replicas, paths.status_replicas))
    return wanted, there, str(jsonpath.first(obj, paths.selector) or "") if paths.selector else ""


def with_replicas(resource: Resource, obj: JSON, replicas: int) -> JSON:
    """A copy of an object that asks for so many replicas."""
    assert resource.custom is not None
    assert resource.custom.scale is not None
    *steps, last = resource.custom.scale.spec_replicas.strip(".").split(".")
    changed = inner = copy.deepcopy(obj)
    for step in steps:
        inner = inner.setdefault(step, {})
    inner[last] = replicas
    return changed


# -- what is stored ------------------------------------------------------------------------------------------------


def complete(resource: Resource, obj: JSON) -> JSON:
    """Drop, in place, the fields that the schema does not know, and fill in what it has a value for; return it."""
    described = types().get(type_of_resource(resource) or "")
    if described is not None:
        _prune(obj, described.name)
    return obj


def _prune(obj: JSON, type_name: str) -> None:
    described = types().get(type_name)
    if described is None:
        return
    for name, value in list(obj.items()):
        field = described.fields.get(name)
        if field is None:
            del obj[name]
            continue
        for item in _inner(value, field):
            _prune(item, field.type_name)
    if type_name == "ContainerPort":
        obj.setdefault("protocol", "TCP")  # the one default of a pod template, for it is a key of its list


def _inner(value: Any, field: Field) -> Iterator[JSON]:
    """The objects that a value of this field holds; what is of another type is found by `validate`."""
    items: Iterable[Any] = (value,)
    if field.container == "list":
        items = value if isinstance(value, list) else ()
    elif field.container == "map":
        items = value.values() if isinstance(value, dict) else ()
    yield from (item for item in items if isinstance(item, dict))


def validate(resource: Resource, obj: JSON, causes: Causes) -> None:
    """What is wrong with the types of an object, in the words of the schema's validation."""
    described = types().get(type_of_resource(resource) or "")
    if described is None:
        return
    if "spec" in described.fields and obj.get("spec") is None:
        causes.required("spec")
    for name in ("spec", "status"):
        if obj.get(name) is not None and name in described.fields:
            _check(obj[name], described.fields[name], name, causes)


_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "str": ("string", (str,)),
    "time": ("string", (str,)),
    "bytes": ("string", (str,)),
    "bool": ("boolean", (bool,)),
    "int": ("integer", (int,)),
}


def _check(value: Any, field: Field, path: str, causes: Causes) -> None:
    if field.container == "list":
        if _is(value, "array", (list,), path, causes):
            for index, item in enumerate(value):
                _check_item(item, field, f"{path}[{index}]", causes)
    elif field.container == "map":
        if _is(value, "object", (dict,), path, causes):
            for name, item in value.items():
                _check_item(item, field, f"{path}.{name}", causes)
    else:
        _check_item(value, field, path, causes)


def _check_item(value: Any, field: Field, path: str, causes: Causes) -> None:
    if field.type_name in _TYPES:
        _is(value, *_TYPES[field.type_name], path, causes)
    elif field.type_name in types() and _is(value, "object", (dict,), path, causes):
        for name, inner in value.items():
            if inner is not None:
                _check(inner, field_of(field.type_name, name), f"{path}.{name}", causes)


def _is(value: Any, type_name: str, wanted: tuple[type, ...], path: str, causes: Causes) -> bool:
    if isinstance(value, wanted) and (type_name == "boolean" or not isinstance(value, bool)):
        return True
    has = next((name for name, (_, kinds) in _TYPES.items() if isinstance(value, kinds)), "")
    shown = {"str": "string", "bool": "boolean", "int": "integer"}.get(has) or (
        "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "number"
    )
    causes.mistyped(path, shown, f"{path} in body must be of type {type_name}: {json.dumps(shown)}")
    return False
