"""How controllers hear of changes: keys in a queue, each worked off a little later, retried with growing delay."""

from __future__ import annotations

from collections.abc import Callable

from ktui.sim.api.errors import ApiError
from ktui.sim.kernel import Kernel, Timer
from ktui.sim.storage import Key

LATENCY = 0.004
"""Virtual seconds between a change and the controller that has seen it: a watch on loopback, and its turn."""
FIRST_RETRY, LONGEST_RETRY = 0.005, 1000.0


class WorkQueue:
    """Calls `reconcile` with each key that was added, once for all the changes that came meanwhile.

    A reconcile that raises ApiError is tried again after 5 ms, then twice that, as client-go's rate limiter does.
    """

    def __init__(
        self,
        kernel: Kernel,
        reconcile: Callable[[Key], None],
        latency: float = LATENCY,
        *,
        first_retry: float = FIRST_RETRY,
        longest_retry: float = LONGEST_RETRY,
    ) -> None:
        self._kernel = kernel
        self._reconcile = reconcile
        self._latency = latency
        self._first_retry = first_retry
        self._longest_retry = longest_retry
        self._waiting: dict[Key, Timer] = {}
        self._later: dict[Key, Timer] = {}
        self._failures: dict[Key, int] = {}

    def add(self, key: Key) -> None:
        """Work on a key soon."""
        if key not in self._waiting:
            delay = self._kernel.jitter(self._latency, 0.5)
            self._waiting[key] = self._kernel.after(delay, lambda: self._work(key))

    def add_limited(self, key: Key) -> None:
        """Work on a key soon; on one that has just failed not before its next retry, as if this were one."""
        if key in self._failures:
            self._retry(key)
        else:
            self.add(key)

    def _retry(self, key: Key) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self.add_after(key, min(self._first_retry * 2 ** (failures - 1), self._longest_retry))

    def add_after(self, key: Key, seconds: float) -> None:
        """Work on a key again in so many seconds, or earlier where that is planned already."""
        due = self._kernel.now + seconds
        planned = self._later.get(key)
        if planned is not None and planned.action is not None:
            if planned.due <= due:
                return
            planned.cancel()
        self._later[key] = self._kernel.at(due, lambda: self._due(key))

    def _due(self, key: Key) -> None:
        self._later.pop(key, None)
        self.add(key)

    def _work(self, key: Key) -> None:
        self._waiting.pop(key, None)
        try:
            self._reconcile(key)
        except ApiError:
            self._retry(key)
        else:
            self._failures.pop(key, None)
