"""A dashboard that stays open for days: its window changes, it is suspended, in a real terminal."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.tui.conftest import Stage
from tests.tui.test_ending import is_live, ktui, living

__all__ = ["living"]


def test_a_window_of_one_cell_and_back_on_every_screen(living: Stage, tmp_path: Path) -> None:
    screens = {
        "": "✔ complete",
        "\r": "REVISIONS AND PODS",
        "h": "WHAT CHANGED",
        "?": "Keys and signs",
        "\x1b": "WHAT CHANGED",
    }
    screens |= {"Y": "TEMPLATE", "R": "Restart"}
    with ktui(living, tmp_path) as terminal:
        is_live(terminal)
        for key, shown in screens.items():
            terminal.press(key)
            terminal.sees(shown)
            for columns, rows in ((1, 1), (3, 40), (200, 1), (1, 1), (80, 24)):
                before = len(terminal.raw)
                terminal.resize(columns, rows)
                terminal.waits_for(lambda before=before: len(terminal.raw) > before, "the new size to be drawn")  # type: ignore[misc]
            terminal.sees(shown)
        assert not (tmp_path / "state" / "ktui" / "crash.log").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="whether a process is stopped is read from /proc")
def test_suspended_it_gives_the_terminal_back_and_goes_on_where_it_was(living: Stage, tmp_path: Path) -> None:
    with ktui(living, tmp_path) as terminal:
        is_live(terminal)
        terminal.press("\r")
        terminal.sees("REVISIONS AND PODS")
        for _ in range(2):
            terminal.press("\x1a")
            terminal.waits_for(lambda: terminal.is_stopped, "to be suspended")
            terminal.waits_for(
                lambda: terminal.is_clean, f"the terminal to be given back: {bytes(terminal.raw[-300:])!r}"
            )
            living.advance(5)
            terminal.resize(100, 30)
            terminal.send_signal(signal.SIGCONT)
            terminal.sees("REVISIONS AND PODS", "● live")
