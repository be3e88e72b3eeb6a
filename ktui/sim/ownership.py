"""managedFields of what the cluster itself writes, cheaply: what looks alike is owned alike.

A client's write is recorded field by field (`ktui.sim.api.managed`). Controllers and kubelets write the same few
shapes ten thousand times over, so their entries are worked out once for each shape and shared.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ktui.sim.api import managed
from ktui.sim.api.resources import Resource

JSON = dict[str, Any]
REMEMBERED = 4096
_VALUES = ("podIPs", "addresses")
"""Lists whose keys are addresses: each would be a shape of its own."""


class Ownership:
    """Remembers what shapes of objects and statuses own."""

    def __init__(self) -> None:
        self._fields: dict[Hashable, JSON] = {}

    def of_created(self, resource: Resource, obj: JSON, manager: str, stamp: str, like: Hashable) -> list[JSON]:
        """The entries of a new object; all that is created `like` it owns the same fields."""
        fields = self._fields.get(like)
        if fields is None:
            draft = obj | {"metadata": dict(obj["metadata"])}
            managed.record(resource, None, draft, manager, stamp)
            entries = draft["metadata"].get("managedFields") or [{"fieldsV1": {}}]
            fields = self._remember(like, entries[0]["fieldsV1"])
        return [_entry(resource, manager, stamp, fields)]

    def of_status(self, resource: Resource, old: JSON, new: JSON, manager: str, stamp: str) -> list[JSON]:
        """The entries after a write of the status: this manager owns what is in it, the others keep theirs."""
        status = {name: value for name, value in new["status"].items() if name not in _VALUES}
        like = (resource.storage, _shape(status))
        fields = self._fields.get(like)
        if fields is None:
            bare = {"kind": new["kind"], "apiVersion": new["apiVersion"], "metadata": {}}
            entries = managed.status_entry(resource, bare, bare | {"status": status}, manager, stamp)
            fields = self._remember(like, entries[0]["fieldsV1"] if entries else {})
        others, metadata = [], {}
        for entry in old["metadata"].get("managedFields") or ():
            if entry["manager"] != manager or entry.get("subresource") != "status":
                others.append(entry)
            elif "f:metadata" in entry["fieldsV1"]:
                metadata = {"f:metadata": entry["fieldsV1"]["f:metadata"]}
        return [*others, _entry(resource, manager, stamp, metadata | fields) | {"subresource": "status"}]

    def _remember(self, like: Hashable, fields: JSON) -> JSON:
        if len(self._fields) >= REMEMBERED:
            self._fields.clear()
        self._fields[like] = fields
        return fields


def _entry(resource: Resource, manager: str, stamp: str, fields: JSON) -> JSON:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": resource.api_version,
        "time": stamp,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def _shape(value: Any) -> Hashable:
    """What two statuses have in common that own the same fields: the names in them, and the types of conditions."""
    if isinstance(value, dict):
        kind = value.get("type")
        return (kind, *((name, _shape(inner)) for name, inner in value.items() if inner is not None))
    if isinstance(value, list):
        return tuple(_shape(item) for item in value)
    return None
