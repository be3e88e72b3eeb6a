"""Times and lengths that objects bear, worked with so that no number in an object can end ktui.

The API takes any 64-bit number of seconds as a grace period and any year up to 9999: Python's dates and lengths end
before the sums of such do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_LONGEST: Final = 2**31 - 1
"""Seconds, 68 years: what is longer is as good as without an end."""

_FIRST: Final = datetime.min.replace(tzinfo=UTC)


def span(seconds: int) -> timedelta:
    """That many seconds as a length of time, which is neither negative nor longer than 68 years."""
    return timedelta(seconds=min(max(seconds, 0), _LONGEST))


def read_time(text: str | None) -> datetime | None:
    """The time that someone wrote into an object; None where it is none, or has no zone."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def before(moment: datetime, length: timedelta) -> datetime:
    """The time that lies so long before that moment, or the first one that there is."""
    try:
        return moment - length
    except OverflowError:
        return _FIRST
