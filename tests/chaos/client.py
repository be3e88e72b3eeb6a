"""ktui without a screen: the dashboard's session and its picture of the cluster, and what it says of how true that is.

Every claim is held against what the server had done by then. `live` claims that nothing older than the dead time is
shown; every other state claims that what is shown is as of `since`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ktui.kinds.registry import STREAMED
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.backoff import Pacing
from ktui.kube.connection import Connection
from ktui.kube.liveness import Vigilance
from ktui.live.live import Live
from ktui.live.session import Session
from ktui.model.changes import Change, Link, LinkState
from ktui.model.reading import ordinal
from ktui.model.resources import Resource
from tests.chaos.server import BEATING, Server

_EVERY: Final = 0.05
_STOPPED: Final = 0.5
"""Seconds after which a machine that is late is too busy to judge by."""


@dataclass(frozen=True)
class Times:
    """How patient ktui is, and how late what it says may be: the real times, or shorter ones."""

    pacing: Pacing = field(default_factory=Pacing)
    vigilance: Vigilance = field(default_factory=Vigilance)
    back: float = 35.0
    """Seconds within which it has to be back."""
    slack: float = 1.5
    """Seconds that a busy machine may be late."""

    @property
    def dead(self) -> float:
        """Seconds for which `live` may be said with nothing heard."""
        return self.vigilance.dead


QUICK: Final = Times(
    Pacing(
        silence=8.0, list_silence=3.0, opening=3.0, grace=1.0, short=0.15, first_wait=0.05, longest_wait=0.8,
        longest_wait_between_news=0.3, refused_wait=0.8, poll=0.8, rate=40.0, burst=20, page=5,
    ),
    Vigilance(quiet=0.7, answer=2.3, again=0.3),
    back=20.0,
    slack=2.0,
)  # fmt: skip
"""Some ten times as fast as life, but for what has to be answered: that depends on the machine."""


class Client:
    """One dashboard's worth of ktui."""

    def __init__(self, kubeconfig: Path, times: Times, server: Server) -> None:
        self.live = Live()
        self.times = times
        self.lies: list[str] = []
        """What was said, and was not true."""
        self._server = server
        self._judged_from = self.now()
        self._said: deque[tuple[datetime, Link]] = deque(maxlen=40)
        around = Surroundings(environ={"PATH": "/usr/bin:/bin"}, vigilance=times.vigilance)
        access = Access(kubeconfig=str(kubeconfig))
        self.session = Session(self, access, "", "", around=around, pacing=times.pacing)
        self._workers: set[asyncio.Task[object]] = set()

    # As the dashboard does

    @property
    def connection(self) -> Connection | None:
        return self.session.connection

    def now(self) -> datetime:
        return datetime.now(UTC)

    def begin_anew(self) -> None:
        self.live = Live()

    def connected(self, connection: Connection) -> None:
        pass

    def heard(self, changes: Iterable[Change]) -> None:
        changes = list(changes)
        self._said.extend((self.now(), change) for change in changes if isinstance(change, Link))
        self.live.apply(changes)
        for _ in self.live.refresh(self.now()):
            pass
        self.check()

    def draw_soon(self) -> None:
        pass

    def notify(self, message: str, *, severity: str = "information", timeout: float | None = None) -> None:
        pass

    def run_worker(
        self,
        work: Coroutine[Any, Any, object] | Callable[[], Coroutine[Any, Any, object]],
        *,
        group: str = "",
        exclusive: bool = False,
    ) -> object:
        task = asyncio.create_task(work() if callable(work) else work)
        self._workers.add(task)
        task.add_done_callback(self._workers.discard)
        return task

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Client]:
        tasks = [asyncio.create_task(self.session.run()), asyncio.create_task(self._keep_checking())]
        try:
            yield self
        finally:
            for task in [*tasks, *self._workers]:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    # What it knows, and what it says

    @property
    def known(self) -> dict[Resource, dict[str, str]]:
        """The version of each object, by uid."""
        objects = self.live.store._objects
        return {kind: {uid: obj.metadata.resource_version for uid, obj in objects[kind].items()} for kind in STREAMED}

    @property
    def says_live(self) -> bool:
        """Whether the header says `live`, of all that there is."""
        links = self.live.store.links
        return (
            not self.session.has_failed
            and len(links) == len(STREAMED)
            and all(link.state is LinkState.LIVE and not link.reason for link in links.values())
        )

    @property
    def states(self) -> str:
        """What is said of each resource, for whoever reads why a test failed."""
        links = self.live.store.links.values()
        said = [f"{link.resource.plural}: {link.state.value} {link.reason}".strip() for link in links]
        return "; ".join([f"failed: {self.session.has_failed}", *said])

    async def _keep_checking(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(_EVERY)
            if loop.time() - before > _STOPPED:
                # The machine had no time for any of this; what was said meanwhile is not ktui's doing.
                self._judged_from = self.now() + timedelta(seconds=self.times.dead + self.times.slack)
            self.check()

    def check(self) -> None:
        """Hold what is said now against what the server has done."""
        now, links, store = self.now(), self.live.store.links, self.live.store
        if self.session.has_failed or len(self.lies) > 20 or now < self._judged_from:
            return
        for resource in BEATING:
            link = links.get(resource)
            if link is None or resource not in store.listed or link.state is LinkState.CONNECTING:
                continue
            if link.state is LinkState.LIVE and (link.reason or now - link.since < timedelta(seconds=1)):
                # It says that some of it cannot be read; or what was missed is still on its way.
                continue
            as_of = now - timedelta(seconds=self.times.dead) if link.state is LinkState.LIVE else link.since
            as_of -= timedelta(seconds=self.times.slack)
            beat = next((b for b in reversed(self._server.beats) if b.resource is resource and b.at <= as_of), None)
            if beat is None:
                continue
            obj = store._objects[resource].get(beat.uid)
            if obj is None or ordinal(obj.metadata.resource_version) < beat.version:
                age = (now - beat.at).total_seconds()
                claim = (now - as_of).total_seconds()
                self.lies.append(
                    f"{resource.plural} said to be {link.state.value} as of {claim:.1f}s ago, and a change of "
                    f"{age:.1f}s ago is not shown (before: {self._before(resource, now)})"
                )

    def _before(self, resource: Resource, now: datetime) -> str:
        said = [(at, link) for at, link in self._said if link.resource is resource][-6:]
        return ", ".join(f"{link.state.value} {(now - at).total_seconds():.1f}s ago {link.reason}" for at, link in said)
