"""The fields that an object sets, as paths, and their notation in managedFields (``FieldsV1``).

A step of a path is ``f:name`` (a field), ``k:{...}`` (an item of a keyed list) or ``v:...`` (an item of a set). A path
that ends in ``.`` stands for the object or list itself, apart from what is in it.
"""

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ktui.sim.api.schema import Field, field_of, type_of, types

JSON = dict[str, Any]
Path = tuple[str, ...]
Owned = dict[Path, Any]

_NEVER_OWNED = {
    "f:metadata": {
        "f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:managedFields",
        "f:resourceVersion", "f:generation", "f:deletionTimestamp", "f:deletionGracePeriodSeconds",
    },
}  # fmt: skip
# In the API's Go types these are plain structs, never absent, so that nobody owns their presence.
_ALWAYS_PRESENT = frozenset(
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
    hidden = _NEVER_OWNED["f:metadata"]
    return {
        path: value
        for path, value in owned.items()
        if not (path[0] == "f:metadata" and (len(path) == 1 or path[1] in hidden))
    }


def _collect(owned: Owned, value: Any, field: Field, at: Path) -> None:
    if field.container == "list" and isinstance(value, list):
        _collect_list(owned, value, field, at)
    elif field.container == "map" and isinstance(value, dict) and not field.atomic:
        owned[(*at, ".")] = None
        for name, item in value.items():
            _collect(owned, item, Field(field.type_name), (*at, f"f:{name}"))
    elif isinstance(value, dict) and value and not field.container and _is_granular(field):
        if not _always_present(at):
            owned[(*at, ".")] = None
        for name, item in value.items():
            if item is not None:
                _collect(owned, item, field_of(field.type_name, name), (*at, f"f:{name}"))
    else:
        owned[at] = value


def _always_present(at: Path) -> bool:
    """Within an item of a list nothing is there before the item is."""
    return at[-1][2:] in _ALWAYS_PRESENT and not any(step.startswith("k:") for step in at)


def _is_granular(field: Field) -> bool:
    found = types().get(field.type_name)
    return found is not None and not found.atomic


def _collect_list(owned: Owned, value: list[Any], field: Field, at: Path) -> None:
    if not field.keys and not field.is_set:
        owned[at] = value
        return
    if not _always_present(at):
        owned[(*at, ".")] = None
    for item in value:
        if field.is_set:
            owned[(*at, f"v:{json.dumps(item)}")] = item
        elif _is_granular(field):
            step = (*at, item_step(item, field))
            owned[(*step, ".")] = None
            for name, inner in item.items():
                if inner is not None:
                    _collect(owned, inner, field_of(field.type_name, name), (*step, f"f:{name}"))
        else:
            owned[(*at, item_step(item, field))] = item


def item_step(item: JSON, field: Field) -> str:
    """The step that leads to an item of a keyed list."""
    keys = {key: item[key] for key in sorted(field.keys) if key in item}
    return "k:" + json.dumps(keys, separators=(",", ":"))


def applied_fields(obj: JSON) -> Owned:
    """What a server-side apply of this object owns: as ``owned_fields``, and of containers only the items of lists."""
    return {
        path: value for path, value in owned_fields(obj).items() if path[-1] != "." or path[-2].startswith(("k:", "v:"))
    }


def grown(tree: JSON, paths: Iterable[Path]) -> JSON:
    """A ``fieldsV1`` with these paths added; the one that is given is left alone."""
    result = copy.deepcopy(tree)
    for path in sorted(paths):
        node = result
        for step in path:
            node = node.setdefault(step, {})
    return result


def pruned(tree: JSON, paths: Iterable[Path]) -> JSON:
    """A ``fieldsV1`` without these paths, and without what they leave empty; the same one where it has none of them."""
    held = [path for path in paths if holds(tree, path)]
    if not held:
        return tree
    result = copy.deepcopy(tree)
    for path in held:
        _cut(result, path)
    return result


def _cut(tree: JSON, path: Path) -> None:
    inner = tree.get(path[0])
    if inner is None:
        return
    if len(path) > 1:
        _cut(inner, path[1:])
    if not inner:
        del tree[path[0]]


def holds(tree: JSON, path: Path) -> bool:
    """Whether a ``fieldsV1`` has exactly this path."""
    node = tree
    for step in path:
        if step not in node:
            return False
        node = node[step]
    return not node


def paths_of(tree: JSON) -> frozenset[Path]:
    """The paths of a ``fieldsV1``."""
    return frozenset(_leaves(tree, ()))


def _leaves(tree: JSON, at: Path) -> Iterator[Path]:
    for step, inner in tree.items():
        if inner:
            yield from _leaves(inner, (*at, step))
        else:
            yield (*at, step)


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
