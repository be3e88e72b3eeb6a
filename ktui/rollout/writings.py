"""Who wrote which fields of an object, and when: `metadata.managedFields` and some annotations, as sentences. Pure.

The API server keeps one entry for each manager, operation and subresource: the fields that it owns now, and when it
last changed any of them (Kubernetes, Server-Side Apply: field management). What someone else has overwritten since is
not in it any more. Status is what controllers report, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec

from ktui.model.reading import NotRead, read
from ktui.redaction import redact_message
from ktui.rollout.provenance import marked, named_writer
from ktui.text import clean

_NOTES: Final = {
    "kubernetes.io/change-cause": "change-cause",
    "kubectl.kubernetes.io/restartedAt": "restarted at",
}
"""Annotations of an object, or of its template, whose values say what was done."""

_NOTED: Final = tuple(f"[{name}]" for name in _NOTES)

_FIRST: Final = (
    "spec.replicas",
    "spec.paused",
    "spec.strategy",
    "spec.updateStrategy",
    "spec.template.spec.containers",
    "spec.template",
    "spec",
    "metadata.annotations",
)
"""The beginnings of the fields that matter most, in order of importance; images come before all of them."""

_LAST: Final = (".name", ".imagePullPolicy", ".protocol", ".terminationMessagePath", ".terminationMessagePolicy")
"""What fields end with that say the least: what a server sets by itself, and what only names the rest."""

_TEMPLATE: Final = "spec.template.spec."
_REVISION: Final = "deployment.kubernetes.io/revision"
_KEYS: Final = msgspec.json.Decoder(dict[str, str | int | float | bool | None])
"""Of an element: only scalars can be keys (structured-merge-diff, `value.FieldList`)."""
_MOST_FIELDS: Final = 20_000
"""Fields of one entry that are looked at."""


class Writing(msgspec.Struct, frozen=True):
    """The fields that one manager owns by one kind of request."""

    resource: str
    """The unique name of the object's resource."""
    namespace: str
    name: str
    uid: str
    time: datetime | None
    manager: str
    tool: str
    """The tool that the manager is a part of, or the manager itself."""
    operation: str
    """`Apply` or `Update`, as the server calls it."""
    subresource: str
    fields: tuple[str, ...]
    """Their paths, the most telling first."""
    notes: tuple[str, ...] = ()
    """What annotations among them say."""

    def summary(self, most: int = 3) -> str:
        """Some of the fields, and how many more there are."""
        # What an annotation says is said better than that it is there.
        fields = [each for each in self.fields if not (self.notes and each.endswith(_NOTED))] or list(self.fields)
        shown, more = ", ".join(_short(each) for each in fields[:most]), len(fields) - most
        listed = f"{shown} and {more} more" if more > 0 else shown
        is_said = bool(self.notes) and all(each.endswith(_NOTED) for each in fields)
        return clean("; ".join([*self.notes, *([] if is_said else [listed])]))


def writings(raw: Mapping[str, Any], resource: str) -> tuple[Writing, ...]:
    """What an object of the resource with that unique name says of who wrote it, the newest last.

    Whatever does not fit is left out.
    """
    meta = _mapping(raw.get("metadata"))
    entries = [each for each in _list(meta.get("managedFields")) if isinstance(each, Mapping)]
    names = tuple(_text(each.get("manager")) for each in entries)
    owner = marked(_texts(meta.get("labels")), _texts(meta.get("annotations")), names)
    found = []
    for entry, manager in zip(entries, names, strict=True):
        subresource = _text(entry.get("subresource"))
        fields = sorted(_paths(entry.get("fieldsV1")), key=lambda path: (_rank(path), path))
        fields = [path for path in fields if path != f"metadata.annotations[{_REVISION}]"]
        if subresource == "status" or not fields or all(path.startswith("status") for path in fields):
            continue
        found.append(
            Writing(
                resource=resource,
                namespace=clean(_text(meta.get("namespace"))),
                name=clean(_text(meta.get("name"))),
                uid=clean(_text(meta.get("uid"))),
                time=_time(entry.get("time")),
                manager=clean(manager),
                tool=named_writer(manager, owner),
                operation=clean(_text(entry.get("operation"))),
                subresource=clean(subresource),
                fields=tuple(map(clean, fields)),
                notes=tuple(_notes(raw, fields)),
            )
        )
    return tuple(sorted(found, key=lambda each: each.time.timestamp() if each.time is not None else 0.0))


def _notes(raw: Mapping[str, Any], fields: list[str]) -> Iterator[str]:
    meta = _mapping(raw.get("metadata"))
    template = _mapping(_mapping(_mapping(raw.get("spec")).get("template")).get("metadata"))
    for where, known in (("metadata", meta), ("spec.template.metadata", template)):
        annotations = _texts(known.get("annotations"))
        for name, word in _NOTES.items():
            if name in annotations and f"{where}.annotations[{name}]" in fields:
                yield f"{word} {clean(redact_message(annotations[name]))}"


def _paths(fields: object) -> list[str]:
    found: list[str] = []
    waiting: list[tuple[str, object]] = [("", fields)]
    while waiting and len(found) < _MOST_FIELDS:
        path, node = waiting.pop()
        if not isinstance(node, Mapping):
            continue
        inner = [(_joined(path, key), value) for key, value in node.items() if isinstance(key, str) and key != "."]
        if inner:
            waiting += inner
        elif path:
            found.append(path)
    return found


def _joined(path: str, key: str) -> str:
    """The path of a field (`f:`), of an element by its keys (`k:`) or by its value or place (`v:`, `i:`)."""
    sort, _, name = key.partition(":")
    if sort == "k":
        with suppress(NotRead):
            name = ",".join(str(value) for value in read(_KEYS, name).values())
        return f"{path}[{name}]"
    if sort in ("v", "i"):
        return f"{path}[{name.strip(chr(34))}]"
    if "." in name or "/" in name:
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _rank(path: str) -> tuple[int, bool]:
    place = next((at for at, start in enumerate(_FIRST) if path.startswith(start)), len(_FIRST))
    return -1 if path.endswith(".image") else place, path.endswith(_LAST)


def _short(path: str) -> str:
    return path.removeprefix(_TEMPLATE).removeprefix("spec.").removeprefix("metadata.")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {key: text for key, text in _mapping(value).items() if isinstance(text, str)}


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
