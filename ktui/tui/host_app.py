"""The app, as its parts may ask it (`host.Host`): each question is answered by the part that knows.

Most parts are made after the first frame; until then, there is nothing to be known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ktui.live.live import Live
from ktui.live.recorder import Recorder
from ktui.tui.draw import chrome
from ktui.tui.draw.widgets import Line
from ktui.tui.ending import Unsettled
from ktui.tui.options import Options
from ktui.tui.rollout_screen import RolloutScreen
from ktui.tui.screen import LiveScreen, front_of
from ktui.tui.type_ahead import TypeAheadApp

if TYPE_CHECKING:
    from ktui.kube.connection import Connection
    from ktui.live.session import Session
    from ktui.live.usage_feed import UsageFeed
    from ktui.plans.offers import Offer
    from ktui.tui.announcements import Announcements
    from ktui.tui.bluegreen.pairs import Pairs
    from ktui.tui.draw.marks import Mark
    from ktui.tui.steering.auto_aborts import Guards
    from ktui.tui.steering.steering import Steering


class HostApp(TypeAheadApp):
    """An app with its parts, and what they say."""

    recorder: Recorder

    def __init__(self, options: Options) -> None:
        # Without colours, Textual removes them all only if the terminal's own ones are in use.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.options = options
        self.in_ascii = options.in_ascii
        self.own_keys = options.habits.keys
        self.live = Live()
        self._session: Session | None = None
        self._steering: Steering | None = None
        self._pairs: Pairs | None = None
        self._announcements: Announcements | None = None
        self._guards: Guards | None = None
        self.usage: UsageFeed | None = None

    # Where it is

    def now(self) -> datetime:
        """The time that ages are counted to: that of the cluster's clock, once it is known."""
        if self.options.now is not None:
            return self.options.now()
        return self._session.now() if self._session is not None else datetime.now(UTC)

    def link_state(self, now: datetime) -> Line:
        """The state of the link, as the header shows it."""
        failed = self._session is not None and self._session.has_failed
        return chrome.link_state(self.live.link, now, failed=failed, shows=bool(self.live.rollouts))

    @property
    def title_line(self) -> str:
        """The cluster and the scope, as the header says them."""
        return self._session.title if self._session is not None else "connecting"

    @property
    def badge(self) -> tuple[str, str] | None:
        """The word that marks the context, and its colour; mostly none."""
        return self.options.rules.badge(self._session.context) if self._session is not None else None

    @property
    def namespace(self) -> str:
        """The namespace that is shown; empty for all of them."""
        return self._session.namespace if self._session is not None else self.options.namespace

    @property
    def notices(self) -> Sequence[str]:
        """What a person should know about all that is shown."""
        return self._session.notices if self._session is not None else ()

    @property
    def emptiness(self) -> tuple[str, ...]:
        """Why there is not a rollout to be seen, and what to do about it."""
        return self._session.emptiness if self._session is not None else ("Starting…",)

    @property
    def contexts(self) -> Sequence[str]:
        """The contexts of the kubeconfig as it is now."""
        return [name for name, _ in self._session.contexts()[0]] if self._session is not None else ()

    # What is to be seen

    @property
    def front(self) -> LiveScreen | None:
        """The full screen that is to be seen, be there a dialog over it or not."""
        return front_of(self)

    @property
    def in_sight(self) -> frozenset[str]:
        """The uids of the rollouts that are to be seen now."""
        return self.front.in_sight if self.front is not None else frozenset()

    # What is known of rollouts

    def offers(self, uid: str) -> tuple[Offer, ...]:
        """The actions on a rollout, open or not."""
        return self._steering.offers.of(uid) if self._steering is not None else ()

    @property
    def pending(self) -> Mapping[str, str]:
        """What is being done to which rollout, by uid."""
        return self._steering.pending.sentences if self._steering is not None else {}

    @property
    def chosen(self) -> str | None:
        """The uid of the rollout that keys would steer now."""
        return self.front.selected if self.front is not None else None

    def is_side(self, uid: str) -> bool:
        """Whether that Deployment takes turns with another behind a Service, as far as is known."""
        return self._pairs is not None and self._pairs.has(uid)

    def traffic(self, uid: str) -> Mark | None:
        """Whether that Deployment gets the traffic of a Service; None if it is not a side, or that is not known."""
        return self._pairs.mark(uid) if self._pairs is not None else None

    @property
    def guarded(self) -> frozenset[str]:
        """The uids of the rollouts that are aborted by themselves where they go wrong."""
        return self._guards.uids if self._guards is not None else frozenset()

    @property
    def followed(self) -> frozenset[str]:
        """The uids of the rollouts that a person follows: what becomes of them is announced."""
        return self._announcements.followed if self._announcements is not None else frozenset()

    @property
    def opened(self) -> str | None:
        """The uid of the rollout whose screen is in front; None if the list is, or a screen of several."""
        return self.chosen if isinstance(self.front, RolloutScreen) else None

    def countdown(self, now: datetime, uid: str = "") -> str:
        """What auto-abort is about to do to that rollout, or to the one that comes first; empty for nothing."""
        return self._guards.sentence(now, uid) if self._guards is not None else ""

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """What is being sent at this moment."""
        return self._steering.sending.unsettled if self._steering is not None else ()

    @property
    def watched_over(self) -> tuple[str, ...]:
        """The names of the rollouts that auto-abort is on for."""
        return self._guards.names if self._guards is not None else ()

    @property
    def connection(self) -> Connection | None:
        """The connection to the cluster, while there is one."""
        return self._session.connection if self._session is not None else None
