"""When something is tried again: how long each pause is. All times in one place, so that a test can shorten them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

from ktui.kube import limits
from ktui.kube.errors import ApiError, ServerError, TooManyRequests


@dataclass(frozen=True)
class Pacing:
    """Times in seconds."""

    silence: float = 90.0
    """Without a line for this long, a watch is taken for dead: bookmarks come every minute.

    That a server sends none is found out by it, too; its watches then last no longer than this.
    """

    list_silence: float = 10.0
    """A streaming list that has said this long nothing, and not that it is complete, is not understood by the server.

    Servers before 1.27 take the parameter for none and answer with a plain watch. A list from the cache may be silent
    for as long, too, before it is asked for again.
    """

    watch: tuple[float, float] = (300.0, 600.0)
    """The server is asked to end a watch after a time between these, so that clients spread (as client-go does)."""

    opening: float = 10.0
    """How long a server may take to accept a watch."""

    grace: float = 15.0
    """How much longer than asked a watch without bookmarks may be silent."""

    gathering: float = 0.03
    """How long a stream that says something all the time is left alone between two reads."""

    short: float = 5.0
    """A watch that ends this early has failed, whatever it said. After one such, the next is live after that time."""

    first_wait: float = 0.5
    longest_wait: float = 20.0
    """With the attempt after it: back within 35 s of the end of whatever it was."""
    longest_wait_between_news: float = 4.0
    """Between two attempts where each brings something new, and breaks off."""
    refused_wait: float = 20.0
    """Between two attempts where the server does not let us: it costs the server, and rights change seldom."""

    poll: float = 20.0
    """From one list to the next of what cannot be watched."""

    page: int = 500
    """Objects in one page of a list."""

    burst: int = 4
    rate: float = 1.0
    """So many attempts to list and watch may be made at once beside one for each stream, and then so many a second,
    whatever happens."""


class Throttle:
    """A limit to how often a cluster is asked, over all that is asked of it: a bucket of tokens."""

    def __init__(self, pacing: Pacing) -> None:
        self._burst, self._rate = pacing.burst, pacing.rate
        self.streams = 0
        """How many share it: each may ask once without waiting for the others."""
        self._next = 0.0
        """When the bucket is full again less what was taken: each turn moves it on by its share of a second."""

    async def turn(self) -> None:
        """Wait for the right to ask once."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now) + 1 / self._rate
        wait = self._next - now - (self._burst + self.streams) / self._rate
        if wait > 0:
            await asyncio.sleep(wait)


class Delays:
    """How long a request waits because the server asks for it, as client-go does (rest/with_retry.go).

    429 says that nothing was done: even a change can be sent again. A 5xx says nothing of the kind, so that a change
    is not. No request is waited for without an end: ten times, and a minute in all.
    """

    def __init__(self, *, changes: bool) -> None:
        self._changes = changes
        self._left, self._patience = limits.RETRIES, limits.RETRY_AFTER

    def next(self, error: ApiError) -> float | None:
        """Seconds until the same request is to be sent again, or None where it is not."""
        seconds = error.retry_after
        can_wait = isinstance(error, TooManyRequests) or (isinstance(error, ServerError) and not self._changes)
        if seconds is None or not can_wait or not self._left or seconds > self._patience:
            return None
        self._left -= 1
        self._patience -= seconds
        return seconds


class Backoff:
    """How long to wait before the next attempt: twice as long each time, up to a limit, shortened by chance."""

    def __init__(self, pacing: Pacing, random: Random) -> None:
        self._pacing = pacing
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        """Something was heard: the next failure is a first one again."""
        self._failures = 0

    def next(self, at_least: float = 0.0, *, at_most: float | None = None) -> float:
        """Seconds to wait after one more failure, never less than the server asked for."""
        longest = self._pacing.longest_wait if at_most is None else min(at_most, self._pacing.longest_wait)
        wait = min(longest, self._pacing.first_wait * 2 ** min(self._failures, 30))
        self._failures += 1
        return self.spread(max(wait, at_least), floor=at_least)

    def spread(self, wait: float, *, floor: float = 0.0) -> float:
        """That time or up to a half less; what a server asks for, the floor, or up to a half more.

        Clients that were cut together come back apart.
        """
        if wait <= floor:
            return floor * self._random.uniform(1.0, 1.5)
        return max(floor, wait * self._random.uniform(0.5, 1.0))
