"""The rows of the overview's table, which are made only when they are in sight."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, overload

from ktui.rollout.rollout import Rollout
from ktui.text import age
from ktui.tui.draw.widgets import Line
from ktui.tui.overview import lines
from ktui.tui.overview.lines import Columns

if TYPE_CHECKING:
    from ktui.tui.draw.marks import Mark


class _Made(NamedTuple):
    """A row as it was drawn, and all that it was made from."""

    rollout: Rollout
    facts: tuple[object, ...]
    line: Line


class Rows(Sequence[Line]):
    """The rows of the table, each made when it is looked at.

    A row that was in the last table, and that would say the same, is taken from there: of the rows in sight, a key
    changes two, and making a row takes as long as drawing one.
    """

    def __init__(
        self,
        rollouts: list[Rollout],
        fitted: Columns,
        now: datetime,
        pending: Mapping[str, str],
        cursor: int | None,
        *,
        marked: Collection[str],
        guarded: Collection[str],
        traffic: Callable[[str], Mark | None],
        last: Rows | None,
    ) -> None:
        self._rollouts, self._fitted, self._now = rollouts, fitted, now
        self._pending, self._cursor, self._marked, self._guarded = pending, cursor, marked, guarded
        self._traffic = traffic
        self._made: dict[str, _Made] = {}
        self._made_before = last._made if last is not None else {}

    def __len__(self) -> int:
        return len(self._rollouts)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        rollout = self._rollouts[index]
        uid, pending, is_chosen = rollout.uid, self._pending.get(rollout.uid, ""), index == self._cursor
        is_marked, is_guarded = uid in self._marked, uid in self._guarded
        traffic = self._traffic(uid)
        facts = (self._fitted, pending, is_chosen, is_marked, is_guarded, traffic, age(rollout.since, self._now))
        made = self._made.get(uid) or self._made_before.get(uid)
        if made is None or made.rollout is not rollout or made.facts != facts:
            line = lines.row(
                rollout,
                self._fitted,
                self._now,
                pending,
                is_chosen=is_chosen,
                is_marked=is_marked,
                is_guarded=is_guarded,
                traffic=traffic,
            )
            made = _Made(rollout, facts, line)
        self._made[uid] = made
        return made.line
