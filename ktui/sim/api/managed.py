"""managedFields: which client set which field, and server-side apply, which stands on them.

The rules are those of ``sigs.k8s.io/structured-merge-diff``: a write owns what it changes, and takes it from the
others; an apply owns what it names, and conflicts with every other owner of a field that it would change.
"""

import copy
from collections.abc import Callable, Collection
from typing import Any

from ktui.sim.api.errors import apply_conflict, bad_request
from ktui.sim.api.fieldsets import (
    PRESENT,
    Path,
    applied_fields,
    changes,
    decode,
    encode,
    holds,
    including,
    item_step,
    owned_fields,
    readable,
    with_what_holds,
    without,
)
from ktui.sim.api.resources import Resource
from ktui.sim.api.schema import Field, field_of, type_of

JSON = dict[str, Any]


# What the server itself fills in or counts up, after the client's own fields have been looked at.
_SET_ON_CREATE: dict[tuple[str, str], frozenset[Path]] = {
    ("", "namespaces"): frozenset({("f:spec", "f:finalizers")}),
    ("", "pods"): frozenset(("f:spec", f"f:{name}") for name in ("preemptionPolicy", "priority", "tolerations")),
    ("", "services"): frozenset(
        ("f:spec", f"f:{name}") for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
    ),
}
_SET_ON_UPDATE: dict[tuple[str, str], frozenset[Path]] = {
    ("apps", "daemonsets"): frozenset({("f:metadata", "f:annotations", "f:deprecated.daemonset.template.generation")}),
}
_REPLICAS = ("f:spec", "f:replicas")
_SAME_AS_ABSENT: tuple[Any, ...] = (PRESENT, None, "", 0, False, [], {})


def manager_name(field_manager: str | None, user_agent: str | None) -> str:
    """Who writes: the ``fieldManager`` parameter, or the first word of the user agent."""
    return field_manager or (user_agent or "").partition("/")[0] or "unknown"


def record(resource: Resource, old: JSON | None, new: JSON, manager: str, now: str, *, subresource: str = "") -> None:
    """Write into ``new`` who owns what after this create (``old`` is None) or update; ``now`` is RFC 3339.

    The entries that ``new`` brings along are extended, so that a client can change them (kubectl does when it goes
    over to server-side apply); where it brings none, those of ``old`` are. Nothing but ``managedFields`` depends on
    this: a server may leave it out where speed counts.
    """
    if old is None:
        owned = owned_fields(new)
        changed, gone = {path for path, value in owned.items() if value != ""}, set[Path]()
    else:
        changed, gone = changes(old, new)
    counted = _counted(resource, subresource)
    by_server = (_SET_ON_CREATE if old is None else _SET_ON_UPDATE).get(resource.storage, frozenset())
    changed = {path for path in changed if counted(path) and path not in by_server}
    gone = {path for path in gone if counted(path)}
    if subresource == "scale" and new["spec"].get("replicas") == 0:
        # A Scale leaves a zero out, so that nobody owns it.
        changed, gone = changed - {_REPLICAS}, gone | {_REPLICAS}
    # What a Scale has changed carries no time.
    time = "" if subresource == "scale" else now
    mine = _entry(manager, "Update", resource.api_version, subresource, time)
    _store(new, _written(_given_entries(new, _entries(old)), mine, changed, gone))


def _entries(obj: JSON | None) -> list[JSON]:
    entries: list[JSON] = (obj["metadata"].get("managedFields") or []) if obj else []
    return entries


def _given_entries(new: JSON, before: list[JSON]) -> list[JSON]:
    """The entries that a write brings along, ``before`` where it brings none or any that makes no sense.

    A client resets them by a single empty one.
    """
    given = _entries(new)
    if not given or given == before:
        return before
    if given == [{}]:
        return []
    return given if isinstance(given, list) and all(map(_is_entry, given)) else before


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or entry.get("operation") not in ("Apply", "Update"):
        return False
    named = all(isinstance(entry.get(field), str) for field in ("manager", "apiVersion"))
    optional = all(isinstance(entry.get(field, ""), str) for field in ("time", "subresource"))
    return named and optional and _is_tree(entry.get("fieldsV1"))


def _is_tree(tree: Any) -> bool:
    return isinstance(tree, dict) and all(map(_is_tree, tree.values()))


def _counted(resource: Resource, subresource: str) -> Callable[[Path], bool]:
    """Which paths a write can change: the main resource leaves the status alone, and so does a review."""
    if subresource or (resource.subresource("status") is None and not resource.is_review):
        return lambda _path: True
    return lambda path: path[0] != "f:status"


def status_entry(resource: Resource, old: JSON, new: JSON, manager: str, now: str) -> list[JSON]:
    """The managedFields after a write of ``/status``, looking at status and annotations alone."""
    changed, gone = changes(_status_part(old), _status_part(new))
    return _written(_entries(old), _entry(manager, "Update", resource.api_version, "status", now), changed, gone)


def _status_part(obj: JSON) -> JSON:
    annotations = obj["metadata"].get("annotations")
    metadata = {"annotations": annotations} if annotations else {}
    part = {field: obj[field] for field in ("apiVersion", "kind", "status") if field in obj}
    return part | {"metadata": metadata}


def _written(entries: list[JSON], mine: JSON, changed: Collection[Path], gone: Collection[Path]) -> list[JSON]:
    """The entries after fields were changed, or taken away, by the manager of ``mine``."""
    if not changed and not gone:
        return entries
    before = next((entry for entry in entries if _identity(entry) == _identity(mine)), None)
    fields = including(without(before["fieldsV1"] if before else {}, gone), changed)
    taken = [*changed, *gone]
    kept = [_less(entry, taken) for entry in entries if entry is not before]
    return _in_order([*kept, mine | {"fieldsV1": fields}])


def _entry(manager: str, operation: str, api_version: str, subresource: str, time: str) -> JSON:
    entry: JSON = {"manager": manager, "operation": operation, "apiVersion": api_version}
    if time:
        entry["time"] = time
    entry |= {"fieldsType": "FieldsV1", "fieldsV1": {}}
    return entry | {"subresource": subresource} if subresource else entry


def _identity(entry: JSON) -> tuple[str, str, str, str]:
    return entry["manager"], entry["operation"], entry["apiVersion"], entry.get("subresource", "")


def _less(entry: JSON, taken: Collection[Path]) -> JSON:
    fields = without(entry["fieldsV1"], taken)
    return entry if fields is entry["fieldsV1"] else entry | {"fieldsV1": fields}


def _in_order(entries: list[JSON]) -> list[JSON]:
    kept = [entry for entry in entries if entry["fieldsV1"]]
    return sorted(kept, key=lambda entry: (entry["operation"], entry.get("time", ""), entry["manager"]))


def _store(obj: JSON, entries: list[JSON]) -> None:
    if entries:
        obj["metadata"]["managedFields"] = entries
    else:
        obj["metadata"].pop("managedFields", None)


def _owner(entry: JSON) -> str:
    """The owner of a field as a conflict names it."""
    name = f'"{entry["manager"]}"'
    if subresource := entry.get("subresource"):
        name += f' with subresource "{subresource}"'
    return f"{name} using {entry['apiVersion']}" if entry["operation"] == "Update" else name


def apply(
    resource: Resource,
    current: JSON | None,
    applied: JSON,
    manager: str,
    now: str,
    *,
    force: bool = False,
    subresource: str = "",
) -> JSON:
    """The object that a server-side apply of ``applied`` makes of ``current`` (None: it is created).

    Neither argument is changed; the caller defaults and validates the result.

    Raises:
        ApiError: 400 where managedFields are applied, 409 where others own what it would change and ``force`` is off.
    """
    if (applied.get("metadata") or {}).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    applied = _applicable(resource, applied, subresource)
    wanted = applied_fields(applied)
    have = owned_fields(current) if current else {}
    differing = {path for path, value in wanted.items() if path not in have or have[path] != value}
    entries = _entries(current)
    mine = _entry(manager, "Apply", applied["apiVersion"], subresource, now)
    before = next((entry for entry in entries if _identity(entry) == _identity(mine)), None)
    others = [entry for entry in entries if entry is not before]
    if not force:
        _refuse_conflicts(others, {path for path in differing if wanted[path] is not PRESENT})
    type_name = type_of(applied["apiVersion"], applied["kind"])
    result = _merged(current or {}, applied, type_name)
    fields = encode(wanted)
    if before:
        owned = {*wanted, *(path for entry in others for path in decode(entry["fieldsV1"]))}
        for path in sorted(decode(before["fieldsV1"]) - with_what_holds(owned), key=len):
            _remove(result, path, Field(type_name or "any"))
    noticed = {path for path in differing if path in have or wanted[path] not in _SAME_AS_ABSENT}
    unchanged = before is not None and before["fieldsV1"] == fields and not noticed
    mine |= {"time": before["time"] if before and unchanged else now, "fieldsV1": fields}
    _store(result, _in_order([*(_less(entry, differing) for entry in others), mine]))
    return result


def _applicable(resource: Resource, applied: JSON, subresource: str) -> JSON:
    """What of a configuration counts: the status belongs to its own subresource."""
    has_status = resource.subresource("status") is not None
    counted = {name: value for name, value in applied.items() if subresource or not has_status or name != "status"}
    counted.setdefault("metadata", {})
    return counted


def _refuse_conflicts(others: list[JSON], differing: Collection[Path]) -> None:
    conflicts = [
        (_owner(entry), readable(path))
        for entry in others
        for path in sorted(differing)
        if holds(entry["fieldsV1"], path)
    ]
    if conflicts:
        raise apply_conflict(conflicts)


def _merged(current: JSON, applied: JSON, type_name: str | None) -> JSON:
    result = copy.deepcopy(current)
    for name, value in applied.items():
        result[name] = _merged_value(result.get(name), value, field_of(type_name, name))
    return result


def _merged_value(current: Any, value: Any, field: Field) -> Any:
    if field.container == "map" and isinstance(value, dict) and not field.atomic:
        return {**(current or {}), **copy.deepcopy(value)}
    if field.container == "list" and isinstance(value, list) and isinstance(current, list):
        if field.is_set:
            return [*current, *(item for item in value if item not in current)]
        if field.keys:
            return _merged_items(current, value, field)
    if not field.container and isinstance(value, dict) and isinstance(current, dict):
        return _merged(current, value, field.type_name)
    return copy.deepcopy(value)


def _merged_items(current: list[JSON], items: list[JSON], field: Field) -> list[JSON]:
    at = {item_step(item, field): index for index, item in enumerate(current)}
    result = list(current)
    for item in items:
        index = at.get(item_step(item, field))
        if index is None:
            result.append(copy.deepcopy(item))
        else:
            result[index] = _merged(result[index], item, field.type_name)
    return result


def _remove(value: Any, path: Path, field: Field) -> None:
    """Take away what a path leads to, where it is still there; an item goes with all that is left in it."""
    step, rest = path[0], path[1:]
    if step.startswith("f:") and isinstance(value, dict):
        name = step[2:]
        inner = Field(field.type_name) if field.container == "map" else field_of(field.type_name, name)
        if not rest:
            value.pop(name, None)
        elif name in value:
            _remove(value[name], rest, inner)
    elif isinstance(value, list):
        found = [item for item in value if _leads_to(step, item, field)]
        for item in found:
            if not rest:
                value.remove(item)
            else:
                _remove(item, rest, Field(field.type_name))


def _leads_to(step: str, item: Any, field: Field) -> bool:
    if step.startswith("k:"):
        return isinstance(item, dict) and item_step(item, field) == step
    return step.startswith("v:") and step[2:] == str(item)
