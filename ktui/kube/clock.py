"""The cluster's clock, as the `Date` of its answers tells it: what ages and thresholds go by.

Objects bear the times of the server's clock. On a machine whose own clock is an hour off, an age by that would be an
hour too long, or none at all, and a threshold of a minute would have passed at once, or never.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from typing import Final

from ktui.text import duration

_SAMPLES: Final = 9
"""How many answers count: an odd one among them (a cache, a gateway that is off) does not move the clock."""

_SLOW: Final = 5.0
"""Seconds after which an answer says too little of the time: it was given at some moment of that."""

_SAME: Final = 2.0
"""Seconds that two clocks may differ and pass for the same: a Date has whole seconds, and answers take their time."""

NOTABLE: Final = 10.0
"""Seconds from which on a person should know that the machine's clock differs."""

SIMULATED: Final = "ktui simulate"
"""The `Server` of a simulated cluster: its time passes as fast as configured, and there is nothing odd in that."""


_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets, and that goes on while the machine sleeps: Linux has a name of its own for it."""


def _steady() -> float:
    return time.clock_gettime(_STEADY)


class ServerClock:
    """The time by the server's clock, as far as its answers have shown it; until then, and where they agree, ours.

    If this machine's clock is set, the time goes on as before, until an answer shows how the two clocks differ now: no
    threshold passes because of it.
    """

    def __init__(
        self, local: Callable[[], datetime] = lambda: datetime.now(UTC), steady: Callable[[], float] = _steady
    ) -> None:
        self._local = local
        self._steady = steady
        self._offsets: deque[float] = deque(maxlen=_SAMPLES)
        self._origin = self._drift()
        self._is_simulated = False
        self.offset = timedelta()
        """What has to be added to this machine's clock."""

    def now(self) -> datetime:
        """The time, in UTC."""
        jumped = self._drift() - self._origin
        return self._local() + self.offset - timedelta(seconds=jumped if abs(jumped) > _SAME else 0.0)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the two clocks: mostly nothing."""
        seconds = self.offset.total_seconds()
        if abs(seconds) < NOTABLE or self._is_simulated:
            return ()
        which = "behind" if seconds > 0 else "ahead of"
        far = duration(abs(seconds))
        return (f"The clock of this machine is {far} {which} the cluster's: ages go by the cluster's.",)

    def heard(self, headers: Mapping[str, str], seconds: float) -> None:
        """An answer with these headers has just come, so many seconds after it was asked for."""
        said = _date(headers.get("Date", ""))
        self._is_simulated = headers.get("Server") == SIMULATED
        if said is None or seconds > _SLOW:
            return
        if abs(self._drift() - self._origin) > _SAME:
            # This machine's clock was set: what was measured by it before tells nothing.
            self._offsets.clear()
            self._origin = self._drift()
        # It was written at some time between the request and now, and the fraction of the second was cut off.
        self._offsets.append((said - self._local()).total_seconds() + seconds / 2 + 0.5)
        offset = median(self._offsets)
        if abs(offset) < _SAME:
            self.offset = timedelta()
        elif abs(offset - self.offset.total_seconds()) > _SAME:
            self.offset = timedelta(seconds=round(offset))

    def _drift(self) -> float:
        return self._local().timestamp() - self._steady()


def _date(text: str) -> datetime | None:
    try:
        said = parsedate_to_datetime(text[:64])
        # A year that no clock shows, not even one that was never set, is a slip of whatever answers.
        return said if said.tzinfo is not None and 1970 <= said.year < 2200 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
