"""The patch types of the API server, each applied to a copy of the object.

JSON patch (RFC 6902), merge patch (RFC 7386), and Kubernetes' own strategic merge patch, whose lists of objects merge
by key. Server-side apply is in ``managed``, for it is about who owns which field.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonpatch
import yaml

from ktui.sim.api.errors import bad_request, rejected_patch, unsupported_media_type
from ktui.sim.api.schema import Field, field_of, type_of

JSON = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def apply_patch(content_type: str, current: JSON, body: bytes, kind: str) -> JSON:
    """``current`` as this patch changes it; ``current`` itself is left alone.

    Raises:
        ApiError: 415 for a type that is none of the three, 400 for a body that cannot be read, 422 for a JSON patch
            that does not fit the object.
    """
    media_type = content_type.partition(";")[0].strip()
    if media_type not in _APPLIERS:
        raise unsupported_media_type()
    try:
        patch = json.loads(body)
    except ValueError as error:
        raise bad_request(f"error decoding patch: {error}") from error
    return _APPLIERS[media_type](current, patch, kind)


def _json_patch(current: JSON, patch: Any, _kind: str) -> JSON:
    try:
        patched = jsonpatch.JsonPatch(patch).apply(current)
    except jsonpatch.InvalidJsonPatch as error:
        raise bad_request(f"error decoding patch: {error}") from error
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError) as error:
        raise rejected_patch() from error
    if not isinstance(patched, dict):
        raise rejected_patch()
    return patched


def _merge_patch(current: JSON, patch: Any, _kind: str) -> JSON:
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: a merge patch must be a JSON object")
    return _merged(current, patch)


def _merged(current: Any, patch: JSON) -> JSON:
    result = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _merged(result.get(key), value)
        else:
            result[key] = value
    return copy.deepcopy(result)


def _strategic_patch(current: JSON, patch: Any, kind: str) -> JSON:
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: a strategic merge patch must be a JSON object")
    return _strategic(copy.deepcopy(current), patch, type_of(current.get("apiVersion", ""), kind))


def _strategic(current: JSON, patch: JSON, type_name: str | None) -> JSON:
    match patch.get(_DIRECTIVE):
        case "replace":
            return {key: copy.deepcopy(value) for key, value in patch.items() if key != _DIRECTIVE}
        case "delete":
            return {}
    if (retained := patch.get(_RETAIN)) is not None:
        current = {key: value for key, value in current.items() if key in retained}
    before = dict(current)
    for key, value in patch.items():
        if key.startswith(_DELETE):
            _delete_primitives(current, key.removeprefix(_DELETE), value)
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            current.pop(key, None)
        else:
            current[key] = _strategic_value(current.get(key), value, field_of(type_name, key))
    for key, order in patch.items():
        name = key.removeprefix(_ORDER)
        if key.startswith(_ORDER) and isinstance(current.get(name), list):
            merge_key = field_of(type_name, name).merge_key
            current[name] = _ordered(current[name], order, before.get(name) or [], merge_key)
    return current


def _strategic_value(current: Any, value: Any, field: Field) -> Any:
    if isinstance(value, dict):
        return _strategic(current if isinstance(current, dict) else {}, value, field.type_name)
    if isinstance(value, list) and isinstance(current, list):
        if field.merge_key and all(isinstance(item, dict) for item in value):
            return _merged_list(current, value, field)
        if field.is_set:
            return [*current, *(item for item in value if item not in current)]
    if isinstance(value, list):
        return _without_directives(value, field)
    return copy.deepcopy(value)


def _without_directives(items: list[Any], field: Field) -> list[Any]:
    kept = []
    for item in items:
        if not isinstance(item, dict):
            kept.append(item)
        elif item.get(_DIRECTIVE) is None:
            kept.append(_strategic({}, item, field.type_name))
        elif item[_DIRECTIVE] != "delete" and item.keys() != {_DIRECTIVE}:
            kept.append({key: value for key, value in item.items() if key != _DIRECTIVE})
    return kept


def _merged_list(current: list[JSON], patch: list[JSON], field: Field) -> list[JSON]:
    key = field.merge_key
    if any(item.keys() == {_DIRECTIVE} and item[_DIRECTIVE] == "replace" for item in patch):
        return _without_directives(patch, field)
    result = list(current)
    for item in patch:
        if key not in item:
            raise bad_request(f"map: {json.dumps(item)} does not contain declared merge key: {key}")
        same = _same_key(key, item[key])
        if item.get(_DIRECTIVE) == "delete":
            result = [other for other in result if not same(other)]
            continue
        at = next((index for index, other in enumerate(result) if same(other)), None)
        if at is None:
            result.append(_strategic({}, item, field.type_name))
        else:
            result[at] = _strategic(result[at], item, field.type_name)
    return result


def _same_key(key: str, value: Any) -> Callable[[JSON], bool]:
    return lambda item: bool(item.get(key) == value)


def _delete_primitives(current: JSON, name: str, values: list[Any]) -> None:
    if isinstance(current.get(name), list):
        current[name] = [item for item in current[name] if item not in values]


def _ordered(items: list[Any], order: list[Any], before: list[Any], merge_key: str) -> list[Any]:
    """The items in the order that the client wants; those that it did not know of stay where they were among them."""

    def identity(item: Any) -> Any:
        return item.get(merge_key) if isinstance(item, dict) else item

    wanted = [identity(item) for item in order]
    known = sorted((item for item in items if identity(item) in wanted), key=lambda item: wanted.index(identity(item)))
    unknown = [item for item in items if identity(item) not in wanted]
    places = {identity(item): place for place, item in enumerate(before)}
    result: list[Any] = []
    while known and unknown:
        first, other = (places.get(identity(candidates[0])) for candidates in (unknown, known))
        comes_first = first is not None and other is not None and first < other
        result.append((unknown if comes_first else known).pop(0))
    return [*result, *known, *unknown]


_APPLIERS: dict[str, Callable[[JSON, Any, str], JSON]] = {
    JSON_PATCH: _json_patch,
    MERGE_PATCH: _merge_patch,
    STRATEGIC_PATCH: _strategic_patch,
}


def read_applied(body: bytes) -> JSON:
    """The object of a server-side apply, which may be YAML.

    Raises:
        ApiError: 400 where it is no object.
    """
    try:
        applied = yaml.safe_load(body)
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if not isinstance(applied, dict):
        raise bad_request("error decoding YAML: the applied configuration must be an object")
    return applied
