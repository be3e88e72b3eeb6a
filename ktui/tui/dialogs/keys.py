"""The line of keys at the bottom of a dialog."""

from __future__ import annotations

from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting


class DialogKeys(Painting):
    """What can be pressed in a dialog, and clicked."""

    def __init__(self, *keys: Hint) -> None:
        super().__init__(classes="dialog-keys")
        self._keys = keys

    def on_mount(self) -> None:
        """Show the keys that there are at first."""
        self.offer(*self._keys)

    def offer(self, *keys: Hint) -> None:
        """Show these keys."""
        self.show([chrome.keys(keys)])
