"""The time that something is drawn for, which notes how long the drawing stays true. Pure.

What is drawn depends on the time in two ways only: it subtracts times, to say how long ago something was, and it
compares them. So the time itself can note when a difference is shown in other words, or a comparison turn out
differently, and nothing that draws has to keep account of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import inf
from typing import Any, Final, NamedTuple

from ktui.text import lasts

_SOON: Final = 1.0
"""Seconds for what counts down to a time, or is worked out from the present one."""

_LONG: Final = 86400.0
"""Seconds after which it is to be looked again in any case."""

_minus: Final[Any] = datetime.__sub__


class Validity(NamedTuple):
    """From when and until when something stays true that was worked out from a time."""

    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is still true; a clock that was put back is none to go by."""
        return self.since <= now < self.until


def plain(moment: datetime) -> datetime:
    """That time as it is kept in what is worked out."""
    return datetime.combine(moment.date(), moment.timetz()) if isinstance(moment, Present) else moment


class Present(datetime):
    """The present time; `lasts` says for how many seconds all that was asked of it stays as it was answered."""

    lasts: float = inf
    _whole: Present | None = None

    @classmethod
    def at(cls, moment: datetime) -> Present:
        """That time, of which nothing was asked yet; if it is a present itself, that one notes what this one does."""
        present = cls.combine(moment.date(), moment.timetz())
        present._whole = moment if isinstance(moment, Present) else None
        return present

    @property
    def validity(self) -> Validity:
        """When all of it is true by the clock."""
        begun = plain(self)
        return Validity(begun, begun + timedelta(seconds=min(self.lasts, _LONG)))

    def note(self, seconds: float) -> None:
        """Something stays true for so many seconds."""
        self.lasts = min(self.lasts, seconds)
        if self._whole is not None:
            self._whole.note(seconds)

    def __sub__(self, other: Any) -> Any:
        found = _minus(self, other)
        self.note(lasts(found.total_seconds()) if isinstance(found, timedelta) else _SOON)
        return found

    def __rsub__(self, other: Any) -> Any:
        self.note(_SOON)
        return _minus(other, self)

    def __add__(self, other: timedelta) -> Any:
        self.note(_SOON)
        return super().__add__(other)

    __radd__ = __add__

    def __lt__(self, other: Any) -> bool:
        self._compare(other)
        return super().__lt__(other)

    def __le__(self, other: Any) -> bool:
        self._compare(other)
        return super().__le__(other)

    def __gt__(self, other: Any) -> bool:
        self._compare(other)
        return super().__gt__(other)

    def __ge__(self, other: Any) -> bool:
        self._compare(other)
        return super().__ge__(other)

    def _compare(self, other: Any) -> None:
        ahead = -_minus(self, other).total_seconds()
        if ahead >= 0:
            self.note(max(ahead, _SOON))
