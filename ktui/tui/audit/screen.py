"""Who did what to one rollout: ktui's log of this machine, and what the object tells of who wrote it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.worker import WorkType

from ktui.actions.audit import AuditLog, Entry
from ktui.actions.who_did_what import Deed, deeds
from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.model.reference import reference_to
from ktui.model.resources import unique_name
from ktui.rollout.writings import Writing, writings
from ktui.text import clean
from ktui.tui.audit import lines as audit_lines
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import Item, ItemList
from ktui.tui.draw.widgets import Painting, Span
from ktui.tui.keymap import bind
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page
from ktui.tui.rollout_screen import RolloutScreen
from ktui.tui.screen import action_hints

_MOST: Final = 1000
"""Entries of the log that are looked through."""


class AuditScreen(RolloutScreen):
    """The newest first. It is read when the screen opens, and when the object has changed."""

    PAGE = "audit"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="audit.back"),
        bind("E", "app.pop_screen", show=False),
        bind("z", "only_trouble", id="audit.warnings"),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._entries: Sequence[Entry] = ()
        self._writings: Sequence[Writing] = ()
        self._problem = ""
        self._is_read = False
        self._read_at: tuple[int, str] | None = None
        self._warnings_only = False

    def compose_body(self) -> ComposeResult:
        """The rollout, what is shown of it, and the deeds."""
        yield Painting(id="headline")
        yield Painting(id="heading")
        yield ItemList(id="moments")

    def on_mount(self) -> None:
        """Keys go from one to the next."""
        self.query_one("#moments", ItemList).focus()

    @property
    def _shown(self) -> list[Deed]:
        found = reversed(deeds(self._entries, self._writings))
        return [each for each in found if each.is_warning or not self._warnings_only]

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        rollout = app.live.rollouts.get(self._uid)
        if rollout is not None:
            self._read_where_new(rollout.generation, self._pending)
        self._draw_headline(rollout)
        what = "only what did not end well" if self._warnings_only else "who did what, the newest first"
        said = [Span("AUDIT  ", "head"), Span(what, "dim")]
        if self._problem:
            said.append(Span(f"   {self._problem}", "warn"))
        self.query_one("#heading", Painting).show([said])
        moments = self.query_one("#moments", ItemList)
        found = audit_lines.items(self._shown, now, max(30, moments.scrollable_content_region.width))
        nothing = "Nothing of that is known." if self._is_read else "Reading the object…"
        moments.show_items(found or [Item(([Span(nothing, "dim")],))])
        self.draw_chrome(now, app.title_line, (), self._hints(is_deleted=rollout is None))

    def _hints(self, *, is_deleted: bool) -> list[Hint]:
        return [
            Hint("enter", "read", "screen.read"),
            Hint("z", "everything" if self._warnings_only else "warnings only", "screen.only_trouble"),
            *(action_hints(self.ktui.offers(self._uid)) if not is_deleted else ()),
            *self._last_hints,
        ]

    # What is read

    def _read_where_new(self, generation: int, pending: str) -> None:
        if (generation, pending) != self._read_at:
            self._read_at = (generation, pending)
            # As a function: a worker that is cancelled before it begins must not leave an unawaited coroutine.
            read: WorkType[None] = self._read
            self.run_worker(read, group="recorded", exclusive=True)

    async def _read(self) -> None:
        self._problem = ""
        try:
            found = await asyncio.to_thread(AuditLog(self.ktui.options.audit).tail, _MOST)
            self._entries = [each for each in found if each.uid == self._uid]
        except OSError as error:
            self._problem = clean(f"the audit log cannot be read: {error.strerror}")
        workload, connection = self.ktui.live.store.workload(self._uid), self.ktui.connection
        if workload is not None and connection is not None:
            named = reference_to(workload)
            try:
                raw = await Api(connection).get(named.resource, workload.metadata.namespace, named.name)
                self._writings = writings(raw, unique_name(named.resource))
            except KubeError as error:
                self._problem = clean(f"what others wrote cannot be read: {error}")
        self._is_read = True
        self.draw_now()

    # Keys

    def action_read(self) -> None:
        """Show the one under the cursor in full."""
        self.query_one("#moments", ItemList).action_open()

    def on_item_list_opened(self, event: ItemList.Opened) -> None:
        """Show it in full."""
        shown = self._shown
        found = next((each for at, each in enumerate(shown) if audit_lines.key(each, at) == event.key), None)
        if found is not None:

            def make() -> Page:
                return audit_lines.page(found, self.ktui.now())

            self.app.push_screen(PageScreen(make, self.ktui.options.folder))

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return "The audit", self.query_one("#moments", ItemList).text

    def action_only_trouble(self) -> None:
        """Show only what did not end well, or everything."""
        self._warnings_only = not self._warnings_only
        self.draw_now()
