"""Signals that end a program: whatever runs is ended in good order first, and then the exit code says which it was.

A signal that was ignored when ktui was started (`nohup`) stays ignored.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Final

ENDING: Final = tuple(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU",
                 "SIGPOLL", "SIGPWR")
    if hasattr(signal, name)
)  # fmt: skip
"""Those that end a program that takes no notice of them (signal(7)), but for SIGINT, which Python turns into an
exception, and those that nothing can be done about, or that tell of a fault in the program itself."""

_PATIENCE: Final = 5.0
"""Seconds after which another signal ends ktui at once: what was to be put in order takes too long."""


class Ended(SystemExit):
    """A signal has ended the program; the exit code is the one that a shell has for it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


class _State:
    """What has been received, and who is to hear of it. There is one process, and so there is one of these."""

    def __init__(self) -> None:
        self.received: int | None = None
        self.at = 0.0
        self.hearers: list[Callable[[int], None]] = []


_state = _State()


def received() -> int | None:
    """The signal that is ending the program, if one is."""
    return _state.received


@contextmanager
def handled() -> Iterator[None]:
    """In here such a signal raises `Ended`, or goes to the handler it is given; outside the main thread, nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.received = None
    before = {number: signal.getsignal(number) for number in ENDING}
    handled = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in handled:
        signal.signal(number, _receive)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])


@contextmanager
def handed_to(hearer: Callable[[int], None], *, interrupts: bool = False) -> Iterator[None]:
    """In here a signal raises nothing: `hearer` is called with its number, and ends what runs.

    With `interrupts` so it is with SIGINT, which raises KeyboardInterrupt elsewhere.
    """
    before = signal.signal(signal.SIGINT, _receive) if interrupts else None
    _state.hearers.append(hearer)
    try:
        yield
    finally:
        _state.hearers.remove(hearer)
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _receive(number: int, _frame: FrameType | None) -> None:
    if _state.received is not None:
        # A terminal that closes may send two of them, and a supervisor the same one again.
        if monotonic() - _state.at > _PATIENCE:
            os._exit(128 + number)
        return
    _state.received, _state.at = number, monotonic()
    if _state.hearers:
        _state.hearers[-1](number)
    else:
        raise Ended(number)
