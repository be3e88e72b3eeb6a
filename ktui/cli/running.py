"""Run a command that takes its time until it ends, or until it is asked to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final

TERMINATED: Final = 143
"""The exit code after SIGTERM, as a shell has it."""


def run(command: Coroutine[Any, Any, int]) -> int:
    """The exit code. SIGTERM ends a command in as good order as Ctrl-C: connections closed, no line cut in two."""
    return asyncio.run(_until_terminated(command))


async def _until_terminated(command: Coroutine[Any, Any, int]) -> int:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(command)
    terminated = asyncio.Event()

    def terminate() -> None:
        terminated.set()
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, terminate)
    try:
        return await task
    except asyncio.CancelledError:
        if not terminated.is_set():
            raise
        return TERMINATED
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
