"""JSON that someone else wrote, read so that nothing in it can end ktui.

Every place that reads what a cluster, a plugin or a file says reads it here: this module knows all the ways in which
that fails, and turns each into one exception with a reason that is fit for a sentence.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

_T = TypeVar("_T")


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
        raise Misfit(str(error)) from error
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


def ordinal(resource_version: str) -> int:
    """A resourceVersion as a number to compare by, or -1 where it is none.

    Those of one resource can be compared, as long as they are numbers (Kubernetes, API concepts: resource versions).
    One with more digits than 64 bits have comes from no API server, and Python refuses to read very long ones.
    """
    return int(resource_version) if len(resource_version) <= _LONGEST_VERSION and resource_version.isdecimal() else -1


_LONGEST_VERSION = 20
