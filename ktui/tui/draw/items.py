"""A list of things that can be read one by one: a cursor goes from thing to thing, and Enter opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ktui.tui.draw.widgets import Line, Scroll
from ktui.tui.keymap import bind, moving


class Item(NamedTuple):
    """Lines that belong together. Only what has a key can be under the cursor, and be opened."""

    lines: tuple[Line, ...]
    key: str = ""


class ItemList(Scroll, inherit_bindings=False):
    """Items below one another. The cursor is seen only while the list has the focus.

    It stays on its item by key, wherever that moves; when the item goes, it stays at its place.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *moving("step", "page"),
        bind("enter", "open"),
    ]

    class Opened(Message):
        """The item under the cursor is to be shown in full."""

        def __init__(self, items: ItemList, key: str) -> None:
            super().__init__()
            self.items, self.key = items, key

        @property
        def control(self) -> ItemList:
            """The list that it is in."""
            return self.items

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._items: Sequence[Item] = ()
        self._starts: dict[str, int] = {}
        self._order: list[str] = []
        self._at = 0

    def begin(self) -> None:
        """Forget where the cursor was: what comes next is about something else."""
        self._items, self._starts, self._order, self._at = (), {}, [], 0
        self.scroll_to(y=0, animate=False)

    def hidden(self, height: int) -> int:
        """How many things are not in sight, or only in part, in so many lines."""
        return hidden(self._items, self.scroll_offset.y, height)

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these items."""
        before = self.chosen
        self._items = items
        self._starts, line = {}, 0
        for item in items:
            if item.key:
                self._starts[item.key] = line
            line += len(item.lines)
        self._order = list(self._starts)
        if before in self._starts:
            self._at = self._order.index(before)
        self._at = max(0, min(self._at, len(self._order) - 1))
        self._draw()

    @property
    def chosen(self) -> str:
        """The key of the item under the cursor; empty for none."""
        return self._order[self._at] if self._at < len(self._order) else ""

    @property
    def is_at_last(self) -> bool:
        """Whether the cursor is on the last item, or there is none."""
        return self._at >= len(self._order) - 1

    def choose(self, key: str) -> None:
        """Put the cursor on that item."""
        if key in self._starts:
            self._at = self._order.index(key)
            self._draw()

    def on_focus(self) -> None:
        """The cursor comes into sight."""
        self._draw()

    def on_blur(self) -> None:
        """The cursor is where the focus is."""
        self._draw()

    def action_step(self, by: int) -> None:
        """Move the cursor by so many items; what has no items is scrolled."""
        if not self._order:
            self.scroll_relative(y=by, animate=False)
            return
        at = max(0, min(len(self._order) - 1, self._at + by))
        if at == self._at:
            # Lines that belong to no item, above the first and below the last, can be read too.
            self.scroll_relative(y=by, animate=False)
        self._at = at
        self._draw()
        self._keep_chosen_in_sight()

    def action_page(self, pages: int) -> None:
        """Move by what is in sight."""
        top = self._starts.get(self.chosen, 0) + pages * self.page
        passed = [index for index, key in enumerate(self._order) if self._starts[key] <= top]
        self.action_step((passed[-1] if passed else 0) - self._at)

    def action_open(self) -> None:
        """Show the item under the cursor in full."""
        if self.chosen:
            self.post_message(self.Opened(self, self.chosen))

    async def on_click(self, event: events.Click) -> None:
        """A click runs the action below the mouse, or chooses an item; a second one opens it."""
        index = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= index < len(self._lines) and await self.click(self._lines[index], event.x - self.gutter.left):
            return
        above = [key for key in self._order if self._starts[key] <= index]
        if above and index < len(self._lines):
            self.choose(above[-1])
            if event.chain == 2:
                self.action_open()

    def _draw(self) -> None:
        lines = [line for item in self._items for line in item.lines]
        self.show(lines, self._starts.get(self.chosen) if self.has_focus else None)

    def _keep_chosen_in_sight(self) -> None:
        start = self._starts[self.chosen]
        end = next((self._starts[key] for key in self._order[self._at + 1 :]), len(self._lines))
        self.keep_in_sight(min(end - 1, start + self.page - 1))
        self.keep_in_sight(start)


def hidden(items: Sequence[Item], top: int, height: int) -> int:
    """How many items are not all within `height` lines from line `top` on."""
    line = number = 0
    for item in items:
        number += line < top or line + len(item.lines) > top + height
        line += len(item.lines)
    return number


def plain(items: Sequence[Item]) -> list[Line]:
    """The lines of all items."""
    return [line for item in items for line in item.lines]
