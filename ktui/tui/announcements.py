"""Says when a rollout comes to an end or into trouble, on all ways that the settings name.

A toast names it, the terminal's bell rings, its title counts what is wrong at any time; the desktop, a command and a
webhook hear of it too, if they are set.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from textual.notifications import SeverityLevel

from ktui.model.changes import LinkState
from ktui.notify.announcement import Announcement, Changes, What, sentences, title
from ktui.notify.delivery import Delivery
from ktui.settings import seconds
from ktui.text import clean, count
from ktui.tui.host import Host

_SEVERITIES: Final[dict[What, SeverityLevel]] = {
    What.FAILED: "error",
    What.STALLED: "warning",
    What.ABORTED: "warning",
}


class Announcements:
    """What is announced, and of which rollouts."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._wanted = host.options.notify
        self._changes = Changes()
        self._started: set[str] = set()
        self.followed: frozenset[str] = frozenset()
        """The uids of the rollouts that a person follows."""
        self._delivery = Delivery(self._wanted, seconds, self._complain)
        self._title = ""

    def started(self, uid: str, generation: int) -> None:
        """A person has started something here, which has this generation: say what becomes of it."""
        rollout = self._host.live.rollouts.get(uid)
        if rollout is not None:
            self._started.add(uid)
            self._changes.started(rollout, generation)

    def follow(self, uids: Collection[str]) -> None:
        """Say what becomes of these rollouts from now on; if that is so for all of them already, no longer."""
        rollouts = [rollout for uid in uids if (rollout := self._host.live.rollouts.get(uid)) is not None]
        if not rollouts:
            return
        one = rollouts[0]
        names = clean(f"{one.namespace}/{one.label}") if len(rollouts) == 1 else count(len(rollouts), "rollout")
        setting = f'[notify] rollouts is "{self._wanted.rollouts}" in config.toml'
        if self._wanted.rollouts == "all":
            self._host.notify(f"Every rollout that is shown is followed: {setting}.")
        elif self._wanted.rollouts != "followed":
            self._host.notify(f"Not followed: {setting}.", severity="warning")
        elif (chosen := frozenset(each.uid for each in rollouts)) <= self.followed:
            self.followed -= chosen
            self._host.notify(f"No longer followed: {names}.")
        else:
            self.followed |= chosen
            self._host.notify(f"Followed: {names}. ktui announces its end and its problems; w ends that.")
        self._host.draw_soon()

    def leave(self) -> None:
        """Another cluster or scope: nothing of what was followed is seen any more."""
        self._changes.forget()
        self._started.clear()
        self.followed = frozenset()

    async def aclose(self) -> None:
        """Wait a moment for what is on its way."""
        await self._delivery.aclose()

    goes_by_the_clock = False

    def update(self) -> None:
        """Say what has changed since the last look."""
        live = self._host.live
        if self._wanted.title:
            self._say_title(title(live.rollouts.values()))
        if self._wanted.rollouts == "none" or not live.is_worked_out_once or not self._is_current:
            # A list that is incomplete, or old, is not a state of the cluster.
            return
        found = [each for each in self._changes.news(live.rollouts) if self._is_wanted(each)]
        if found:
            self._say(found)

    @property
    def _is_current(self) -> bool:
        link = self._host.live.link
        return link is not None and link.state in (LinkState.LIVE, LinkState.LISTED, LinkState.REFUSED)

    def _is_wanted(self, announcement: Announcement) -> bool:
        uid = announcement.rollout.uid
        if not self._wanted.wants(announcement.what):
            return False
        if self._wanted.rollouts == "all" or uid in self._started:
            return True
        return self._wanted.rollouts == "followed" and (uid in self.followed or uid == self._host.opened)

    def _say(self, found: Sequence[Announcement]) -> None:
        host = self._host
        for sentence, worst in sentences(found):
            host.notify(sentence, severity=_SEVERITIES.get(worst, "information"), timeout=10)
            host.notify_desktop(sentence, self._wanted.desktop)
        if self._wanted.bell:
            host.bell()
        context = host.connection.context if host.connection is not None else ""
        self._delivery.send(found, context, host.now())

    def _complain(self, sentence: str) -> None:
        self._host.notify(sentence, severity="warning", timeout=12)

    def _say_title(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self._host.set_terminal_title(title)
