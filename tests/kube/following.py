"""A reflector that runs in a task, with a store that hears what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from random import Random
from typing import Any

from ktui.kube.backoff import Pacing
from ktui.kube.connection import Connection
from ktui.kube.streams.reflector import Reflector
from ktui.model.changes import Change, Gone, Link, LinkState, Put, Restored
from ktui.model.resources import PODS, Resource

QUICK = Pacing(
    silence=30.0,
    list_silence=30.0,
    first_wait=0.001,
    longest_wait=0.01,
    refused_wait=0.01,
    short=0.0,
    poll=0.01,
    rate=1e6,
)
"""No waiting between attempts, and no silence that a busy machine could cause."""


class Following:
    """What has been heard so far."""

    def __init__(self, reflector: Reflector) -> None:
        self.reflector = reflector
        self.batches: list[list[Change]] = []
        self.versions: dict[str, str] = {}
        self._news = asyncio.Event()

    @property
    def changes(self) -> list[Change]:
        return [change for batch in self.batches for change in batch]

    @property
    def links(self) -> list[Link]:
        return [change for change in self.changes if isinstance(change, Link)]

    @property
    def link(self) -> Link:
        return self.links[-1]

    @property
    def uids(self) -> set[str]:
        return set(self.versions)

    @property
    def state(self) -> LinkState | None:
        return self.links[-1].state if self.links else None

    def states(self) -> list[LinkState]:
        return [link.state for link in self.links]

    async def run(self) -> None:
        async with aclosing(self.reflector.changes()) as batches:
            async for batch in batches:
                self.batches.append(batch)
                for change in batch:
                    if isinstance(change, Put):
                        self.versions[change.object.metadata.uid] = change.object.metadata.resource_version
                    elif isinstance(change, Gone):
                        del self.versions[change.uid]
                    elif isinstance(change, Restored):
                        self.versions.clear()
                self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard makes that true."""
        async with asyncio.timeout(10):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_live(self) -> None:
        await self.until(lambda: self.state is LinkState.LIVE)


@asynccontextmanager
async def following(
    connection: Connection,
    resource: Resource = PODS,
    namespace: str | None = "shop",
    label_selector: str = "",
    *,
    pacing: Pacing = QUICK,
    **options: Any,
) -> AsyncIterator[Following]:
    reflector = Reflector(connection, resource, namespace, label_selector, pacing=pacing, random=Random(1), **options)
    it = Following(reflector)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(it.run())
        try:
            yield it
        finally:
            task.cancel()
