"""Virtual time: a heap of what is due, a seeded source of chance, and a pace at which real time drives it.

Everything in the simulated cluster is synchronous code that the kernel calls. With the same seed and the
same requests at the same virtual times, the same things happen in the same order.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

SLICE_SECONDS = 0.01
"""How long the kernel may hold the event loop before requests get their turn."""


class Timer:
    """Something that is due at a virtual time; `cancel` makes it never happen."""

    __slots__ = ("action", "due", "sequence")

    def __init__(self, due: float, sequence: int, action: Callable[[], object]) -> None:
        self.due = due
        self.sequence = sequence
        self.action: Callable[[], object] | None = action

    def __lt__(self, other: Timer) -> bool:
        return (self.due, self.sequence) < (other.due, other.sequence)

    def cancel(self) -> None:
        """Make it never happen; harmless where it already has."""
        self.action = None


class Kernel:
    """The clock of the cluster. `now` is in seconds since the Unix epoch, and moves only when the kernel runs."""

    def __init__(self, start: float, seed: int) -> None:
        self.now = start
        self.random = random.Random(seed)
        self.on_schedule: Callable[[float], None] = lambda due: None
        self._heap: list[Timer] = []
        self._sequence = 0
        self._stamp = (-1, "")

    def at(self, due: float, action: Callable[[], object]) -> Timer:
        """Call `action` at the virtual time `due`, or at once (but not within this call) where that has passed."""
        self._sequence += 1
        timer = Timer(max(due, self.now), self._sequence, action)
        heapq.heappush(self._heap, timer)
        self.on_schedule(timer.due)
        return timer

    def after(self, seconds: float, action: Callable[[], object]) -> Timer:
        """Call `action` in so many virtual seconds."""
        return self.at(self.now + seconds, action)

    def next_due(self) -> float | None:
        """The virtual time of the next thing to do, None where nothing is planned."""
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].due if self._heap else None

    @property
    def planned(self) -> int:
        """How many things are planned, cancelled ones that are not yet dropped among them."""
        return len(self._heap)

    def run_until(self, moment: float, *, for_at_most: float | None = None) -> bool:
        """Do all that is due up to `moment`, and set the clock to it.

        With `for_at_most` (real seconds), stop early where that takes longer: False says so, and the clock
        then stands at what was done last.
        """
        stop = None if for_at_most is None else time.monotonic() + for_at_most
        while (due := self.next_due()) is not None and due <= moment:
            timer = heapq.heappop(self._heap)
            action, timer.action = timer.action, None
            self.now = max(self.now, timer.due)
            if action is not None:
                action()
            if stop is not None and time.monotonic() > stop:
                return False
        self.now = max(self.now, moment)
        return True

    def jitter(self, seconds: float, share: float = 0.2) -> float:
        """A duration near `seconds`: up to `share` shorter or longer."""
        return seconds * (1 + share * (2 * self.random.random() - 1))

    def stamp(self) -> str:
        """The time now as an object's timestamp: UTC, RFC 3339, whole seconds."""
        second = int(self.now)
        if self._stamp[0] != second:
            self._stamp = (second, rfc3339(second))
        return self._stamp[1]


def rfc3339(moment: float) -> str:
    """A time as Kubernetes writes it in an object: UTC, whole seconds."""
    return _rfc3339(int(moment))


@lru_cache(maxsize=256)
def _rfc3339(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: float) -> str:
    """A time as Kubernetes writes a MicroTime: UTC, six digits."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds_of(stamp: str) -> float:
    """The Unix time that a timestamp of an object says."""
    return datetime.fromisoformat(stamp).timestamp()


class Pace:
    """Drives a kernel in real time: `speed` virtual seconds a real second, and a pause."""

    def __init__(self, kernel: Kernel, speed: float = 1.0, *, paused: bool = False) -> None:
        self.kernel = kernel
        self._speed = speed
        self._paused = paused
        self._anchor = (time.monotonic(), kernel.now)
        self._wake = asyncio.Event()
        self._sleeping_until = 0.0

    @property
    def speed(self) -> float:
        """Virtual seconds a real second; 0 is not a speed, use `paused`."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.catch_up()
        self._speed = speed
        self._reset()

    @property
    def paused(self) -> bool:
        """Whether virtual time stands still."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self.catch_up()
        self._paused = paused
        self._reset()

    def _reset(self) -> None:
        self._anchor = (time.monotonic(), self.kernel.now)
        self._wake.set()

    def target(self) -> float:
        """The virtual time that it should be by now."""
        real, virtual = self._anchor
        return virtual if self._paused else virtual + (time.monotonic() - real) * self._speed

    def catch_up(self) -> bool:
        """Do what is due by now, as far as a slice goes; False where more is left."""
        return self.kernel.run_until(self.target(), for_at_most=SLICE_SECONDS)

    async def drive(self) -> None:
        """Run the kernel until cancelled. Requests are served between slices."""
        self._reset()
        self.kernel.on_schedule = self._on_schedule
        try:
            while True:
                self._wake.clear()
                if not self.catch_up():
                    await asyncio.sleep(0)
                    continue
                await self._sleep()
        finally:
            self.kernel.on_schedule = lambda due: None

    async def _sleep(self) -> None:
        due = self.kernel.next_due()
        self._sleeping_until = float("inf") if due is None else due
        seconds = None if due is None or self._paused else max(0.0, (due - self.target()) / self._speed)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _on_schedule(self, due: float) -> None:
        if due < self._sleeping_until:
            self._wake.set()
