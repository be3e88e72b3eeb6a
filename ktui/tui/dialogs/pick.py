"""Choose one of a few, or of many by typing."""

from __future__ import annotations

from collections.abc import Sequence
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


class PickScreen(Dialog[str | None]):
    """A list that typing narrows. Returns the choice, or None.

    `free` lets a name be taken that is not in the list: who may not list namespaces can still name one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("escape", "dismiss(None)"),
        answer("down", "move(1)"),
        answer("up", "move(-1)"),
    ]

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], current: str, *, note: str = "", free: bool = False
    ) -> None:
        super().__init__()
        self._title, self._choices, self._current, self._note, self._free = title, choices, current, note, free

    def compose(self) -> ComposeResult:
        """A title, a line to type in, the choices."""
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog-title")
            if self._note:
                yield Words(self._note, classes="dialog-note")
            yield Field(placeholder="type to narrow, enter to take")
            yield Choices()
            yield DialogKeys(Hint("enter", "take", "screen.take"), Hint("esc", "cancel", "screen.dismiss(None)"))

    def on_mount(self) -> None:
        """Everything is there to choose from at first, the cursor on what is so now."""
        self.query_one(Field).focus()
        self._fill("")

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
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Enter in the line takes what is under the cursor."""
        self.action_take()

    def action_take(self) -> None:
        """Take what is under the cursor."""
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
