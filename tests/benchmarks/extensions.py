"""What the kinds that a controller brings cost where it is not installed, and where it is: requests and memory."""

from __future__ import annotations

import time
from statistics import median
from typing import Final, NamedTuple

from tests.benchmarks.report import Figure
from tests.benchmarks.serving import Served, served
from tests.benchmarks.terminal import Terminal

PODS: Final = 2_000
ROLLOUTS: Final = 200

_STILL: Final = 2.0
"""Seconds without another request after which all that belongs to a start is asked."""
_NOISE: Final = 1.0
"""MB by which the memory of one program differs from start to start."""


class Cost(NamedTuple):
    """Requests of a start, and MB at its end."""

    requests: list[str]
    memory: float


def extensions(runs: int) -> list[Figure]:
    """Without any, as if ktui knew none; and with 200 Argo Rollouts. Medians, turn by turn."""
    without, known, argo = [], [], []
    with served(PODS) as plain, served(PODS, rollouts=ROLLOUTS) as extended:
        for _ in range(runs):
            without.append(_start(plain, "tests.benchmarks.only_kubernetes"))
            known.append(_start(plain, "ktui"))
            argo.append(_start(extended, "ktui"))
    base = _middle(without)
    figures = []
    for what, costs in (("no extension installed", known), (f"{ROLLOUTS} Argo Rollouts", argo)):
        cost, is_bounded = _middle(costs), costs is known
        more = sorted(set(cost.requests) - set(base.requests))
        figures += [
            Figure(
                f"{what}: requests of a start",
                len(cost.requests),
                "",
                len(base.requests) + 1 if is_bounded else None,
                f"without such kinds {len(base.requests)}; more: {', '.join(more) or 'none'}",
            ),
            Figure(
                f"{what}: memory",
                cost.memory,
                "MB",
                base.memory + _NOISE if is_bounded else None,
                f"without such kinds {base.memory:.1f} MB",
            ),
        ]
    return figures


def _middle(costs: list[Cost]) -> Cost:
    requests = sorted((each.requests for each in costs), key=len)[len(costs) // 2]
    return Cost(requests, median(each.memory for each in costs))


def _start(server: Served, module: str) -> Cost:
    """Start the dashboard, and wait until it asks for nothing more."""
    before = len(server.ask("/asked")["paths"])
    with Terminal("-m", module, "--kubeconfig", str(server.kubeconfig)) as dashboard:
        dashboard.wait_for(server.is_shown)
        asked: list[str] = []
        changed = time.monotonic()
        while time.monotonic() - changed < _STILL:
            dashboard.read(0.2)
            # What the selected row may do is asked for when it is selected.
            paths = server.ask("/asked")["paths"][before:]
            if (now := [path for path in paths if not path.endswith("accessreviews")]) != asked:
                asked, changed = now, time.monotonic()
        return Cost(asked, dashboard.memory())
