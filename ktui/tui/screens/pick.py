"""Choose one of a few, or of many by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from ktui.text import clean
from ktui.tui.chrome import Hint
from ktui.tui.screens.dialog import Dialog
from ktui.tui.screens.keys import DialogKeys


class PickScreen(Dialog[str | None]):
    """A list that typing narrows. Returns the choice, or None.

    `free` lets a name be taken that is not in the list: who may not list namespaces can still name one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel"),
        Binding("down", "move(1)", "down", show=False),
        Binding("up", "move(-1)", "up", show=False),
    ]

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], current: str, *, note: str = "", free: bool = False
    ) -> None:
        super().__init__()
        self._title, self._choices, self._current, self._note, self._free = title, choices, current, note, free

    def compose(self) -> ComposeResult:
        """A title, a line to type in, the choices."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="dialog-title", markup=False)
            if self._note:
                yield Label(self._note, classes="dialog-note", markup=False)
            yield Input(placeholder="type to narrow, enter to take", compact=True)
            yield OptionList()
            yield DialogKeys(Hint("enter", "take", "screen.take"), Hint("esc", "cancel", "screen.dismiss(None)"))

    def on_mount(self) -> None:
        """Everything is there to choose from at first, the cursor on what is so now."""
        self.query_one(Input).focus()
        self._fill("")

    def _fill(self, typed: str) -> None:
        choices = self.query_one(OptionList)
        choices.clear_options()
        words = typed.lower().split()
        for value, label in self._choices:
            if all(word in label.lower() for word in words):
                mark = "● " if value == self._current else "  "
                choices.add_option(Option(Content(mark + clean(label)), id=f"choice:{value}"))
        name = typed.strip()
        if self._free and name and name not in dict(self._choices):
            # What was typed in full is not to become a longer name that happens to begin so.
            choices.add_option(Option(Content(f"  {clean(name)}, as typed"), id=f"choice:{name}"))
        values = [option.id for option in choices.options]
        wanted = f"choice:{self._current}"
        if values:
            # A name in full is meant, even where a longer one contains it.
            known = f"choice:{name}" if name in dict(self._choices) else wanted if not words else ""
            choices.highlighted = values.index(known) if known in values else 0

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Enter in the line takes what is under the cursor."""
        self.action_take()

    def action_take(self) -> None:
        """Take what is under the cursor."""
        choices = self.query_one(OptionList)
        if choices.highlighted is not None and choices.option_count:
            option = choices.get_option_at_index(choices.highlighted)
            self.dismiss((option.id or "").removeprefix("choice:"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take what was clicked."""
        self.dismiss((event.option_id or "").removeprefix("choice:"))

    def action_move(self, by: int) -> None:
        """Move through the list while the keys go to the line above it."""
        choices = self.query_one(OptionList)
        if by > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()
