"""What differs between two objects, by field, fit to be shown: values that look secret are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from ktui.model.objects import LAST_APPLIED
from ktui.rollout.words import clean

MASK: Final = "•••"
LONGEST: Final = 200
"""Characters of a value that are shown."""

_SECRET_NAME: Final = re.compile(r"PASS(WORD|WD|PHRASE)?|TOKEN|SECRET|KEY|CREDENTIAL|AUTH|DSN|CERT", re.IGNORECASE)
_SECRET_ARGUMENT: Final = re.compile(
    r"([\w.-]*(?:password|passwd|token|secret|api[-_]?key|credential)[\w.-]*\s*[=:]\s*)\S+", re.IGNORECASE
)
_URL_PASSWORD: Final = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")
_KEYS: Final = ("name", "mountPath", "containerPort", "key", "ip", "type")
"""Members that tell the elements of a list apart, as far as they do."""
_IGNORED: Final = frozenset(
    {
        ("status",),
        ("metadata", "managedFields"),
        ("metadata", "resourceVersion"),
        ("metadata", "generation"),
        ("metadata", "creationTimestamp"),
        ("metadata", "annotations", LAST_APPLIED),
    }
)
_MISSING: Final = object()


class Kind(StrEnum):
    """What became of a field."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Change(msgspec.Struct, frozen=True):
    """One field that differs. Values are text: clean, cut where they are long, masked where they look secret."""

    kind: Kind
    path: str
    """`spec.template.spec.containers[web].image`"""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        match self.kind:
            case Kind.ADDED:
                return f"+ {self.path}: {self.after}"
            case Kind.REMOVED:
                return f"- {self.path}: {self.before}"
            case Kind.CHANGED:
                return f"~ {self.path}: {self.before} → {self.after}"


def diff(before: dict[str, Any], after: dict[str, Any]) -> tuple[Change, ...]:
    """The fields that differ, in the order of their paths. What servers keep for themselves does not count."""
    return tuple(sorted(_compare((), before, after), key=lambda change: change.path))


def _compare(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if path in _IGNORED or before == after:
        return
    left, right = _members(before), _members(after)
    if left is None and right is None:
        yield _change(path, before, after)
        return
    # Where a container takes the place of a plain value, or gives way to one, the value is said on its own.
    if left is None and not _is_nothing(before):
        yield _change(path, before, _MISSING)
    if right is None and not _is_nothing(after):
        yield _change(path, _MISSING, after)
    left, right = left or {}, right or {}
    for name in dict.fromkeys((*left, *right)):
        yield from _compare((*path, name), left.get(name, _MISSING), right.get(name, _MISSING))


def _members(value: Any) -> dict[str, Any] | None:
    """The members of an object, or the elements of a list by what tells them apart; None for a plain value.

    An empty one is a plain value: that it is there is all there is to say.
    """
    if isinstance(value, dict) and value:
        return value
    if isinstance(value, list) and value:
        return {f"[{name}]": element for name, element in zip(_names(value), value, strict=True)}
    return None


def _is_nothing(value: Any) -> bool:
    return value is _MISSING or value is None or value in ({}, [])


def _names(elements: list[Any]) -> list[str]:
    if all(isinstance(element, dict) for element in elements):
        for key in _KEYS:
            names = [str(element.get(key, "")) for element in elements]
            if all(names) and len(set(names)) == len(names):
                return names
    return [str(index) for index in range(len(elements))]


def _change(path: tuple[str, ...], before: Any, after: Any) -> Change:
    kind = Kind.ADDED if before is _MISSING else Kind.REMOVED if after is _MISSING else Kind.CHANGED
    return Change(kind, _spelled(path), _shown(path, before), _shown(path, after))


def _spelled(path: tuple[str, ...]) -> str:
    """Dots between members; a member with a dot of its own is quoted."""
    text = ""
    for name in path:
        if name.startswith("["):
            text += name
        elif "." in name or "/" in name:
            text += f'["{name}"]'
        else:
            text += f".{name}" if text else name
    return clean(text)


def _shown(path: tuple[str, ...], value: Any) -> str:
    if value is _MISSING:
        return ""
    if isinstance(value, str):
        if _is_secret(path):
            return MASK
        text = clean(_URL_PASSWORD.sub(rf"\1{MASK}@", _SECRET_ARGUMENT.sub(rf"\1{MASK}", value))) or '""'
    else:
        text = clean(msgspec.json.encode(value).decode())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _is_secret(path: tuple[str, ...]) -> bool:
    """Whether this is the plain value of an environment variable whose name says that it is one for few eyes."""
    return len(path) > 2 and path[-1] == "value" and path[-3] == "env" and bool(_SECRET_NAME.search(path[-2]))
