"""One fault that lasts, and the dashboard in a terminal of its own, in real time: what it costs, and what it says.

`python -m tests.chaos.lasting FAULT` measures one of them and prints its figures as JSON. `tests.chaos` runs them all,
several at once: most of the time is waiting.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from tests.chaos.client import Times
from tests.chaos.faults import FAULTS
from tests.chaos.rig import Rig, rig_on
from tests.chaos.server import Server
from tests.terminal import Terminal

LASTS: Final = 45.0
"""Seconds of each fault: longer than any wait of ktui's."""
_HELP: Final = "open the rollout: revisions"
_LIVE: Final = "● live"
_GIVEN_UP: Final = 120.0


@dataclass
class Figures:
    """What was measured while one fault lasted, and after it."""

    fault: str
    level: str
    requests: float = 0.0
    """A second: requests and connections that led nowhere."""
    processor: float = 0.0
    """Per cent of a core, of the whole dashboard."""
    live_for: float = 0.0
    """The longest that the header said live with nothing heard, in seconds."""
    key: float = 0.0
    """The slowest answer to a key, in milliseconds."""
    back: float = 0.0
    """Seconds from its end until the header says live again, and what happened meanwhile is shown."""
    said: str = ""
    """What the header said of the link before its end."""


def measure(name: str) -> Figures:
    """Let that fault last, and look."""
    fault = next(each for each in FAULTS if each.name == name)
    figures = Figures(fault.name, fault.level)
    times = Times()
    with (
        Server(Random(name), speed=1.0) as server,
        rig_on(server, times.dead, seed=1) as rig,
        tempfile.TemporaryDirectory(prefix="ktui-chaos-home-") as home,
        Terminal.python("-m", "ktui", "--kubeconfig", str(rig.kubeconfig), home=Path(home)) as terminal,
    ):
        terminal.until(lambda text: _LIVE in text and "beat" in text, "to begin")
        for is_open in (True, False):
            # What is imported for it the first time is another budget.
            _answer(terminal, is_open=is_open)
        fault.begin(rig, Random(name))
        _last(rig, server, terminal, figures)
        figures.said = terminal.text.split("\n")[0].strip()
        late = f"after-{monotonic():.0f}"
        server.add(late)
        rig.clear()
        begun = monotonic()
        while not (_LIVE in _header(terminal) and late in terminal.text):
            if monotonic() - begun > _GIVEN_UP:
                break
            terminal.read(0.05)
        figures.back = monotonic() - begun
    return figures


def _last(rig: Rig, server: Server, terminal: Terminal, figures: Figures) -> None:
    begun, used, counted = monotonic(), _cpu(terminal.pid), len(rig.proxy.passed) + rig.wire.fruitless
    beats, keys, is_open = begun, begun + 1.0, False
    while (now := monotonic()) < begun + LASTS:
        if now >= beats:
            beats = now + 2.0
            server.beat()
        if now >= keys:
            keys = now + 1.5
            is_open = not is_open
            figures.key = max(figures.key, _answer(terminal, is_open=is_open))
        terminal.read(0.05)
        if not is_open and _LIVE in _header(terminal):
            figures.live_for = max(figures.live_for, monotonic() - max(rig.wire.last_byte, begun))
    if is_open:
        _answer(terminal, is_open=False)
    took = monotonic() - begun
    figures.requests = (len(rig.proxy.passed) + rig.wire.fruitless - counted) / took
    figures.processor = 100 * (_cpu(terminal.pid) - used) / took


def _answer(terminal: Terminal, *, is_open: bool) -> float:
    """Open the help, or close it; after how many milliseconds that was to be seen."""
    begun = monotonic()
    terminal.press("?" if is_open else "\x1b")
    while (_HELP in terminal.text) != is_open and monotonic() - begun < 5:
        terminal.read(0.05)
    return 1000 * (monotonic() - begun)


def _header(terminal: Terminal) -> str:
    return terminal.text.partition("\n")[0]


def _cpu(pid: int) -> float:
    """Seconds of processor time of all its threads."""
    return sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def main(name: str) -> None:
    logging.getLogger("aiohttp.server").disabled = True
    print(json.dumps(asdict(measure(name))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
