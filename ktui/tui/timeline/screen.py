"""What happened to one rollout, in order, and what happens to it now."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType

from ktui.actions.audit import AuditLog
from ktui.actions.recorded_actions import recorded_actions
from ktui.rollout.timeline import Moment, RecordedAction
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import Item, ItemList
from ktui.tui.draw.widgets import Span
from ktui.tui.entries_screen import EntriesScreen
from ktui.tui.keymap import bind
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page, moment_page
from ktui.tui.timeline import lines as timeline_lines


class TimelineScreen(EntriesScreen):
    """The newest stands at the end, as in a log; a reader at the end stays there as more comes."""

    PAGE = "timeline"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("e", "app.pop_screen", show=False),
        bind("t", "times", id="timeline.times"),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._moments: tuple[Moment, ...] = ()
        self._recorded: tuple[RecordedAction, ...] = ()
        self._relative = True
        self._follows = True
        self._is_going_to_the_end = False

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        rollout = app.live.rollouts.get(self._uid)
        if rollout is not None:
            # Something may have been added to the audit log.
            self._read_again_for(self._read_recorded, rollout)
            self._moments = app.live.timeline(self._uid, self._recorded)
        self._draw_headline(rollout)
        self._draw_moments(now)
        self.draw_chrome(now, app.title_line, (), self._hints(is_deleted=rollout is None))

    @property
    def _shown(self) -> list[Moment]:
        return [moment for moment in self._moments if moment.is_warning or not self._warnings_only]

    def _draw_moments(self, now: datetime) -> None:
        moments = self._entry_list
        shown = self._shown
        text = f"warnings only: {len(shown)} of {len(self._moments)} entries"
        title = text if self._warnings_only else "the newest at the end"
        self._draw_heading([Span("TIMELINE  ", "head"), Span(title, "dim")])
        if not self._is_going_to_the_end:
            self._follows = moments.is_at_last and moments.scroll_offset.y >= moments.max_scroll_y
        items = timeline_lines.items(shown, now, self._entry_cells, relative=self._relative, most=moments.page)
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
        moments = self._entry_list
        if moments.scroll_offset.y >= left:
            moments.scroll_end(animate=False, immediate=True)
        self._is_going_to_the_end = False

    def _hints(self, *, is_deleted: bool) -> list[Hint]:
        times = Hint("t", "at what time" if self._relative else "how long ago", "screen.times")
        return self._entry_hints(times, is_deleted=is_deleted)

    # What was done with ktui

    async def _read_recorded(self) -> None:
        try:
            self._recorded = await asyncio.to_thread(recorded_actions, AuditLog(self.ktui.options.audit), self._uid)
        except OSError:
            # The log is only one source of several; that it cannot be written is said when it should be.
            return
        self.draw_now()

    # Keys

    def on_item_list_opened(self, event: ItemList.Opened) -> None:
        """Show it in full."""

        def make() -> Page | None:
            known = dict(zip(timeline_lines.keys(self._shown), self._shown, strict=True))
            return moment_page(known[event.key], self.ktui.now()) if event.key in known else None

        if make() is not None:
            self.app.push_screen(PageScreen(make, self.ktui.options.folder))

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return "The timeline", self._entry_list.text

    def action_times(self) -> None:
        """Show how long ago, or at what time."""
        self._relative = not self._relative
        self.draw_now()
