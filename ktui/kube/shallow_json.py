"""A look at JSON that cannot be decoded: the few names near its top, without descending into it.

An object may be nested deeper than any decoder goes, or hold bytes that are no text. What it is called still stands
there, and what stands beside it is not to suffer. One pass over the tokens, with a counter instead of a stack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(rb'"((?:[^"\\]++|\\.)*+)"(?:[ \t\r\n]*+(:))?|([\[{])|([\]}])', re.DOTALL)


class _Token(NamedTuple):
    path: tuple[bytes, ...]
    """The keys on the way to it, none for the elements of a list, as far as they are of interest."""
    depth: int
    found: re.Match[bytes]


def members(raw: bytes, path: Sequence[str]) -> dict[str, str]:
    """The members of the object at that path that are strings."""
    wanted = tuple(key.encode() for key in path)
    found: dict[str, str] = {}
    for token in _walk(raw, len(wanted) + 1):
        value, is_key = token.found[1], token.found[2]
        if value is not None and not is_key and token.depth == len(wanted) + 1 and token.path[:-1] == wanted:
            found[_text(token.path[-1])] = _text(value)
    return found


def elements(raw: bytes, key: str) -> list[bytes]:
    """The objects in the list that is that member of the document."""
    wanted, start = key.encode(), -1
    found: list[bytes] = []
    for token in _walk(raw, 2):
        if token.path[:1] != (wanted,):
            continue
        if token.found[3] and token.depth == 3:
            start = token.found.start()
        elif token.found[4] and token.depth == 2 and start >= 0:
            found.append(raw[start : token.found.end()])
            start = -1
    return found


def _walk(raw: bytes, deepest: int) -> Iterator[_Token]:
    """The tokens of a document, each with the depth that it leaves behind and the keys down to `deepest`."""
    keys = [b""] * (deepest + 1)
    depth = 0
    for found in _TOKEN.finditer(raw):
        if found[3]:
            depth += 1
            if depth <= deepest:
                keys[depth] = b""
        elif found[4]:
            depth -= 1
            if depth < 0:
                return
        elif found[2] and depth <= deepest:
            keys[depth] = found[1]
        if depth <= deepest + 1:
            yield _Token(tuple(keys[1 : min(depth, deepest) + 1]), depth, found)


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    try:
        said = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return text
    return said if isinstance(said, str) else text
