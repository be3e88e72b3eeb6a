"""Who did what to one rollout: ktui's log of this machine, and what the object tells of who wrote it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual.binding import BindingType

from ktui.actions.audit import AuditLog, Entry
from ktui.actions.who_did_what import Deed, deeds
from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.model.reference import reference_to
from ktui.model.resources import unique_name
from ktui.rollout.writings import Writing, writings
from ktui.text import clean
from ktui.tui.audit import lines as audit_lines
from ktui.tui.draw.items import Item, ItemList
from ktui.tui.draw.widgets import Span, wrap
from ktui.tui.entries_screen import EntriesScreen
from ktui.tui.keymap import bind
from ktui.tui.page.screen import PageScreen
from ktui.tui.page.sections import Page

_MOST: Final = 1000
"""Entries of the log that are looked through."""


class AuditScreen(EntriesScreen):
    """The newest first. It is read when the screen opens, when the object has changed, and when the link has."""

    PAGE = "audit"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("E", "app.pop_screen", show=False),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._entries: Sequence[Entry] = ()
        self._writings: Sequence[Writing] = ()
        self._problem = ""
        self._is_read = False

    @property
    def _shown(self) -> list[Deed]:
        found = reversed(deeds(self._entries, self._writings))
        return [each for each in found if each.is_warning or not self._warnings_only]

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        rollout = app.live.rollouts.get(self._uid)
        if rollout is not None:
            # A server that did not answer may do so once the link is another one.
            link = app.live.link
            self._read_again_for(self._read, rollout, link.state if link is not None else None)
        self._draw_headline(rollout)
        what = "only what did not end well" if self._warnings_only else "who did what, the newest first"
        self._draw_heading([Span("AUDIT  ", "head"), Span(what, "dim")])
        found = audit_lines.items(self._shown, now, self._entry_cells)
        nothing = "Nothing of that is known." if self._is_read else "Reading the object…"
        problem = [[Span(part, "warn")] for part in wrap(self._problem, self._entry_cells, 6)]
        said = [Item(tuple(problem))] if problem else []
        self._entry_list.show_items([*said, *(found or [Item(([Span(nothing, "dim")],))])])
        self.draw_chrome(now, app.title_line, (), self._entry_hints(is_deleted=rollout is None))

    # What is read

    async def _read(self) -> None:
        problems = []
        try:
            found = await asyncio.to_thread(AuditLog(self.ktui.options.audit).tail, _MOST)
            self._entries = [each for each in found if each.uid == self._uid]
        except OSError as error:
            problems.append(f"the audit log cannot be read: {error.strerror or error}")
        workload, connection = self.ktui.live.store.workload(self._uid), self.ktui.connection
        if workload is not None and connection is not None:
            named = reference_to(workload)
            try:
                raw = await Api(connection).get(named.resource, workload.metadata.namespace, named.name)
                self._writings = writings(raw, unique_name(named.resource))
            except KubeError as error:
                problems.append(f"what others wrote cannot be read: {error}")
        self._problem = clean("; ".join(problems))
        self._is_read = True
        self.draw_now()

    # Keys

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
        return "The audit", self._entry_list.text
