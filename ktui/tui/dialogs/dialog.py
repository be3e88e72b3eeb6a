"""What all dialogs share: they end once, however often and fast the key is pressed that ends them."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A question on top of a screen, with an answer."""

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Go away with an answer.

        Keys that were pressed before it was gone are still handed to it. They must not end the screen below as well,
        which is what Textual makes of a second call.
        """
        return super().dismiss(result) if self.is_active else AwaitComplete()
