"""Sees one rollout go by while a gate waits for it, so that it is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from ktui.cli.figures_file import CommandRecorder
from ktui.figures.observer import is_numbered
from ktui.kinds.registry import kind_at
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.selection import selector_text
from ktui.kube.streams.reflector import Reflector
from ktui.live.inspection import Inspected
from ktui.live.tracker import Tracker
from ktui.model.changes import Link, LinkState
from ktui.model.reference import Reference
from ktui.model.resources import Resource

_PATIENCE: Final = 2.0
"""Seconds that a gate which has its verdict waits at most for the same to be seen here."""


class GateRecorder:
    """Follows a workload and its revisions, not its pods: of those the gate looks at what it needs.

    It is beside the gate: what it cannot see is not remembered, and that is all.
    """

    def __init__(self, connection: Connection, reference: Reference, recorder: CommandRecorder) -> None:
        self._connection, self._reference, self._recorder = connection, reference, recorder
        self._revisions = kind_at(reference.resource).parts[0]
        self._tracker = Tracker()
        self._store = self._tracker.store
        self._has_ended = asyncio.Event()
        self._is_refused = False

    async def follow(self) -> None:
        """See what changes, until cancelled."""
        namespace, name = self._connection.namespace, self._reference.name
        try:
            raw = await Api(self._connection).get(self._reference.resource, namespace, name)
        except KubeError:
            return
        await asyncio.gather(
            self._stream(self._reference.resource, fields=f"metadata.name={name}"),
            self._stream(self._revisions, labels=selector_text(raw)),
        )

    async def also_saw(self, seen: Inspected | None, *, ended: bool) -> None:
        """What the gate has seen: causes, for which it looked at pods; or an end, which these streams tell soon."""
        if seen is not None:
            self._recorder.saw(self._store, seen.workload, seen.rollout)
        if ended:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._has_ended.wait()
            except TimeoutError:
                return

    def awaits_another_end(self) -> None:
        """Of the rollback that is sent next, and not of what was rolled out before."""
        if not self._is_refused:
            self._has_ended.clear()

    async def _stream(self, resource: Resource, labels: str = "", fields: str = "") -> None:
        reflector = Reflector(self._connection, resource, self._connection.namespace, labels, fields)
        async with aclosing(reflector.changes()) as batches:
            async for batch in batches:
                self._store.apply(batch)
                if any(isinstance(change, Link) and change.state is LinkState.REFUSED for change in batch):
                    self._is_refused = True
                    self._has_ended.set()
                self._update()

    def _update(self) -> None:
        if not self._store.listed.issuperset({self._reference.resource, self._revisions}):
            return
        for uid in self._store.take_dirty():
            workload, rollout = self._store.workload(uid), self._tracker.rollout(uid, self._connection.clock.now())
            if workload is None or rollout is None:
                self._recorder.missed(uid)
                self._has_ended.set()
                continue
            self._recorder.saw(self._store, workload, rollout)
            if rollout.finished is not None and is_numbered(rollout):
                self._has_ended.set()


@asynccontextmanager
async def recording_gate(
    connection: Connection, reference: Reference, recorder: CommandRecorder
) -> AsyncIterator[GateRecorder]:
    """Follow it for as long as this lasts."""
    gate_recorder = GateRecorder(connection, reference, recorder)
    task = asyncio.create_task(gate_recorder.follow())
    try:
        yield gate_recorder
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
