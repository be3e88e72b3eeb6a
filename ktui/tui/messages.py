"""What screens want done. They post these; the app does it.

A screen so needs neither the app nor the other screens, and a test can show it in an app that only records messages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from ktui.rollout.traffic.bluegreen import BlueGreen, Side


class View(Enum):
    """What a rollout can be looked at in."""

    DETAIL = auto()
    HISTORY = auto()
    TIMELINE = auto()
    AUDIT = auto()
    RESOURCES = auto()


class Open(Message):
    """Open a view of the rollout with this uid: over the screen in front or, `anew`, over the overview alone."""

    def __init__(self, view: View, uid: str, *, anew: bool = False) -> None:
        super().__init__()
        self.view, self.uid, self.anew = view, uid, anew


class OpenLogs(Message):
    """Open the logs of a rollout; with the uid of a `pod`, only its own. `is_old`: it is of an old revision."""

    def __init__(self, uid: str, pod: str = "", *, is_old: bool = False) -> None:
        super().__init__()
        self.uid, self.pod, self.is_old = uid, pod, is_old


class OpenReport(Message):
    """Open the report of one rollout; with None, of all of them, or `only` of those with these uids."""

    def __init__(self, uid: str | None, only: Collection[str] | None = None) -> None:
        super().__init__()
        self.uid, self.only = uid, only


class Steer(Message):
    """Begin an action: plan it, show it, and send it if the person agrees.

    `key` names what the key stands for, which may be one of two actions. `revision` is the one to roll back to; None is
    the one before.
    """

    def __init__(self, uid: str, key: str, *, revision: int | None = None) -> None:
        super().__init__()
        self.uid, self.key, self.revision = uid, key, revision


class SteerAll(Message):
    """Begin one action on several rollouts, in this order: one plan, one question, then one after another."""

    def __init__(self, uids: Sequence[str], key: str) -> None:
        super().__init__()
        self.uids, self.key = uids, key


class OpenBlueGreen(Message):
    """Open the Services that have that Deployment as one of their sides, if there are any."""

    def __init__(self, uid: str) -> None:
        super().__init__()
        self.uid = uid


class GoTo(Message):
    """Show another namespace, where empty is all of them, or what another context leads to."""

    def __init__(self, name: str, *, is_context: bool = False) -> None:
        super().__init__()
        self.name, self.is_context = name, is_context


class Guard(Message):
    """Turn auto-abort on for a rollout, or off."""

    def __init__(self, uid: str) -> None:
        super().__init__()
        self.uid = uid


class Follow(Message):
    """Announce what becomes of these rollouts from now on, or no longer."""

    def __init__(self, uids: Collection[str]) -> None:
        super().__init__()
        self.uids = uids


class Switch(Message):
    """Send a Service's traffic to another side: plan it, show it, and send it if the person agrees."""

    def __init__(self, state: BlueGreen, side: Side, *, force: bool) -> None:
        super().__init__()
        self.state, self.side, self.force = state, side, force
