"""Ask for one value: how many pods, which image."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.door import Field, Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.keymap import answer


class AskScreen(Dialog[str | None]):
    """A line to fill in, selected at first. `check` says what is wrong with it, or nothing. Returns it, or None.

    `enter` says what Enter does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [answer("escape", "dismiss(None)")]

    def __init__(
        self,
        title: str,
        note: str,
        value: str,
        check: Callable[[str], str],
        *,
        enter: str = "preview: nothing is sent yet",
    ) -> None:
        super().__init__()
        self._title, self._note, self._value, self._check = title, note, value, check
        self._enter = enter

    def compose(self) -> ComposeResult:
        """A title, what is so now, the line, what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog-title")
            yield Words(self._note, classes="dialog-note")
            yield Field(self._value, select=True)
            yield Words("", classes="dialog-error")
            yield DialogKeys(Hint("enter", self._enter, "screen.take"), Hint("esc", "cancel", "screen.dismiss(None)"))

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Field).focus()

    def on_input_changed(self) -> None:
        """An old complaint does not fit what is typed now."""
        self.query_one(".dialog-error", Words).update("")

    def on_input_submitted(self) -> None:
        """Enter in the line takes it."""
        self.action_take()

    def action_take(self) -> None:
        """Take the value if it is one."""
        value = self.query_one(Field).value.strip()
        wrong = self._check(value)
        if wrong:
            self.query_one(".dialog-error", Words).update(wrong)
        else:
            self.dismiss(value)
