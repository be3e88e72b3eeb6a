"""The overview: every rollout in scope, one per line."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ktui.model.resources import PODS
from ktui.rollout.rollout import Rollout
from ktui.tui.door import Field, Words
from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting, Scroll, Span
from ktui.tui.keymap import bind, moving
from ktui.tui.messages import Follow, Open, OpenReport, SteerAll, View
from ktui.tui.overview import choices
from ktui.tui.overview import lines as overview_lines
from ktui.tui.overview.beside import Beside, cells_beside
from ktui.tui.overview.columns import COLUMNS, columns, heading
from ktui.tui.overview.hints import hints
from ktui.tui.overview.lazy_rows import Rows
from ktui.tui.overview.listing import Listing
from ktui.tui.overview.measures import Measure, Measures
from ktui.tui.overview.row import heights
from ktui.tui.overview.selection import TROUBLE
from ktui.tui.screen import LiveScreen, action_hints

_EXPLANATION: Final = 2
"""Lines of the explanation at least; it gets all that the table leaves."""

_FIXED: Final = 7
"""Lines of the screen that are neither the table's nor the explanation's: header, totals, heading, keys, gaps."""

_OVER: Final = 5
"""Lines above and below the rollout beside the list: header, totals, keys, gaps."""


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
        self._listing = Listing()
        self._table: Rows | None = None
        self._measures = Measures()
        self._is_dense = False
        """Whether each rollout has one line, however much room there is."""
        self._is_tried = False
        """Whether a key was pressed, or another screen opened."""
        self._moves = False
        """Whether what is drawn next is the cursor at another place."""
        self._beside = Beside()

    def compose_body(self) -> ComposeResult:
        """Totals, table, explanation."""
        yield Painting(id="totals")
        with Horizontal(id="halves"), Vertical(id="list"):
            yield Painting(id="heading")
            yield Scroll(id="table")
            yield Painting(id="message")
            yield Painting(id="explanation")
            yield Painting(id="first-steps")
        with Horizontal(id="filter-row"):
            yield Words("/")
            yield Field(id="filter", placeholder="namespace, name, phase, image or cause")

    def on_mount(self) -> None:
        """Keys go to the table until the filter is asked for."""
        self.query_one("#table", Scroll).focus()
        options = self.ktui.options
        self._is_dense = choices.was_dense(options.folder)
        self._listing.begin(options.habits.sort or choices.last_order(options.folder), options.habits.filters)

    @property
    def selected(self) -> str | None:  # noqa: D102
        return self._listing.cursor

    @property
    def filtered_by(self) -> str:
        """What was typed to limit the rows; empty if nothing was."""
        return self._listing.filter

    @property
    def in_sight(self) -> frozenset[str]:  # noqa: D102
        if self._table is None or not self.is_drawable:
            return frozenset()
        rows = {self._table.row_at(line) for line in self.query_one("#table", Scroll).in_sight}
        return frozenset(self._listing.rows[row].uid for row in rows)

    @property
    def is_moving(self) -> bool:  # noqa: D102 - a cell beside the list still flashes or fades
        return self._beside.is_moving

    @property
    def _first_steps(self) -> str:
        """What to try first, until something was tried."""
        return "" if self._is_tried else self.ktui.options.hint

    def on_screen_suspend(self) -> None:
        """Another screen or a dialog has been opened: what to try first is known."""
        self._is_tried = True

    def on_key(self) -> None:
        """What to try first goes with the first key."""
        if self._first_steps:
            self._is_tried = True
            self.draw_now()

    @property
    def _columns(self) -> tuple[str, ...]:
        """The columns that a person wants to see, in their order."""
        return self.ktui.options.habits.columns or tuple(COLUMNS)

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        everything = list(app.live.rollouts.values())
        listing = self._listing
        at = listing.update(everything, now, is_settled=app.live.is_worked_out_once, is_read=self._beside.is_read)
        beside = self._cells_beside
        cells = self.size.width - beside
        # One cell is left and right of everything, and one is kept for a scrollbar.
        measures = self._measures.of(everything)
        fitted = columns(measures, cells - 3, self._columns)
        room = self._table_lines(is_split=bool(beside))
        # Where each has one line, no WHY goes on below its row.
        lines = 0 if self._is_dense else room
        taken = heights(
            self._listing.rows, fitted, lines, guarded=app.guarded, followed=app.followed, traffic=app.traffic
        )
        self._table = Rows(
            self._listing.rows,
            taken,
            fitted,
            now,
            pending=app.pending,
            cursor=at,
            marked=self._listing.marked,
            guarded=app.guarded,
            followed=app.followed,
            traffic=app.traffic,
            last=self._table,
        )
        self._show_table(self._table, at)
        self.query_one("#heading", Painting).show([heading(fitted)])
        self.query_one("#totals", Painting).show([self._strip(measures, now)])
        current = listing.rows[at] if at is not None else None
        explanation = self.query_one("#explanation", Painting)
        explanation.display = not beside
        if not beside:
            # The line of the first steps stays where it is, so that no row moves when they go.
            free = bool(self.ktui.options.hint) and self._is_tried
            below = _EXPLANATION + max(0, room - sum(taken)) + free
            explanation.show(overview_lines.explanation(current, cells - 2, below))
        first_steps = self.query_one("#first-steps", Painting)
        first_steps.display = bool(self._first_steps)
        first_steps.show([chrome.first_steps(self._first_steps, cells - 2)])
        if self._moves:
            # The cursor first: what is beside it takes as long as the whole list, and follows in a moment.
            self._moves = False
            self.call_after_refresh(self._follow_cursor)
        else:
            self._draw_beside(now, beside)
        self._say_why_empty(everything, cells)
        self.draw_chrome(
            now, app.title_line, chrome.counts(len(everything), app.live.pods, self._reading), self._hints()
        )

    @property
    def _reading(self) -> str:
        """How many pods have been read of the first list."""
        connection = self.ktui.connection
        return connection.progress.words(PODS) if connection is not None and self.ktui.live.pods is None else ""

    def _table_lines(self, *, is_split: bool) -> int:
        """The lines that the rows have; where the explanation is below them, it may use those that they leave."""
        # From the size of the screen: what the widgets measure is of the drawing before.
        others = self.other_lines + self.has_class("-filtering") + bool(self.ktui.options.hint)
        room = self.size.height - _FIXED - others
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

    @property
    def _cells_beside(self) -> int:
        """The cells that the rollout under the cursor has beside the list; 0 if there is no room, or no rollout."""
        return cells_beside(self.size.width) if self._listing.rows else 0

    def _follow_cursor(self) -> None:
        if self.is_front and self.is_drawable:
            self._draw_beside(self.ktui.now(), self._cells_beside)

    def _draw_beside(self, now: datetime, cells: int) -> None:
        """Show the rollout under the cursor in so many cells beside the list; with 0, nothing is beside it."""
        if not cells:
            if self._beside.is_read:
                self.query_one("#table", Scroll).focus()
            self._beside.hide()
        elif self._listing.cursor is not None:
            lines = self.size.height - _OVER - self.other_lines - self.has_class("-filtering")
            halves = self.query_one("#halves", Horizontal)
            self._beside.show(self._listing.cursor, now, halves, cells=cells, lines=lines)

    def _strip(self, measures: list[Measure], now: datetime) -> list[Span]:
        listing, guarded = self._listing, self.ktui.guarded
        countdown = self.ktui.countdown(now) if guarded else ""
        guards = f"auto-abort is on for {len(guarded)}{f': {countdown}' if countdown else ''}"
        notes = [*listing.selection_note(), *([guards] if guarded else []), *listing.limits_note(len(measures))]
        return overview_lines.strip(measures, notes, self.size.width - 2)

    def _say_why_empty(self, everything: list[Rollout], cells: int) -> None:
        text = self._listing.emptiness if everything else self.ktui.emptiness
        message = self.query_one("#message", Painting)
        message.display = bool(text)
        self.query_one("#table", Scroll).display = self.query_one("#heading", Painting).display = not text
        message.show(overview_lines.message(text, cells))

    def _hints(self) -> list[Hint]:
        actions: list[Hint] = []
        if self._listing.cursor is not None and not self._listing.marked:
            actions = [*self.guard_hints, *self.pair_hints, *action_hints(self.ktui.offers(self._listing.cursor))]
        return hints(self._listing, actions, is_split=bool(self._cells_beside), is_read=self._beside.is_read)

    # Keys

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self._listing.rows:
            self._listing.move(by, self.ktui.now())
            self._moves = True
            self.draw_now()

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        self.action_move(pages * self.query_one("#table", Scroll).page)

    def action_open(self) -> None:
        """Open the rollout under the cursor."""
        if self._listing.cursor is not None and self._listing.rows:
            self.post_message(Open(View.DETAIL, self._listing.cursor, anew=True))

    def action_sort(self, order: str = "") -> None:
        """Take the next order, or that one."""
        self._listing.sort_by(order)
        self.draw_now()
        if not self.ktui.options.habits.sort:
            self._warn(choices.keep_order(self.ktui.options.folder, self._listing.sort))

    def action_only_trouble(self) -> None:
        """Show only rollouts with trouble, or everything again."""
        self.action_only("" if self._listing.only else TROUBLE)

    def action_only(self, what: str) -> None:
        """Show only one of `lines.ONLY`; what is shown already, or nothing, shows everything again."""
        self._listing.only = "" if what == self._listing.only else what
        self.draw_now()

    def action_figures(self) -> None:
        """Open the figures of all that is shown."""
        is_chosen = self._listing.filter or self.ktui.options.selector
        self.post_message(OpenReport(None, [rollout.uid for rollout in self._listing.rows] if is_chosen else None))

    def action_filter(self) -> None:
        """Ask for a filter."""
        self.add_class("-filtering")
        # At once: focus() would wait, and the keys that are typed next would be taken for actions.
        self.set_focus(self.query_one("#filter", Field))

    @property
    def density(self) -> str:
        """What `action_density` would do."""
        return "as many lines as WHY takes" if self._is_dense else "one line each"

    def action_density(self) -> None:
        """Give each row one line, or as many as WHY takes and there is room for."""
        self._is_dense = not self._is_dense
        self._warn(choices.keep_density(self.ktui.options.folder, is_dense=self._is_dense))
        self.draw_now()

    def _warn(self, problem: str) -> None:
        if problem:
            self.ktui.notify(problem, severity="warning")

    def action_saved_filter(self, name: str) -> None:
        """Filter by the words that were saved under that name."""
        self.query_one("#filter", Field).value = f"@{name}"

    def action_mark(self) -> None:
        """Select the rollout under the cursor, or no longer."""
        listing = self._listing
        if listing.cursor is not None and listing.rows:
            listing.marked ^= {listing.cursor}
            self.action_move(1)

    def action_mark_all(self) -> None:
        """Select all that are shown; if they are selected already, none of them."""
        self._listing.mark_all()
        self.draw_now()

    @property
    def copied(self) -> tuple[str, str]:
        """The names of what is selected, or of the rollout under the cursor, as commands take them."""
        names = [f"-n {each.namespace} {each.kind.lower()}/{each.name}" for each in self._listing.chosen]
        return ("Its name" if len(names) == 1 else "Their names"), "\n".join(names)

    def action_steer(self, name: str) -> None:
        """Begin an action: on what is selected, else on the rollout under the cursor."""
        if not self._listing.marked:
            super().action_steer(name)
            return
        self.ktui.hold_keys()
        self.post_message(SteerAll(self._listing.chosen_uids, name))

    def action_follow(self) -> None:
        """Follow what is selected, else the rollout under the cursor; or no longer."""
        if self._listing.marked:
            self.post_message(Follow(self._listing.chosen_uids))
        else:
            super().action_follow()

    def action_clear(self) -> None:
        """Go back to the list; else leave the filter's line; else select nothing; else show everything again."""
        if self._beside.is_read:
            self.query_one("#table", Scroll).focus()
            return
        if self._listing.marked and not self.has_class("-filtering"):
            self._listing.marked.clear()
            self.draw_now()
            return
        if self._listing.only and not self._listing.filter and not self.has_class("-filtering"):
            self._listing.only = ""
        self.query_one("#filter", Field).value = ""
        self._leave_filter()

    def on_input_changed(self, event: Field.Changed) -> None:
        """Filter while typing; the cursor goes to the best match, so that Enter opens it."""
        live = self.ktui.live
        self._listing.search(
            event.value,
            live.rollouts.values(),
            self.ktui.now(),
            is_settled=live.is_worked_out_once,
            is_read=self._beside.is_read,
        )
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
            before, row = self._listing.cursor, self._listing.rows[self._table.row_at(event.line)]
            self._listing.choose(row.uid)
            self.draw_now()
            if event.opens or row.uid == before:
                self.action_open()
