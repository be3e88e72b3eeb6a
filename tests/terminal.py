"""A program in a real pseudo-terminal, and the screen that a person would see (pyte is the terminal)."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

import pexpect
import pyte

PATIENCE: Final = 60.0
"""Seconds to wait for something to be seen; a busy machine may need some."""


class Terminal:
    """A child process with a terminal of its own, `rows` by `columns`, driven by keys and read as text."""

    def __init__(
        self,
        *command: str,
        home: Path,
        columns: int = 120,
        rows: int = 36,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        settled = {"TERM": "xterm-256color", "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        self.came = 0.0
        """When the newest output came, by the monotonic clock: to draw it here takes longer than to print it there."""
        self.is_drawn = True
        """Whether what comes is drawn, for `text`: a lot is faster without."""
        self._is_gone = False
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            env={**kept, **settled, **(environment or {})},
            dimensions=(rows, columns),
        )

    @classmethod
    def python(
        cls,
        *arguments: str,
        home: Path,
        columns: int = 120,
        rows: int = 36,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Run this Python with these arguments."""
        return cls(sys.executable, *arguments, home=home, columns=columns, rows=rows, environment=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_gone:
            if self._child.isalive():
                os.kill(self.pid, signal.SIGKILL)
                self._child.wait()
            # Another file may have its number by now.
            self._child.ptyproc.closed = self._child.closed = True
            return
        try:
            self._child.close(force=True)
        except pexpect.ExceptionPexpect:
            # On a busy machine a process that was killed may take longer to end than pexpect waits.
            self._child.wait()

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def pid(self) -> int:
        return int(self._child.pid)

    def press(self, keys: str) -> None:
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        os.write(self._child.child_fd, data)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def resize(self, columns: int, rows: int) -> None:
        """The window gets another size; what was on it is drawn anew."""
        self._screen.resize(rows, columns)
        self._screen.reset()
        self._child.setwinsize(rows, columns)

    @property
    def is_stopped(self) -> bool:
        """Whether the program is suspended, as ctrl+z leaves it."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def hang_up(self) -> None:
        """The terminal goes away, as a window that is closed does; nothing can be read from it any more."""
        self._child.ptyproc.fileobj.close()
        self._is_gone = True

    def until(self, holds: Callable[[str], object], what: str) -> None:
        """Read the terminal until something holds of what is on it."""
        self.waits_for(lambda: holds(self.text), what)

    def waits_for(self, holds: Callable[[], object], what: str) -> None:
        """Read the terminal until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"never: {what}\n{self.text}")
            self.read(0.1)

    def sees(self, *texts: str) -> None:
        for text in texts:
            self.until(lambda screen, text=text: text in screen, f"to see {text!r}")  # type: ignore[misc]

    def rests(self) -> None:
        """Read until all of a screen has come: for a moment nothing is drawn."""
        before = -1
        while before != len(self.raw):
            before = len(self.raw)
            self.read(0.2)

    def ends(self, patience: float = PATIENCE) -> int:
        """Wait for the program to end; its exit code, or the number of the signal that killed it with a minus."""
        end = time.monotonic() + patience
        while self._child.isalive():
            if time.monotonic() > end:
                raise AssertionError(f"never: to end\n{self.text}")
            self.read(0.1)
        before = -1
        while before != len(self.raw):
            # What it wrote last may still be on its way.
            before = len(self.raw)
            self.read(0.1)
        return int(self._child.exitstatus if self._child.exitstatus is not None else -self._child.signalstatus)

    @property
    def is_clean(self) -> bool:
        """Whether the program gave the terminal back as it was: main screen, cursor, no mouse, no bracketed paste."""
        ends = (b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?1000h", b"\x1b[?1000l")
        return all(self.raw.rfind(on) <= self.raw.rfind(off) for on, off in ends)

    def read(self, seconds: float) -> None:
        """Take in what comes within that time."""
        if self._is_gone:
            time.sleep(seconds)
            return
        ready, _, _ = select.select([self._child.child_fd], [], [], seconds)
        if not ready:
            return
        try:
            data = os.read(self._child.child_fd, 1 << 16)
        except OSError:
            return
        self.came = time.monotonic()
        self.raw += data
        if self.is_drawn:
            self._stream.feed(data)
