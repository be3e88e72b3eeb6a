"""The patch types of the API server, each applied to a copy of the object.

JSON patch (RFC 6902), merge patch (RFC 7386), and Kubernetes' own strategic merge patch, whose lists of objects merge
by key. Server-side apply is in ``managed``, for it is about who owns which field.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonpatch

from ktui.sim.api.documents import from_json
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
        patch, _ = from_json(body)
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
    for key, value in patch.items():
        if not key.startswith("$"):
            _put(current, key, value, patch.get(_ORDER + key), field_of(type_name, key))
    for key, value in patch.items():
        name = key.removeprefix(_DELETE)
        if name != key and isinstance(current.get(name), list):
            current[name] = [item for item in current[name] if item not in value]
        name = key.removeprefix(_ORDER)
        if name != key and name not in patch and isinstance(current.get(name), list):
            current[name] = _ordered(current[name], value, current[name], field_of(type_name, name).merge_key)
    return current


def _put(current: JSON, key: str, value: Any, order: list[Any] | None, field: Field) -> None:
    """Put the value that a patch has for a field, in the order that the client wants where it says one."""
    if value is None:
        current.pop(key, None)
        return
    before = current.get(key)
    current[key] = _strategic_value(before, value, field)
    if order is not None and isinstance(value, list):
        _check_order(value, order, field.merge_key)
        current[key] = _ordered(current[key], order, before or [], field.merge_key)


def _strategic_value(current: Any, value: Any, field: Field) -> Any:
    if isinstance(value, dict):
        return _strategic(current if isinstance(current, dict) else {}, value, field.type_name)
    if isinstance(value, list) and isinstance(current, list):
        if field.merge_key and all(isinstance(item, dict) for item in value):
            return _merged_list(current, value, field)
        if field.is_set:
            merged = [*current, *(item for item in value if item not in current)]
            return _ordered(merged, value, current, "")
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
    before, plain = _after_directives(current, patch, key)
    result = list(before)
    for item in plain:
        at = next((index for index, other in enumerate(result) if other.get(key) == item[key]), None)
        if at is None:
            result.append(_strategic({}, item, field.type_name))
        else:
            result[at] = _strategic(result[at], item, field.type_name)
    return _ordered(result, plain, before, key)


def _after_directives(current: list[JSON], patch: list[JSON], key: str) -> tuple[list[JSON], list[JSON]]:
    """What the items of a patch that are directives leave of a list, and the items that are none."""
    plain = [item for item in patch if _DIRECTIVE not in item]
    for item in patch:
        if item.get(_DIRECTIVE) != "replace" and key not in item:
            raise bad_request(f"map: {json.dumps(item)} does not contain declared merge key: {key}")
        if item.get(_DIRECTIVE) == "delete":
            current = [other for other in current if other.get(key) != item[key]]
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        return [], plain
    return current, plain


def _identity(item: Any, merge_key: str) -> str:
    """What tells an item from the others of its list, in words that can be compared and looked up."""
    return json.dumps(item.get(merge_key) if isinstance(item, dict) else item)


def _check_order(items: list[Any], order: list[Any], merge_key: str) -> None:
    """The items of a patch must come in the order that its ``$setElementOrder`` gives."""
    wanted = iter([_identity(item, merge_key) for item in order])
    given = [_identity(item, merge_key) for item in items if not (isinstance(item, dict) and _DIRECTIVE in item)]
    if not all(identity in wanted for identity in given):
        said = f"The order in patch list:\n{json.dumps(items)}\n"
        raise bad_request(f"{said} doesn't match $setElementOrder list:\n{json.dumps(order)}\n")


def _ordered(items: list[Any], order: list[Any], before: list[Any], merge_key: str) -> list[Any]:
    """The items in the order that the client wants; those that it did not know of stay where they were among them."""

    wanted = [_identity(item, merge_key) for item in order]
    places = {_identity(item, merge_key): place for place, item in enumerate(before)}
    known = [item for item in items if _identity(item, merge_key) in wanted]
    known.sort(key=lambda item: wanted.index(_identity(item, merge_key)))
    unknown = [item for item in items if _identity(item, merge_key) not in wanted]
    result: list[Any] = []
    while known and unknown:
        first, other = (places.get(_identity(side[0], merge_key)) for side in (unknown, known))
        comes_first = first is not None and other is not None and first < other
        result.append((unknown if comes_first else known).pop(0))
    return [*result, *known, *unknown]


_APPLIERS: dict[str, Callable[[JSON, Any, str], JSON]] = {
    JSON_PATCH: _json_patch,
    MERGE_PATCH: _merge_patch,
    STRATEGIC_PATCH: _strategic_patch,
}
