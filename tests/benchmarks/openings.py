"""Memory, while screens are opened and closed again hundreds of times."""

from __future__ import annotations

from functools import partial
from typing import Final

from tests.benchmarks.report import Figure
from tests.benchmarks.serving import served
from tests.benchmarks.terminal import Terminal

PODS: Final = 1_000
WARM: Final = 10
"""Openings after which everything that a screen needs once is there."""
SCREENS: Final = {
    "help": ("?", "esc"),
    "detail": ("\r", "Deployment"),
    "history": ("h", "REV"),
    "timeline": ("e", "TIMELINE"),
}
"""By name: the key that opens a screen, and what is drawn when it opens."""
_AT_HOME: Final = "team-00"
"""A namespace, in the rows of the overview alone."""


def openings(times: int) -> list[Figure]:
    """How much memory grows from the tenth to the last time that each screen is opened and closed."""
    with served(PODS) as server, server.dashboard() as dashboard:
        dashboard.wait_for(server.is_shown)
        grown = {}
        for name, (key, seen) in SCREENS.items():
            _open(dashboard, key, seen, WARM)
            before = dashboard.memory()
            _open(dashboard, key, seen, times - WARM)
            grown[name] = dashboard.memory() - before
        memory = dashboard.memory()
    return [
        *(Figure(f"{name}: growth over {times - WARM} openings", mb, "MB", 2.0) for name, mb in grown.items()),
        Figure("memory at the end", memory, "MB"),
    ]


def _open(dashboard: Terminal, key: str, seen: str, times: int) -> None:
    for _ in range(times):
        for pressed, drawn in ((key, seen), ("\x1b", _AT_HOME)):
            dashboard.forget()
            dashboard.press(pressed)
            dashboard.wait_for(partial(_shows, drawn))


def _shows(drawn: str, text: str) -> bool:
    return drawn in text
