"""One side of the logs: its lines, followed to their end or held where one reads, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.strip import Strip

from ktui.tui.draw.widgets import Line, Painting, Scroll, between
from ktui.tui.keymap import bind
from ktui.tui.logs import lines as log_lines
from ktui.tui.logs.buffer import Entry, LogBuffer, Source
from ktui.tui.logs.feed import LogFeed
from ktui.tui.logs.lines import COLOURS, Ink, Layout, Lines, Rows, Times
from ktui.tui.logs.sources import Choice, Selection, Side

SHIFT = 16
"""Cells by which unwrapped lines are moved sideways."""


class LogView(Scroll, inherit_bindings=False):
    """The lines, with the keys of a pager. Who scrolls up wants to read: the view then stays where it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("down,j", "by(1)", show=False),
        bind("up,k", "by(-1)", show=False),
        bind("pagedown,ctrl+f", "page(1)", show=False),
        bind("pageup,ctrl+b", "page(-1)", show=False),
        bind("g,home", "first", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self._is_placing = False

    def place(self, row: int | None) -> None:
        """Show the lines from that row on, or their end; this is not a person scrolling."""
        self._is_placing = True
        self.scroll_to(y=self.max_scroll_y if row is None else row, animate=False, force=True)
        # A bar that is not to be seen yet does not know where the view is, and would show the top when it comes.
        self.vertical_scrollbar.position = self.scroll_offset.y
        self._is_placing = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A person who scrolls pauses, and follows again by reaching the end."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value):
            self.paused = round(new_value) < self.max_scroll_y

    def action_by(self, rows: int) -> None:
        """Scroll by so many rows."""
        self.scroll_to(y=max(0, min(self.max_scroll_y, self.scroll_offset.y + rows)), animate=False, force=True)

    def action_page(self, pages: int) -> None:
        """Scroll by what is in sight."""
        self.action_by(pages * max(1, self.page - 1))

    def action_first(self) -> None:
        """Go to the oldest line."""
        self.action_by(-len(self._lines))

    def render_line(self, y: int) -> Strip:  # noqa: D102
        # Rows scroll by for as long as one likes; only those in sight are worth keeping.
        if len(self._drawn) > 4 * self.page:
            self._drawn.clear()
        return super().render_line(y)


class LogPane(Vertical):
    """The logs of one side of a rollout."""

    def __init__(self, side: Side) -> None:
        super().__init__(id=f"logs-{side}", classes="log-pane")
        self.side = side
        self.feed = LogFeed()
        self.buffer = LogBuffer()
        self.selection: Selection | None = Selection()
        self.match: Entry | None = None
        """The match that one is at."""
        self._rows = Rows()
        self._layout = Layout(80)
        self._colours: dict[Source, int] = {}
        self._unseen = 0
        self._connected = False

    def compose(self) -> ComposeResult:
        """Whose logs, remarks, the lines."""
        yield Painting(classes="log-title")
        yield Painting(classes="log-remarks")
        yield LogView()

    @property
    def view(self) -> LogView:
        """The lines on the screen."""
        return self.query_one(LogView)

    @property
    def is_paused(self) -> bool:
        """Whether the lines stand still while others come."""
        return self.view.paused

    async def on_unmount(self) -> None:
        """Stop following."""
        await self.feed.aclose()

    async def begin_anew(self) -> None:
        """Forget every line: other logs are wanted."""
        await self.feed.aclose()
        self.feed = LogFeed()
        term, only = self.buffer.term, self.buffer.only_matches
        self.buffer = LogBuffer()
        self.buffer.search(term)
        self.buffer.only_matches = only
        self.match, self._unseen, self._colours = None, 0, {}
        self._rows.lay(self.buffer.shown, self._layout)
        self.view.paused = False

    # What is shown

    def take(self, now: datetime) -> None:
        """Show what has come since; called many times a second, and cheap where nothing has."""
        new = self.feed.take()
        if not new:
            return
        top = self._top()
        change = self.buffer.add(new)
        self._rows.change(change)
        if self.view.paused:
            self._unseen += len(new)
        self._show(now, top)

    def lay(self, layout: Layout, now: datetime) -> None:
        """Lay the lines out so; `layout` leaves the room for names to the pane."""
        sources = [each.source for each in self.selection.watched] if self.selection is not None else []
        for source in sources:
            if source not in self._colours:
                self._colours[source] = len(self._colours) % COLOURS
        known = list(self._colours)
        several = len({source.container for source in known}) > 1
        label = log_lines.label_cells(known, with_container=several)
        cells = self.view.scrollable_content_region.width
        layout = layout._replace(cells=cells, label=label, with_container=several)
        if layout != self._layout:
            top = self._top()
            self._layout = layout
            self._rows.lay(self.buffer.shown, layout)
            self._show(now, top)
        elif layout.times is Times.RELATIVE or not self.buffer.shown:
            self._show(now, self._top())

    def _top(self) -> tuple[Entry, int] | None:
        """The line at the top of the view and which part of it, to find it again when others have come."""
        row = self.view.scroll_offset.y
        if row >= len(self._rows):
            return None
        index, part = self._rows.find(row)
        return self.buffer.shown[index], part

    def _show(self, now: datetime, top: tuple[Entry, int] | None) -> None:
        view, shown = self.view, self.buffer.shown
        if not shown:
            cells = max(30, view.scrollable_content_region.width)
            lines = log_lines.emptiness(
                self.selection, self.side, self.feed.statuses, connected=self._connected, cells=cells
            )
            view.show([] if self.buffer.only_matches and len(self.buffer) else lines)
            return
        ink = Ink(self._colours, self.buffer.term, now)
        view.show(Lines(shown, self._rows, self._layout, ink), self._row_of(self.match))
        if not view.paused:
            self._unseen = 0
            view.place(None)
        elif top is not None:
            entry, part = top
            view.place(self._rows.first_row(self.buffer.index(entry)) + part)

    def _row_of(self, entry: Entry | None) -> int | None:
        if entry is None:
            return None
        index = self.buffer.index(entry)
        is_there = index < len(self.buffer.shown) and self.buffer.shown[index] is entry
        return self._rows.first_row(index) if is_there else None

    def tell(self, choice: Choice, *, connected: bool, is_front: bool) -> None:
        """Say above the lines whose they are, and what is missing from them; `is_front` where the keys go here."""
        self._connected = connected
        cells = max(20, self.size.width - 1)
        title, remarks = self.query_one(".log-title", Painting), self.query_one(".log-remarks", Painting)
        if self.selection is None:
            return
        state = log_lines.following(self.feed.statuses, paused=self.view.paused, unseen=self._unseen)
        whose = log_lines.title(self.selection, self.side, choice, is_front=is_front)
        title.show([between(whose, state, cells)])
        lines = log_lines.remarks(self.selection, self.feed.statuses, self.buffer, cells)
        found: Sequence[Line] = [log_lines.search_state(self.buffer, self.match)] if self.buffer.term else []
        remarks.show([*lines, *found])

    # Keys

    def pause(self, *, paused: bool, now: datetime) -> None:
        """Hold the lines where they are, or follow them to their end again."""
        self.view.paused = paused
        self._show(now, self._top())

    def search(self, term: str, now: datetime) -> None:
        """Find a text from now on; nothing to find shows every line again."""
        top = self._top()
        self.buffer.search(term)
        self.match = None
        if not term:
            self.buffer.only_matches = False
        self._lay_again(now, top)

    def show_only_matches(self, only: bool, now: datetime) -> None:
        """Show only what the search finds, or everything."""
        top = self._top()
        self.buffer.only_matches = only
        self._lay_again(now, top)

    def _lay_again(self, now: datetime, top: tuple[Entry, int] | None) -> None:
        self._rows.lay(self.buffer.shown, self._layout)
        self._show(now, top)

    def go_to_match(self, by: int, now: datetime) -> None:
        """Go to the next match (1) or to the one before (-1); at first, to the last one above the end of the view."""
        if self.match is None:
            last = min(len(self._rows), self.view.scroll_offset.y + self.view.page) - 1
            at = self.buffer.shown[self._rows.find(last)[0]] if last >= 0 else None
            self.match = self._last_up_to(at)
        else:
            self.match = self.buffer.match_from(self.match, by)
        if self.match is None:
            return
        self.view.paused = True
        self._show(now, self._top())
        row = self._row_of(self.match)
        if row is not None:
            self.view.keep_in_sight(row)
            self.view.paused = True

    def _last_up_to(self, entry: Entry | None) -> Entry | None:
        if entry is not None and self.buffer.term in entry.text.lower():
            return entry
        return self.buffer.match_from(entry, -1)

    def saved(self) -> list[str]:
        """The lines that are shown, as they are written to a file."""
        return [log_lines.saved(entry) for entry in self.buffer.shown]

    def on_resize(self, event: events.Resize) -> None:
        """The end stays in sight when there is less room."""
        if not self.view.paused:
            self.call_after_refresh(self.view.place, None)
