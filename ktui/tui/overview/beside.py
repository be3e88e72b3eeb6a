"""The rollout under the cursor, in full beside the list of the overview, if the terminal is wide enough for both."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal

if TYPE_CHECKING:
    from ktui.tui.detail.panels import RolloutPanels

_SPLIT: Final = 160
"""Cells of the terminal from which on there is room for both."""

_LEAST: Final = 72
"""Cells that the rollout takes at least; in a wider terminal, it takes two fifths."""

_EDGES: Final = 3
"""Cells of these that are a frame on the left, and a gap on both sides."""


def cells_beside(width: int) -> int:
    """The cells beside the list in a terminal of this width; 0 if there is no room."""
    return max(_LEAST, width * 2 // 5) if width >= _SPLIT else 0


class Beside:
    """The panels beside the list. They are made when they are shown first."""

    def __init__(self) -> None:
        self._panels: RolloutPanels | None = None

    @property
    def is_read(self) -> bool:
        """Whether someone reads there: keys go to it instead of the list."""
        return self._panels is not None and self._panels.is_read

    @property
    def is_moving(self) -> bool:
        """Whether a cell there still flashes or fades."""
        return self._panels is not None and self._panels.is_shown and self._panels.is_moving

    def show(self, uid: str, now: datetime, halves: Horizontal, *, cells: int, lines: int) -> None:
        """Show that rollout in so many cells and lines, in the right half of these."""
        if self._panels is None:
            # Nothing that the first frame, or a narrow terminal, should wait for.
            from ktui.tui.detail.panels import RolloutPanels  # noqa: PLC0415

            self._panels = RolloutPanels(id="rollout", is_beside=True)
            halves.mount(self._panels)
        self._panels.display = True
        self._panels.styles.width = cells
        self._panels.show(uid, now, cells=cells - _EDGES, lines=lines)

    def hide(self) -> None:
        """Leave the list alone on the screen."""
        if self._panels is not None:
            self._panels.display = False
