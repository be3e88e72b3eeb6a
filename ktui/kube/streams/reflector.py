"""One resource, kept up with for as long as it is wanted: list, watch, and again whenever that is needed.

`changes` never ends. What it does between two attempts, and what it says of the link, is decided here; the attempt
itself is a `ListWatch`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import cached_property
from typing import Final

from ktui.kube.backoff import Backoff
from ktui.kube.errors import (
    CredentialError,
    Expired,
    Forbidden,
    Interrupted,
    KubeError,
    NoAnswer,
    NotFound,
    Rejected,
    Unauthorized,
)
from ktui.kube.streams.listwatch import ListWatch, Silence, WentBack
from ktui.model.changes import Change, LinkState

_REFUSALS: Final = (Forbidden, Unauthorized, CredentialError, Rejected, NotFound)
"""Trying again soon is of no use: someone has to change a right, a login or what is asked for."""

_CREDIT: Final = 2
"""How often a stream that had gone well is taken up again without a word."""

_DOUBTS: Final = 3
"""After so many watches in a row that came to nothing, while lists do not, they are replaced by lists."""


def _weight(error: KubeError) -> int:
    """How much the failure of a watch says of the next: a method that a gateway does not pass on stays so."""
    if isinstance(error, Rejected):
        return _DOUBTS
    return 2 if isinstance(error, _REFUSALS) else 1


class Reflector(ListWatch):
    """What there is of one resource in one namespace (None: all), and every change to it.

    It never ends by itself and never raises for what a server or a network does: that becomes a `Link` change.
    """

    _credit = 0
    _fruitless = 0
    """How many watches in a row came to nothing, though lists are answered."""

    @cached_property
    def _wake(self) -> asyncio.Event:
        return asyncio.Event()

    @cached_property
    def _backoff(self) -> Backoff:
        return Backoff(self._pacing, self._random)

    def retry_now(self) -> None:
        """Do not wait any longer for the next attempt: a person asked for it."""
        self._wake.set()

    async def changes(self) -> AsyncGenerator[list[Change], None]:
        """Batches of changes, one for each chunk off the network. Close it (`aclosing`) to close its socket."""
        yield self._telling.linked(LinkState.CONNECTING)
        async with self._pulse.watched(self._wake):
            while True:
                self._opened, self._has_news, self._has_listed = None, False, False
                try:
                    async with aclosing(self._follow()) as batches:
                        async for batch in batches:
                            yield batch
                except KubeError as error:
                    self._judge(error)
                    self._was_cut = self._goes_on(error)
                    if self._was_cut:
                        continue
                    wait = self._wait(error)
                    if batch := self._trouble(error, wait):
                        yield batch
                    self._was_away = not isinstance(error, Silence)
                    await self._pause(wait)

    def _judge(self, error: KubeError) -> None:
        """What the attempt that has just failed shows of the next."""
        if self._opened is not None and not self._is_short_lived():
            self._credit, self._in_doubt, self._fruitless = _CREDIT, False, 0
            self._backoff.reset()
            return
        self._in_doubt = self._in_doubt or self._opened is not None
        if self._has_news:
            self._fruitless = 0
        elif self._has_listed and self._version:
            self._fruitless += _weight(error)

    def _goes_on(self, error: KubeError) -> bool:
        """Whether the next attempt is made at once, and without a word."""
        if isinstance(error, Silence) and self._bookmarks_come is None:
            # It may be a server that sends none, and nothing is wrong. From now on it may be silent.
            self._bookmarks_come = False
            return True
        # Load balancers cut streams at their pleasure. One that had gone well for a while is taken up again without a
        # word; if that fails, it is shown.
        if isinstance(error, Interrupted) and self._version and self._opened is not None and self._credit:
            self._credit -= 1
            return True
        return False

    @property
    def _cannot_be_watched(self) -> bool:
        return self._fruitless >= _DOUBTS

    def _is_polled(self, error: KubeError) -> bool:
        """Whether this attempt went as well as it can: the list has come, and the watch does not."""
        return self._cannot_be_watched and self._has_listed and not isinstance(error, WentBack)

    def _wait(self, error: KubeError) -> float:
        """Seconds before the next attempt."""
        asked = error.retry_after or 0.0
        if self._is_polled(error):
            self._version, self._in_doubt = "", True
            return self._backoff.spread(self._pacing.poll, floor=asked)
        if isinstance(error, Expired):
            # What is known stays, until the new list tells what is left of it.
            self._version = ""
            if self._credit:
                self._credit -= 1
                return asked
        if isinstance(error, WentBack):
            # A list is proof. A watch may be that of a server which lags behind another: a list will tell.
            self._is_restored, self._version = not self._version, ""
            return asked if self._is_restored else self._backoff.next(asked)
        if isinstance(error, Silence) and not self._has_news:
            # Resumed, and not a word: the server may have been restored to before that version. Ask what there is.
            self._version = ""
        if isinstance(error, _REFUSALS) and self._furthest >= 0:
            # It was let in before. A kube-apiserver that has just started refuses until it has read its roles, and a
            # token may be renewed.
            if self._telling.state is not LinkState.REFUSED:
                self._backoff.reset()
            return self._backoff.next(asked)
        if isinstance(error, _REFUSALS) and self._telling.state is LinkState.REFUSED:
            return self._backoff.spread(self._pacing.refused_wait, floor=asked)
        return self._backoff.next(asked, at_most=self._pacing.longest_wait_between_news if self._has_news else None)

    def _trouble(self, error: KubeError, wait: float) -> list[Change]:
        """The link's state after that error."""
        # Of all that goes wrong here, only a login is for the person at the screen to put right.
        text = f"{error} {error.hint}".strip() if isinstance(error, (Unauthorized, CredentialError)) else str(error)
        if (error.retry_after or 0.0) >= 1.0:
            text = f"{text} It asks to wait: trying again at {self._connection.time_in(wait)}."
        if self._is_polled(error):
            what = self.resource.plural
            text = f"The {what} cannot be watched: they are listed instead, every {self._pacing.poll:.0f}s. {text}"
            return self._telling.linked(LinkState.LISTED, text, since=self._listed_at)
        # What is only listed is as old as its list, whatever has been heard since.
        as_of = self._listed_at if self._cannot_be_watched else None
        if isinstance(error, NoAnswer):
            return self._telling.linked(LinkState.SILENT, text, since=as_of or self._clock() - self._pulse.quiet_for)
        if isinstance(error, _REFUSALS) and not self._has_listed:
            return self._telling.linked(LinkState.REFUSED, text, since=as_of or self._known_until)
        # After a silence, the trouble began with the last thing that was heard.
        since = self._last_heard if isinstance(error, Silence) else self._known_until
        return self._telling.linked(LinkState.RECONNECTING, text, since=as_of or since)

    async def _pause(self, seconds: float) -> None:
        """Wait that long; while the server is lost, until it is back: asking for that is the pulse's."""
        self._wake.clear()
        while not self._wake.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds if self._pulse.lost is None else None):
                    await self._wake.wait()
            if self._pulse.lost is None:
                return
