"""JSON that someone else wrote, read so that nothing in it can end ktui.

Every place that reads what a cluster, a plugin or a file says reads it here: this module knows all the ways in which
that fails, and turns each into one exception with a reason that is fit for a sentence.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec

from ktui.model.template import decode_hook

_T = TypeVar("_T")

_PLACE: Final = re.compile(r" - at `\$([^`]*)`$")
_TYPES: Final = re.compile(r"Expected `([\w |]+)`, got `(\w+)`")
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a time",
}
"""What people call the types of JSON, by the names that msgspec has for them."""


class NotRead(ValueError):  # noqa: N818 - it says what happened
    """What was read is not what was expected; `str()` is the reason, without a full stop, not cleaned."""


class Broken(NotRead):
    """It is not JSON, or not all of it."""


class Misfit(NotRead):
    """It may be JSON, but there is something in it that cannot be taken over."""


def read(decoder: msgspec.json.Decoder[_T], raw: bytes | bytearray | str) -> _T:
    """What that says, by that decoder. Raises NotRead."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Misfit(in_words(str(error))) from error
    except msgspec.DecodeError as error:
        raise Broken(str(error)) from error
    except UnicodeError as error:
        raise Misfit("there is text in it that is not UTF-8") from error
    except RecursionError as error:
        # msgspec descends with the stack of C and of Python: nothing of the answer is left to be looked at.
        raise Misfit("it is nested too deeply") from error
    except (ValueError, OverflowError) as error:
        # Python reads numbers of a few thousand digits, and no longer ones.
        raise Misfit("there is a number in it that is too long") from error


def convert(raw: Any, kind: type[_T]) -> _T:
    """What was read from JSON already, as that type. Raises Misfit."""
    try:
        return msgspec.convert(raw, kind, dec_hook=decode_hook)
    except msgspec.ValidationError as error:
        raise Misfit(in_words(str(error))) from error


def in_words(error: str) -> str:
    """What msgspec says of a field, as a sentence without a full stop: `spec.replicas must be a number, and is text`.

    A field within a field that has a decoder of its own has a place in each, the inner one first.
    """
    place = ""
    while (found := _PLACE.search(error)) is not None:
        error, place = error[: found.start()], place + found[1]
    place = place.removeprefix(".")
    if types := _TYPES.fullmatch(error):
        wanted = [_WORDS.get(each, each) for each in types[1].split(" | ") if each != "null"]
        return f"{place or 'it'} must be {' or '.join(wanted)}, and is {_WORDS.get(types[2], types[2])}"
    if missing := _MISSING.fullmatch(error):
        return f"{f'{place}.' if place else ''}{missing[1]} is missing"
    if not place:
        return error
    return f"{place} {error.removeprefix('it ')}" if error.startswith("it ") else f"{place}: {error}"


def ordinal(resource_version: str) -> int:
    """A resourceVersion as a number to compare by, or -1 where it is none.

    Those of one resource can be compared, as long as they are numbers (Kubernetes, API concepts: resource versions).
    One with more digits than 64 bits have comes from no API server, and Python refuses to read very long ones.
    """
    return int(resource_version) if len(resource_version) <= _LONGEST_VERSION and resource_version.isdecimal() else -1


_LONGEST_VERSION = 20
