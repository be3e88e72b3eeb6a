"""The command that is started for each announcement: a program and its arguments, never a shell."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from ktui.text import clean


class DeliveryError(Exception):
    """A sentence that says why an announcement did not reach a program or a server. It holds no secret."""


def program(words: Sequence[str]) -> str:
    """The program of such a command; `~` is the home folder."""
    return os.path.expanduser(words[0])  # noqa: PTH111 - a Path would lose the dot of ./program


async def run_command(words: Sequence[str], text: bytes, variables: Mapping[str, str], timeout: float) -> None:
    """Start it, with the text on its standard input. What it prints is dropped: it may hold secrets.

    Raises DeliveryError if it cannot be started, fails, or has not ended after so many seconds; then it is ended, with
    all that it started.
    """
    # Arguments may hold a secret; its name is enough to find it.
    name = clean(Path(words[0]).name)
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            program(words),
            *words[1:],
            env={**os.environ, **variables},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled half-way, asyncio would not end what it has started by then.
        with contextlib.suppress(OSError):
            await _end(await starting)
        raise
    except OSError as error:
        raise DeliveryError(f"The notification command {name} cannot be started: {error.strerror}.") from None
    try:
        async with asyncio.timeout(timeout):
            # A program that reads none of it is not at fault: asyncio ignores a closed pipe.
            await process.communicate(text)
    except TimeoutError:
        raise DeliveryError(f"The notification command {name} was ended: it ran longer than {timeout:g}s.") from None
    finally:
        if process.returncode is None:
            await _end(process)
    if process.returncode:
        how = f"exit code {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
        raise DeliveryError(f"The notification command {name} failed ({how}).")


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
