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
from statistics import median
from time import monotonic
from typing import Final

from tests.benchmarks.terminal import take_precedence_as_a_session
from tests.chaos.client import Times
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.rig import Rig, rig_on
from tests.chaos.server import Server
from tests.terminal import Terminal

NOTHING: Final = Fault("nothing is wrong", "TCP", lambda rig, random: None)
"""What the others are to be compared with."""
LASTS: Final = 36.0
"""Seconds of each fault: longer than any wait of ktui's."""
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
    """What an answer to a key takes, in milliseconds: the median."""
    slowest_key: float = 0.0
    back: float = 0.0
    """Seconds from its end until the header says live again, and what happened meanwhile is shown."""
    said: str = ""
    """What the header said of the link before its end."""


def measure(name: str) -> Figures:
    """Let that fault last, and look."""
    fault = next(each for each in (NOTHING, *FAULTS) if each.name == name)
    figures = Figures(fault.name, fault.level)
    times = Times()
    with (
        Server(Random(name), speed=1.0) as server,
        rig_on(server, times.dead, seed=1) as rig,
        tempfile.TemporaryDirectory(prefix="ktui-chaos-home-") as home,
        Terminal.python("-m", "ktui", "--kubeconfig", str(rig.kubeconfig), home=Path(home), columns=100) as terminal,
    ):
        take_precedence_as_a_session(terminal.pid)
        terminal.until(lambda text: _LIVE in text and "beat" in text, "to begin")
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
    beats, keys = begun, begun + 1.0
    answers: list[float] = []
    while (now := monotonic()) < begun + LASTS:
        if now >= beats:
            beats = now + 2.0
            server.beat()
        if now >= keys:
            keys = now + 2.5
            answers.append(_answer(terminal, moves_down=len(answers) % 2 == 0))
        terminal.read(0.05)
        if _LIVE in _header(terminal):
            figures.live_for = max(figures.live_for, monotonic() - max(rig.wire.last_byte, begun))
    took = monotonic() - begun
    figures.key, figures.slowest_key = median(answers), max(answers)
    figures.requests = (len(rig.proxy.passed) + rig.wire.fruitless - counted) / took
    figures.processor = 100 * (_cpu(terminal.pid) - used) / took


def _answer(terminal: Terminal, *, moves_down: bool) -> float:
    """Move the cursor; after how many milliseconds something was to be seen."""
    terminal.read(0.0)
    before, begun = terminal.came, monotonic()
    terminal.press("\x1b[B" if moves_down else "\x1b[A")
    while terminal.came == before and monotonic() - begun < 5:
        terminal.read(0.05)
    return 1000 * (monotonic() - begun if terminal.came == before else terminal.came - begun)


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
