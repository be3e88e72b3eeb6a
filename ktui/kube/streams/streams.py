"""All streams of a scope at once, delivered to one reader that may be slow.

The streams run in tasks of their own and never wait for the reader. What it has not taken yet is kept as the newest
change of each object, so a terminal that draws slowly costs neither memory without bound nor the streams their pace.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import aclosing
from datetime import datetime
from random import Random
from types import TracebackType

from ktui.kube.backoff import Pacing, Throttle
from ktui.kube.connection import Connection
from ktui.kube.streams.reflector import Reflector
from ktui.model.changes import Change, Chosen, Gone, Link, Listed, Put, Restored, Unserved
from ktui.model.labels import read_selector
from ktui.model.reading import ordinal
from ktui.model.resources import PODS, REPLICASETS, Resource


def is_at_once(resource: Resource) -> bool:
    """Whether the first paint needs it. Pods are many, and the rest is not needed to count: they follow."""
    return resource.is_workload or resource is REPLICASETS


class Outbox:
    """Changes on their way to a reader: in order for each resource, and only the newest of each object.

    An object that comes and goes before the reader looks is never reported. One that goes before it has come, because
    something on the way does not keep the order, is: what comes after it is too old.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[Resource, dict[str, Change]] = defaultdict(dict)
        self._delivered: defaultdict[Resource, set[str]] = defaultdict(set)
        self._filled = asyncio.Event()
        self._error: BaseException | None = None

    def put(self, changes: Iterable[Change]) -> None:
        """Add changes; returns at once."""
        for change in changes:
            waiting = self._waiting[change.resource]
            match change:
                case Put(_, obj):
                    # In its old place, if it has one: a Listed after that place still comes after it.
                    if not _is_older(change, waiting.get(obj.metadata.uid)):
                        waiting[obj.metadata.uid] = change
                case Gone(resource, uid):
                    waits = waiting.get(uid)
                    if _is_older(change, waits):
                        continue
                    waiting[uid] = change
                    if isinstance(waits, Put) and uid not in self._delivered[resource]:
                        del waiting[uid]
                case Restored(resource):
                    # The objects that wait are of a history that is no more.
                    link = waiting.get("link")
                    waiting.clear()
                    waiting["restored"] = change
                    if link is not None:
                        waiting["link"] = link
                    self._delivered[resource].clear()
                case Unserved(resource):
                    waiting.clear()
                    waiting["unserved"] = change
                    self._delivered[resource].clear()
                case Chosen():
                    waiting["chosen"] = change
                case Listed():
                    _move_to_end(waiting, "listed", change)
                case Link():
                    _move_to_end(waiting, "link", change)
        self._filled.set()

    def fail(self, error: BaseException) -> None:
        """There will be nothing more: `take` raises this from now on."""
        self._error = error
        self._filled.set()

    async def take(self) -> list[Change]:
        """Everything that waits, resource by resource; waits itself while there is nothing."""
        await self._filled.wait()
        if self._error is not None:
            raise self._error
        self._filled.clear()
        taken: list[Change] = []
        for resource, waiting in self._waiting.items():
            if not waiting:
                continue
            delivered = self._delivered[resource]
            for change in waiting.values():
                if isinstance(change, Put):
                    delivered.add(change.object.metadata.uid)
                elif isinstance(change, Gone):
                    delivered.discard(change.uid)
            taken += waiting.values()
            waiting.clear()
        return taken


def _is_older(change: Change, waits: Change | None) -> bool:
    """Whether something newer of that object waits already: not every proxy keeps the order."""
    if not isinstance(change, Put | Gone) or not isinstance(waits, Put | Gone):
        return False
    return -1 < _version(change) < _version(waits)


def _version(change: Put | Gone) -> int:
    return ordinal(change.object.metadata.resource_version if isinstance(change, Put) else change.resource_version)


def _move_to_end(waiting: dict[str, Change], key: str, change: Change) -> None:
    waiting.pop(key, None)
    waiting[key] = change


class Streams:
    """The reflectors of a scope, running for as long as the context manager is open.

    Workloads and ReplicaSets begin at once, the rest after `go`. What servers and networks do is known by
    Link changes; an error in ktui itself is raised by `take`.
    """

    def __init__(
        self,
        connection: Connection,
        namespace: str | None = None,
        label_selector: str = "",
        *,
        resources: Iterable[Resource],
        pacing: Pacing | None = None,
        clock: Callable[[], datetime] | None = None,
        random: Random | None = None,
    ) -> None:
        self._connection = connection
        self._outbox = Outbox()
        self._go = asyncio.Event()
        self._tasks: dict[Resource, asyncio.Task[None]] = {}
        self._throttle = throttle = Throttle(pacing or Pacing())
        self._selector, self._is_wide = label_selector, False

        def reflector(resource: Resource) -> Reflector:
            return Reflector(
                connection,
                resource,
                namespace,
                # A selector chooses workloads; it seldom fits what they make, and never the events about it.
                self._chosen_by(resource),
                pacing=pacing,
                throttle=throttle,
                # Of these there are the most by far: a second less until all are there.
                cached_list=resource is PODS,
                clock=clock,
                random=random,
            )

        self._reflector = reflector
        self._resources = tuple(resources)
        self._reflectors: dict[Resource, Reflector] = {}

    async def __aenter__(self) -> Streams:
        for resource in self._resources:
            self.add(resource)
        return self

    def add(self, resource: Resource) -> None:
        """Stream this resource too."""
        if resource in self._reflectors:
            return
        self._begin(resource, self._reflector(resource))

    def _begin(self, resource: Resource, reflector: Reflector, after: asyncio.Task[None] | None = None) -> None:
        """Stream it; `after` is what streamed it before, which ends first."""

        async def run() -> None:
            if after is not None:
                after.cancel()
                await asyncio.gather(after, return_exceptions=True)
            await self._run(reflector)

        self._reflectors[resource] = reflector
        self._throttle.streams = len(self._reflectors)
        task = self._tasks[resource] = asyncio.create_task(run(), name=f"stream of {resource.plural}")
        task.add_done_callback(self._ended)

    def _chosen_by(self, resource: Resource) -> str:
        if not resource.is_workload:
            return resource.labelled
        return "" if self._is_wide else self._selector

    def widen(self) -> None:
        """Stream all workloads, and let the store choose: what is rolled out by another one need not have its labels.

        A selector that is not understood stays the server's.
        """
        selector = read_selector(self._selector) if self._selector and not self._is_wide else None
        if selector is None:
            return
        self._is_wide = True
        for resource, known in tuple(self._reflectors.items()):
            if resource.is_workload:
                self._outbox.put([Chosen(resource, selector)])
                known.choose(self._chosen_by(resource))
                self._begin(resource, known, after=self._tasks.pop(resource))

    def drop(self, resource: Resource) -> None:
        """The server does not have it any more: stream it no longer, and forget what came of it."""
        if self._reflectors.pop(resource, None) is not None:
            self._throttle.streams = len(self._reflectors)
            self._tasks.pop(resource).cancel()
            self._outbox.put([Unserved(resource)])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._outbox.fail(error)

    def go(self) -> None:
        """The first paint is done: stream the rest too."""
        self._go.set()

    def retry_now(self) -> None:
        """Whatever waits for its next attempt makes it now, with a new login if that is what failed."""
        self._connection.retry_login()
        self.ask_now()

    def ask_now(self) -> None:
        """Whatever waits for its next attempt makes it now."""
        for reflector in self._reflectors.values():
            reflector.retry_now()

    async def take(self) -> list[Change]:
        """Everything that has come since the last call, waiting for it if there is nothing.

        The order of each resource holds, but for changes of one object, of which only the newest is shown.
        """
        return await self._outbox.take()

    async def _run(self, reflector: Reflector) -> None:
        if not is_at_once(reflector.resource):
            await self._go.wait()
        async with aclosing(reflector.changes()) as batches:
            async for batch in batches:
                self._outbox.put(batch)
