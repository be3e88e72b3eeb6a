"""The page that `make performance` writes: what was measured, how, and what bounds it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median_low
from typing import Final

from tests.benchmarks.report import Figure, number

RUNS: Final = 3

_HEAD: Final = """\
# Performance

`make performance` measures and writes this page. `make bench` prints the same figures, of one run. Each figure stands
beside its budget and its baseline from the same run, so that a slow machine or a busy one does not count as slow ktui.
A budget is what a change must not exceed. The aim is what we would like to reach; what stands against it is below.

Measured on {day} on {machine}, {standing}. Each figure is the median of {runs} runs; its range is in brackets.
"""

_TAIL: Final = """
## How it is measured

- ktui runs in a pseudo-terminal of 150x50, as `python -m ktui`. The clock starts when the process does.
- The API server is a child process that serves prepared bytes: recorded objects with other names and numbers.
- Processor time is that of all threads, from `/proc/PID/task/*/schedstat`; memory is the resident set (`VmRSS`).
- "Empty Textual app" is `tests/benchmarks/empty_app.py`; the raw GET reads the same bytes and drops them.
- What is judged by the clock gets precedence over other processes, where the machine allows it.
- "Changes of pods" are newer versions of pods in which nothing changes that ktui reads, as if someone annotated one
  after another. "Events of rollouts" are those of 200 rolling updates at once: nearly each of them changes a row.

## What bounds it

- Until the first frame: the import of Textual and its first layout, which the empty app needs as well.
- Until all pods are counted: the bytes, which are decoded once, straight into the fields that ktui reads; and the
  import of aiohttp, which begins when the first frame is on the screen.
- At rest: a look once a second whether a text would change by now, and the questions whether the server still answers.
  Nothing is drawn while no text changes; the clock in the header has minutes for this reason.
- Under change: the drawings. What comes within 80 ms is drawn together, only rows in sight are made, and what no
  screen shows draws nothing. What a busy watch says within 30 ms is read together.
- Memory: Python and the libraries, some 70 MB; then some 1.3 kB for each pod. What a closed screen drew is released.

## What stands against the aims

- First rows: imports. Of the time to the first rows, two thirds are Python modules that are read and run: Textual,
  which the empty app needs as well, then ktui's own, then aiohttp, attrs and PyYAML with the client. They cannot run
  side by side in one process. A second process could list while the first imports; it would have to hand over
  credentials, logins and their renewal, which is not worth a third of a second.
- All pods counted: the same imports, and then the server's pace. The bytes are decoded as they come.
- Memory: an empty Textual app takes 34 MB, aiohttp and the client 13 MB, ktui's modules 10 MB; the rest is what
  Textual keeps of the screen, and 200 Deployments with their ReplicaSets.
- Commands: Python with click is four times `python -c pass`, and a connection needs aiohttp.
- Under change: where each event changes a row, half of the time is Textual's: the styles and the lines of what has
  changed. From 160 columns on, the rollout under the cursor is drawn beside the list as well.

## At any size

Every pod is followed, however many there are. Beyond some size, ktui could follow only those of rollouts that are in
progress or not well, and count the rest from ReplicaSets. The figures for 100,000 pods show no need for it: nearly all
of the time is the server's, and the memory stays below the aim. And what a row says would depend on the size of the
cluster.
"""


def combined(runs: Sequence[Sequence[Figure]]) -> list[tuple[Figure, str]]:
    """Of several runs, the figure in the middle of each kind, with its range."""
    found = []
    for of_one in zip(*runs, strict=True):
        values = [figure.measured for figure in of_one]
        middle = next(figure for figure in of_one if figure.measured == median_low(values))
        found.append((middle, f"{number(min(values))}–{number(max(values))}"))
    return found


def page(
    day: date,
    machine: str,
    standing: str,
    parts: Mapping[str, Sequence[Sequence[Figure]]],
    *,
    left_out: Sequence[str] = (),
    runs: int = RUNS,
) -> str:
    """The page as Markdown, from the figures of each part, one list for each run; `left_out` are parts without any."""
    text = _HEAD.format(day=day, machine=machine, standing=standing, runs=runs)
    if left_out:
        text += f"\nNot measured this time, but by `make bench`: {', '.join(left_out)}.\n"
    for title, measured in parts.items():
        rows = [_row(figure, spread) for figure, spread in combined(measured)]
        table = ["| figure | measured | budget | aim | baseline |", "| --- | --- | --- | --- | --- |", *rows]
        text += f"\n## {title}\n\n" + "\n".join(table) + "\n"
    return text + _TAIL


def _row(figure: Figure, spread: str) -> str:
    measured = f"{number(figure.measured)} {figure.unit} ({spread})"
    budget = f"{number(figure.budget)} {figure.unit}: {figure.verdict}" if figure.budget is not None else ""
    return f"| {figure.what} | {measured} | {budget} | {figure.aimed} | {figure.baseline} |"
