"""What happened to one rollout, in order, and what happens to it now."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ktui.actions.audit import AuditLog
from ktui.actions.recorded_actions import recorded_actions
from ktui.rollout.timeline import Moment, RecordedAction
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import Item, ItemList
from ktui.tui.draw.widgets import Painting, Span
from ktui.tui.keymap import bind
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page, moment_page
from ktui.tui.rollout_screen import RolloutScreen
from ktui.tui.screen import action_hints
from ktui.tui.timeline import lines as timeline_lines


class TimelineScreen(RolloutScreen):
    """The newest stands at the end, as in a log; a reader at the end stays there as more comes."""

    PAGE = "timeline"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="timeline.back"),
        bind("e", "app.pop_screen", show=False),
        bind("t", "times", id="timeline.times"),
        bind("z", "only_trouble", id="timeline.warnings"),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._moments: tuple[Moment, ...] = ()
        self._recorded: tuple[RecordedAction, ...] = ()
        self._read_at: tuple[int, str] | None = None
        self._relative = True
        self._warnings_only = False
        self._follows = True
        self._is_going_to_the_end = False

    def compose_body(self) -> ComposeResult:
        """The rollout, what is shown of it, and the moments."""
        yield Painting(id="headline")
        yield Painting(id="heading")
        yield ItemList(id="moments")

    def on_mount(self) -> None:
        """Keys go from moment to moment."""
        self.query_one("#moments", ItemList).focus()

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        rollout = app.live.rollouts.get(self._uid)
        if rollout is not None:
            self._read_recorded_where_new(rollout.generation, self._pending)
            self._moments = app.live.timeline(self._uid, self._recorded)
        self._draw_headline(rollout)
        self._draw_moments(now)
        self.draw_chrome(now, app.title_line, (), self._hints(is_deleted=rollout is None))

    @property
    def _shown(self) -> list[Moment]:
        return [moment for moment in self._moments if moment.is_warning or not self._warnings_only]

    def _draw_moments(self, now: datetime) -> None:
        moments = self.query_one("#moments", ItemList)
        shown = self._shown
        text = f"warnings only: {len(shown)} of {len(self._moments)} entries"
        title = text if self._warnings_only else "the newest at the end"
        self.query_one("#heading", Painting).show([[Span("TIMELINE  ", "head"), Span(title, "dim")]])
        if not self._is_going_to_the_end:
            self._follows = moments.is_at_last and moments.scroll_offset.y >= moments.max_scroll_y
        room = max(30, moments.scrollable_content_region.width)
        items = timeline_lines.items(shown, now, room, relative=self._relative, most=moments.page)
        nothing = "Nothing that is a warning is known." if self._moments else "Nothing yet."
        moments.show_items(items or [Item(([Span(nothing, "dim")],))])
        if self._follows:
            if items:
                moments.choose(items[-1].key)
            self._is_going_to_the_end = True
            self.call_after_refresh(self._go_to_the_end, moments.scroll_offset.y)

    def _go_to_the_end(self, left: int) -> None:
        """Once it is known where the end is. Who has gone up since the view was `left` at that line stays up there."""
        if not self.is_drawable:
            # It was closed before that was drawn.
            return
        moments = self.query_one("#moments", ItemList)
        if moments.scroll_offset.y >= left:
            moments.scroll_end(animate=False, immediate=True)
        self._is_going_to_the_end = False

    def _hints(self, *, is_deleted: bool) -> list[Hint]:
        return [
            Hint("enter", "read", "screen.read"),
            Hint("t", "at what time" if self._relative else "how long ago", "screen.times"),
            Hint("z", "everything" if self._warnings_only else "warnings only", "screen.only_trouble"),
            *(action_hints(self.ktui.offers(self._uid)) if not is_deleted else ()),
            *self._last_hints,
        ]

    # What was done with ktui

    def _read_recorded_where_new(self, generation: int, pending: str) -> None:
        """Read the audit log when the screen opens, and when something may have been added to it."""
        if (generation, pending) != self._read_at:
            self._read_at = (generation, pending)
            self.run_worker(self._read_recorded(), group="recorded", exclusive=True)

    async def _read_recorded(self) -> None:
        try:
            self._recorded = await asyncio.to_thread(recorded_actions, AuditLog(self.ktui.options.audit), self._uid)
        except OSError:
            # The log is only one source of several; that it cannot be written is said when it should be.
            return
        self.draw_now()

    # Keys

    def action_read(self) -> None:
        """Show the moment under the cursor in full."""
        self.query_one("#moments", ItemList).action_open()

    def on_item_list_opened(self, event: ItemList.Opened) -> None:
        """Show it in full."""

        def make() -> Page | None:
            known = dict(zip(timeline_lines.keys(self._shown), self._shown, strict=True))
            return moment_page(known[event.key], self.ktui.now()) if event.key in known else None

        if make() is not None:
            self.app.push_screen(PageScreen(make, self.ktui.options.folder))

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return "The timeline", self.query_one("#moments", ItemList).text

    def action_times(self) -> None:
        """Show how long ago, or at what time."""
        self._relative = not self._relative
        self.draw_now()

    def action_only_trouble(self) -> None:
        """Show warnings only, or everything."""
        self._warnings_only = not self._warnings_only
        self.draw_now()
