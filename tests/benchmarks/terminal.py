"""A program in a pseudo-terminal, with the moment at which each thing was seen on its screen."""

from __future__ import annotations

import os
import re
import select
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

import pexpect

ROOT: Final = Path(__file__).parents[2]
COLUMNS: Final = 150
"""Below the 160 from which on the rollout under the cursor is beside the list."""
LINES: Final = 50

_STYLING: Final = re.compile(rb"\x1b\[[0-9;:]*m")
_KEPT: Final = 256 * 1024


_PRECEDENCE: Final = -15


def take_precedence() -> str:
    """Ask for a share of the processor that others on this machine cannot take; what came of it.

    What is measured is ktui, and not who else is at work. Child processes inherit it.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _PRECEDENCE)
    except PermissionError:
        return "beside everything else on this machine"
    take_precedence_as_a_session(os.getpid())
    return f"before everything else on this machine (nice {_PRECEDENCE})"


def take_precedence_as_a_session(pid: int) -> None:
    """The same for a process that has begun a session.

    Where Linux shares the processor among sessions first (sched_autogroup), nice counts within one alone."""
    group = Path(f"/proc/{pid}/autogroup")
    if os.getpriority(os.PRIO_PROCESS, 0) == _PRECEDENCE and group.exists():
        group.write_text(str(_PRECEDENCE))


class Terminal:
    """A child process with a terminal of its own. What it prints is read by `read` and the waits, and never drawn."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None, columns: int = COLUMNS) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="ktui-bench-")
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        settled = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": self._home.name}
        self._output = bytearray()
        self.begun = time.monotonic()
        self._child = pexpect.spawn(
            sys.executable,
            list(arguments),
            env={**kept, **settled, **(environment or {})},
            dimensions=(LINES, columns),
            cwd=str(ROOT),
        )
        self._file = self._child.child_fd
        take_precedence_as_a_session(self._child.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._child.close(force=True)
        except pexpect.ExceptionPexpect:
            # On a busy machine a process that was killed may take longer to end than pexpect waits.
            self._child.wait()
        self._home.cleanup()

    def read(self, seconds: float) -> float | None:
        """Wait for output at most so long; when it came (`time.monotonic`), or None."""
        ready, _, _ = select.select([self._file], [], [], max(0.0, seconds))
        if not ready:
            return None
        now = time.monotonic()
        try:
            self._output += os.read(self._file, 1 << 20)
        except OSError as error:
            raise RuntimeError(f"the program has ended: {self.text[-2000:]}") from error
        if len(self._output) > 2 * _KEPT:
            del self._output[:-_KEPT]
        return now

    def wait_for(self, holds: Callable[[str], object], seconds: float = 60.0) -> float:
        """Read until something holds of the text since `forget`; when that was. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            at = self.read(left)
            if at is not None and holds(self.text):
                return at
        raise TimeoutError(f"it was not seen in {seconds} s: {self.text[-2000:]}")

    @property
    def text(self) -> str:
        """What was printed since `forget`, without its colours."""
        return _STYLING.sub(b"", bytes(self._output)).decode(errors="replace")

    def forget(self) -> None:
        """What was printed so far is of no interest any more."""
        self._output.clear()

    def press(self, key: str) -> float:
        """Type a key; when that was."""
        os.write(self._file, key.encode())
        return time.monotonic()

    @property
    def cpu(self) -> float:
        """Seconds of processor time that the program has used, all its threads."""
        # To the nanosecond, where /proc/PID/stat counts in ticks of 10 ms.
        threads = Path(f"/proc/{self._child.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def memory(self, field: str = "VmRSS") -> float:
        """Memory that the program holds, or (`VmHWM`) held at most, in MB (1,000,000 bytes)."""
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) * 1024 / 1e6 if found is not None else 0.0
