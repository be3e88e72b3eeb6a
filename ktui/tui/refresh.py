"""When what is heard is worked out and drawn: what comes together, together, and none of it so that a key waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Final, Protocol

from ktui.live.live import Live

TICK: Final = 0.08
"""Seconds from one drawing to the next, at least: what is heard in the meantime is drawn together."""

SLICE: Final = 0.004
BREATH: Final = 0.002
"""Seconds of working out what changed, and of seeing to keys in between, while there is much of it."""

STINT: Final = 0.012
"""Seconds of it for each drawing, after which whatever is not in sight waits for the next.

With 200 rollouts that all change 10 times a second, of which 40 are in sight, that saves 4 % of a core.
"""


class Drawn(Protocol):
    """What is drawn, and what has to be known of it."""

    @property
    def live(self) -> Live:
        """What is known."""

    @property
    def in_sight(self) -> frozenset[str]:
        """The uids of the rollouts that are to be seen now."""

    @property
    def guarded(self) -> frozenset[str]:
        """The uids of those that are watched over, in sight or not."""

    @property
    def is_outdated(self) -> bool:
        """Whether what is drawn would say something else by now, although nothing was heard."""

    def now(self) -> datetime:
        """The time that ages are counted to."""

    def call_later(self, callback: Callable[[], None]) -> bool:
        """Call it as a message among the others."""

    def draw(self) -> None:
        """Draw what is known now."""


class Pace:
    """Draws the app's screen whenever something is new, and when a time that it shows says something else."""

    def __init__(self, app: Drawn) -> None:
        self._app = app
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._second_is_over = False

    def draw_soon(self, *, at_once: bool = False) -> None:
        """Draw at the next tick, or without waiting for it."""
        self._news.set()
        if at_once:
            self._hurry.set()

    async def keep_time(self) -> None:
        """Draw once a second with the times as they are then, if that makes a difference."""
        while True:
            await asyncio.sleep(1.0)
            if self._app.is_outdated:
                self._second_is_over = True
                self.draw_soon()

    async def keep(self) -> None:
        """Draw whatever is new, for as long as the app runs."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._hurry.clear()
            begun = monotonic()
            await self._work_out()
            # As a message among the others: a screen that is just being opened or closed is not drawn half.
            self._app.call_later(self._app.draw)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(BREATH, begun + TICK - monotonic())):
                    await self._hurry.wait()

    async def _work_out(self) -> None:
        app, times, self._second_is_over = self._app, self._second_is_over, False
        slice_begun = begun = monotonic()
        for can_wait in app.live.refresh(app.now(), app.in_sight, app.guarded, times=times):
            if can_wait and monotonic() - begun > STINT:
                self.draw_soon()
                return
            if monotonic() - slice_begun > SLICE:
                await asyncio.sleep(BREATH)
                slice_begun = monotonic()
