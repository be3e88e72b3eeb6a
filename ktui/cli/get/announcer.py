"""`ktui get --watch --notify`: what the dashboard announces of rollouts, without a screen.

All that the watch prints is announced. Bell, title and desktop are those of the terminal that standard error is, if it
is one.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from ktui.cli import printing
from ktui.cli.get.watch import Happened, Reported, Speaker
from ktui.notify import sequences
from ktui.notify.announcement import Announcement, Changes, sentences, title
from ktui.notify.delivery import Delivery
from ktui.notify.preferences import Preferences
from ktui.rollout.rollout import Rollout
from ktui.settings import seconds

if TYPE_CHECKING:
    from ktui.kube.connection import Connection


class Announcer:
    """Hears of each rollout what the watch prints of it, and announces what is news."""

    def __init__(self, wanted: Preferences, context: str, clock: Callable[[], datetime], delivery: Delivery) -> None:
        self._wanted, self._context, self._clock, self._delivery = wanted, context, clock, delivery
        self._changes = Changes()
        self._rollouts: dict[str, Rollout] = {}
        self._title = ""

    def beside(self, speaker: Speaker) -> Speaker:
        """A speaker that tells this one too."""
        return _Both(speaker, self)

    def heard(self, happened: Happened, rollout: Rollout) -> None:
        """A rollout as the watch prints it."""
        if happened is Happened.GONE:
            self._rollouts.pop(rollout.uid, None)
        else:
            self._rollouts[rollout.uid] = rollout

    def announce(self, is_current: bool) -> None:
        """Announce what is news by now, unless what is known may be old."""
        if self._wanted.title:
            self._say_title(title(self._rollouts.values()))
        if is_current and (
            found := [each for each in self._changes.news(self._rollouts) if self._wanted.wants(each.what)]
        ):
            self._say(found)

    def _say(self, found: list[Announcement]) -> None:
        for sentence, _ in sentences(found):
            printing.to_terminal(lambda text: sequences.desktop(text, self._wanted.desktop, os.environ), sentence)
        if self._wanted.bell:
            printing.to_terminal(lambda _: sequences.BELL)
        self._delivery.send(found, self._context, self._clock())

    def _say_title(self, text: str) -> None:
        if text != self._title:
            self._title = text
            printing.to_terminal(sequences.title, text)


class _Both:
    """Prints, and tells the announcer."""

    def __init__(self, speaker: Speaker, announcer: Announcer) -> None:
        self._speaker, self._announcer = speaker, announcer

    def news(self, happened: Happened, reported: Reported) -> None:
        """What happened to one rollout."""
        self._speaker.news(happened, reported)
        self._announcer.heard(happened, reported.rollout)

    def listed(self, count: int) -> None:
        """All that exists has been said."""
        self._speaker.listed(count)


@asynccontextmanager
async def announcing(wanted: Preferences, connection: Connection) -> AsyncIterator[Announcer]:
    """Announce what is heard in there; the terminal has its title back afterwards."""
    delivery = Delivery(wanted, seconds, printing.remark)
    if wanted.title:
        printing.to_terminal(lambda _: sequences.KEEP_TITLE)
    try:
        yield Announcer(wanted, connection.context, connection.clock.now, delivery)
    finally:
        if wanted.title:
            printing.to_terminal(lambda _: sequences.RESTORE_TITLE)
        await delivery.aclose()
