"""A dashboard that stays open: a fleet at work, far faster than life, and screens that come and go all the time.

`python -m tests.chaos.soak MINUTES` prints as JSON what the process holds once a minute.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from tests.terminal import Terminal

MINUTES: Final = 60
SPEED: Final = 10
"""Simulated seconds a second."""
SETTLED: Final = 10
"""The minute from which memory has to be flat."""
_FLEET: Final = ("--scenario", "big", "--deployments", "40", "--pods", "400", "--rate", "10")
_PAUSE: Final = 0.8
"""Seconds that a screen stays open."""
_SCREENS: Final = ("\r", "h", "e", "u", "f", "l", "?", "b", "s", "i", "R", "n", "x", "Y", "C", "/", "c", "\x10")
"""Keys that open something from the overview: pages, dialogs, fields and the palette."""
_BACK: Final = "\x1b"
_LIVE: Final = "● live"


@dataclass
class Minute:
    """What the process held at the end of a minute."""

    memory: float = 0.0
    """MB that are resident."""
    descriptors: int = 0
    threads: int = 0


@dataclass
class Lived:
    """What an hour came to."""

    openings: int = 0
    """Screens that were opened, and closed again."""
    processor: float = 0.0
    """Per cent of a core."""
    minutes: list[Minute] = field(default_factory=list)
    is_live: bool = False
    """Whether the header said live at the end, on the overview."""

    @property
    def grown(self) -> float:
        """MB between the minute in which memory had to be flat and the end: means of five minutes each."""
        settled, last = self.minutes[SETTLED : SETTLED + 5], self.minutes[-5:]
        return (sum(each.memory for each in last) / len(last)) - (sum(each.memory for each in settled) / len(settled))

    @property
    def descriptors(self) -> int:
        """More files and sockets at the end than in the minute in which all had settled."""
        return self.minutes[-1].descriptors - self.minutes[SETTLED].descriptors

    @property
    def threads(self) -> int:
        """More threads, likewise."""
        return self.minutes[-1].threads - self.minutes[SETTLED].threads


def live(minutes: int) -> Lived:
    """Live so long."""
    lived = Lived()
    with (
        tempfile.TemporaryDirectory(prefix="ktui-soak-") as folder,
        _simulated(Path(folder)) as kubeconfig,
        Terminal.python("-m", "ktui", "--kubeconfig", str(kubeconfig), home=Path(folder), columns=120) as terminal,
    ):
        terminal.until(lambda text: _LIVE in text and "400 pods" in text, "to begin")
        begun, used = monotonic(), _processor(terminal.pid)
        keys = itertools.cycle(_SCREENS)
        while len(lived.minutes) < minutes:
            _open_and_close(terminal, next(keys))
            lived.openings += 1
            # Millions of bytes an hour, which nobody reads again.
            terminal.raw.clear()
            if monotonic() - begun >= 60 * (len(lived.minutes) + 1):
                lived.minutes.append(_held(terminal.pid))
                print(len(lived.minutes), lived.openings, lived.minutes[-1], file=sys.stderr, flush=True)
        lived.processor = 100 * (_processor(terminal.pid) - used) / (monotonic() - begun)
        terminal.is_drawn = True
        terminal.resize(100, 30)
        terminal.until(lambda text: _LIVE in text, "the overview at the end")
        lived.is_live = True
    return lived


def _open_and_close(terminal: Terminal, key: str) -> None:
    terminal.is_drawn = False
    for each in (key, _BACK, _BACK):
        terminal.press(each)
        until = monotonic() + (_PAUSE if each == key else _PAUSE / 2)
        while (left := until - monotonic()) > 0:
            terminal.read(left)


def _held(pid: int) -> Minute:
    process = Path(f"/proc/{pid}")
    told = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
    return Minute(
        round(int(told["VmRSS"].split()[0]) / 1024, 1), len(list((process / "fd").iterdir())), int(told["Threads"])
    )


def _processor(pid: int) -> float:
    return sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


@contextmanager
def _simulated(folder: Path) -> Iterator[Path]:
    kubeconfig = folder / "kubeconfig"
    command = [sys.executable, "-m", "ktui", "sim", *_FLEET, "--speed", str(SPEED)]
    with subprocess.Popen([*command, "--write-kubeconfig", str(kubeconfig)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield kubeconfig
        finally:
            process.kill()


def main(minutes: int) -> None:
    print(json.dumps(asdict(live(minutes))), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
