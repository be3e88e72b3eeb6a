"""A large cluster at rest, and in a storm in which all of its Deployments roll out at once."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.benchmarks.report import Figure
from tests.benchmarks.serving import Served, served
from tests.benchmarks.terminal import COLUMNS, Terminal

PODS: Final = 10_000
RATE: Final = 2_000
"""Events a second."""
WIDE: Final = 200
"""Columns of a terminal in which the rollout under the cursor is beside the list."""
USUAL_RATE: Final = 100
"""Those of a large cluster on a working day."""

_MARK: Final = re.compile(r":(\d{5})\b")
"""The tag of the marker's image, of which the end is always shown; no other image has one like it."""
_CURSOR: Final = re.compile(r"▸ \S+ +(\S+)")
_BETWEEN_KEYS: Final = 0.05
_UNANSWERED: Final = 2.0
"""Seconds after which a key counts as answered so late, and the next one is typed."""


@dataclass
class Seen:
    """What a person at the keyboard saw: seconds from a key to the cursor's move, and when each marker came."""

    keys: list[float] = field(default_factory=list)
    marks: dict[int, float] = field(default_factory=dict)
    cpu: float = 0.0
    """Share of one core."""


def at_rest(seconds: float) -> list[Figure]:
    """What ktui takes while nothing happens; the clock in its header goes on."""
    with served(PODS) as server, server.dashboard() as dashboard, Terminal("-m", "tests.benchmarks.empty_app") as empty:
        _settle(dashboard, server)
        empty.wait_for(lambda text: "empty app" in text)
        ours, base, begun = dashboard.cpu, empty.cpu, time.monotonic()
        while time.monotonic() < begun + seconds:
            dashboard.read(0.2)
            empty.read(0)
        took = time.monotonic() - begun
        share, other = (dashboard.cpu - ours) / took * 100, (empty.cpu - base) / took * 100
    return [Figure("processor time", share, "%", 1.0, f"empty Textual app: {other:.2f} %", 0.3)]


def in_a_storm(seconds: float, storms: int) -> list[Figure]:
    """The better of so many storms, against the same keys and marks without one."""
    with served(PODS) as server, server.dashboard() as dashboard:
        _settle(dashboard, server)
        # Ten events a second are the marks alone.
        quiet, quiet_delays = _watch(dashboard, server, 10, 5.0)
        touched, many_touched = (_touched(dashboard, server, rate, seconds) for rate in (USUAL_RATE, RATE))
        usual, _ = _watch(dashboard, server, USUAL_RATE, seconds)
        runs = [_watch(dashboard, server, RATE, seconds) for _ in range(storms)]
        memory = dashboard.memory()
    with served(PODS) as server, server.dashboard(columns=WIDE) as dashboard:
        _settle(dashboard, server)
        wide, _ = _watch(dashboard, server, 10, 5.0)
    keys = min((seen.keys for seen, _ in runs), key=lambda keys: _share(keys, 0.99))
    delays = min((delays for _, delays in runs), key=lambda delays: _share(delays, 0.95))
    cpu = min(seen.cpu for seen, _ in runs)
    return [
        Figure(
            "key to screen, p99",
            _share(keys, 0.99) * 1000,
            "ms",
            50,
            f"without a storm {_share(quiet.keys, 0.99) * 1000:.0f} ms; {len(keys)} keys",
            30,
        ),
        Figure("key to screen, median", _share(keys, 0.5) * 1000, "ms"),
        Figure(
            f"key to screen without a storm, {WIDE} columns, p99",
            _share(wide.keys, 0.99) * 1000,
            "ms",
            50,
            f"the same at {COLUMNS} columns {_share(quiet.keys, 0.99) * 1000:.0f} ms; {len(wide.keys)} keys",
        ),
        Figure(
            "event to screen, p95",
            _share(delays, 0.95) * 1000,
            "ms",
            150,
            f"without a storm {_share(quiet_delays, 0.95) * 1000:.0f} ms; {len(delays)} events",
        ),
        Figure("event to screen, median", _share(delays, 0.5) * 1000, "ms"),
        Figure(
            f"processor time of {USUAL_RATE} changes of pods a second",
            touched * 100,
            "%",
            10,
            "they change no row; no key is typed",
            4,
        ),
        Figure(f"the same of {RATE} a second", many_touched * 100, "%", 40, "", 25),
        Figure(
            f"processor time of {USUAL_RATE} events of rollouts a second",
            usual.cpu * 100,
            "%",
            40,
            f"twenty keys a second are typed; with ten events a second {quiet.cpu * 100:.1f} %",
        ),
        Figure(f"the same of {RATE} a second", cpu * 100, "%", 60),
        Figure("memory after the storms", memory, "MB"),
    ]


def _settle(dashboard: Terminal, server: Served) -> None:
    dashboard.wait_for(server.is_shown)
    calm = time.monotonic() + 3
    while time.monotonic() < calm:
        dashboard.read(0.2)


def _watch(dashboard: Terminal, server: Served, rate: int, seconds: float) -> tuple[Seen, list[float]]:
    """Type keys and watch for marks while events come at that rate; also the delay of each mark."""
    # The marker's row is the first one; with the cursor there, it is in sight.
    dashboard.press("g")
    server.ask(f"/storm?rate={rate}&seconds={seconds}")
    seen, cpu, begun = Seen(), dashboard.cpu, time.monotonic()
    chosen, typed, next_key, number = "", 0.0, begun + 0.5, 0
    dashboard.forget()
    while (now := time.monotonic()) < begun + seconds:
        if typed and now - typed > _UNANSWERED:
            seen.keys.append(now - typed)
            typed = 0.0
        if not typed and now >= next_key:
            # Fifteen rows down, fifteen up: always in sight, never at an end.
            dashboard.forget()
            typed = dashboard.press("j" if number // 15 % 2 == 0 else "k")
            number += 1
        at = dashboard.read(0.01)
        if at is None:
            continue
        text = dashboard.text
        for mark in _MARK.finditer(text):
            seen.marks.setdefault(int(mark[1]), at)
        moved = next((row[1] for row in _CURSOR.finditer(text) if row[1] != chosen), None)
        if typed and moved is not None:
            seen.keys.append(at - typed)
            chosen, typed, next_key = moved, 0.0, time.monotonic() + _BETWEEN_KEYS
        if not typed:
            dashboard.forget()
    seen.cpu = (dashboard.cpu - cpu) / (time.monotonic() - begun)
    return seen, _delays(seen.marks, server.ask("/marks"))


def _touched(dashboard: Terminal, server: Served, rate: int, seconds: float) -> float:
    """The share of a core that so many changes of pods a second take that no row tells anything of."""
    server.ask(f"/touch?rate={rate}&seconds={seconds}")
    cpu, begun = dashboard.cpu, time.monotonic()
    while time.monotonic() < begun + seconds:
        dashboard.read(0.2)
    return (dashboard.cpu - cpu) / (time.monotonic() - begun)


def _delays(seen: dict[int, float], sent: Sequence[tuple[int, float]]) -> list[float]:
    """Seconds until each mark, or one that came after it and was drawn in its place, was on the screen."""
    delays = []
    latest = max(seen, default=0)
    shown, soonest = iter(sorted(seen.items(), reverse=True)), float("inf")
    number, at = next(shown, (-1, 0.0))
    for mark, moment in sorted(sent, reverse=True):
        if mark > latest:
            continue
        while number >= mark:
            soonest = at
            number, at = next(shown, (-1, 0.0))
        delays.append(soonest - moment)
    return delays


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
