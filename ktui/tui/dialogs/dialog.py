"""What all dialogs share: they cover a screen, and end once, however often the key is pressed that ends them."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from textual.screen import ModalScreen
from textual.widget import Widget

from ktui.tui.dismissal import Answer, SafeToDismiss

_SHORT: Final = 16
"""Below so many lines a dialog has no padding."""

_STRIPS: Final = 24
"""Cells beside a dialog, on both sides together, below which nothing is to be seen of the screen below."""


@runtime_checkable
class _HoldsKeys(Protocol):
    def release_keys(self) -> None: ...


class Dialog(ModalScreen[Answer], SafeToDismiss[Answer]):
    """A question on top of a screen, with an answer."""

    takes_answers = True

    def on_screen_resume(self) -> None:
        """Once it is composed, and keys go to its lines, it takes those that were typed while it opened."""
        app: object = self.app
        if isinstance(app, _HoldsKeys):
            self.call_after_refresh(app.release_keys)

    def on_resize(self) -> None:
        """In a small terminal the dialog has the screen for itself, without padding."""
        self.set_class(self.size.height - self.accompanied < _SHORT, "-short")
        self.call_after_refresh(self._hide_strips)

    def _hide_strips(self) -> None:
        # What would be left of the screen below are halves of words.
        for dialog in self.query(".dialog"):
            self.set_class(self.size.width - dialog.outer_size.width < _STRIPS, "-alone")

    def fit(self, text: Widget, lines: int) -> None:
        """Give the text so many lines, or as many as leave title and keys in sight."""
        dialog = self.query_one(".dialog")
        others = sum(
            child.outer_size.height + child.styles.margin.height for child in dialog.children if child is not text
        )
        room = self.size.height - self.accompanied
        most = room if self.has_class("-short") else room * 9 // 10
        text.styles.height = max(1, min(lines, most - dialog.gutter.height - others))
