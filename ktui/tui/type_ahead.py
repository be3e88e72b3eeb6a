"""Keys that were typed ahead: they come faster than dialogs open, and none of them may act on what is below."""

from __future__ import annotations

from typing import Final

from textual import events

from ktui.tui.door import takes_text, type_into
from ktui.tui.own_keys_app import OwnKeysApp

_NEVER_HELD: Final = frozenset({"ctrl+c", "ctrl+z"})


class TypeAheadApp(OwnKeysApp):
    """An app that keeps what is typed while a dialog opens, and hands it to the dialog in the order it was typed in."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._is_holding = False
        self._held: list[events.Key] = []

    def hold_keys(self) -> None:
        """A dialog is about to open: keys are for it. Anyone who calls this sees to it that `release_keys` follows."""
        self._is_holding = True

    def release_keys(self) -> None:
        """The dialog is there, or none will come: the keys that were kept go to what is in front now."""
        if self._is_holding:
            self.call_later(self._hand_out)

    async def _hand_out(self) -> None:
        try:
            while self._held:
                # Some had been handed to the screen below when the hold began, and came back from there.
                first = min(self._held, key=lambda event: event.time)
                self._held.remove(first)
                await super().on_event(events.Key(first.key, first.character))
        finally:
            self._is_holding = False

    async def on_event(self, event: events.Event) -> None:
        """Keep a key that comes while a dialog opens."""
        if not (isinstance(event, events.Key) and not event.is_forwarded and self._keeps(event)):
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that no widget took: keep it if a dialog opens, type it if the focus is in a line of text by now.

        Keys come faster than the focus moves, of a quick typist and over a slow link. What is typed into the line
        itself does not come here.
        """
        if self._keeps(event):
            event.prevent_default()
        elif event.is_printable and event.character and takes_text(self.focused):
            event.prevent_default()
            type_into(self.focused, event.character)

    def _keeps(self, event: events.Key) -> bool:
        if self._is_holding and self.return_code is None and event.key not in _NEVER_HELD:
            self._held.append(event)
            return True
        return False
