"""The order of the rows and how many lines they have, as chosen last: the next dashboard begins with that.

Each is kept in a file beside the audit log.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ktui.tui.overview.selection import SORTS
from ktui.tui.terminal.remembered import chosen, remember

_ORDER: Final = "order"
_DENSITY: Final = "density"
_DENSE, _FULL = _DENSITIES = ("dense", "full")


def last_order(folder: Path | None) -> str:
    """The order that was chosen last; empty if none was."""
    return chosen(folder, _ORDER, SORTS)


def keep_order(folder: Path | None, order: str) -> str:
    """Keep it; returns why that failed, or nothing."""
    return _keep(folder, _ORDER, order, "The order")


def was_dense(folder: Path | None) -> bool:
    """Whether one line for each rollout was chosen last."""
    return chosen(folder, _DENSITY, _DENSITIES) == _DENSE


def keep_density(folder: Path | None, *, is_dense: bool) -> str:
    """Keep it; returns why that failed, or nothing."""
    return _keep(folder, _DENSITY, _DENSE if is_dense else _FULL, "How rows look")


def _keep(folder: Path | None, what: str, name: str, said: str) -> str:
    problem = remember(folder, what, name)
    return f"{said} is not remembered: {problem}." if problem else ""
