"""The line of keys at the bottom of a dialog."""

from __future__ import annotations

from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting, width


class DialogKeys(Painting):
    """What can be pressed in a dialog, and clicked."""

    def __init__(self, *keys: Hint) -> None:
        super().__init__(classes="dialog-keys")
        self._keys = keys

    def on_mount(self) -> None:
        """Show the keys that there are at first."""
        self.offer(*self._keys)

    def on_resize(self) -> None:
        """Labels are as long as there is room for."""
        self.offer(*self._keys)

    def offer(self, *keys: Hint) -> None:
        """Show these keys. Without room a label ends at its colon, and then the last keys are left out."""
        self._keys = keys
        shown, room = list(keys), self.content_size.width
        if width(chrome.keys(shown)) > room > 0:
            shown = [key._replace(label=key.label.partition(":")[0]) for key in keys]
        while width(chrome.keys(shown)) > room > 0 and len(shown) > 1:
            del shown[-1]
        self.show([chrome.keys(shown)])
