"""Which rollouts the overview lists, in which order, and where its cursor is. It knows no widget."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from ktui import signs
from ktui.rollout.order import Standings, steady
from ktui.rollout.rollout import Rollout
from ktui.tui.overview.selection import SORTS, belongs, best_match, matches, ordered

_READING: Final = timedelta(seconds=4)
"""How long after the cursor was moved the rows keep their places."""


class Listing:
    """The rows, with what they are limited to, what is selected, and the cursor, which stays on its rollout."""

    def __init__(self) -> None:
        self.rows: list[Rollout] = []
        self.cursor: str | None = None
        """The uid of the rollout that it is on."""
        self.marked: set[str] = set()
        self.sort = "worst"
        self.filter = ""
        self.only = ""
        """What rows are limited to (`selection.belongs`); empty shows all."""
        self._at = 0
        """The row that the cursor was on last."""
        self._has_moved = False
        self._was_settled = False
        self._moved_at: datetime | None = None
        self._standings = Standings()
        self._filters: Mapping[str, str] = {}

    def begin(self, sort: str, filters: Mapping[str, str]) -> None:
        """Begin in that order, if it is one; `filters` are words by the name that a person gave them."""
        self.sort, self._filters = sort or self.sort, filters

    def update(self, everything: Collection[Rollout], now: datetime, *, is_settled: bool, is_read: bool) -> int | None:
        """Take in what there is now, and tell the row that the cursor is on; None where there is no row.

        `is_settled` tells whether every rollout was worked out from all that there is, `is_read` whether someone reads
        beside the list.
        """
        self.rows = self._ordered(self._shown(everything), now, is_settled=is_settled, is_read=is_read)
        self.marked &= {rollout.uid for rollout in everything}
        was_settled, self._was_settled = self._was_settled, is_settled
        return self._place_cursor(is_coming_in=not was_settled)

    def _shown(self, everything: Iterable[Rollout]) -> list[Rollout]:
        """Those that the filter and the chip leave."""
        words = self._words
        return [each for each in everything if belongs(each, self.only) and matches(each, words)]

    @property
    def _words(self) -> list[str]:
        """The words of the filter; `@name` stands for those that were saved under that name."""
        words = (
            self._filters.get(word.removeprefix("@"), word) if word[0] == "@" else word for word in self.filter.split()
        )
        return " ".join(words).lower().split()

    def _ordered(self, shown: list[Rollout], now: datetime, *, is_settled: bool, is_read: bool) -> list[Rollout]:
        """The rows in their order; none changes its place under the hands of someone who moves the cursor."""
        places = {rollout.uid: index for index, rollout in enumerate(self.rows)}
        if self.sort == "worst":
            # What looks bad only because not all of it has been read yet does not stay at the top.
            standings = self._standings if is_settled else Standings()
            rows = standings.worst_first(shown, now)
        else:
            rows = ordered(shown, self.sort)
        has_moved_lately = self._moved_at is not None and self._moved_at <= now < self._moved_at + _READING
        return steady(rows, places) if has_moved_lately or is_read else rows

    def _place_cursor(self, *, is_coming_in: bool) -> int | None:
        """The cursor stays on its rollout wherever that moves; where it is gone, on what stands in its place."""
        if not self.rows:
            return None
        places = {rollout.uid: index for index, rollout in enumerate(self.rows)}
        # While the list is still coming in, the cursor of someone who has not moved it is on the worst of all.
        is_at_first = is_coming_in and not self._has_moved
        at = 0 if is_at_first else places.get(self.cursor or "")
        if at is None or is_at_first:
            at = min(self._at, len(self.rows) - 1) if at is None else at
            self.cursor = self.rows[at].uid
        self._at = at
        return at

    # What a person does

    def move(self, by: int, now: datetime) -> None:
        """Move the cursor by so many rows, as far as there are any."""
        if self.rows:
            places = [rollout.uid for rollout in self.rows]
            at = places.index(self.cursor) if self.cursor in places else 0
            self.cursor = places[max(0, min(len(places) - 1, at + by))]
            self._has_moved, self._moved_at = True, now

    def choose(self, uid: str) -> None:
        """Put the cursor on that rollout."""
        self.cursor, self._has_moved = uid, True

    def sort_by(self, order: str = "") -> None:
        """Take that order, or the next one."""
        orders = list(SORTS)
        self.sort = order or orders[(orders.index(self.sort) + 1) % len(orders)]
        self._moved_at = None

    def search(
        self, text: str, everything: Iterable[Rollout], now: datetime, *, is_settled: bool, is_read: bool
    ) -> None:
        """Filter; the cursor goes to the best match, so that Enter opens it."""
        self.filter = text.strip()
        if words := self._words:
            rows = self._ordered(self._shown(everything), now, is_settled=is_settled, is_read=is_read)
            best = best_match(rows, words)
            if best is not None:
                self.choose(best.uid)

    def mark_all(self) -> None:
        """Select all that are shown; if they are selected already, none of them."""
        shown = {rollout.uid for rollout in self.rows}
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown

    @property
    def chosen(self) -> Sequence[Rollout]:
        """What is selected and shown; the rollout under the cursor if nothing is."""
        marked = [each for each in self.rows if each.uid in self.marked]
        return marked or [each for each in self.rows if each.uid == self.cursor]

    @property
    def chosen_uids(self) -> list[str]:
        """What is selected, be it shown or not."""
        shown = [rollout.uid for rollout in self.rows if rollout.uid in self.marked]
        return [*shown, *sorted(self.marked.difference(shown))]

    # What is said of it

    def selection_note(self) -> list[str]:
        """How many are selected, if any are."""
        if not self.marked:
            return []
        hidden = len(self.marked - {rollout.uid for rollout in self.rows})
        unseen = f", {hidden} not shown" if hidden else ""
        return [f"{signs.CHECK} {len(self.marked)} selected{unseen}, esc clears"]

    @property
    def emptiness(self) -> tuple[str, ...]:
        """Why there are no rows although there are rollouts; empty if there are rows."""
        if self.rows:
            return ()
        what = f"matches “{self.filter}”" if self.filter else f"is {self.only}"
        return f"Nothing {what}.", "Press esc to see everything."

    def limits_note(self, total: int) -> list[str]:
        """What the rows are limited to, of so many, and their order."""
        return [
            *([f"only {self.only}: {len(self.rows)} of {total}, z shows all"] if self.only else []),
            *([f"{len(self.rows)} of {total} match “{self.filter}”, esc clears"] if self.filter else []),
            *([SORTS[self.sort]] if self.sort != "worst" else []),
        ]
