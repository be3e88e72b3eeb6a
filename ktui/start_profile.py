"""Where the time of a start goes: `ktui --profile-start FILE` writes when each phase was reached."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

LAST: Final = "all objects are read and shown"
"""The phase that ends a start: the file is written then, or when ktui ends before."""

_reached: dict[str, float] = {}
_begun: Final = time.monotonic()
_file: Path | None = None


def reached(phase: str) -> None:
    """Note that this phase was reached, if that is for the first time."""
    if phase not in _reached:
        _reached[phase] = time.monotonic()
        if phase == LAST:
            write()


def write_to(file: Path) -> None:
    """Write the phases there once the start is over. Raises OSError if that file cannot be written."""
    global _file  # noqa: PLW0603 - one process has one start
    file.write_text("")
    _file = file


def write() -> None:
    """Write what has been reached so far, where that was asked for; once."""
    global _file
    if _file is None:
        return
    file, _file = _file, None
    file.write_text(table(_reached, _begun - _before()), encoding="utf-8")


def table(phases: dict[str, float], begun: float) -> str:
    """Each phase with milliseconds since the process started, and since the phase before."""
    lines, before = [f"{'ms':>7} {'took':>7}  reached"], begun
    for phase, at in phases.items():
        lines.append(f"{1000 * (at - begun):7.0f} {1000 * (at - before):7.0f}  {phase}")
        before = at
    return "\n".join(lines) + "\n"


def _before() -> float:
    """Seconds that the process had lived when this module was imported: what Python itself needs. 0 if unknown."""
    if sys.platform != "linux":
        return 0.0
    # proc(5): the 22nd field is the start of the process after boot, in ticks of the clock.
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    lived = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return lived - (time.monotonic() - _begun)
