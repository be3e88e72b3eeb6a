"""The fields that an object sets, as paths, and their notation in managedFields (``FieldsV1``).

A step of a path is ``f:name`` (a field), ``k:{...}`` (an item of a keyed list) or ``v:...`` (an item of a set). The
path of an object or list stands for its presence alone, apart from what is in it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ktui.sim.api.schema import Field, field_of, type_of, types

JSON = dict[str, Any]
Path = tuple[str, ...]
Owned = dict[Path, Any]

PRESENT: Final = object()
"""The value at the path of an object or list: that it is there."""

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
    type_name = type_of(obj.get("apiVersion", ""), obj.get("kind", ""))
    owned: Owned = {}
    for name, value in obj.items():
        if name not in ("apiVersion", "kind") and value is not None:
            _collect(owned, value, field_of(type_name, name), (f"f:{name}",))
    return {path: value for path, value in owned.items() if not _belongs_to_server(path)}


def _belongs_to_server(path: Path) -> bool:
    return path[0] == "f:metadata" and (len(path) == 1 or path[1] in _METADATA_OF_THE_SERVER)


def _collect(owned: Owned, value: Any, field: Field, at: Path) -> None:
    if field.container == "list" and isinstance(value, list) and (field.keys or field.is_set):
        _collect_list(owned, value, field, at)
    elif field.container == "map" and isinstance(value, dict) and not field.atomic:
        owned[at] = PRESENT
        for name, item in value.items():
            _collect(owned, item, Field(field.type_name), (*at, f"f:{name}"))
    elif isinstance(value, dict) and not field.container and _is_granular(field):
        if not value or not _is_never_absent(at):
            owned[at] = PRESENT
        _collect_fields(owned, value, field, at)
    else:
        owned[at] = value


def _collect_fields(owned: Owned, value: JSON, field: Field, at: Path) -> None:
    """A null is owned where nothing was before, which is so in the items of lists."""
    for name, inner in value.items():
        if inner is not None or at[-1].startswith("k:"):
            _collect(owned, inner, field_of(field.type_name, name), (*at, f"f:{name}"))


def _collect_list(owned: Owned, value: list[Any], field: Field, at: Path) -> None:
    if not _is_never_absent(at):
        owned[at] = PRESENT
    for item in value:
        if field.is_set:
            owned[(*at, f"v:{json.dumps(item)}")] = item
        elif _is_granular(field):
            step = (*at, item_step(item, field))
            owned[step] = PRESENT
            _collect_fields(owned, item, field, step)
        else:
            owned[(*at, item_step(item, field))] = item


def _is_never_absent(at: Path) -> bool:
    """Within an item of a list nothing is there before the item is."""
    return at[-1][2:] in _NEVER_ABSENT and not any(step.startswith("k:") for step in at)


def _is_granular(field: Field) -> bool:
    found = types().get(field.type_name)
    return found is not None and not found.atomic


def item_step(item: JSON, field: Field) -> str:
    """The step that leads to an item of a keyed list."""
    keys = {key: item[key] for key in sorted(field.keys) if key in item}
    return "k:" + json.dumps(keys, separators=(",", ":"))


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


def without(tree: JSON, paths: Iterable[Path]) -> JSON:
    """A ``fieldsV1`` less these paths; the same one where it has none of them."""
    held = [path for path in paths if holds(tree, path)]
    return encode(decode(tree).difference(held)) if held else tree


def readable(path: Path) -> str:
    """A path as a conflict names it: ``.spec.template.spec.containers[name="c"].image``."""
    told = ""
    for step in path:
        if step.startswith("f:"):
            told += f".{step[2:]}"
        elif step.startswith("k:"):
            keys = json.loads(step[2:])
            told += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]"
        elif step.startswith("v:"):
            told += f"[={step[2:]}]"
    return told
