"""The overview: every rollout in scope, one per line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ktui import signs
from ktui.rollout.order import Standings, steady
from ktui.rollout.rollout import Rollout
from ktui.tui.door import Field, Words
from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting, Scroll, Span, shorten, width, wrap
from ktui.tui.keymap import bind, moving
from ktui.tui.messages import Open, OpenReport, SteerAll, View
from ktui.tui.overview import lines as overview_lines
from ktui.tui.overview.lines import SORTS
from ktui.tui.overview.measures import Measure, Measures
from ktui.tui.overview.rows import Rows
from ktui.tui.screen import LiveScreen, action_hints

if TYPE_CHECKING:
    from ktui.tui.detail.panels import RolloutPanels

SPLIT: Final = 160
"""Cells from which on the rollout under the cursor is shown beside the list."""

_BESIDE: Final = 72
"""Cells that it takes at least; where there are more, it takes two fifths of them."""

_EXPLANATION: Final = 2
"""Lines of the explanation at least; it gets all that the table leaves."""

_FIXED: Final = 7
"""Lines of the screen that are neither the table's nor the explanation's: header, totals, heading, keys, gaps."""

_OVER: Final = 5
"""Lines above and below the rollout beside the list: header, totals, keys, gaps."""

_READING: Final = timedelta(seconds=4)
"""How long after the cursor was moved the rows keep their places."""

_BATCH_HINTS: Final = (
    Hint("space", "pause, resume", "screen.steer('toggle_pause')"),
    Hint("p", "promote", "screen.steer('promote')"),
    Hint("b", "roll back", "screen.steer('rollback')"),
    Hint("a", "abort", "screen.steer('abort')"),
    Hint("s", "scale", "screen.steer('scale')"),
    Hint("R", "restart", "screen.steer('restart')"),
)
"""What can be done to several rollouts at once. To which of them it is open, the question says."""


class OverviewScreen(LiveScreen):
    """A table of rollouts, worst first, with the totals above.

    The one under the cursor is explained below the table; where there is room, it is shown in full beside it.
    """

    PAGE = "overview"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", id="overview.open"),
        bind("slash", "filter", id="overview.filter"),
        bind("o", "sort", id="overview.sort"),
        bind("z", "only_trouble", id="overview.trouble"),
        bind("v", "mark", id="overview.mark"),
        bind("asterisk", "mark_all", id="overview.mark_all"),
        bind("escape", "clear", id="overview.clear"),
        *moving("move", "page", where="move"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Rollout] = []
        self._table: Rows | None = None
        self._cursor: str | None = None
        self._at = 0
        """The row that the cursor was on last."""
        self._has_moved = False
        self._moved_at: datetime | None = None
        self._measures = Measures()
        self._standings = Standings()
        self._sort = "worst"
        self._filter = ""
        self._only = ""
        """One of `lines.ONLY` that rows are limited to; empty shows all."""
        self._marked: set[str] = set()
        self._has_been_covered = False
        self._beside: RolloutPanels | None = None
        """What is beside the list; it is made when there is room for it and a rollout to show."""

    def compose(self) -> ComposeResult:
        """Header, totals, table, explanation, hints."""
        yield Painting(id="header")
        yield Painting(id="notices")
        yield Painting(id="totals")
        with Horizontal(id="halves"), Vertical(id="list"):
            yield Painting(id="heading")
            yield Scroll(id="table")
            yield Painting(id="message")
            yield Painting(id="explanation")
        with Horizontal(id="filter-row"):
            yield Words("/")
            yield Field(id="filter", placeholder="namespace, name, phase, image or cause")
        yield Painting(id="hints")

    def on_mount(self) -> None:
        """Keys go to the table until the filter is asked for."""
        self.query_one("#table", Scroll).focus()

    @property
    def selected(self) -> str | None:  # noqa: D102
        return self._cursor

    @property
    def in_sight(self) -> frozenset[str]:  # noqa: D102
        if self._table is None or not self.is_drawable:
            return frozenset()
        rows = {self._table.row_at(line) for line in self.query_one("#table", Scroll).in_sight}
        return frozenset(self._rows[row].uid for row in rows)

    @property
    def is_moving(self) -> bool:  # noqa: D102 - a cell beside the list still flashes or fades
        return self._beside is not None and self._beside.is_shown and self._beside.is_moving

    @property
    def hint(self) -> str:
        """What to try first, until something was tried."""
        return "" if self._has_been_covered else self.ktui.options.hint

    def on_screen_suspend(self) -> None:
        """Another screen or a dialog has been opened: what to try first is known."""
        self._has_been_covered = True

    @property
    def _is_split(self) -> bool:
        """Whether the rollout under the cursor is shown beside the list."""
        return self.size.width >= SPLIT and bool(self._rows)

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        everything = list(app.live.rollouts.values())
        words = self._filter.lower().split()
        shown = self._shown(everything, words)
        self._rows = self._ordered(shown, now)
        self._marked &= app.live.rollouts.keys()
        at = self._place_cursor()
        beside = max(_BESIDE, self.size.width * 2 // 5) if self._is_split else 0
        cells = self.size.width - beside
        # One cell is left and right of everything, and one is kept for a scrollbar.
        measures = self._measures.of(everything)
        fitted = overview_lines.columns(measures, cells - 3)
        room = self._table_lines(is_split=bool(beside))
        heights = overview_lines.heights(self._rows, fitted, room, guarded=app.guarded, traffic=app.traffic)
        self._table = Rows(
            self._rows,
            heights,
            fitted,
            now,
            pending=app.pending,
            cursor=at,
            marked=self._marked,
            guarded=app.guarded,
            traffic=app.traffic,
            last=self._table,
        )
        self._show_table(self._table, at)
        self.query_one("#heading", Painting).show([overview_lines.heading(fitted)])
        self.query_one("#totals", Painting).show([self._strip(measures, now)])
        current = self._rows[at] if at is not None else None
        explanation = self.query_one("#explanation", Painting)
        explanation.display = not beside
        if not beside:
            lines = _EXPLANATION + max(0, room - sum(heights))
            explanation.show(overview_lines.explanation(current, cells - 2, lines))
        self._draw_beside(now, beside)
        self._say_why_empty(everything, cells)
        self.draw_chrome(now, app.title_line, chrome.counts(len(everything), app.live.pods), self._hints())

    def _shown(self, everything: Iterable[Rollout], words: Sequence[str]) -> list[Rollout]:
        """Those that the filter and the chip leave."""
        return [
            each
            for each in everything
            if overview_lines.belongs(each, self._only) and overview_lines.matches(each, words)
        ]

    def _ordered(self, shown: list[Rollout], now: datetime) -> list[Rollout]:
        """The rows in their order; none changes its place under the hands of someone who moves the cursor."""
        places = {rollout.uid: index for index, rollout in enumerate(self._rows)}
        if self._sort == "worst":
            if not self.ktui.live.is_settled:
                # What looked bad only because its pods were not known yet does not stay at the top.
                self._standings = Standings()
            rows = self._standings.worst_first(shown, now)
        else:
            rows = overview_lines.ordered(shown, self._sort)
        has_moved_lately = self._moved_at is not None and self._moved_at <= now < self._moved_at + _READING
        is_reading = has_moved_lately or (self._beside is not None and self._beside.is_read)
        return steady(rows, places) if is_reading else rows

    def _table_lines(self, *, is_split: bool) -> int:
        """The lines that the rows have; where the explanation is below them, it may use those that they leave."""
        # From the size of the screen: what the widgets measure is of the drawing before.
        room = self.size.height - _FIXED - self.notice_lines - self.has_class("-filtering")
        return room if is_split else room - _EXPLANATION

    def _show_table(self, rows: Rows, at: int | None) -> None:
        table = self.query_one("#table", Scroll)
        if at is None:
            table.show(rows)
            return
        line, before = rows.line_of(at), table.cursor_line
        table.show(rows, line, height=rows.height_of(at))
        if line != before:
            self.call_after_refresh(table.keep_in_sight, line)

    def _draw_beside(self, now: datetime, cells: int) -> None:
        """Show the rollout under the cursor in so many cells beside the list; in none where there is no room."""
        panels, is_split = self._beside, cells > 0
        if panels is None and is_split:
            # Nothing that the first frame, or a narrow terminal, should wait for.
            from ktui.tui.detail.panels import RolloutPanels  # noqa: PLC0415

            self._beside = RolloutPanels(id="rollout", is_beside=True)
            self.query_one("#halves", Horizontal).mount(self._beside)
        elif panels is not None and panels.display != is_split:
            if panels.is_read:
                self.query_one("#table", Scroll).focus()
            panels.display = is_split
        panels = self._beside
        if panels is not None and is_split and self._cursor is not None:
            panels.styles.width = cells
            lines = self.size.height - _OVER - self.notice_lines - self.has_class("-filtering")
            # A frame on the left, and a cell on both sides.
            panels.show(self._cursor, now, cells=cells - 3, lines=lines)

    def _place_cursor(self) -> int | None:
        """The cursor stays on its rollout wherever that moves; where it is gone, on what stands in its place."""
        if not self._rows:
            return None
        places = {rollout.uid: index for index, rollout in enumerate(self._rows)}
        # While the list is still coming in, the cursor of someone who has not moved it is on the worst of all.
        is_coming_in = self.ktui.live.pods is None and not self._has_moved
        at = 0 if is_coming_in else places.get(self._cursor or "")
        if at is None or is_coming_in:
            at = min(self._at, len(self._rows) - 1) if at is None else at
            self._cursor = self._rows[at].uid
        self._at = at
        return at

    def _strip(self, measures: list[Measure], now: datetime) -> list[Span]:
        notes = []
        if self._marked:
            hidden = len(self._marked - {rollout.uid for rollout in self._rows})
            notes.append(
                f"{signs.CHECK} {len(self._marked)} selected{f', {hidden} not in sight' if hidden else ''}, esc clears"
            )
        if self.ktui.guarded:
            countdown = self.ktui.countdown(now)
            notes.append(f"auto-abort is on for {len(self.ktui.guarded)}{f': {countdown}' if countdown else ''}")
        if self._only:
            notes.append(f"only {self._only}: {len(self._rows)} of {len(measures)}, z shows all")
        if self._filter:
            notes.append(f"{len(self._rows)} of {len(measures)} match “{self._filter}”, esc clears")
        if self._sort != "worst":
            notes.append(SORTS[self._sort])
        noted = Span("   " + " · ".join(notes) if notes else "", "key")
        cells = self.size.width - 2
        return shorten([*overview_lines.totals(measures, cells - width([noted])), noted], cells)

    def _say_why_empty(self, everything: list[Rollout], cells: int) -> None:
        message = self.query_one("#message", Painting)
        table = self.query_one("#table", Scroll)
        text: tuple[str, ...] = ()
        if not everything:
            text = self.ktui.emptiness
        elif not self._rows:
            what = f"matches “{self._filter}”" if self._filter else f"is {self._only}"
            text = (f"Nothing {what}.", "Press esc to see everything.")
        message.display = bool(text)
        table.display = self.query_one("#heading", Painting).display = not text
        lines: list[list[Span]] = [[]]
        for index, sentence in enumerate(text):
            lines += [[Span(part, "strong" if index == 0 else "dim")] for part in wrap(sentence, cells - 8, 4)]
        message.show(lines)

    def _hints(self) -> list[Hint]:
        keys = [Hint("enter", "open", "screen.open", bool(self._rows))]
        if self._beside is not None and self._beside.is_read:
            keys = [Hint("esc", "back to the list", "screen.clear")]
        elif self._is_split:
            keys.append(Hint("tab", "read beside it", "app.focus_next"))
        if self._marked:
            keys += [Hint("v", "select", "screen.mark"), Hint("*", "all", "screen.mark_all"), *_BATCH_HINTS]
        elif self._cursor is not None:
            keys += [*self.guard_hints, *self.pair_hints, *action_hints(self.ktui.offers(self._cursor))]
        return [
            *keys,
            *((Hint("h", "history", "screen.history"),) if self._cursor is not None else ()),
            *((Hint("l", "logs", "screen.logs"),) if self._cursor is not None else ()),
            *((Hint("e", "timeline", "screen.timeline"),) if self._cursor is not None else ()),
            Hint("f", "report", "screen.figures"),
            Hint("/", "filter", "screen.filter"),
            Hint("z", "everything" if self._only else "only trouble", "screen.only_trouble"),
            Hint("n", "namespace", "app.pick_namespace"),
            Hint("x", "context", "app.pick_context"),
            Hint("o", "sort", "screen.sort"),
            Hint("?", "help", "app.help"),
            Hint("q", "quit", "app.quit"),
        ]

    # Keys

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self._rows:
            places = [rollout.uid for rollout in self._rows]
            at = places.index(self._cursor) if self._cursor in places else 0
            self._cursor = places[max(0, min(len(places) - 1, at + by))]
            self._has_moved, self._moved_at = True, self.ktui.now()
            self.draw_now()

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        self.action_move(pages * self.query_one("#table", Scroll).page)

    def action_open(self) -> None:
        """Open the rollout under the cursor."""
        if self._cursor is not None and self._rows:
            self.post_message(Open(View.DETAIL, self._cursor, anew=True))

    def action_sort(self, order: str = "") -> None:
        """Take the next order, or that one."""
        orders = list(SORTS)
        self._sort = order or orders[(orders.index(self._sort) + 1) % len(orders)]
        self._moved_at = None
        self.draw_now()

    def action_only_trouble(self) -> None:
        """Show only rollouts with trouble, or everything again."""
        self.action_only("" if self._only else overview_lines.TROUBLE)

    def action_only(self, what: str) -> None:
        """Show only one of `lines.ONLY`; what is shown already, or nothing, shows everything again."""
        self._only = "" if what == self._only else what
        self.draw_now()

    def action_figures(self) -> None:
        """Open the figures of all that is shown."""
        is_chosen = self._filter or self.ktui.options.selector
        self.post_message(OpenReport(None, [rollout.uid for rollout in self._rows] if is_chosen else None))

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.add_class("-filtering")
        # At once: focus() would wait, and the keys that are typed next would be taken for actions.
        self.set_focus(self.query_one("#filter", Field))

    def action_mark(self) -> None:
        """Select the rollout under the cursor, or no longer."""
        if self._cursor is not None and self._rows:
            self._marked ^= {self._cursor}
            self.action_move(1)

    def action_mark_all(self) -> None:
        """Select all that are shown; if they are selected already, none of them."""
        shown = {rollout.uid for rollout in self._rows}
        self._marked = self._marked - shown if shown <= self._marked else self._marked | shown
        self.draw_now()

    @property
    def copied(self) -> tuple[str, str]:
        """The names of what is selected, or of the rollout under the cursor, as commands take them."""
        chosen = [each for each in self._rows if each.uid in self._marked] or [
            each for each in self._rows if each.uid == self._cursor
        ]
        names = [f"-n {each.namespace} {each.kind.lower()}/{each.name}" for each in chosen]
        return ("Its name" if len(names) == 1 else "Their names"), "\n".join(names)

    def action_steer(self, name: str) -> None:
        """Begin an action: on what is selected, else on the rollout under the cursor."""
        if not self._marked:
            super().action_steer(name)
            return
        in_sight = [rollout.uid for rollout in self._rows if rollout.uid in self._marked]
        self.ktui.hold_keys()
        self.post_message(SteerAll([*in_sight, *sorted(self._marked.difference(in_sight))], name))

    def action_clear(self) -> None:
        """Go back to the list; else leave the filter's line; else select nothing; else show everything again."""
        if self._beside is not None and self._beside.is_read:
            self.query_one("#table", Scroll).focus()
            return
        if self._marked and not self.has_class("-filtering"):
            self._marked.clear()
            self.draw_now()
            return
        if self._only and not self._filter and not self.has_class("-filtering"):
            self._only = ""
        self.query_one("#filter", Field).value = ""
        self._leave_filter()

    def on_input_changed(self, event: Field.Changed) -> None:
        """Filter while typing; the cursor goes to the best match, so that Enter opens it."""
        self._filter = event.value.strip()
        words = self._filter.lower().split()
        shown = self._shown(self.ktui.live.rollouts.values(), words)
        best = overview_lines.best_match(self._ordered(shown, self.ktui.now()), words) if words else None
        if best is not None:
            self._cursor, self._has_moved = best.uid, True
        self.draw_now()

    def on_input_submitted(self) -> None:
        """Keep the filter, and go back to the table."""
        if self.is_drawable:
            self._leave_filter()

    def _leave_filter(self) -> None:
        self.remove_class("-filtering")
        self.set_focus(self.query_one("#table", Scroll))
        self.draw_now()

    def on_scroll_picked(self, event: Scroll.Picked) -> None:
        """A click chooses a row; a click on the row that is chosen opens it."""
        if event.scroll.id == "table" and self._table is not None and event.line < len(self._table):
            before, self._cursor = self._cursor, self._rows[self._table.row_at(event.line)].uid
            self._has_moved = True
            self.draw_now()
            if event.opens or self._cursor == before:
                self.action_open()
