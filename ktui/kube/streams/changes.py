"""What a reflector says: what came, what is gone, what cannot be read, and how the link is. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from ktui.kube.streams.decoder import Heard, InitialEnd, Inventory, Unreadable
from ktui.model.changes import Change, Gone, Link, LinkState, Listed, Restored
from ktui.model.resources import Resource

_TROUBLE: Final = {LinkState.SILENT, LinkState.RECONNECTING, LinkState.REFUSED}


class Telling:
    """Keeps what has been said of one resource, and makes changes of what is heard of it."""

    def __init__(self, resource: Resource, clock: Callable[[], datetime]) -> None:
        self._resource = resource
        self._clock = clock
        self._inventory = Inventory(resource)
        self._unreadable: dict[str, Unreadable] = {}
        self._link: Link | None = None

    @property
    def state(self) -> LinkState | None:
        """The state of the link as it was last shown."""
        return self._link.state if self._link is not None else None

    def knows(self, uid: str) -> bool:
        """Whether an object of that uid exists, as far as has been heard."""
        return self._inventory.has(uid)

    def list_begins(self) -> None:
        """What a list says is counted from now on."""
        self._inventory.begin()

    def noted(self, heard: Iterable[Heard]) -> list[Change]:
        """The changes to pass on; what exists and what cannot be read is kept up on the way."""
        changes: list[Change] = []
        before = len(self._unreadable)
        for item in heard:
            self._inventory.note(item)
            if isinstance(item, Unreadable):
                self._unreadable[item.uid] = item
                continue
            if isinstance(item, InitialEnd):
                changes += self.list_ended()
                continue
            if self._unreadable:
                self._unreadable.pop(item.uid if isinstance(item, Gone) else item.object.metadata.uid, None)
            changes.append(item)
        if len(self._unreadable) != before and self.state is LinkState.LIVE:
            changes += self.live()
        return changes

    def list_ended(self) -> list[Change]:
        """The list is complete: what it did not name is gone."""
        gone = self._inventory.end()
        for item in gone:
            self._unreadable.pop(item.uid, None)
        return [*gone, Listed(self._resource)]

    def restored(self) -> Restored:
        """Nothing that was said holds any more."""
        self._inventory = Inventory(self._resource)
        self._unreadable.clear()
        return Restored(self._resource)

    def live(self) -> list[Change]:
        """The link is live; what still cannot be shown is its reason."""
        return self.linked(LinkState.LIVE, self._complaint())

    def _complaint(self) -> str:
        if not self._unreadable:
            return ""
        first, *more = self._unreadable.values()
        return first.sentence + (f" {len(more)} more {self._resource.titles} cannot." if more else "")

    def linked(self, state: LinkState, reason: str = "", since: datetime | None = None) -> list[Change]:
        """The link's state as a change, or nothing where it is as it was.

        A state goes on from when it began, and trouble from when there was none, whatever becomes of it; but what is
        listed is as of the newest list.
        """
        last = self._link
        if last is not None and last.state is state and state is not LinkState.LISTED:
            if last.reason == reason:
                return []
            since = last.since
        elif last is not None and {last.state, state} <= _TROUBLE:
            since = last.since
        self._link = Link(self._resource, state, since or self._clock(), reason)
        return [self._link]
