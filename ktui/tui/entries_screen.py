"""What the screens of one rollout share that list entries: the timeline and the audit."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.worker import WorkType

from ktui.rollout.rollout import Rollout
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.items import ItemList
from ktui.tui.draw.widgets import Line, Painting
from ktui.tui.keymap import bind
from ktui.tui.rollout_screen import RolloutScreen
from ktui.tui.screen import action_hints


class EntriesScreen(RolloutScreen):
    """A list under the headline of the rollout. Enter shows an entry in full, `z` only warnings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="entries.back"),
        bind("z", "only_trouble", id="entries.warnings"),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._read_for: tuple[Hashable, ...] | None = None
        self._warnings_only = False

    def compose_body(self) -> ComposeResult:
        """The rollout, what is shown of it, and the entries."""
        yield Painting(id="headline")
        yield Painting(id="heading")
        yield ItemList(id="entries")

    def on_mount(self) -> None:
        """Keys go from entry to entry."""
        self._entry_list.focus()

    @property
    def _entry_list(self) -> ItemList:
        return self.query_one("#entries", ItemList)

    @property
    def _entry_cells(self) -> int:
        """The cells that an entry has."""
        return max(30, self._entry_list.scrollable_content_region.width)

    def _draw_heading(self, heading: Line) -> None:
        self.query_one("#heading", Painting).show([heading])

    def _read_again_for(self, read: WorkType[None], rollout: Rollout, *others: Hashable) -> None:
        """Read when the screen opens, and when the rollout, what is being done to it, or something else has changed.

        `read` is a function: a worker that is cancelled before it begins must not leave an unawaited coroutine.
        """
        wanted = (rollout.generation, self._pending, *others)
        if wanted != self._read_for:
            self._read_for = wanted
            self.run_worker(read, group="recorded", exclusive=True)

    def _entry_hints(self, *more: Hint, is_deleted: bool) -> list[Hint]:
        """The keys of the list, these, and those of the rollout."""
        return [
            Hint("enter", "read", "screen.read"),
            *more,
            Hint("z", "everything" if self._warnings_only else "warnings only", "screen.only_trouble"),
            *(action_hints(self.ktui.offers(self._uid)) if not is_deleted else ()),
            *self._last_hints,
        ]

    # Keys

    def action_read(self) -> None:
        """Show the entry under the cursor in full."""
        self._entry_list.action_open()

    def action_only_trouble(self) -> None:
        """Show warnings only, or everything."""
        self._warnings_only = not self._warnings_only
        self.draw_now()
