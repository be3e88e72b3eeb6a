"""The fields of the objects that the API server knows: their types, and how lists of them merge.

Read from ``schema.txt`` and, for custom resources, ``custom_schema.txt`` beside this file. Patches, field validation,
managed fields and the OpenAPI documents all stand on this one description.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources as package_files

from ktui.sim.api.resources import BUILT_IN_GROUPS, Resource

SCALARS = frozenset({"str", "int", "bool", "time", "bytes", "quantity", "intstr", "any"})


@dataclass(frozen=True)
class Field:
    """One field. ``type_name`` is that of the value, or of the items of a list or map.

    ``container`` is "", "list" or "map"; ``keys`` tell the items of a list apart; ``merge_key`` is the key by which a
    strategic merge patch merges them, or "" where it replaces the list. ``omit_zero`` says that the server leaves the
    field out where it is zero, false or empty.
    """

    type_name: str = "any"
    container: str = ""
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    is_set: bool = False
    atomic: bool = False
    omit_zero: bool = False


@dataclass(frozen=True)
class ObjectType:
    """One type of object; an ``atomic`` one has one owner in managedFields, whatever field of it is set."""

    name: str
    fields: Mapping[str, Field]
    atomic: bool
    top_level: bool


UNKNOWN = Field()
ROOT_FIELDS = {
    "apiVersion": Field("str"),
    "kind": Field("str"),
    "metadata": Field("ObjectMeta"),
}
"""What every object has."""
_TYPES_OF_OTHER_VERSIONS = {
    ("autoscaling/v1", "HorizontalPodAutoscaler"): "HorizontalPodAutoscalerV1",
    ("events.k8s.io/v1", "Event"): "EventV1",
}


@cache
def types() -> Mapping[str, ObjectType]:
    """Every type by its name."""
    return {**read("schema.txt"), **read("custom_schema.txt")}


def read(name: str) -> Mapping[str, ObjectType]:
    """The types of one of the files."""
    text = (package_files.files(__package__) / name).read_text(encoding="utf-8")
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("  "):
            lines[-1] += line[1:]
        elif line and not line.startswith("#"):
            lines.append(line)
    return {parsed.name: parsed for parsed in map(_object_type, lines)}


def _object_type(line: str) -> ObjectType:
    head, _, body = line.partition(":")
    fields = dict(ROOT_FIELDS) if "@" in head else {}
    for word in body.split():
        name, _, notation = word.partition("=")
        fields[name] = _field(notation)
    return ObjectType(head.rstrip("!@"), fields, "!" in head, "@" in head)


def _field(notation: str) -> Field:
    if notation.startswith("{"):
        inner, _, suffix = notation[1:].rpartition("}")
        return Field(inner, "map", atomic=suffix == "!", omit_zero=True)
    if notation.startswith("["):
        inner, _, suffix = notation[1:].rpartition("]")
        keys = tuple(suffix[1:].split(",")) if len(suffix) > 1 else ()
        merge_key = keys[0] if keys and suffix[0] == "+" else ""
        return Field(inner, "list", keys, merge_key, is_set=suffix == "+", atomic=not suffix, omit_zero=True)
    return Field(notation.rstrip("?*"), omit_zero=notation == "str" or notation.endswith("?"))


def type_of(api_version: str, kind: str) -> str | None:
    """The name of the type of an object, or None where the schema does not know it."""
    group = api_version.rpartition("/")[0]
    name = _TYPES_OF_OTHER_VERSIONS.get((api_version, kind), kind if group in BUILT_IN_GROUPS else f"{kind}.{group}")
    return name if name in types() else None


def type_of_resource(resource: Resource) -> str | None:
    """The name of the type of a resource's objects."""
    return type_of(resource.api_version, resource.kind)


def field_of(type_name: str | None, name: str) -> Field:
    """A field of a type; for what the schema does not know, a field of any value."""
    found = types().get(type_name or "")
    return found.fields.get(name, UNKNOWN) if found else UNKNOWN
