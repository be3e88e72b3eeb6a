"""Measure, print a table, and exit with 1 where a budget is missed by a wide margin.

`python -m tests.benchmarks [PART …]` measures those parts alone, for example `listing storm`.
`--write FILE` measures three times, and writes the page about it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import (
    commands,
    decoding,
    extensions,
    openings,
    page,
    report,
    startup,
    state,
    storm,
    terminal,
)
from tests.benchmarks.report import Figure

MEASURES: dict[str, tuple[str, Callable[[], list[Figure]]]] = {
    "first-frame": ("First frame (best of 8, in a pseudo-terminal)", startup.first_frame),
    "listing": (
        "10,000 pods in 200 Deployments, from process start (best of 3, by the clock)",
        lambda: startup.listing(10_000, 3, budget_mb=120, aim_mb=60),
    ),
    "large": (
        "100,000 pods in 2,000 Deployments, from process start (by the clock)",
        lambda: startup.listing(100_000, 1, budget_mb=500, aim_mb=350, deployments=2_000, aim_counted=1.3),
    ),
    "phases": ("Where a start with 10,000 pods goes: what each phase took (fastest of 3)", lambda: startup.phases(3)),
    "far": (
        "2,000 pods, a round trip of 150 ms away (best of 2, by the clock)",
        lambda: startup.far_away(150, 10, runs=2),
    ),
    "asked": ("What 10,000 pods ask of the server", lambda: startup.asked_of_the_server(60)),
    "commands": ("Commands, against kubectl and Python (best of 6, by the clock)", lambda: commands.commands(6)),
    "odd": (
        "4,000 pods in 200 Deployments, and 1,000 objects that no controller would write (best of 2)",
        lambda: startup.among_odd_ones(4_000, 1_000, runs=2),
    ),
    "decoding": ("Decoding, in processes of their own", decoding.decoding),
    "state": ("The state of one rollout, in a storm of 10,000 pods in 200 Deployments", state.state),
    "rest": ("10,000 pods at rest, for 10 s", lambda: storm.at_rest(10)),
    "storm": ("10,000 pods, 2,000 events a second (better of two storms of 10 s)", lambda: storm.in_a_storm(10, 2)),
    "openings": ("200 pods, four screens opened and closed 50 times each", lambda: openings.openings(50)),
    "extensions": (
        "2,000 pods in 200 Deployments: what kinds that a controller brings cost (of 3 starts)",
        lambda: extensions.extensions(runs=3),
    ),
}


def main(arguments: Sequence[str]) -> int:
    names, file = list(arguments), None
    if "--write" in names:
        at = names.index("--write")
        file = Path(names[at + 1])
        del names[at : at + 2]
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"There is no {unknown[0]}; available: {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    machine, standing = report.machine(), terminal.take_precedence()
    report.head(machine, standing)
    parts: dict[str, list[list[Figure]]] = {}
    for _ in range(page.RUNS if file is not None else 1):
        for name in names or MEASURES:
            title, measure = MEASURES[name]
            figures = measure()
            report.show(title, figures)
            parts.setdefault(title, []).append(figures)
    if file is not None:
        left_out = [each for each in MEASURES if names and each not in names]
        written = page.page(datetime.now(UTC).date(), machine, standing, parts, left_out=left_out)
        file.write_text(written, encoding="utf-8")
    return 1 if any(figure.is_far_off for runs in parts.values() for run in runs for figure in run) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
