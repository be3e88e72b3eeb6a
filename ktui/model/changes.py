"""What a reflector says and the store hears: objects that came, changed or went, and how the link is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from ktui.model.policies import Requirement
from ktui.model.resources import Resource
from ktui.model.workloads import KubeObject


class Put(msgspec.Struct, frozen=True, gc=False):
    """An object as it is now: new or changed."""

    resource: Resource
    object: KubeObject


class Gone(msgspec.Struct, frozen=True, gc=False):
    """An object that was deleted, or was missing from a list; `resource_version` is empty where unknown."""

    resource: Resource
    uid: str
    resource_version: str = ""


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A list is complete: all that exists has been said, and what is not said does not exist."""

    resource: Resource


class Restored(msgspec.Struct, frozen=True, gc=False):
    """The server's history went back, as after a restored backup: nothing that was said of this resource holds.

    What there is follows, with versions that may be lower than those that were known.
    """

    resource: Resource


class Unserved(msgspec.Struct, frozen=True, gc=False):
    """The server does not have this resource any more: it, and all that was said of it, is to be forgotten."""

    resource: Resource


class Chosen(msgspec.Struct, frozen=True, gc=False):
    """All of this resource comes, whether its labels fit or not: what is a row of its own has to fit the selector."""

    resource: Resource
    selector: tuple[Requirement, ...]


class LinkState(StrEnum):
    """How a stream is doing."""

    CONNECTING = "connecting"
    """Nothing has been heard yet."""
    LIVE = "live"
    LISTED = "listed"
    """It cannot be watched, and is listed again and again instead: known as of `since`."""
    SILENT = "no answer"
    """Nothing has been heard since then, and the server does not answer; it is asked again by itself."""
    RECONNECTING = "reconnecting"
    """What is known may be stale; trying again by itself."""
    REFUSED = "refused"
    """The server answers, but does not let us (401, 403): trying again now and then."""


class Link(msgspec.Struct, frozen=True):
    """The state of the link of one resource: a change like any other, in order with the objects.

    `since` is when this state began; `reason` is one sentence for a person when it is not live.
    """

    resource: Resource
    state: LinkState
    since: datetime
    reason: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether nothing comes now, though it did or may: it comes back by itself."""
        return self.state in (LinkState.RECONNECTING, LinkState.SILENT)

    @property
    def badness(self) -> tuple[int, datetime]:
        """To find the worst of several links, and of those the one that has been so the longest: the least counts."""
        return _WORST.index(self.state), self.since


_WORST: Final = (
    LinkState.REFUSED,
    LinkState.SILENT,
    LinkState.RECONNECTING,
    LinkState.LISTED,
    LinkState.CONNECTING,
    LinkState.LIVE,
)


Change = Put | Gone | Listed | Restored | Unserved | Chosen | Link
