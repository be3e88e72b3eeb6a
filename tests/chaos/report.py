"""docs/reliability.md, as the suite writes it: what was measured of each fault, beside its budget."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ktui import __version__
from tests.chaos.actions import Rounds
from tests.chaos.lasting import LASTS, Figures
from tests.chaos.mixed import Survived
from tests.chaos.soak import SETTLED, SPEED, Lived

REQUESTS: Final = 5.0
PROCESSOR: Final = 10.0
LIVE: Final = 15.0
KEY: Final = 200.0
BACK: Final = 35.0
GROWTH: Final = 3.0
OPENINGS: Final = 1000
SLACK: Final = 1.5
"""Seconds by which a reading of the screen may be late."""


@dataclass
class Run:
    """One run of the suite, or of parts of it."""

    lasting: Sequence[Figures] = ()
    mixed: Sequence[Survived] = ()
    actions: Sequence[Rounds] = ()
    soak: Sequence[Lived] = ()
    missed: list[str] = field(default_factory=list)
    """What did not keep to its budget, in a sentence each."""


def judge(run: Run) -> None:
    """Note what did not keep to its budget."""
    for each in run.lasting:
        budgets = (
            ("requests a second", each.requests, REQUESTS),
            ("per cent of a core", each.processor, PROCESSOR),
            ("seconds of live with nothing heard", each.live_for, LIVE + SLACK),
            ("milliseconds for a key", each.key, KEY),
            ("seconds until it was back", each.back, BACK + SLACK),
        )
        run.missed += [
            f"{each.fault}: {figure:.1f} {what}, not {most:g}" for what, figure, most in budgets if figure > most
        ]
    for survived in run.mixed:
        seed = survived.seed
        run.missed += [f"seed {seed}: {each}" for each in survived.told.complaints]
        if survived.grown > GROWTH:
            run.missed.append(f"seed {seed}: memory has grown by {survived.grown:.1f} MB")
        run.missed += [f"seed {seed}: a task is left: {each}" for each in survived.tasks]
        if survived.descriptors > 4:
            run.missed.append(f"seed {seed}: {survived.descriptors} more files and sockets are open")
    for rounds in run.actions:
        run.missed += rounds.wrong
    for lived in run.soak:
        if lived.openings < OPENINGS:
            run.missed.append(f"only {lived.openings} screens were opened")
        if lived.grown > GROWTH:
            run.missed.append(f"memory has grown by {lived.grown:.1f} MB after minute {SETTLED}")
        if lived.descriptors > 4:
            run.missed.append(f"{lived.descriptors} more files and sockets are open than in minute {SETTLED}")
        if lived.threads > 0:
            run.missed.append(f"{lived.threads} more threads than in minute {SETTLED}")


def written(run: Run, day: str) -> str:
    """The document."""
    parts = [_HEAD.format(version=__version__, day=day, machine=_machine())]
    if run.lasting:
        parts.append(_lasting(run.lasting))
    if run.mixed:
        parts.append(_mixed(run.mixed))
    if run.actions:
        parts.append(_actions(run.actions))
    parts += [_soak(each) for each in run.soak]
    missed = "".join(f"- {each}\n" for each in run.missed) or "Nothing: all budgets hold.\n"
    parts.append(f"## What missed its budget\n\n{missed}")
    return "\n".join(parts) + _TAIL


_HEAD: Final = """# Reliability

`make chaos` writes this file. It puts a proxy between ktui and an API server (the simulator, or the one that
`KTUI_CHAOS_SERVER` names) and lets everything go wrong there that networks, gateways, logins and servers do; then it
holds what ktui shows and says against what the server did. `make test` plays a part of it.

ktui {version}, {day}, {machine}.
"""

_TAIL: Final = """
## What is not promised

- A watch whose proxy still answers the network's probes, but passes on nothing, while other connections are well:
  its silence is known after 90 s, when a bookmark does not come. Until then it counts as live.
- Events that something on the way holds back while it passes on others, and a link that is slower than the changes: no
  client can know what has not arrived.
- A cluster that was restored from a backup and has overtaken the versions that were known before ktui asks again is
  noticed by the first object of each list, if that one is not known and has not changed since.
- A byte that is bent within a string, where there is no TLS to notice it.
- A server that asks to wait (`Retry-After`) is obeyed, for a minute at most; the screen says until when.
"""


def _lasting(all_figures: Sequence[Figures]) -> str:
    rows = [
        f"| {each.fault} | {each.level} | {each.requests:.1f} | {each.processor:.1f} | {each.live_for:.0f} | "
        f"{each.key:.0f} | {each.slowest_key:.0f} | {each.back:.0f} |"
        for each in all_figures
    ]
    return "\n".join(
        [
            "## Each fault, lasting",
            "",
            f"The dashboard in a terminal of its own, in real time. Each fault lasts {LASTS:.0f} s, and then ends.",
            "Requests count connections that led nowhere, too; `live` is the longest time for which the header said so",
            "with nothing heard; a key moves the cursor: the median, and the slowest; `back` is the time from the end",
            "of the fault until the header says live and the screen shows what happened meanwhile.",
            "",
            "| fault | level | requests/s | % of a core | live, s | key, ms | slowest | back, s |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            f"| **budget** | | **{REQUESTS:g}** | **{PROCESSOR:g}** | **{LIVE:g}** | **{KEY:g}** | | **{BACK:g}** |",
            *rows,
            "",
        ]
    )


def _mixed(runs: Sequence[Survived]) -> str:
    rows = [
        f"| {each.seed} | {each.told.played} | {each.told.slowest:.1f} | {len(each.told.complaints)} | "
        f"{each.grown:+.2f} | {len(each.tasks)} | {max(0, each.descriptors)} |"
        for each in runs
    ]
    return "\n".join(
        [
            "## Mixed faults under load",
            "",
            "Faults one over the other, in an order that the seed decides, some ten times as fast as life, while",
            "Deployments roll out. Again and again all is well, and then the header has to say live, and what ktui",
            "knows has to be what a fresh list says. All the while each claim (`live`, `stale by`, `listed … ago`) is",
            "held against what the server had done by then; a claim that is not true is wrong.",
            "",
            "| seed | faults | slowest recovery, s | wrong | memory, MB | tasks left | sockets left |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            f"| **budget** | | | **0** | **{GROWTH:.0f}** | **0** | **0** |",
            *rows,
            "",
        ]
    )


def _actions(all_rounds: Sequence[Rounds]) -> str:
    rows = [
        f"| {each.fault} | {each.played} | {each.once} | {each.none} | {each.known} | {each.unknown} | "
        f"{len(each.wrong)} |"
        for each in all_rounds
    ]
    return "\n".join(
        [
            "## Actions under faults",
            "",
            "Each round sends one action and counts its effects in the server; then it holds what was said against",
            "them, and the audit log too. `known` is how often the outcome was known at the end, `not known` how often",
            "ktui said that it was not. Wrong is a second effect, or a sentence that is not true.",
            "",
            "| fault | rounds | one effect | none | known | not known | wrong |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            "| **budget** | | | | | | **0** |",
            *rows,
            "",
        ]
    )


def _soak(lived: Lived) -> str:
    rows = [
        f"| {at} | {each.memory:.1f} | {each.descriptors} | {each.threads} |"
        for at, each in enumerate(lived.minutes, 1)
        if at in (1, SETTLED) or at % 10 == 0
    ]
    return "\n".join(
        [
            "## An hour at speed",
            "",
            f"The dashboard in a terminal of its own, on a simulated fleet of 400 pods {SPEED} times as fast as life.",
            f"In {len(lived.minutes)} minutes {lived.openings} screens, dialogs and fields are opened and closed, with",
            f"{lived.processor:.0f} % of a core. From minute {SETTLED} on, memory, open files and threads have to stay",
            f"as they are: {lived.grown:+.1f} MB (means of five minutes; budget {GROWTH:.0f} MB),",
            f"{lived.descriptors:+d} files and sockets, {lived.threads:+d} threads.",
            "",
            "| minute | memory, MB | files and sockets | threads |",
            "| ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
