"""An app in which own keys (config.toml) mean what keys of ktui mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual import events

from ktui.tui.dismissal import SafeToDismiss
from ktui.tui.door import takes_text
from ktui.tui.ending import EndingApp

_SAME: Final = {"ctrl+@": "ctrl+space"}
"""Keys for which most terminals send the same character as for the key that config.toml names."""


class OwnKeysApp(EndingApp):
    """An app that takes an own key for the key of ktui that means the same."""

    own_keys: Mapping[str, str] = {}
    """The key of ktui for what each own key means (`ktui.tui.own_keys`)."""

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; an own key as the one that it stands for."""
        if isinstance(event, events.Key) and not event.is_forwarded and self._steers:
            known = self.own_keys.get(_SAME.get(event.key, event.key))
            event = event if known is None else events.Key(known, known if len(known) == 1 else None)
        await super().on_event(event)

    @property
    def _steers(self) -> bool:
        """Whether keys mean what the keymap says: not while text is typed or a question is answered."""
        if not self.own_keys or not self.screen_stack or takes_text(self.focused):
            return False
        front: Any = self.screen
        return not (isinstance(front, SafeToDismiss) and front.takes_answers)
