"""Whether the server is heard from: one watch over all streams of a connection, so that none says live when it is not.

A stream of a quiet cluster says nothing for a minute, and so does one whose other end is gone. Where nothing at all has
been heard for a while, a cheap question tells which it is. It costs the server one request every ten seconds while all
is quiet, whatever the number of streams, and none while there is something to hear.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from ktui.kube.errors import KubeError, NoAnswer, TimedOut, Unreachable

_T = TypeVar("_T")


@dataclass(frozen=True)
class Vigilance:
    """Times in seconds."""

    quiet: float = 10.0
    """After so long a silence the server is asked whether it is there."""
    answer: float = 5.0
    """How long it may take to answer that."""
    again: float = 5.0
    """From one question to the next while it is lost."""

    @property
    def dead(self) -> float:
        """After so long the server is lost: how old what says live can be."""
        return self.quiet + self.answer


class Pulse:
    """Hears every byte of a connection, and asks when there is none."""

    def __init__(self, ask: Callable[[float], Awaitable[None]], vigilance: Vigilance | None = None) -> None:
        """`ask` puts the question: the server has so many seconds to answer. It raises KubeError."""
        self._ask = ask
        self.vigilance = vigilance or Vigilance()
        self._last: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._scopes: set[asyncio.Timeout] = set()
        self._wakes: list[asyncio.Event] = []
        self.lost: KubeError | None = None
        """What is wrong while the server is lost: a NoAnswer where it is silent."""

    @property
    def silence(self) -> float:
        """Seconds since something was heard; 0 before anything was asked."""
        return asyncio.get_running_loop().time() - self._last if self._last is not None else 0.0

    @property
    def quiet_for(self) -> timedelta:
        """The same, as a length of time."""
        return timedelta(seconds=self.silence)

    def heard(self) -> None:
        """Something has come from the server."""
        self._last = asyncio.get_running_loop().time()
        if self.lost is not None:
            self.lost = None
            for wake in self._wakes:
                wake.set()

    def missed(self, seconds: float) -> None:
        """A request was not answered in that time. If nothing else was heard meanwhile, the server is lost."""
        if self._wakes and self.silence >= seconds:
            self._lose(self._no_answer())

    async def within(self, seconds: float | None, step: Awaitable[_T]) -> _T:
        """That step, if it takes no longer. Raises TimeoutError; and what is wrong, as soon as the server is lost."""
        try:
            async with asyncio.timeout(seconds) as scope:
                self._scopes.add(scope)
                return await step
        except TimeoutError:
            if self.lost is not None:
                # One error for all who wait: each raises it again.
                raise self.lost.with_traceback(None) from None
            raise
        finally:
            self._scopes.discard(scope)

    @asynccontextmanager
    async def watched(self, wake: asyncio.Event) -> AsyncIterator[None]:
        """Watch over the connection for as long as someone wants it; sets `wake` when the server is back."""
        self._wakes.append(wake)
        if self._task is None:
            # Silence counts from now: what was heard before, nobody has relied on.
            self._last = asyncio.get_running_loop().time()
            self._task = asyncio.create_task(self._watch(), name="pulse of the connection")
        try:
            yield
        finally:
            self._wakes.remove(wake)
            if not self._wakes and self._task is not None:
                task, self._task = self._task, None
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _watch(self) -> None:
        times = self.vigilance
        while True:
            rest = times.quiet - self.silence if self.lost is None else 0.0
            if rest > 0:
                await asyncio.sleep(rest)
                continue
            begun = asyncio.get_running_loop().time()
            await self._question()
            if self.lost is not None:
                await asyncio.sleep(max(0.0, begun + times.again - asyncio.get_running_loop().time()))

    async def _question(self) -> None:
        # Not every part of it can be cut short: a login plugin that is asked for a new token is not to be ended.
        question = asyncio.ensure_future(self._ask(self.vigilance.answer))
        try:
            await asyncio.wait({question}, timeout=self.vigilance.answer)
            if not question.done() and self.silence >= self.vigilance.answer:
                self._lose(self._no_answer())
            await asyncio.wait({question})
        finally:
            question.cancel()
        if question.cancelled():
            self._missed(self._no_answer())
        elif (error := question.exception()) is None:
            self.heard()
        elif isinstance(error, KubeError):
            is_silent = isinstance(error, TimedOut) or (
                isinstance(error, Unreachable) and isinstance(error.__cause__, TimeoutError)
            )
            self._missed(self._no_answer() if is_silent else error)
        else:
            # A bug, but who watches over what is shown must not be the one that it ends: all would say live.
            self._missed(KubeError(f"Whether the server is there cannot be asked: {type(error).__name__} in ktui."))

    def _missed(self, error: KubeError) -> None:
        if self.silence >= self.vigilance.quiet:
            self._lose(error)

    def _no_answer(self) -> NoAnswer:
        return NoAnswer(f"No answer for {self.silence:.0f}s.")

    def _lose(self, error: KubeError) -> None:
        self.lost = error
        now = asyncio.get_running_loop().time()
        for scope in self._scopes:
            if not scope.expired():
                scope.reschedule(now)
