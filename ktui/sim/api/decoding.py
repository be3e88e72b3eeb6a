"""Reading the body of a write: JSON or YAML into an object of the right kind, with what clients get wrong shown.

The words are those of the API server's decoder; the faults of JSON are worded as Go words them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ktui.sim.api.documents import from_json, from_yaml, in_words_of_go
from ktui.sim.api.errors import ApiError, bad_request, invalid_patch, unsupported_media_type
from ktui.sim.api.resources import Resource
from ktui.sim.api.schema import SCALARS, Field, field_of, type_of_resource, types

JSON = dict[str, Any]

STRICT, WARN, IGNORE = "Strict", "Warn", "Ignore"
_MEDIA_TYPES = ("application/json", "application/yaml")


def read_object(
    resource: Resource, body: bytes, content_type: str | None, field_validation: str
) -> tuple[JSON, list[str]]:
    """The object in the body of a create or an update, and the warnings to send with the answer.

    Raises:
        ApiError: 415 for a media type that is not read, 400 for what cannot be decoded as an object of this kind, and
            under ``Strict`` for unknown and duplicate fields.
    """
    document, duplicates = _load(resource, body, content_type or _MEDIA_TYPES[0])
    _check_kind(resource, document)
    faults = [*duplicates, *unknown_fields(resource, document)]
    subject = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
    if resource.custom is None and (why := wrong_type(resource, document)) is not None:
        raise bad_request(f"{subject}: {why}")
    if faults and field_validation == STRICT:
        raise bad_request(f"{subject}: strict decoding error: {', '.join(faults)}")
    present = {name: value for name, value in document.items() if value is not None}
    return present, faults if field_validation == WARN else []


def read_body(kind: str, body: bytes) -> JSON:
    """A body that is never stored: the options of a delete, a review, a Scale; an empty one is an empty object.

    Raises:
        ApiError: 400 for what cannot be decoded as one of this kind.
    """
    try:
        found = from_json(body)[0] if body.strip() else {}
    except ValueError as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    if not isinstance(found, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind})")
    if (why := next(_mistyped(found, kind, ""), None)) is not None:
        raise bad_request(f'{kind} in version "v1" cannot be handled as a {kind}: {why}')
    return found


def read_applied(resource: Resource, body: bytes) -> JSON:
    """The configuration of a server-side apply, which may be YAML.

    Raises:
        ApiError: 400 where it is no object of this kind, or has a field that the kind does not have.
    """
    try:
        applied = from_yaml(body)
    except (yaml.YAMLError, ValueError) as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if not isinstance(applied, dict):
        raise bad_request("error decoding YAML: the applied configuration must be an object")
    applied = {name: value for name, value in applied.items() if value is not None}
    if not applied.get("apiVersion") or not applied.get("kind"):
        raise bad_request("couldn't get version/kind: apiVersion and kind must be set")
    _check_kind(resource, applied)
    subject = f"failed to create typed patch object ({resource.api_version}, Kind={resource.kind})"
    if (why := wrong_type(resource, applied)) is not None:
        raise bad_request(f"{subject}: {why}")
    for path in _unknown(applied, type_of_resource(resource), ""):
        raise bad_request(f"{subject}: .{path}: field not declared in schema")
    return applied


def check_patched(resource: Resource, patched: JSON, field_validation: str) -> list[str]:
    """The warnings that a patched object gives.

    Raises:
        ApiError: 422 for an unknown field under ``Strict``, 400 for a value of another type.
    """
    if resource.custom is None and (why := wrong_type(resource, patched)) is not None:
        raise bad_request(f"{why}")
    faults = list(unknown_fields(resource, patched))
    if faults and field_validation == STRICT:
        document = json.dumps(dict(sorted(patched.items())), separators=(",", ":"), ensure_ascii=False)
        raise invalid_patch(document, f"strict decoding error: {', '.join(faults)}")
    return faults if field_validation == WARN else []


def _load(resource: Resource, body: bytes, content_type: str) -> tuple[JSON, list[str]]:
    media_type = content_type.partition(";")[0].strip()
    if media_type not in _MEDIA_TYPES:
        raise unsupported_media_type(*_MEDIA_TYPES)
    try:
        loaded, duplicates = from_json(body) if media_type == "application/json" else (from_yaml(body), [])
    except json.JSONDecodeError as error:
        raise _unrecognized(resource, body, f"json parse error: {in_words_of_go(error)}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _unrecognized(resource, body, f"parse error: {error}") from error
    if not isinstance(loaded, dict):
        kind = "array" if isinstance(loaded, list) else "string" if isinstance(loaded, str) else "number"
        why = f"json parse error: json: cannot unmarshal {kind} into Go value of type struct"
        raise _unrecognized(resource, body, why)
    return loaded, duplicates


def _unrecognized(resource: Resource, body: bytes, why: str) -> ApiError:
    if not body:
        shown = "<empty>"
    else:
        shown = body[:30].decode(errors="replace") if body.startswith(b"{") else body[:30].hex()
        shown += " ..." if len(body) > 30 else ""
    must = f"the object provided is unrecognized (must be of type {resource.kind})"
    return bad_request(f"{must}: couldn't get version/kind; {why} ({shown})")


def _check_kind(resource: Resource, document: JSON) -> None:
    version, kind = document.get("apiVersion"), document.get("kind")
    if version and version != resource.api_version:
        raise bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})"
        )
    if kind and kind != resource.kind:
        group_version = resource.api_version if resource.group else "/v1"
        raise bad_request(
            f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
            f'no kind "{kind}" is registered for version "{group_version}"'
        )


def unknown_fields(resource: Resource, obj: JSON) -> Iterator[str]:
    """The fields that objects of this kind do not have, as the decoder words them."""
    for path in _unknown(obj, type_of_resource(resource), ""):
        yield f'unknown field "{path}"'


def _unknown(obj: JSON, type_name: str | None, at: str) -> Iterator[str]:
    found = types().get(type_name or "")
    if found is None:
        return
    for name, value in obj.items():
        path = f"{at}.{name}" if at else name
        if name not in found.fields:
            yield path
            continue
        field = found.fields[name]
        for step, item in _items(value, field):
            if isinstance(item, dict):
                yield from _unknown(item, field.type_name, path + step)


def _items(value: Any, field: Field) -> Iterator[tuple[str, Any]]:
    """The objects in a value, with the step that leads to each."""
    if field.container == "list" and isinstance(value, list):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif field.container == "map" and isinstance(value, dict):
        yield from ((f".{name}", item) for name, item in value.items())
    else:
        yield "", value


_JSON_TYPES: dict[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "bool",
    dict: "object",
    list: "array",
}


def wrong_type(resource: Resource, obj: JSON) -> str | None:
    """How the decoder words the first value that is not of its field's type, or None where all are."""
    return next(_mistyped(obj, type_of_resource(resource), ""), None)


def _mistyped(obj: JSON, type_name: str | None, at: str) -> Iterator[str]:
    for name, value in obj.items():
        field = field_of(type_name, name)
        path = f"{at}.{name}" if at else name
        if value is None or field.type_name == "any":
            continue
        wanted = {"list": list, "map": dict}.get(field.container)
        if wanted is not None and not isinstance(value, wanted):
            yield _unmarshal(value, type_name, path, "[]" if wanted is list else "map[string]string")
            continue
        for _, item in _items(value, field):
            yield from _mistyped_item(item, field, type_name, path)


def _mistyped_item(item: Any, field: Field, type_name: str | None, path: str) -> Iterator[str]:
    match field.type_name:
        case "str" if item is not None and not isinstance(item, str):
            yield _unmarshal(item, type_name, path, "string")
        case "bool" if item is not None and not isinstance(item, bool):
            yield _unmarshal(item, type_name, path, "bool")
        case "int" if item is not None and (not isinstance(item, int) or isinstance(item, bool)):
            if not (isinstance(item, float) and item.is_integer()):
                yield _unmarshal(item, type_name, path, "int32")
        case "intstr" if item is not None and (not isinstance(item, int | str) or isinstance(item, bool)):
            yield _unmarshal(item, type_name, path, "intstr.IntOrString")
        case "quantity" if not isinstance(item, str | int | float):
            yield f"unable to parse quantity's suffix: {item!r}"
        case inner if inner not in SCALARS and item is not None:
            if isinstance(item, dict):
                yield from _mistyped(item, inner, path)
            else:
                yield _unmarshal(item, type_name, path, f"v1.{inner}")


def _unmarshal(value: Any, type_name: str | None, path: str, go_type: str) -> str:
    found = _JSON_TYPES.get(type(value), "value")
    if found == "number" and not isinstance(value, int):
        found = f"number {value}"
    owner = re.sub(r"V\d$", "", type_name or "struct")
    return f"json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {go_type}"
