"""The fields that an object sets, as paths, and their notation in managedFields (``FieldsV1``).

A step of a path is ``f:name`` (a field), ``k:{...}`` (an item of a keyed list) or ``v:...`` (an item of a set). The
path of an object or list stands for its presence alone, apart from what is in it.
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from ktui.sim.api.schema import ROOT_FIELDS, UNKNOWN, Field, field_of, type_of, types

JSON = dict[str, Any]
Path = tuple[str, ...]
Owned = dict[Path, Any]
Parts = dict[Path, tuple[Any, Field]]

DEDUCED: Final = Field("deduced")
"""A value whose type is deduced, as those of custom resources are: an object is owned part by part, a list whole."""
_WHOLE: Final = frozenset(("selector",))
"""Objects of a deduced type that have one owner: a LabelSelector is atomic in every definition."""

PRESENT: Final = object()
"""The value at the path of an object or list: that it is there."""

_compact = json.JSONEncoder(separators=(",", ":")).encode
_SELF = "."
_METADATA_OF_THE_SERVER = frozenset(
    (
        "f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:managedFields",
        "f:resourceVersion", "f:generation", "f:deletionTimestamp", "f:deletionGracePeriodSeconds",
    )
)  # fmt: skip
# In the API's Go types these are plain structs, never absent, so that nobody owns their presence.
_NEVER_ABSENT = frozenset(
    (
        "containers", "daemonEndpoints", "jobTemplate", "loadBalancer", "metadata", "nodeInfo", "resources", "source",
        "spec", "state", "lastState", "status", "strategy", "target", "template", "updateStrategy",
    )
)  # fmt: skip


def owned_fields(obj: JSON) -> Owned:
    """Every path that this object sets and that a client can own, with its value."""
    owned: Owned = {}
    for path, (value, field) in _top_level(obj).items():
        _collect(owned, value, field, path)
    return {path: value for path, value in owned.items() if not _belongs_to_server(path)}


def changes(old: JSON, new: JSON) -> tuple[set[Path], set[Path]]:
    """The paths that a write added or gave another value, and those that it took away.

    Costs little where little differs, for what is equal is not looked into.
    """
    found = _Difference({}, {})
    _compare_parts(_top_level(old), _top_level(new), found)
    changed = {path for path in found.changed if not _belongs_to_server(path)}
    gone = {path for path in found.gone if path not in found.changed and not _belongs_to_server(path)}
    return changed, gone


class _Difference(NamedTuple):
    changed: Owned
    gone: Owned


def _top_level(obj: JSON) -> Parts:
    type_name = type_of(obj.get("apiVersion", ""), obj.get("kind", ""))
    return {
        (f"f:{name}",): (value, _custom_field(name) if type_name is None else field_of(type_name, name))
        for name, value in obj.items()
        if name not in ("apiVersion", "kind") and value is not None
    }


def _custom_field(name: str) -> Field:
    return ROOT_FIELDS.get(name, DEDUCED)


def _belongs_to_server(path: Path) -> bool:
    return path[0] == "f:metadata" and (len(path) == 1 or path[1] in _METADATA_OF_THE_SERVER)


def _collect(owned: Owned, value: Any, field: Field, at: Path) -> None:
    parts = _parts(value, field, at)
    if parts is None:
        owned[at] = value
        return
    if _is_presence_owned(parts, at, field):
        owned[at] = PRESENT
    for path, (inner, inner_field) in parts.items():
        _collect(owned, inner, inner_field, path)


def _compare_parts(before: Parts, after: Parts, found: _Difference) -> None:
    for path, (value, field) in before.items():
        if path not in after:
            _collect(found.gone, value, field, path)
    for path, (value, field) in after.items():
        if path not in before:
            _collect(found.changed, value, field, path)
        elif before[path][0] != value:
            _compare(before[path][0], value, field, path, found)


def _compare(old: Any, new: Any, field: Field, at: Path, found: _Difference) -> None:
    before, after = _parts(old, field, at), _parts(new, field, at)
    if before is None or after is None:
        _collect(found.gone, old, field, at)
        _collect(found.changed, new, field, at)
        return
    was_owned, is_owned = _is_presence_owned(before, at, field), _is_presence_owned(after, at, field)
    if was_owned != is_owned:
        (found.changed if is_owned else found.gone)[at] = PRESENT
    _compare_parts(before, after, found)


def _parts(value: Any, field: Field, at: Path) -> Parts | None:
    """What is in an object or list that is owned part by part; None for what is owned as a whole."""
    if isinstance(value, list) and field.container == "list":
        if field.keys:
            return {(*at, item_step(item, field)): (item, _item(field.type_name)) for item in value}
        return {(*at, f"v:{json.dumps(item)}"): (item, _item("str")) for item in value} if field.is_set else None
    if not isinstance(value, dict) or field.container == "list":
        return None
    if field is DEDUCED:
        if at[-1][2:] in _WHOLE:
            return None
        return {(*at, f"f:{name}"): (inner, DEDUCED) for name, inner in value.items() if inner is not None}
    if field.container == "map":
        item = _item(field.type_name)
        return None if field.atomic else {(*at, f"f:{name}"): (inner, item) for name, inner in value.items()}
    described = types().get(field.type_name)
    if described is None or described.atomic:
        return None
    # A null is owned where nothing was before, which is so in the items of lists.
    nulls = at[-1].startswith("k:")
    return {
        (*at, f"f:{name}"): (inner, described.fields.get(name, UNKNOWN))
        for name, inner in value.items()
        if nulls or inner is not None
    }


@cache
def _item(type_name: str) -> Field:
    """The field that an item of a list or map is."""
    return Field(type_name)


def _is_presence_owned(parts: Parts, at: Path, field: Field) -> bool:
    """Whether someone owns that an object or list is there; within an item of a list nothing is before the item is."""
    return not parts or field is DEDUCED or at[-1][2:] not in _NEVER_ABSENT or any(step.startswith("k:") for step in at)


def item_step(item: JSON, field: Field) -> str:
    """The step that leads to an item of a keyed list."""
    keys = {key: item[key] for key in sorted(field.keys) if key in item}
    return "k:" + _compact(keys)


def applied_fields(obj: JSON) -> Owned:
    """What a server-side apply of this object owns: its values, and the presence of items of lists."""
    owned = owned_fields(obj)
    parents = {path[:-1] for path in owned}
    return {
        path: value
        for path, value in owned.items()
        if value is not PRESENT or path not in parents or path[-1].startswith("k:")
    }


def encode(paths: Iterable[Path]) -> JSON:
    """Paths in the nested notation of ``fieldsV1``: what has something in it and is owned itself holds a ``.``."""
    owned = sorted(paths)
    tree: JSON = {}
    nodes = [_reach(tree, path) for path in owned]
    for node in nodes:
        if node:
            node[_SELF] = {}
    return tree


def _reach(tree: JSON, path: Path) -> JSON:
    for step in path:
        tree = tree.setdefault(step, {})
    return tree


def decode(tree: JSON) -> frozenset[Path]:
    """The paths of a ``fieldsV1``."""
    return frozenset(_paths(tree, ()))


def _paths(tree: JSON, at: Path) -> Iterator[Path]:
    for step, inner in tree.items():
        if step == _SELF:
            yield at
        elif inner:
            yield from _paths(inner, (*at, step))
        else:
            yield (*at, step)


def holds(tree: JSON, path: Path) -> bool:
    """Whether a ``fieldsV1`` has this path."""
    node = tree
    for step in path:
        if step not in node:
            return False
        node = node[step]
    return not node or _SELF in node


def including(tree: JSON, paths: Iterable[Path]) -> JSON:
    """A ``fieldsV1`` with these paths; the same one where it has all of them."""
    new = [path for path in paths if not holds(tree, path)]
    return encode(decode(tree).union(new)) if new else tree


def without(tree: JSON, paths: Iterable[Path]) -> JSON:
    """A ``fieldsV1`` less these paths; the same one where it has none of them."""
    held = [path for path in paths if holds(tree, path)]
    return encode(decode(tree).difference(held)) if held else tree


def with_what_holds(paths: Iterable[Path]) -> set[Path]:
    """These paths, all that they are in, and the keys of the items that they are in."""
    held = {path[:end] for path in paths for end in range(1, len(path) + 1)}
    items = [path for path in held if path[-1].startswith("k:")]
    return held.union((*path, f"f:{key}") for path in items for key in json.loads(path[-1][2:]))


def readable(path: Path) -> str:
    """A path as a conflict names it: ``.spec.template.spec.containers[name="c"].image``."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        elif step.startswith("k:"):
            keys = json.loads(step[2:])
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]"
        elif step.startswith("v:"):
            text += f"[={step[2:]}]"
    return text
