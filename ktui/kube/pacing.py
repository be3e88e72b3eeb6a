"""How patient a stream is: all its times in one place, so that a test can shorten them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Pacing:
    """Times in seconds."""

    silence: float = 150.0
    """Without a line for this long, a watch that gets bookmarks is taken for dead: they come every minute or so."""

    list_silence: float = 10.0
    """A streaming list that has said this long nothing, and not that it is complete, is not understood by the server.

    Servers before 1.27 take the parameter for none and answer with a plain watch. A page of a list may be silent for
    as long, too, before it is asked for again.
    """

    watch: tuple[float, float] = (300.0, 600.0)
    """The server is asked to end a watch after a time between these, so that clients spread (as client-go does)."""

    grace: float = 30.0
    """How much longer than asked a watch without bookmarks may be silent."""

    short: float = 1.0
    """A watch that ends this early, and without a line, has failed."""

    first_wait: float = 0.5
    longest_wait: float = 30.0
    refused_wait: float = 30.0
    """Between two attempts where the server does not let us: it costs the server, and rights change seldom."""

    page: int = 500
    """Objects in one page of a list."""


class Backoff:
    """How long to wait before the next attempt: twice as long each time, up to a limit, spread by chance."""

    def __init__(self, pacing: Pacing, random: Random) -> None:
        self._pacing = pacing
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        """Something was heard: the next failure is a first one again."""
        self._failures = 0

    def next(self, at_least: float = 0.0) -> float:
        """Seconds to wait after one more failure, never less than the server asked for."""
        wait = min(self._pacing.longest_wait, self._pacing.first_wait * 2 ** min(self._failures, 30))
        self._failures += 1
        return self.spread(max(wait, at_least), floor=at_least)

    def spread(self, wait: float, *, floor: float = 0.0) -> float:
        """That time, up to a half shorter or longer, and not below the floor."""
        return max(floor, wait * self._random.uniform(0.5, 1.5))
