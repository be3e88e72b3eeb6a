"""YAML as kubectl reads it (sigs.k8s.io/yaml, which turns it into JSON), from events, so that no file can end ktui.

Where PyYAML's own loader differs: it refuses a second document and a tag that it does not know, makes dates and times
of words like 2024-01-01 and 12:30:45, takes 1e3 for a word, and recurses in C until the stack is gone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

DEEPEST: Final = 100
"""Levels of nesting. A kubeconfig has seven; kubectl stops at 10,000."""

LARGEST: Final = 1_000_000
"""Values in a document, each alias counted as what it stands for: a few aliases of aliases can stand for billions."""

# The C parser reads a file of a thousand contexts in a tenth of the time.
_Parser: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"})
_FALSE: Final = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|[0-9]+)")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_JSON: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
"""Numbers that have no place in JSON: kubectl refuses a file with one, wherever it stands."""

_STANDARD: Final = "tag:yaml.org,2002:"


class NotYaml(ValueError):  # noqa: N818 - it says what the file is not
    """A document that cannot be read; `line` counts from 1, 0 is unknown. It quotes nothing of the document."""

    def __init__(self, line: int = 0) -> None:
        super().__init__(f"line {line}" if line else "")
        self.line = line


def load(content: bytes) -> Any:
    """The first document, made of dict, list, str, bool, int, float and None; keys are always str.

    Of a key that comes twice the last value counts. Raises NotYaml.
    """
    return next(_documents(content), None)


def load_all(content: bytes) -> list[Any]:
    """Every document, likewise. Raises NotYaml."""
    return list(_documents(content))


def _documents(content: bytes) -> Iterator[Any]:
    parser = _Parser(content)
    try:
        yield from _Composer(parser).documents()
    except NotYaml:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, ValueError):
        # A UnicodeDecodeError is a ValueError, and so is an integer of 5,000 digits.
        raise NotYaml from None
    finally:
        parser.dispose()


def without_nulls(value: Any) -> Any:
    """That value as Go's JSON decoder sees it: a null leaves a field as it was, which is empty."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


class _Open:
    """A list or mapping that is being read."""

    def __init__(self, value: dict[str, Any] | list[Any], anchor: str | None, size_before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.size_before = size_before
        self.key, self.has_key, self.merges = "", False, False
        self.merged: list[dict[str, Any]] = []

    def add(self, value: Any, *, merges: bool = False) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif not self.has_key:
            self.key, self.has_key = ("" if merges else _key(value)), True
            self.merges = merges
        else:
            if self.merges:
                self.merged += [each for each in (value if isinstance(value, list) else [value]) if _is_mapping(each)]
            else:
                self.value[self.key] = value
            self.has_key = False

    def closed(self) -> dict[str, Any] | list[Any]:
        if isinstance(self.value, dict):
            for other in self.merged:
                for key, value in other.items():
                    self.value.setdefault(key, value)
        return self.value


class _Composer:
    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def documents(self) -> Iterator[Any]:
        """The value of each document."""
        events = self._parser
        events.get_event()  # the stream begins
        while not events.check_event(yaml.StreamEndEvent):
            events.get_event()  # the document begins
            self._anchors.clear()
            value = self._value()
            events.get_event()  # the document ends; anything else is an error
            yield value

    def _value(self) -> Any:
        events = self._parser
        stack: list[_Open] = []
        while True:
            event = events.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) >= DEEPEST:
                    raise NotYaml(_line(event))
                value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                stack.append(_Open(value, event.anchor, self._size))
                continue
            merges = False
            if isinstance(event, yaml.ScalarEvent):
                self._count(1)
                value = _scalar(event)
                merges = value == "<<" and event.implicit[0]
                self._keep(event.anchor, value, 1)
            elif isinstance(event, yaml.AliasEvent):
                # One that stands for what it is in itself is not known yet.
                if event.anchor not in self._anchors:
                    raise NotYaml(_line(event))
                value, size = self._anchors[event.anchor]
                self._count(size)
            else:
                done = stack.pop()
                value = done.closed()
                self._count(1)
                self._keep(done.anchor, value, self._size - done.size_before)
            if not stack:
                return value
            stack[-1].add(value, merges=merges)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST:
            raise NotYaml

    def _keep(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _key(value: Any) -> str:
    if isinstance(value, dict | list):
        raise NotYaml
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(event: yaml.ScalarEvent) -> Any:
    text, tag = event.value, event.tag
    if tag == f"{_STANDARD}binary":
        return base64.b64decode(text).decode()
    # Go passes over a tag that it does not know; what is quoted or has such a tag is text.
    known = tag in {f"{_STANDARD}{kind}" for kind in ("int", "float", "bool", "null")}
    return _plain(text) if known or (tag is None and event.implicit[0]) else text


def _plain(text: str) -> Any:
    """What a word without quotes means."""
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] in "+-.0123456789":
        if _NOT_JSON.fullmatch(text):
            raise NotYaml
        digits = text.replace("_", "")
        if _INTEGER.fullmatch(digits):
            return _integer(digits)
        if _FLOAT.fullmatch(digits):
            return float(digits)
    return text


def _integer(digits: str) -> int:
    sign, bare = (-1 if digits[0] == "-" else 1), digits.lstrip("+-").lower()
    for prefix, base in (("0b", 2), ("0o", 8), ("0x", 16)):
        if bare.startswith(prefix):
            return sign * int(bare, base)
    is_octal = bare.startswith("0") and not {"8", "9"} & set(bare)
    return sign * int(bare, 8 if is_octal else 10)
