"""The table that `make bench` prints, and whether budgets hold."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

WIDE: Final = 1.5
"""A budget is missed by a wide margin, and the run fails, where it is exceeded by this factor."""


@dataclass(frozen=True)
class Figure:
    """One figure with what it is measured against. `budget` None is a figure that no budget is set for.

    A budget is what a change must not exceed; the `aim` is what we would like to reach.
    """

    what: str
    measured: float
    unit: str
    budget: float | None = None
    baseline: str = ""
    aim: float | None = None

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        if self.measured <= self.budget:
            return "holds"
        return f"MISSED by {(self.measured / self.budget - 1) * 100:.0f} %"

    @property
    def aimed(self) -> str:
        """How far it is from what is aimed at; empty where nothing is."""
        if self.aim is None:
            return ""
        reached = "reached" if self.measured <= self.aim else f"{self.measured / self.aim:.1f} times that"
        return f"{number(self.aim)} {self.unit}: {reached}"

    @property
    def is_far_off(self) -> bool:
        return self.budget is not None and self.measured > WIDE * self.budget


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print one part of the table."""
    print(f"\n{title}", flush=True)
    for figure in figures:
        budget = f"{number(figure.budget)} {figure.unit}" if figure.budget is not None else ""
        measured = f"{number(figure.measured)} {figure.unit}"
        line = f"  {figure.what:<46} {measured:>12}  {budget:>12}  {figure.verdict:<17} {figure.baseline}"
        line += f"; aim {figure.aimed}" if figure.aimed else ""
        print(line.rstrip(), flush=True)


def machine() -> str:
    """What machine this is, how busy it is, and with which libraries ktui runs on it."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.system()} · "
        f"Python {platform.python_version()} · textual {version('textual')} · aiohttp {version('aiohttp')}"
    )


def head(machine: str, standing: str) -> None:
    """Print what machine this is and how the benchmarks stand on it, and the heading of the table."""
    print(machine)
    print(f"measured {standing}")
    print(f"  {'':<46} {'measured':>12}  {'budget':>12}  {'':<17} baseline, of the same run", flush=True)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def number(value: float) -> str:
    """A figure with three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
