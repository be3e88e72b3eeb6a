"""JSON patches: made against a document, so that they are right whatever it lacks, and recognised in one afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

Operation = dict[str, Any]
Patch = tuple[Operation, ...]
"""A JSON patch (RFC 6902)."""

Path = Sequence[str | int]
"""Members and indices from the root: `("spec", "template", "spec", "containers", 0, "image")`."""

_MISSING: Final = object()


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901): `~` and `/` in a member's name are escaped."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def expect(path: Path, value: Any) -> Operation:
    """A test: the whole patch fails where the document has something else there."""
    return {"op": "test", "path": pointer(path), "value": value}


class Draft:
    """A patch in the making. Each change is made to a copy of the document too, and the next one builds on that."""

    def __init__(self, document: dict[str, Any], tests: Sequence[Operation]) -> None:
        self.after = deepcopy(document)
        self._tests: list[Operation] = list(tests)
        self._changes: list[Operation] = []

    @property
    def patch(self) -> Patch:
        """The tests, and the changes in order."""
        return (*self._tests, *self._changes)

    def expect(self, path: Path, value: Any) -> None:
        """Fail on anything but that: what was seen is what is acted on."""
        self._tests.append(expect(path, value))

    def put(self, path: Path, value: Any) -> None:
        """Set a member whether it is there or not, with whatever parents are missing (or null)."""
        depth, parent = _deepest(self.after, path[:-1])
        for token in reversed(path[depth + 1 :]):
            value = {token: value}
        # `add` replaces a member that is there (RFC 6902, 4.1); an element of a list it would push aside.
        operation = "replace" if isinstance(parent, list) else "add"
        self._changes.append({"op": operation, "path": pointer(path[: depth + 1]), "value": value})
        parent[path[depth]] = deepcopy(value)

    def remove(self, path: Path) -> None:
        """Take a member away; nothing is done where it is not there."""
        depth, parent = _deepest(self.after, path[:-1])
        if depth < len(path) - 1 or path[-1] not in parent:
            return
        self._changes.append({"op": "remove", "path": pointer(path)})
        del parent[path[-1]]


def _deepest(document: Any, path: Path) -> tuple[int, Any]:
    """How far down that path there are containers, and the last of them."""
    for depth, token in enumerate(path):
        below = _member(document, token)
        if below is _MISSING or below is None:
            return depth, document
        document = below
    return len(path), document


def _member(container: Any, token: str | int) -> Any:
    if isinstance(container, dict):
        return container.get(token, _MISSING)
    if isinstance(container, list) and isinstance(token, int) and token < len(container):
        return container[token]
    return _MISSING


def took_place(patch: Patch, before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether the object has what the patch asked for.

    A server may have filled in what was not said, so more than was asked for is fine; but not what the object
    had before and was to lose.
    """
    changes = [operation for operation in patch if operation["op"] != "test"]
    return all(_shows(change, before, now) for change in changes)


def moved(patch: Patch, before: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    """What is not as it was when the patch was made, of all that it tests or changes but the metadata: dotted paths."""
    paths = dict.fromkeys(operation["path"] for operation in patch if not operation["path"].startswith("/metadata/"))
    differ = (path for path in paths if _differ(_at(before, _tokens(path)), _at(now, _tokens(path))))
    return tuple(".".join(_tokens(path)) for path in differ)


def _differ(before: Any, now: Any) -> bool:
    return bool(before != now) and not (_is_zero(before) and _is_zero(now))


def _shows(change: Operation, before: dict[str, Any], now: dict[str, Any]) -> bool:
    path = _tokens(change["path"])
    return _fits(change.get("value", _MISSING), _at(before, path), _at(now, path))


def _fits(wanted: Any, before: Any, now: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(now, dict):
        had = before if isinstance(before, dict) else {}
        return all(_fits(wanted.get(k, _MISSING), had.get(k, _MISSING), now.get(k, _MISSING)) for k in {*wanted, *had})
    if isinstance(wanted, list) and isinstance(now, list):
        had_list = before if isinstance(before, list) and len(before) == len(wanted) else [_MISSING] * len(wanted)
        return len(wanted) == len(now) and all(map(_fits, wanted, had_list, now))
    # The API leaves out a member whose value is zero, false or empty.
    return bool(wanted == now) or (_is_zero(wanted) and _is_zero(now))


def _is_zero(value: Any) -> bool:
    return value is _MISSING or not value


def value_at(document: Any, path: Path) -> Any:
    """The value there; None where there is none."""
    depth, parent = _deepest(document, path[:-1])
    found = _member(parent, path[-1]) if depth == len(path) - 1 else None
    return None if found is _MISSING else found


def _tokens(text: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]]


def _at(document: Any, path: Sequence[str]) -> Any:
    for token in path:
        index: str | int = int(token) if isinstance(document, list) and token.isdecimal() else token
        document = _member(document, index)
    return document
