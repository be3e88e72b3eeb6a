"""Run what takes its time until it ends, or until a signal ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
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

    with signals.handed_to(end):
        try:
            return await task
        except asyncio.CancelledError:
            if not was_ended:
                raise
            return _Ended()
