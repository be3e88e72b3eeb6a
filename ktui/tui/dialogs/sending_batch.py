"""How far a batch is that is being sent, and a key that stops it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.door import Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.keymap import answer


class SendingBatchScreen(Dialog[None]):
    """Counts the actions that are sent. `escape` stops before the next one: what is sent stays sent."""

    BINDINGS: ClassVar[list[BindingType]] = [answer("escape,n", "stop", priority=True)]

    def __init__(self, title: str, total: int) -> None:
        super().__init__()
        self._title, self._total = title, total
        self._progress = ""
        self._is_over = False
        self.is_stopped = False
        """Whether the person does not want the rest to be sent."""

    def compose(self) -> ComposeResult:
        """The title, how far it is, the key."""
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog-title")
            yield Words(self._progress, classes="dialog-note")
            yield DialogKeys(Hint("esc", "stop before the next one", "screen.stop"))

    def on_screen_resume(self) -> None:
        """If all is sent by now, there is nothing to show."""
        if self._is_over:
            self.dismiss()

    def sends(self, number: int, what: str) -> None:
        """That action is being sent, which is the one with this number."""
        self._progress = f"Sending {number} of {self._total}: {what}…"
        for shown in self.query(".dialog-note").results(Words):
            shown.update(self._progress)

    def end(self) -> None:
        """Nothing more is sent: it goes, once it is in front."""
        self._is_over = True
        if self.is_on_stack:
            self.dismiss()

    def action_stop(self) -> None:
        """Send no more."""
        self.is_stopped = True
        self.dismiss()
