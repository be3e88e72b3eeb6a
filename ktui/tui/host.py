"""What a part of the dashboard may ask of the app that it is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from ktui.live.listener import Listener
from ktui.tui.door import Said
from ktui.tui.draw.marks import Mark
from ktui.tui.draw.widgets import Line
from ktui.tui.options import Options

if TYPE_CHECKING:
    from ktui.live.recorder import Recorder
    from ktui.live.usage_feed import UsageFeed
    from ktui.plans.offers import Offer

Answer = TypeVar("Answer")


class Follower(Protocol):
    """A part that follows what is live. The app calls it; it asks the app for the rest."""

    @property
    def goes_by_the_clock(self) -> bool:
        """Whether it is updated once a second, be something heard or not."""

    def update(self) -> None:
        """What was heard is in the live state: it is about to be drawn."""

    def leave(self) -> None:
        """Another cluster or scope will be shown: nothing that is known holds there."""


class Host(Listener, Protocol):
    """The app, as its parts know it: what is live, what is being done, and what Textual's app does for all of them.

    What a part wants done it posts as one of `ktui.tui.messages`.
    """

    # What the dashboard was started with, and what it is connected to

    @property
    def options(self) -> Options:
        """What the dashboard was started with."""

    @property
    def title_line(self) -> str:
        """The cluster and the scope, as the header says them."""

    @property
    def badge(self) -> tuple[str, str] | None:
        """The word that marks the context, and its colour; mostly none."""

    @property
    def namespace(self) -> str:
        """The namespace that is shown; empty for all of them."""

    @property
    def contexts(self) -> Sequence[str]:
        """The contexts of the kubeconfig as it is now."""

    @property
    def notices(self) -> Sequence[str]:
        """What a person should know about all that is shown."""

    @property
    def emptiness(self) -> tuple[str, ...]:
        """Why no rollout is shown, and what to do about it."""

    def link_state(self, now: datetime) -> Line:
        """The state of the link, as the header shows it."""

    # What is known of rollouts beside the live state, by uid

    @property
    def recorder(self) -> Recorder:
        """What is recorded of rollouts."""

    @property
    def usage(self) -> UsageFeed | None:
        """What pods use; None before the first frame is out."""

    @property
    def chosen(self) -> str | None:
        """The uid of the rollout that keys would steer now."""

    @property
    def pending(self) -> Mapping[str, str]:
        """What is being done to which rollout."""

    @property
    def guarded(self) -> frozenset[str]:
        """The rollouts that auto-abort is on for."""

    @property
    def followed(self) -> frozenset[str]:
        """The rollouts that a person follows: what becomes of them is announced."""

    @property
    def opened(self) -> str | None:
        """The uid of the rollout whose screen is in front; None if the list is, or a screen of several."""

    def offers(self, uid: str) -> tuple[Offer, ...]:
        """The actions on a rollout, open or not."""

    def is_side(self, uid: str) -> bool:
        """Whether that Deployment takes turns with another behind a Service, as far as is known."""

    def traffic(self, uid: str) -> Mark | None:
        """Whether that Deployment gets the traffic of a Service; None if it is not a side, or that is not known."""

    def countdown(self, now: datetime, uid: str = "") -> str:
        """What auto-abort is about to do to that rollout, or to the one that comes first; empty for nothing."""

    # What it says and does

    @property
    def messages(self) -> Sequence[Said]:
        """What was said since ktui was started, the newest last."""

    def hold_keys(self) -> None:
        """A dialog is about to open: keys are for it. Anyone who calls this sees to it that `release_keys` follows."""

    def release_keys(self) -> None:
        """The dialog is there, or none will come: the keys that were kept go to what is in front now."""

    def action_retry(self) -> None:
        """Do not wait for the next attempt to connect."""

    def set_terminal_title(self, title: str) -> None:
        """Give the terminal's window or tab a title, if there is a terminal."""

    def notify_desktop(self, text: str, setting: str) -> None:
        """Show a notification of the desktop, if there is a terminal that can."""

    # What Textual's app does

    @property
    def screen(self) -> Screen[Any]:
        """The screen in front, which may be a dialog."""

    @property
    def focused(self) -> Widget | None:
        """The widget that keys go to."""

    def bell(self) -> None:
        """Ring the terminal's bell."""

    def post_message(self, message: Message) -> bool:
        """Have that done."""

    def push_screen(self, screen: Screen[Any]) -> object:
        """Show a screen."""

    async def push_screen_wait(self, screen: Screen[Answer]) -> Answer | None:
        """Show a dialog, and wait for its answer; None if the person left it."""
