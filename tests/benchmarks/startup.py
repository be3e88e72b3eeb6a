"""From the start of the process to the first frame, and to a large cluster shown; and what that takes in memory."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.benchmarks.report import Figure
from tests.benchmarks.serving import Served, served
from tests.benchmarks.terminal import Terminal

RUNS = 15


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


def listing(pods: int, budget_mb: float, runs: int) -> list[Figure]:
    """A cluster listed and shown, from the start of the process, against an empty app and the raw GET together."""
    with served(pods) as server:
        empty = _best([_start(_empty(), lambda text: "empty app" in text) for _ in range(runs)])
        raw = min(_raw_get(server) for _ in range(runs))
        shown, seen, memory, peak = [], [], [], []
        for _ in range(runs):
            with server.dashboard() as dashboard:
                shown.append(dashboard.wait_for(lambda text: "201 rollouts" in text) - dashboard.begun)
                seen.append(dashboard.wait_for(server.is_shown) - dashboard.begun)
                memory.append(dashboard.memory())
                peak.append(dashboard.memory("VmHWM"))
    told = f"empty app {empty.wall:.2f} s + raw GET {raw:.2f} s"
    return [
        Figure("every Deployment shown", min(shown), "s"),
        Figure("every pod counted", min(seen), "s", 1.5 * (empty.wall + raw), told),
        Figure("memory then", min(memory), "MB", budget_mb),
        Figure("memory at most", min(peak), "MB"),
    ]


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
