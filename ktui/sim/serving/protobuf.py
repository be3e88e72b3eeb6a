"""Objects that clients send as protobuf: kubectl does so for what it creates itself (`kubectl create namespace`).

Only the kinds in `protobuf.txt` can be read, and only requests: answers are JSON, which every client accepts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from importlib import resources as package_files
from typing import Any, NamedTuple

from ktui.sim.api.errors import ApiError, bad_request, unsupported_media_type
from ktui.sim.kernel import rfc3339

JSON = dict[str, Any]
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_GROUPED = {
    "autoscaling/v1": {"HorizontalPodAutoscaler"},
}
_POINTERS = {
    "replicas", "minReplicas", "terminationGracePeriodSeconds", "gracePeriodSeconds", "revisionHistoryLimit",
    "progressDeadlineSeconds", "backoffLimit", "parallelism", "completions", "runAsUser", "runAsGroup", "fsGroup",
    "automountServiceAccountToken", "enableServiceLinks", "runAsNonRoot", "allowPrivilegeEscalation", "privileged",
    "controller", "orphanDependents", "suspend", "intVal",
}  # fmt: skip
"""Numbers and booleans that mean something else when they are missing than when they are zero or false."""


class _Field(NamedTuple):
    name: str
    container: str
    type: str


@cache
def _messages() -> dict[str, dict[int, _Field]]:
    text = (package_files.files(__package__) / "protobuf.txt").read_text(encoding="utf-8")
    found: dict[str, dict[int, _Field]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            message, _, fields = line.partition(": ")
            found[message.rstrip(":")] = dict(_field(part) for part in fields.split())
    return found


def _field(text: str) -> tuple[int, _Field]:
    number, _, rest = text.partition("=")
    name, _, type_ = rest.partition(":")
    container = name[-2:] if name.endswith(("[]", "{}")) else ""
    return int(number), _Field(name.removesuffix(container), container, type_)


def read(body: bytes) -> JSON:
    """The object in a protobuf body, as its JSON would be.

    Raises:
        ApiError: 400 where it is not well formed, 415 for a kind, or a part of one, that cannot be read.
    """
    if not body.startswith(_MAGIC):
        raise bad_request("the body does not begin as a protobuf object does")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        version, kind = (_text(dict(_fields(envelope[1])).get(number, b"")) for number in (1, 2))
        message = f"{kind}@{version}" if kind in _GROUPED.get(version, ()) else kind
        if message not in _messages():
            raise unsupported_media_type("application/json", "application/yaml")
        return {"apiVersion": version, "kind": kind} | _message(message, envelope.get(2, b""))
    except (AttributeError, IndexError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise bad_request("the protobuf body cannot be decoded") from error


def _message(name: str, data: bytes) -> JSON:
    known = _messages()[name]
    result: JSON = {}
    for number, raw in _fields(data):
        field = known.get(number)
        if field is None:
            if not raw:
                continue
            raise _unread(name, number)
        if field.type == "-":
            continue
        if field.name == "-":
            result.update(_message(field.type, raw))
        elif field.container == "[]":
            result.setdefault(field.name, []).append(_value(field.type, raw))
        elif field.container == "{}":
            entry = dict(_fields(raw))
            result.setdefault(field.name, {})[_text(entry.get(1, b""))] = _value(field.type, entry.get(2, b""))
        elif _counts(field.name, value := _value(field.type, raw)):
            result[field.name] = value
    return result


def _unread(name: str, number: int) -> ApiError:
    words = f"field {number} of a {name} cannot be read from protobuf here; send JSON"
    return ApiError(415, "UnsupportedMediaType", words)


def _counts(name: str, value: Any) -> bool:
    if name in _POINTERS and isinstance(value, int):
        return True
    return value not in ("", 0, False, None, {})


def _value(type_: str, raw: Any) -> Any:
    match type_:
        case "string":
            return _text(raw)
        case "bytes":
            return base64.b64encode(raw).decode()
        case "int32" | "int64":
            return raw - 2**64 if raw >= 2**63 else raw
        case "bool":
            return bool(raw)
        case "Quantity":
            return _text(dict(_fields(raw)).get(1, b""))
        case "IntOrString":
            parts = dict(_fields(raw))
            return _text(parts.get(3, b"")) if parts.get(1) else parts.get(2, 0)
        case "Time":
            seconds = dict(_fields(raw)).get(1)
            return rfc3339(seconds) if seconds else None
    return _message(type_, raw)


def _text(raw: bytes) -> str:
    return raw.decode()


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and raw values of a message: an int for a varint, bytes for what has a length."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
            case 2:
                length, at = _varint(data, at)
                if at + length > len(data):
                    raise IndexError("a field reaches beyond the end")
                yield tag >> 3, data[at : at + length]
                at += length
            case 1 | 5 as fixed:
                width = 8 if fixed == 1 else 4
                yield tag >> 3, data[at : at + width]
                at += width
            case _:
                raise IndexError("an unknown wire type")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise IndexError("a number is too long")
