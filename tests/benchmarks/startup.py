"""From the start of the process to the first frame, and to a large cluster shown; and what that takes in memory."""

from __future__ import annotations

import http.client
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from tests.benchmarks.report import Figure
from tests.benchmarks.server import LISTED
from tests.benchmarks.serving import DEPLOYMENTS, Served, served
from tests.benchmarks.terminal import Terminal

RUNS = 8

_COUNTS: Final = re.compile(r"\d+ (?:rollouts|pods)")
_STILL: Final = 3.0
"""Seconds without another number after which all are counted."""


class Start(NamedTuple):
    """How long it took, in seconds: by the clock, and of processor time."""

    wall: float
    cpu: float


def _start(terminal: Terminal, holds: Callable[[str], object]) -> Start:
    with terminal:
        seen = terminal.wait_for(holds)
        return Start(seen - terminal.begun, terminal.cpu)


def _empty() -> Terminal:
    return Terminal("-m", "tests.benchmarks.empty_app")


def _best(starts: list[Start]) -> Start:
    return Start(min(start.wall for start in starts), min(start.cpu for start in starts))


def first_frame() -> list[Figure]:
    """The dashboard against an empty app, turn by turn, the best of each.

    Judged by processor time: on a machine that others use too, time by the clock says more about them.
    """
    empty, ktui = [], []
    for _ in range(RUNS):
        empty.append(_start(_empty(), lambda text: "empty app" in text))
        ktui.append(_start(Terminal("-m", "ktui", "--kubeconfig", "/dev/null"), lambda text: "Starting" in text))
    base, ours = _best(empty), _best(ktui)
    told = f"empty Textual app: {base.cpu:.3f} s of processor time, {base.wall:.3f} s by the clock"
    return [
        Figure("first frame, processor time", ours.cpu, "s", 1.5 * base.cpu, told),
        Figure("first frame, by the clock", ours.wall, "s"),
    ]


def listing(
    pods: int, runs: int, *, budget_mb: float, aim_mb: float, deployments: int = DEPLOYMENTS, aim_counted: float = 1.15
) -> list[Figure]:
    """A cluster listed and shown, from the start of the process, against an empty app and the raw GET together."""
    with served(pods, deployments=deployments) as server:
        empty = _best([_start(_empty(), lambda text: "empty app" in text) for _ in range(runs)])
        raw = min(_raw_get(server) for _ in range(runs))
        shown, seen, memory, peak = [], [], [], []
        keys: list[float] = []
        for _ in range(runs):
            with server.dashboard() as dashboard:
                shown.append(dashboard.wait_for(server.is_listed) - dashboard.begun)
                seen.append(dashboard.wait_for(server.is_shown, 180) - dashboard.begun)
                memory.append(dashboard.memory())
                peak.append(dashboard.memory("VmHWM"))
                keys += _keys(dashboard)
    base = empty.wall + raw
    told = f"empty app {empty.wall:.2f} s + raw GET {raw:.2f} s"
    return [
        Figure("first rows", min(shown), "s", None, f"empty app {empty.wall:.2f} s", 1.4 * empty.wall),
        Figure("every pod counted", min(seen), "s", 1.5 * base, told, aim_counted * base),
        Figure("memory then", min(memory), "MB", budget_mb, "", aim_mb),
        Figure("memory at most", min(peak), "MB"),
        Figure("key to screen, p99", _percentile(keys) * 1000, "ms", 50, f"{len(keys)} keys"),
    ]


def phases(runs: int) -> list[Figure]:
    """Where a start goes, as `ktui --profile-start` tells it: what each phase took, of the fastest of some starts."""
    fastest: list[tuple[int, int, str]] = []
    with served(10_000) as server, tempfile.TemporaryDirectory(prefix="ktui-bench-") as folder:
        for run in range(runs):
            file = Path(folder) / str(run)
            with server.dashboard("--profile-start", str(file)) as dashboard:
                dashboard.wait_for(server.is_shown)
                end = time.monotonic() + _STILL
                while not (file.exists() and file.read_text()) and time.monotonic() < end:
                    dashboard.read(0.1)
            found = [(int(line[:7]), int(line[7:15]), line[15:].strip()) for line in file.read_text().splitlines()[1:]]
            if found and (not fastest or found[-1][0] < fastest[-1][0]):
                fastest = found
    return [Figure(what, took, "ms", None, f"at {at} ms") for at, took, what in fastest]


def far_away(delay_ms: int, megabits: int, runs: int) -> list[Figure]:
    """First rows from a cluster that is far away, against the same one on loopback."""
    near, far, slow = (_best_rows(delay, line, runs) for delay, line in ((0, 0), (delay_ms, 0), (delay_ms, megabits)))
    trips = (far - near) / (delay_ms / 1000)
    return [
        Figure("round trips to the first rows", trips, "", 6, f"first rows on loopback {near:.2f} s", 4),
        Figure(f"first rows over {megabits} Mbit/s", slow, "s"),
    ]


def _best_rows(delay_ms: int, megabits: int, runs: int) -> float:
    with served(2_000, delay_ms=delay_ms, megabits=megabits) as server:
        seen = []
        for _ in range(runs):
            with server.dashboard() as dashboard:
                seen.append(dashboard.wait_for(server.is_listed) - dashboard.begun)
        return min(seen)


def asked_of_the_server(seconds: float) -> list[Figure]:
    """What a start and then quiet minutes ask of the server."""
    with served(10_000) as server, server.dashboard() as dashboard:
        dashboard.wait_for(server.is_shown)
        calm = time.monotonic() + 5
        while time.monotonic() < calm:
            dashboard.read(0.2)
        start = server.ask("/asked")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            dashboard.read(0.2)
        after = server.ask("/asked")
    lists = [each for each in start["paths"] if each.rsplit("/", 1)[-1] in LISTED]
    twice = len(lists) - len(set(lists))
    reviews = sum(each.endswith("accessreviews") for each in start["paths"])
    told = f"{reviews} access reviews, {len(lists)} lists and watches"
    minutes = (len(after["paths"]) - len(start["paths"])) / (seconds / 60)
    return [
        Figure("requests at the start", len(start["paths"]), "", None, told),
        Figure("of them the same list or watch again", twice, "", 0),
        Figure("bytes at the start", start["bytes"] / 1e6, "MB", None, f"{server.pods} pods of 4.7 kB are 47 MB"),
        Figure("requests in a quiet minute", minutes, ""),
        Figure("bytes in them", (after["bytes"] - start["bytes"]) / 1e3 / (seconds / 60), "kB"),
    ]


def among_odd_ones(good: int, odd: int, runs: int) -> list[Figure]:
    """5,000 objects, of which a thousand are odd, until their rows stand still; against as many that are well.

    Odd objects are large. What the server takes longer for them is no fault of those who read them.
    """
    with served(good, odd) as server, served(good + odd) as plain:
        settled, baseline = [], []
        keys: list[float] = []
        usual: list[float] = []
        for _ in range(runs):
            with plain.dashboard() as dashboard:
                baseline.append(dashboard.wait_for(plain.is_shown) - dashboard.begun)
                usual += _keys(dashboard)
            with server.dashboard() as dashboard:
                settled.append(_stands_still(dashboard) - dashboard.begun)
                keys += _keys(dashboard)
        longer = max(0.0, min(_raw_get(server) for _ in range(runs)) - min(_raw_get(plain) for _ in range(runs)))
    worst, usually = (_percentile(each) * 1000 for each in (keys, usual))
    told = f"as many that are well: {min(baseline):.2f} s, and {longer:.2f} s that the raw GET takes longer"
    return [
        Figure("all counted", min(settled), "s", 1.5 * (min(baseline) + longer), told),
        Figure("key to screen, p99", worst, "ms", 50, f"as many that are well: {usually:.0f} ms; {len(keys)} keys"),
    ]


def _stands_still(dashboard: Terminal) -> float:
    """When the numbers of the header changed for the last time."""
    dashboard.wait_for(lambda text: "rollouts" in text and "pods" in text)
    last = changed = time.monotonic()
    counts: list[str] = []
    while last - changed < _STILL:
        at = dashboard.read(0.2)
        last = time.monotonic()
        if at is not None and (found := _COUNTS.findall(dashboard.text)[-2:]) != counts:
            counts, changed = found, at
    return changed


def _percentile(values: list[float], share: float = 0.99) -> float:
    return sorted(values)[int(share * len(values))]


def _keys(dashboard: Terminal) -> Iterator[float]:
    """Seconds from each key to what it draws: the cursor moves down and up."""
    for key in "jk" * 40:
        while dashboard.read(0.05) is not None:
            pass
        pressed = dashboard.press(key)
        at = dashboard.read(5.0)
        yield (at or time.monotonic()) - pressed


def _raw_get(server: Served) -> float:
    """Seconds for the bytes of all lists, read and thrown away."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    begun = time.monotonic()
    for path in ("/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/api/v1/pods"):
        connection.request("GET", f"{path}?resourceVersion=0")
        with connection.getresponse() as response:
            while response.read(1 << 20):
                pass
    took = time.monotonic() - begun
    connection.close()
    return took
