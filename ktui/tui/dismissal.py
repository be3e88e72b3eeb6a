"""Screens that may be dismissed at any moment: before Textual has composed them, and more than once."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, runtime_checkable

from textual import events
from textual._styles_cache import StylesCache
from textual.await_complete import AwaitComplete
from textual.message_pump import Callback
from textual.screen import Screen

Answer = TypeVar("Answer")


@runtime_checkable
class _Accompanies(Protocol):
    def accompany(self, screen: Screen[Any]) -> None: ...


class SafeToDismiss(Screen[Answer]):
    """A screen that ends once, and for which nothing happens after that.

    Two quick keys open a screen and dismiss it before it is composed. Textual then composes nothing, yet sends it its
    Mount event anyway, and a handler would look for widgets that do not exist.
    """

    takes_answers = False
    """Whether keys are answers here (`keymap.ANSWERS`), and mean nothing else."""
    accompanied = 0
    """Lines at the bottom that are not its own: those of what accompanies every screen."""

    def on_mount(self) -> None:
        """Take what accompanies every screen."""
        if isinstance(app := self.app, _Accompanies):
            app.accompany(self)

    @property
    def is_on_stack(self) -> bool:
        """Whether it is on the stack of screens: shown, or covered by another."""
        return self.is_attached and self in self.app.screen_stack

    async def on_event(self, event: events.Event) -> None:
        """Handle an event. Once the screen has gone, those that expect its widgets mean nothing."""
        if self.is_on_stack or not isinstance(event, (events.Mount, events.Resize, events.InputEvent)):
            await super().on_event(event)

    def call_after_refresh(self, callback: Callback, *args: Any, **kwargs: Any) -> bool:
        """Call it once all is drawn, if the screen is still there then: it may look for widgets."""

        def if_there() -> Any:
            return callback(*args, **kwargs) if self.is_on_stack else None

        return super().call_after_refresh(if_there)

    def on_unmount(self) -> None:
        """Leave nothing behind: the last 1,024 widgets are keys of a cache of Textual's, with all that they drew."""
        # Of two colours for each; `StylesCache.get_inner_outer` has the widget's own cache as its first argument.
        StylesCache.get_inner_outer.cache_clear()

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Go away with an answer.

        Keys that were pressed before it was gone are still handed to it. They must not end the screen below as well,
        which is what Textual makes of a second call.
        """
        return super().dismiss(result) if self.is_active else AwaitComplete()
