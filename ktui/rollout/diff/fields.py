"""What differs between two objects, by field, fit to be shown: values that look secret are not."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from ktui.model.objects import LAST_APPLIED
from ktui.rollout.diff.masking import Masks, Path, element_names
from ktui.text import clean

LONGEST: Final = 200
"""Characters of a value that are shown."""

_IGNORED: Final = frozenset(
    {
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


def diff(before: dict[str, Any], after: dict[str, Any], *, with_status: bool = False) -> tuple[Change, ...]:
    """The fields that differ, in the order of their paths. What servers keep for themselves does not count.

    A status is a controller's own, and counts only `with_status`, where it is what a person changes.
    """
    masks = Masks()
    if not with_status:
        before, after = _without_status(before), _without_status(after)
    changes = _compare((), masks.conceal(before), masks.conceal(after))
    return tuple(sorted(changes, key=lambda change: change.path))


def _without_status(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "status"}


def _compare(path: Path, before: Any, after: Any) -> Iterator[Change]:
    if path in _IGNORED or before == after:
        return
    left, right = _members(before), _members(after)
    if left is None and right is None:
        yield _change(path, before, after)
        return
    # Where a container replaces a plain value, or gives way to one, the value is said on its own.
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
        return dict(zip(element_names(value), value, strict=True))
    return None


def _is_nothing(value: Any) -> bool:
    return value is _MISSING or value is None or value in ({}, [])


def _change(path: Path, before: Any, after: Any) -> Change:
    kind = Kind.ADDED if before is _MISSING else Kind.REMOVED if after is _MISSING else Kind.CHANGED
    return Change(kind, _spelled(path), _shown(before), _shown(after))


def _spelled(path: Path) -> str:
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


def _shown(value: Any) -> str:
    if value is _MISSING:
        return ""
    text = clean(value if isinstance(value, str) else msgspec.json.encode(value).decode()) or '""'
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
