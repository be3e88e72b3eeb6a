"""Whether to quit, with what that would leave behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.keys import DialogKeys
from ktui.tui.door import Words
from ktui.tui.draw.chrome import Hint
from ktui.tui.keymap import answer


class LeaveScreen(Dialog[bool]):
    """A question that is answered with yes or no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        answer("y", "dismiss(True)", priority=True),
        answer("n,escape,q", "dismiss(False)", priority=True),
    ]

    def __init__(self, unsettled: Sequence[tuple[str, str]], watched_over: Sequence[str]) -> None:
        """What is being sent, each with the command to look with; the names of what auto-abort is on for."""
        super().__init__()
        self._sentences = [
            f"{title}: it is being sent, and its outcome is not known yet. After quitting, check with: {check}"
            for title, check in unsettled
        ]
        if names := ", ".join(watched_over):
            self._sentences.append(
                f"Auto-abort is on for {names}: nothing is rolled back automatically once ktui has ended."
            )

    def compose(self) -> ComposeResult:
        """The question, what there is to know, the keys."""
        with Vertical(classes="dialog"):
            yield Words("Quit ktui?", classes="dialog-title")
            for sentence in self._sentences:
                yield Words(sentence, classes="dialog-note")
            yield DialogKeys(Hint("y", "quit", "screen.dismiss(True)"), Hint("n", "stay", "screen.dismiss(False)"))
