"""Takes announcements to the command and to the webhook, beside all else; what goes wrong with that is said once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.notify import forms
from ktui.notify.announcement import Announcement
from ktui.notify.command import DeliveryError, run_command
from ktui.notify.preferences import Preferences, Webhook

_MOST_WAITING: Final = 100
"""Announcements that wait for a program or a server; the oldest go first."""
_PATIENCE: Final = 3.0
"""Seconds that ktui waits at its end for what is on its way."""

Said = tuple[Announcement, str, datetime]
"""An announcement, the context that it is of, and when it was made."""


class Delivery:
    """The ways that take time. `say` gets a sentence about each failure, once; `seconds` reads a length of time."""

    def __init__(self, preferences: Preferences, seconds: Callable[[str], float], say: Callable[[str], None]) -> None:
        self._preferences, self._seconds, self._say = preferences, seconds, say
        self._complaints: set[str] = set()
        self._ways = []
        if preferences.command:
            self._ways.append(_Way(self._run, self._complain, most=1))
        if preferences.webhook is not None:
            self._ways.append(_Way(self._post, self._complain, most=_MOST_WAITING))

    def send(self, announcements: Sequence[Announcement], context: str, now: datetime) -> None:
        """Have these delivered soon."""
        for way in self._ways:
            way.send([(each, context, now) for each in announcements])

    async def aclose(self) -> None:
        """Wait a moment for what is on its way; what is not taken by then is not delivered."""
        await asyncio.gather(*(way.aclose() for way in self._ways))

    async def _run(self, said: Sequence[Said]) -> None:
        preferences = self._preferences
        for announcement, context, now in said:
            text = msgspec.json.encode(forms.document(announcement, context, now)) + b"\n"
            variables = forms.environment(announcement, context)
            await run_command(preferences.command, text, variables, self._seconds(preferences.timeout))

    async def _post(self, said: Sequence[Said]) -> None:
        from ktui.notify.webhook import post  # noqa: PLC0415 - with an HTTP client, which few need for this

        webhook = self._preferences.webhook
        assert isinstance(webhook, Webhook), "or there is no such way"
        context, now = said[-1][1:]
        body = forms.posted(webhook.form, [each for each, *_ in said], context, now)
        await post(webhook, body, self._seconds(webhook.timeout))

    def _complain(self, sentence: str) -> None:
        if sentence not in self._complaints:
            self._complaints.add(sentence)
            self._say(sentence)


class _Way:
    """One way, which takes up to `most` announcements at a time, one lot after another."""

    def __init__(
        self, deliver: Callable[[Sequence[Said]], Awaitable[None]], complain: Callable[[str], None], *, most: int
    ) -> None:
        self._deliver, self._complain, self._most = deliver, complain, most
        self._waiting: deque[Said] = deque()
        self._task: asyncio.Task[None] | None = None

    def send(self, said: Sequence[Said]) -> None:
        self._waiting.extend(said)
        if len(self._waiting) > _MOST_WAITING:
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popleft()
            self._complain(f"Notifications are not taken in time: only the last {_MOST_WAITING} wait.")
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._work())

    async def aclose(self) -> None:
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=_PATIENCE)
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _work(self) -> None:
        while self._waiting:
            context = self._waiting[0][1]
            lot: list[Said] = []
            while self._waiting and len(lot) < self._most and self._waiting[0][1] == context:
                lot.append(self._waiting.popleft())
            try:
                await self._deliver(lot)
            except DeliveryError as error:
                self._complain(str(error))
