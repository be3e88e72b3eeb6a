"""The terminal that the dashboard has: Textual's driver, which outlasts whatever comes from it, and its end."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Protocol, TextIO, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from ktui.notify import sequences
from ktui.tui.terminal.arrivals import Arrivals

_LOOK: Final = 0.1
"""Seconds between two looks at whether an ESC is the key."""

_CHUNK: Final = 4096


class _Ends(Protocol):
    def end_by(self, number: int) -> None: ...


class _Ending(threading.Event):
    """An event that a poll can wait for together with what is typed: so nothing has to look whether it is set."""

    def __init__(self) -> None:
        super().__init__()
        self._heard, self._said = os.pipe()

    def fileno(self) -> int:
        """The descriptor that can be read from once it is set."""
        return self._heard

    def set(self) -> None:
        """As of any event."""
        super().set()
        os.write(self._said, b"\0")

    def clear(self) -> None:
        """As of any event."""
        if self.is_set():
            os.read(self._heard, _CHUNK)
        super().clear()


class Terminal(LinuxDriver):
    """Reads bytes through `Arrivals`. A terminal that is gone ends the dashboard, and so does a fault in here."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._ending = self.exit_event = _Ending()
        # Textual draws on standard error, which may well be a file: `ktui 2>ktui.log`.
        assert sys.__stdout__ is not None, "the dashboard has a terminal"
        self._file = cast("Any", _Output(sys.__stdout__, self._is_lost))

    def start_application_mode(self) -> None:
        """Take the terminal, and have it keep its title for later (xterm's XTWINOPS 22)."""
        super().start_application_mode()  # type: ignore[no-untyped-call] # Textual's has no annotation
        self.write(sequences.KEEP_TITLE)

    def stop_application_mode(self) -> None:
        """Give the terminal back, with the title that it had."""
        self.write(sequences.RESTORE_TITLE)
        super().stop_application_mode()

    def set_title(self, title: str) -> None:
        """Give the terminal's window or tab a title; whatever is in it, it is one line of clean text."""
        self.write(sequences.title(title))

    def notify_desktop(self, text: str, setting: str) -> None:
        """Show a notification of the desktop; it is one line of clean text, too."""
        self.write(sequences.desktop(text, setting, os.environ))

    def _is_lost(self) -> None:
        app = cast("_Ends", self._app)
        self._call(lambda: app.end_by(signal.SIGHUP))

    def _call(self, what: Callable[[], None]) -> None:
        """In the thread of the app, if it still runs."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 - whatever it is, the app ends because of it
            crash = error
            self._call(lambda: self._app._handle_exception(crash))

    def run_input_thread(self) -> None:
        """Read until the driver is stopped, or there is no terminal any more."""
        arrivals = Arrivals()
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        poll.register(self._ending, select.POLLIN)
        while not self.exit_event.is_set():
            # A terminal that has gone can be read from, too: there is nothing.
            if self.fileno in dict(poll.poll(_LOOK * 1000 if arrivals.is_in_doubt else None)):
                data = self._read()
                if data == b"":
                    self._is_lost()
                    return
                for message in arrivals.feed(data or b"", monotonic()):
                    self.process_message(message)
            for message in arrivals.tick(monotonic()):
                self.process_message(message)

    def _read(self) -> bytes | None:
        """What there is, or None; of a terminal that has gone, no bytes."""
        try:
            return os.read(self.fileno, _CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""


class _Output:
    """Where Textual's writer thread writes to. A thread that died of an error would leave the app waiting for it."""

    def __init__(self, terminal: TextIO, is_lost: Callable[[], None]) -> None:
        self._descriptor = terminal.fileno()
        self._encoding = terminal.encoding
        # How signs that the encoding lacks are written is settled where the streams are (`ktui.cli.signs`).
        self._errors = terminal.errors or "replace"
        self._is_lost = is_lost
        self._has_gone = False

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._descriptor

    def flush(self) -> None:
        """Nothing is held back."""

    def write(self, text: str) -> None:
        """Write it all, or nothing where there is no terminal."""
        data = text.encode(self._encoding, self._errors)
        while data and not self._has_gone:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                self._has_gone = True
                self._is_lost()
