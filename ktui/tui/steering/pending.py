"""What is being done to which rollout, from the question before an action until the stream has reported it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ktui.plans.request import Action
from ktui.tui.host import Host

_DOING: Final = {
    Action.PAUSE: "pausing",
    Action.RESUME: "resuming",
    Action.PROMOTE: "promoting",
    Action.ROLLBACK: "rolling back",
    Action.ABORT: "aborting",
    Action.SET_IMAGE: "new image",
    Action.SCALE: "scaling",
    Action.RESTART: "restarting",
    Action.CANARY: "canary",
    Action.REPAIR: "repairing",
    Action.RETRY: "retrying",
    Action.TERMINATE: "ending",
    Action.SWITCH: "switching",
}
"""What a row says from the moment that an action was sent until the stream reports it."""

_PATIENCE: Final = timedelta(seconds=20)
"""How long the stream may take to report an action before the row stops saying that it is in progress."""


@dataclass(frozen=True)
class _Awaited:
    generation: int
    until: datetime


class Pending:
    """Remembers it, by uid."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._asking: list[str] = []
        """The uids that the server is being asked about, for a plan; one may be there twice."""
        self._sent: dict[str, str] = {}
        """What was sent, and is being done."""
        self._awaited: dict[str, _Awaited] = {}
        """What the server has taken and the stream has not reported yet."""

    @property
    def sentences(self) -> Mapping[str, str]:
        """What a row says of it."""
        return {**dict.fromkeys(self._asking, "asking"), **self._sent}

    @contextmanager
    def asking(self, uid: str) -> Iterator[None]:
        """While this lasts, the server is being asked for a plan."""
        self._asking.append(uid)
        self._host.draw_soon()
        try:
            yield
        finally:
            self._asking.remove(uid)
            self._host.draw_soon()

    def sent(self, uid: str, action: Action) -> None:
        """An action is being sent."""
        self._awaited.pop(uid, None)
        self._sent[uid] = _DOING[action]
        self._host.draw_soon()

    def taken(self, uid: str, generation: int) -> None:
        """The server has taken it: the stream will bring that generation."""
        self._awaited[uid] = _Awaited(generation, self._host.now() + _PATIENCE)

    def not_taken(self, uid: str) -> None:
        """The change was not applied."""
        self._sent.pop(uid, None)
        self._host.draw_soon()

    def update(self) -> None:
        """End what the stream has reported, or has not for too long."""
        for uid, awaited in list(self._awaited.items()):
            workload = self._host.live.store.workload(uid)
            is_reported = workload is None or workload.metadata.generation >= awaited.generation
            if is_reported or self._host.now() > awaited.until:
                del self._awaited[uid]
                self._sent.pop(uid, None)

    def leave(self) -> None:
        """Another cluster or scope: other actions are pending there."""
        self._sent.clear()
        self._awaited.clear()
