"""Choose one of a few, or of many by typing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ktui import signs
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.door import Choices, Field, Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.keymap import answer

Found = tuple[Sequence[tuple[str, str]], str]
"""What there is to choose from, as value and label, and a note on it, which may be empty."""


class PickScreen(Dialog[str | None]):
    """A list that typing narrows. Returns the choice, or None.

    With `find` it opens before all choices are known, and takes what is typed meanwhile. `free` lets a name be taken
    that is not in the list: who may not list namespaces can still name one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("escape", "dismiss(None)"),
        answer("down", "move(1)"),
        answer("up", "move(-1)"),
    ]

    def __init__(
        self,
        title: str,
        choices: Sequence[tuple[str, str]],
        current: str,
        *,
        note: str = "",
        free: bool = False,
        find: Callable[[], Awaitable[Found]] | None = None,
    ) -> None:
        super().__init__()
        self._title, self._choices, self._current, self._free = title, choices, current, free
        self._note, self._find = note, find
        self._is_taken = False

    def compose(self) -> ComposeResult:
        """A title, a line to type in, the choices."""
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog-title")
            yield Words(self._note, classes="dialog-note")
            yield Field(placeholder="type to narrow, enter to take")
            yield Choices()
            yield DialogKeys(Hint("enter", "take", "screen.take"), Hint("esc", "cancel", "screen.dismiss(None)"))

    def on_mount(self) -> None:
        """Everything is there to choose from at first, the cursor on what is so now."""
        self.query_one(Field).focus()
        self._say(self._note)
        if self._find is None:
            self._fill("")
        else:
            self.run_worker(self._search(self._find), exclusive=True)

    async def _search(self, find: Callable[[], Awaitable[Found]]) -> None:
        self._choices, note = await find()
        self._find = None
        self._say(note)
        self._fill(self.query_one(Field).value)
        if self._is_taken:
            self.action_take()

    def _say(self, note: str) -> None:
        words = self.query_one(".dialog-note", Words)
        words.update(note)
        words.display = bool(note)

    def _fill(self, typed: str) -> None:
        words = typed.lower().split()
        offered = [
            (value, f"{signs.DISC if value == self._current else ' '} {label}")
            for value, label in self._choices
            if all(word in label.lower() for word in words)
        ]
        name = typed.strip()
        if self._free and name and name not in dict(self._choices):
            # What was typed in full is not to become a longer name that happens to begin so.
            offered.append((name, f"  {name}, as typed"))
        choices = self.query_one(Choices)
        choices.fill(offered)
        values = choices.values
        if values:
            # A name in full is meant, even where a longer one contains it.
            known = name if name in dict(self._choices) else None if words else self._current
            choices.highlighted = values.index(known) if known in values else 0

    def on_input_changed(self, event: Field.Changed) -> None:
        """Narrow the list."""
        self._is_taken = False
        if self._find is None:
            self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Enter in the line takes what is under the cursor."""
        self.action_take()

    def action_take(self) -> None:
        """Take what is under the cursor, once it is known what there is."""
        self._is_taken = True
        chosen = self.query_one(Choices).chosen
        if chosen is not None:
            self.dismiss(chosen)

    def on_option_list_option_selected(self, event: Choices.OptionSelected) -> None:
        """Take what was clicked."""
        self.dismiss(Choices.value_of(event.option_id))

    def action_move(self, by: int) -> None:
        """Move through the list while the keys go to the line above it."""
        choices = self.query_one(Choices)
        if by > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()
