"""Memory while screens are opened and closed again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.benchmarks.report import Figure
from tests.benchmarks.serving import served
from tests.benchmarks.terminal import Terminal

PODS: Final = 200
WARM: Final = 30
"""Openings of each screen after which all that is needed once is there."""

_KEYS: Final = ("\r", "h", "e", "?")
"""What opens the detail, the history, the timeline and the help."""
_BACK: Final = "\x1b"
_QUIET: Final = 0.08
"""Seconds without output after which a screen is drawn."""
_PATIENCE: Final = 0.3
"""Seconds for a key to do something: one that comes while a screen is being taken down does nothing."""


def openings(times: int) -> list[Figure]:
    """How much memory grows once each of four screens has been opened so often that caches are full."""
    with served(PODS) as server, server.dashboard() as dashboard:
        dashboard.wait_for(server.is_shown)
        memory = list(_memory(dashboard, times))
    grown = memory[-1] - memory[WARM - 1]
    told = f"{memory[0]:.0f} MB after the first, {memory[WARM - 1]:.0f} after that one, {memory[-1]:.0f} after the last"
    return [Figure(f"growth from the {WARM}th to the {times}th time", grown, "MB", 2.0, told)]


def _memory(dashboard: Terminal, times: int) -> Iterator[float]:
    for _ in range(times):
        for key in _KEYS:
            # Where the first took the screen away, the second does nothing.
            for pressed in (key, _BACK, _BACK):
                dashboard.press(pressed)
                _settle(dashboard)
        yield dashboard.memory()


def _settle(dashboard: Terminal) -> None:
    """Wait until what a key does is drawn."""
    patience = _PATIENCE
    while dashboard.read(patience) is not None:
        patience = _QUIET
