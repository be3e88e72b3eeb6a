"""Hours of the week in which actions are allowed: `Mon-Fri 09:00-17:00`, in a time zone. Pure."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Final

import msgspec

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(?:([a-z]{3})(?:-([a-z]{3}))? +)?(\d\d):(\d\d)-(\d\d):(\d\d)")
_MINUTES_OF_A_DAY: Final = 24 * 60


class Span(msgspec.Struct, frozen=True):
    """One time of the day, on some days, in minutes since midnight. An end before the begin is a day later."""

    days: frozenset[int]
    """0 is Monday: the days on which it begins."""
    begin: int
    end: int

    def has(self, day: int, minute: int) -> bool:
        """Whether it is open then."""
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        return (day in self.days and minute >= self.begin) or ((day - 1) % 7 in self.days and minute < self.end)


class Hours(msgspec.Struct, frozen=True):
    """The times at which something is open."""

    spans: tuple[Span, ...]
    zone: tzinfo

    def are_open(self, now: datetime) -> bool:
        """Whether it is open at that moment, by the clocks of the zone."""
        there = now.astimezone(self.zone)
        return any(span.has(there.weekday(), there.hour * 60 + there.minute) for span in self.spans)


def read_hours(text: str, zone: tzinfo) -> Hours:
    """The hours that `Mon-Thu 09:00-17:00, Fri 09:00-12:00` means. Without days it is each day. Raises ValueError."""
    return Hours(tuple(_span(part.strip()) for part in text.split(",")), zone)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text.lower())
    if found is None:
        raise ValueError("write Mon-Fri 09:00-17:00")
    first, last, *numbers = found.groups()
    for day in (first, last):
        if day is not None and day not in _DAYS:
            raise ValueError(f'"{day}" is not a day: write {", ".join(each.capitalize() for each in _DAYS)}')
    begin, end = (_minute(numbers[0], numbers[1]), _minute(numbers[2], numbers[3]))
    if begin == _MINUTES_OF_A_DAY:
        raise ValueError("a time begins at 23:59 at the latest")
    return Span(_days(first, last), begin, end)


def _minute(hour: str, minute: str) -> int:
    at = int(hour) * 60 + int(minute)
    if int(minute) > 59 or at > _MINUTES_OF_A_DAY:
        raise ValueError(f'"{hour}:{minute}" is not a time of the day')
    return at


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    begin = _DAYS.index(first)
    length = (_DAYS.index(last) - begin) % 7 if last is not None else 0
    return frozenset((begin + day) % 7 for day in range(length + 1))
