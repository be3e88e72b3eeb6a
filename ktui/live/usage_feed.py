"""Reads what the pods of a rollout use, and what quotas leave, for as long as a screen shows it."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

import msgspec

from ktui.kinds.registry import revisions_of
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.metrics import SECONDS, Absent, Metrics
from ktui.kube.policies import read_container_defaults, read_quotas
from ktui.kube.selection import selector_text
from ktui.live.listener import Listener
from ktui.live.waking import pause
from ktui.model.metrics import Sample
from ktui.model.policies import Quota
from ktui.model.resources import resource_of
from ktui.model.template import Resources
from ktui.model.workloads import Workload
from ktui.rollout.capacity.headroom import headroom
from ktui.rollout.capacity.quota import Room
from ktui.rollout.capacity.usage import RevisionUse, Usage, usage, with_past, with_pods, worth_keeping
from ktui.rollout.rollout import Rollout

_AGAIN: Final = 0.9
"""Seconds after which it is worked out again, if pods have come and gone."""

_COURSE: Final = 240
"""How many measurements are kept of the rollout that is looked at."""

_UNCONNECTED: Final = 1.0
"""Seconds until it is looked again whether there is a connection."""


class _Reading(msgspec.Struct, frozen=True):
    uid: str
    samples: tuple[Sample, ...] = ()
    problem: str = ""
    quotas: tuple[Quota, ...] = ()
    defaults: Resources | None = None
    selector: str | None = None


class Shown(msgspec.Struct, frozen=True):
    """What a screen shows of it; `problem` says why there is nothing, or nothing new."""

    usage: Usage
    rooms: tuple[Room, ...]
    quotas: tuple[Quota, ...]
    problem: str = ""
    course: tuple[Usage, ...] = ()
    """What was measured since the rollout is looked at, the newest last."""


class UsageFeed:
    """One rollout at a time: the one that is looked at."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._metrics: Metrics | None = None
        self._reading = _Reading("")
        self._past: RevisionUse | None = None
        """What was measured of its old revision when that still had pods."""
        self._course: list[Usage] = []
        self._next = 0.0
        """When it is to be read again, by the monotonic clock."""
        self._wake = asyncio.Event()
        self._made: tuple[_Reading, Rollout, float, Shown] | None = None
        """What came of which reading at which state of the rollout, and when it may be worked out again."""

    def shown(self, uid: str) -> Shown | None:
        """What is known of that rollout; None before anything was read.

        It is worked out once a second, and of very many pods less often: that takes no more than a tenth of the time.
        """
        reading, began = self._reading, monotonic()
        workload, rollout = self._listener.live.store.workload(uid), self._listener.live.rollouts.get(uid)
        if reading.uid != uid or workload is None or rollout is None:
            return None
        if self._made is None or self._made[0] is not reading or began >= self._made[2]:
            found = with_pods(revisions_of(self._listener.live.store, workload))
            rooms = headroom(workload, rollout.progress, found, reading.quotas, reading.defaults)
            used = usage(found, reading.samples)
            self._past = worth_keeping(used, self._past)
            self._note(used)
            shown = Shown(with_past(used, self._past), rooms, reading.quotas, reading.problem, tuple(self._course))
            self._made = (reading, rollout, monotonic() + max(_AGAIN, 10 * (monotonic() - began)), shown)
        return self._made[3]

    def _note(self, used: Usage) -> None:
        """Keep each new measurement. Of pods, only what they come to is kept."""
        if used.at is not None and (not self._course or self._course[-1].at != used.at):
            if len(self._course) >= _COURSE:
                del self._course[1::2]
            without = tuple(msgspec.structs.replace(each, pods=()) for each in used.revisions)
            self._course.append(msgspec.structs.replace(used, revisions=without))

    @property
    def is_behind(self) -> bool:
        """Whether what was shown last was worked out before the rollout changed."""
        rollout = self._listener.live.rollouts.get(self._reading.uid)
        return self._made is not None and self._made[0] is self._reading and self._made[1] is not rollout

    def ask_anew(self) -> None:
        """Forget that there were no metrics: someone may have seen to that."""
        self._metrics, self._next = None, 0.0
        self._wake.set()

    async def follow(self, uid: str) -> None:
        """Read it again and again, until cancelled."""
        while True:
            connection, workload = self._listener.connection, self._listener.live.store.workload(uid)
            if connection is None or workload is None:
                await asyncio.sleep(_UNCONNECTED)
                continue
            if self._reading.uid != uid or self._metrics is None or self._metrics.connection is not connection:
                self._next = 0.0
            if (wait := self._next - monotonic()) > 0:
                await pause(self._wake, wait)
                continue
            before = self._reading if self._reading.uid == uid else _Reading(uid)
            if self._reading.uid != uid:
                self._past, self._course = None, []
            self._reading, wait = await self._read(connection, workload, before)
            self._next = monotonic() + wait
            self._listener.draw_soon()

    async def _read(self, connection: Connection, workload: Workload, before: _Reading) -> tuple[_Reading, float]:
        """What is known now, and in how many seconds to read again. What cannot be read stays as it was."""
        if self._metrics is None or self._metrics.connection is not connection:
            self._metrics = Metrics(connection)
        api, meta = Api(connection), workload.metadata
        selector, quotas, defaults = before.selector, before.quotas, before.defaults
        try:
            if selector is None:
                raw = await api.get(resource_of(workload), meta.namespace, meta.name)
                selector = selector_text(raw)
                defaults = await read_container_defaults(api, meta.namespace)
            quotas = await read_quotas(api, meta.namespace)
            measured = await self._metrics.read(meta.namespace, selector)
        except KubeError as error:
            return msgspec.structs.replace(before, problem=f"What pods use cannot be read: {error}"), SECONDS
        problem, samples, wait = "", before.samples, SECONDS
        if isinstance(measured, Absent):
            # Quotas go on being read where there are no metrics.
            problem, wait = measured.sentence, min(max(measured.again, SECONDS), 4 * SECONDS)
        else:
            samples = measured
        return _Reading(meta.uid, samples, problem, quotas, defaults, selector), wait
