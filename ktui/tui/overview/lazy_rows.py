"""The rows of the overview's table, which are made only when they are in sight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ktui.rollout.rollout import Rollout
from ktui.text import age
from ktui.tui.draw.lazy_lines import LazyLines
from ktui.tui.draw.widgets import Line
from ktui.tui.overview.columns import Columns
from ktui.tui.overview.row import row

if TYPE_CHECKING:
    from ktui.tui.draw.marks import Mark


class _Made(NamedTuple):
    """A row as it was drawn, and all that it was made from."""

    rollout: Rollout
    facts: tuple[object, ...]
    lines: Sequence[Line]


class Rows(LazyLines):
    """The lines of the table, each made when it is looked at. A row is one line, or more where there is room for WHY.

    A row that was in the last table, and that would say the same, is taken from there: of the rows in sight, a key
    changes two, and making a row takes as long as drawing one.
    """

    def __init__(
        self,
        rollouts: list[Rollout],
        heights: Sequence[int],
        fitted: Columns,
        now: datetime,
        *,
        pending: Mapping[str, str],
        cursor: int | None,
        marked: Collection[str],
        guarded: Collection[str],
        followed: Collection[str],
        traffic: Callable[[str], Mark | None],
        last: Rows | None,
    ) -> None:
        self._heights = heights
        self._starts = list(accumulate(heights, initial=0))
        """The line that each row begins on, and the number of all lines."""
        self._rollouts, self._fitted, self._now = rollouts, fitted, now
        self._pending, self._cursor, self._marked, self._guarded = pending, cursor, marked, guarded
        self._followed, self._traffic = followed, traffic
        self._made: dict[str, _Made] = {}
        self._made_before = last._made if last is not None else {}

    def __len__(self) -> int:
        return self._starts[-1]

    def line_of(self, index: int) -> int:
        """The first line of that row."""
        return self._starts[index]

    def height_of(self, index: int) -> int:
        """How many lines it has."""
        return self._heights[index]

    def row_at(self, line: int) -> int:
        """The row that a line belongs to."""
        return bisect_right(self._starts, line) - 1

    def line(self, index: int) -> Line:
        """The line at that place, of the row that it belongs to."""
        at = self.row_at(index)
        return self._row(at)[index - self._starts[at]]

    def _row(self, index: int) -> Sequence[Line]:
        rollout = self._rollouts[index]
        uid, pending, is_chosen = rollout.uid, self._pending.get(rollout.uid, ""), index == self._cursor
        is_marked, is_guarded = uid in self._marked, uid in self._guarded
        traffic, is_followed = self._traffic(uid), uid in self._followed
        most = self._heights[index]
        marks = (is_chosen, is_marked, is_guarded, is_followed, traffic)
        facts = (self._fitted, most, pending, *marks, age(rollout.since, self._now))
        made = self._made.get(uid) or self._made_before.get(uid)
        if made is None or made.rollout is not rollout or made.facts != facts:
            drawn = row(
                rollout,
                self._fitted,
                self._now,
                pending,
                is_chosen=is_chosen,
                is_marked=is_marked,
                is_guarded=is_guarded,
                is_followed=is_followed,
                traffic=traffic,
                most=most,
            )
            made = _Made(rollout, facts, drawn)
        self._made[uid] = made
        return made.lines
