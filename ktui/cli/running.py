"""Run what takes its time until it ends, or until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ktui import signals

T = TypeVar("T")


class _Ended:
    """What a command that a signal has ended comes to."""


def run(command: Coroutine[Any, Any, T], runner: asyncio.Runner | None = None) -> T:
    """What it returns. A signal ends it in as good order as Ctrl-C: connections closed, no line cut in two.

    Raises `signals.Ended` then.
    """
    if runner is None:
        with asyncio.Runner() as own:
            result = own.run(_until_ended(command))
    else:
        result = runner.run(_until_ended(command))
    if isinstance(result, _Ended):
        raise signals.Ended(signals.received() or 0)
    return result


async def _until_ended(command: Coroutine[Any, Any, T]) -> T | _Ended:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(command)
    was_ended = False

    def end(_: int) -> None:
        nonlocal was_ended
        was_ended = True
        loop.call_soon_threadsafe(task.cancel)

    with signals.handed_to(end), _woken(loop):
        try:
            return await task
        except asyncio.CancelledError:
            if not was_ended:
                raise
            return _Ended()


@contextmanager
def _woken(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """In here a signal wakes the loop, whenever it comes.

    Python runs handlers between its own instructions. That of a signal that comes just before the loop waits would run
    when something else ends the wait: it may never come.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        there.setblocking(False)
        loop.add_reader(here, lambda: here.recv(4096))
        before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(here)
