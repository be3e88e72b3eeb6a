"""What ``kubectl get`` shows: objects as rows of a ``Table``, or as their metadata alone.

A custom resource has the columns of its definition. A built-in kind that has none of its own shows its name and when it
was made.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from ktui.sim.api import jsonpath, printers, workloadprinters
from ktui.sim.api.accepting import accepted
from ktui.sim.api.ages import age
from ktui.sim.api.columns import Column, Printer
from ktui.sim.api.conversion import to_stored
from ktui.sim.api.resources import Custom, PrinterColumn, Resource

JSON = dict[str, Any]

_PRINTERS: dict[str, Printer] = {**workloadprinters.PRINTERS, **printers.PRINTERS}
_FALLBACK = Printer(
    (Column("Name", format="name"), Column("Created At", type="date")),
    lambda obj, _now: [obj["metadata"].get("name", ""), obj["metadata"].get("creationTimestamp")],
)
_METADATA_API = "meta.k8s.io/v1"


def wants(accept: str | None) -> str:
    """What an Accept header asks for first that is served: Table, PartialObjectMetadata, its List, or "" for plain."""
    for media_type, asked in accepted(accept):
        if media_type not in ("application/json", "*/*", ""):
            continue
        if "as" not in asked:
            return ""
        if asked["as"] in _FORMS and asked.get("g") == "meta.k8s.io" and asked.get("v") == "v1":
            return asked["as"]
    return ""


_FORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


def table(
    resource: Resource,
    objects: Iterable[JSON],
    metadata: JSON,
    now: datetime,
    *,
    include_object: str = "Metadata",
    headers: bool = True,
) -> JSON:
    """A Table of these objects; ``metadata`` is that of the list, ``include_object`` None, Metadata or Object.

    Watches leave the ``headers`` out of all but the first event.
    """
    printer = _custom_printer(resource.custom) if resource.custom else _PRINTERS.get(resource.kind, _FALLBACK)
    rows = [_row(printer, obj, to_stored(resource, obj), now, include_object) for obj in objects]
    columns: Sequence[JSON] = [column.definition for column in printer.columns] if headers else []
    return {
        "kind": "Table",
        "apiVersion": _METADATA_API,
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    }


@cache
def _custom_printer(custom: Custom) -> Printer:
    columns = (Column(each.name, each.type, each.format, each.wide) for each in custom.columns)

    def cells(obj: JSON, now: datetime) -> list[Any]:
        return [obj["metadata"].get("name", ""), *(_custom_cell(each, obj, now) for each in custom.columns)]

    return Printer((Column("Name", format="name"), *columns), cells)


def _custom_cell(column: PrinterColumn, obj: JSON, now: datetime) -> Any:
    """One cell, in the type that the definition gives it; None where the object has nothing at that path."""
    value = jsonpath.first(obj, column.path)
    match column.type:
        case "date":
            return age(value, now) if isinstance(value, str) else "<unknown>"
        case "string" if value is not None and not isinstance(value, str):
            return json.dumps(value, separators=(",", ":"))
        case _:
            return value


def _row(printer: Printer, obj: JSON, stored: JSON, now: datetime, include_object: str) -> JSON:
    """One row; its cells are made of the object as it is stored, whatever version of it is served."""
    row: JSON = {"cells": printer.cells(stored, now)}
    if conditions := printer.conditions(stored):
        row["conditions"] = conditions
    if include_object == "Metadata":
        row["object"] = partial(obj)
    elif include_object == "Object":
        row["object"] = obj
    return row


def partial(obj: JSON) -> JSON:
    """An object's metadata alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": _METADATA_API, "metadata": obj["metadata"]}


def partial_list(objects: Iterable[JSON], metadata: JSON) -> JSON:
    """The metadata of these objects; ``metadata`` is that of the list."""
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": _METADATA_API,
        "metadata": metadata,
        "items": [partial(obj) for obj in objects],
    }
