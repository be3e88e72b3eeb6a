"""What is wrong with the links, said once, and once when it is over; and when it has lasted too long to go on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from ktui.kube.errors import KubeError
from ktui.model.changes import Link, LinkState
from ktui.model.resources import Resource

LASTS: Final = 60.0
"""Seconds after which what was answered before, and is refused now, ends a command: a server that starts again, a role
that is written again and a token that is renewed all refuse for a while."""

_AT_ONCE: Final = 1.0
"""The same for what was never answered: long enough for a second attempt."""

_WORTH_A_WORD: Final = 1.0
"""Seconds after which trouble is said: what is over by then, nobody need know of."""


class Troubles:
    """The links of one command. Times are in seconds of a clock that only goes forward. No I/O but what `say` does."""

    def __init__(self, needed: Collection[Resource], ignored: Collection[Resource], say: Callable[[str], None]) -> None:
        """Without `needed` the command has nothing to say; that something `ignored` is refused need not be said."""
        self._needed = frozenset(needed)
        self._ignored = frozenset(ignored)
        self._say = say
        self._links: dict[Resource, Link] = {}
        self._answered: set[Resource] = set()
        self._since: dict[Resource, float] = {}
        """Since when each link has a problem."""
        self._is_out = False
        """Whether it was said that something is wrong, and not yet that it is over."""
        self._said: set[str] = set()

    def heard(self, link: Link, now: float) -> None:
        """A link has changed."""
        self._links[link.resource] = link
        if link.state in (LinkState.LIVE, LinkState.LISTED):
            self._answered.add(link.resource)
        if self._is_trouble(link):
            self._since.setdefault(link.resource, now)
        else:
            self._since.pop(link.resource, None)
            self._say_aside(link)

    @property
    def are_open(self) -> bool:
        """Whether time alone may bring something to say."""
        return bool(self._since) or self._is_out

    def check(self, now: float) -> None:
        """Say what there is to say by now. Raises KubeError where it has lasted too long."""
        for resource, since in self._since.items():
            link = self._links[resource]
            limit = LASTS if resource in self._answered else _AT_ONCE
            if link.state is LinkState.REFUSED and now - since >= limit:
                raise KubeError(link.reason)
        worst = min((self._links[each] for each in self._since), key=lambda link: link.badness, default=None)
        if worst is None and self._is_out:
            self._is_out = False
            self._say("ktui: The cluster answers again.")
        elif worst is not None and not self._is_out and now - min(self._since.values()) >= _WORTH_A_WORD:
            self._is_out = True
            self._say(f"ktui: {worst.reason} Trying again.")

    def _is_trouble(self, link: Link) -> bool:
        return link.is_broken or (link.state is LinkState.REFUSED and link.resource in self._needed)

    def _say_aside(self, link: Link) -> None:
        """What does not keep the command from going on is said once, and of what is listed, once for all kinds."""
        what = "listed" if link.state is LinkState.LISTED else link.reason
        is_ignored = link.state is LinkState.REFUSED and link.resource in self._ignored
        if link.reason and not is_ignored and what not in self._said:
            self._said.add(what)
            self._say(f"ktui: {link.reason}")
