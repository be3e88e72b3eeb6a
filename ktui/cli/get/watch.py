"""`ktui get --watch`: rollouts as they change, one per line, for people and for programs.

A line is said when something about a rollout has changed, not when only time has passed: `secondsLeft`, and sentences
that tell how long ago something was, are as of the moment of the line.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from ktui.cli import printing, standard_streams
from ktui.cli.exit_codes import FAILED
from ktui.cli.figures_file import CommandRecorder
from ktui.cli.link_problems import Troubles
from ktui.cli.rollout_document import rollout_document
from ktui.cli.similar_names import say_missing
from ktui.kinds.registry import STREAMED, WORKLOADS, is_folding
from ktui.kube.connection import Connection
from ktui.kube.streams.streams import Streams
from ktui.live.extensions import extensions
from ktui.live.tracker import Tracker
from ktui.model.changes import Change, Link, LinkState, Restored
from ktui.model.reference import Reference, reference_to
from ktui.model.resources import CONTROLLER_REVISIONS, NEEDED, Resource
from ktui.rollout.rollout import Phase, Rollout

WATCH_SCHEMA: Final = "ktui.watch/1"
"""Members, and types of lines, may be added to it; where one changes its meaning or goes, the number changes."""

_NEEDED: Final = frozenset(NEEDED)
"""Without these there is nothing to say; without the others, only less."""

_OPTIONAL: Final = (*(each for each in WORKLOADS if each not in NEEDED), CONTROLLER_REVISIONS)

_TICK: Final = 2.0
"""Seconds between looks at what time alone may turn into trouble, and at whether anybody still reads."""

_SOON: Final = 0.25
"""The same while a link has a problem."""

_AT_REST: Final = (Phase.COMPLETE, Phase.SCALED_TO_ZERO)


class Happened(StrEnum):
    """What a line is about."""

    ADDED = "added"
    CHANGED = "changed"
    GONE = "gone"


class Reported(msgspec.Struct, frozen=True):
    """A rollout as it was last reported, for programs."""

    rollout: Rollout
    document: dict[str, Any]

    @property
    def essence(self) -> dict[str, Any]:
        """What does not change by itself as time passes."""
        causes = [
            {key: cause[key] for key in ("kind", "blocking", "detail", "pods")} for cause in self.document["causes"]
        ]
        passing = {"secondsLeft": None, "why": None, "causes": causes}
        return self.document | passing


class Ledger:
    """What was reported of each rollout, and from that, what there is to tell now. No I/O."""

    def __init__(self, names: Collection[Reference], recorder: CommandRecorder) -> None:
        self._names = tuple(names)
        self._recorder = recorder
        self._tracker = Tracker()
        self._store = self._tracker.store
        self._reported: dict[str, Reported] = {}
        self._streamed = frozenset(STREAMED)
        self._dirty: set[str] = set()

    def awaits(self, resources: Iterable[Resource]) -> None:
        """All that has to be listed before there is something to tell."""
        self._streamed = frozenset(resources)

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in what the streams said."""
        changes = list(changes)
        self._store.apply(changes)
        if any(isinstance(change, Restored) for change in changes):
            # Whatever was shown is looked at again: it may be no more.
            self._dirty |= self._reported.keys()

    @property
    def is_listed(self) -> bool:
        """Whether all that exists is known, as far as it may be read; what was asked for by name has to be."""
        links, needed = self._store.links, _NEEDED | {name.resource for name in self._names}
        refused = {resource for resource, link in links.items() if link.state is LinkState.REFUSED} - needed
        return self._streamed <= self._store.listed | refused

    @property
    def missing(self) -> list[Reference]:
        """The names that were asked for, and of which there is nothing, as far as it may be read."""
        known = {reference_to(known) for uid in self._reported if (known := self._store.workload(uid)) is not None}
        return [name for name in self._names if name not in known]

    def __len__(self) -> int:
        return len(self._reported)

    def news(self, now: datetime, *, times: bool = False) -> list[tuple[Happened, Reported]]:
        """What has changed since this was last asked, in the order of namespace and name.

        With `times`, the rollouts that move are looked at as well: what takes too long becomes trouble by itself.
        """
        self._dirty |= self._store.take_dirty()
        if not self.is_listed:
            # A list that is incomplete is not a state of the cluster.
            return []
        dirty, self._dirty = self._dirty, set()
        if times:
            dirty |= {uid for uid, reported in self._reported.items() if reported.rollout.phase not in _AT_REST}
        found = [each for uid in dirty if (each := self._news_of(uid, now)) is not None]
        self._recorder.has_listed()
        return sorted(found, key=lambda each: (each[1].rollout.namespace, each[1].rollout.name, each[0]))

    def _news_of(self, uid: str, now: datetime) -> tuple[Happened, Reported] | None:
        workload, before = self._store.workload(uid), self._reported.get(uid)
        if workload is None:
            self._tracker.rollout(uid, now)
            self._reported.pop(uid, None)
            self._recorder.missed(uid)
            return (Happened.GONE, before) if before is not None else None
        if self._names and reference_to(workload) not in self._names:
            return None
        rollout = self._tracker.rollout(uid, now)
        assert rollout is not None, "there is its workload"
        self._recorder.saw(self._store, workload, rollout)
        reported = Reported(rollout, rollout_document(rollout, workload))
        if before is not None and before.essence == reported.essence:
            return None
        self._reported[uid] = reported
        return (Happened.CHANGED if before is not None else Happened.ADDED), reported


class Speaker(Protocol):
    """Where news go to."""

    def news(self, happened: Happened, reported: Reported) -> None:
        """What happened to one rollout; where it is gone, it is as it was last reported."""

    def listed(self, count: int) -> None:
        """All that exists has been said: from now on, what changes."""


class JsonLines:
    """For programs: an object a line, in ASCII."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def news(self, happened: Happened, reported: Reported) -> None:
        """One rollout."""
        self._line(happened.value, rollout=reported.document)

    def listed(self, count: int) -> None:
        """How many there are."""
        self._line("listed", count=count)

    def _line(self, happened: str, **members: Any) -> None:
        now = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        printing.line(json.dumps({"schema": WATCH_SCHEMA, "type": happened, "time": now, **members}))


async def watch(
    connection: Connection,
    namespace: str | None,
    selector: str,
    names: Collection[Reference],
    speaker: Speaker,
    *,
    recorder: CommandRecorder,
    after: Callable[[bool], None] | None = None,
) -> int:
    """Tell what there is, and then what changes, until nobody reads it. Raises KubeError if it goes on being refused.

    `after` is called after each look, once all has been listed, with whether what is known is current.

    The exit code is 1 where a name does not exist; else this does not return.
    """
    ledger, has_listed, troubles = (
        Ledger(names, recorder),
        False,
        Troubles({*_NEEDED, *(name.resource for name in names)}, _OPTIONAL, printing.note),
    )
    loop = asyncio.get_running_loop()
    ticked = loop.time()
    resources = (*STREAMED, *await extensions(connection))
    ledger.awaits(resources)
    async with Streams(connection, namespace, selector, resources=resources) as streams:
        streams.go()
        if is_folding(resources):
            streams.widen()
        while True:
            try:
                async with asyncio.timeout(_SOON if troubles.are_open else _TICK):
                    changes = await streams.take()
            except TimeoutError:
                changes = []
            is_due = loop.time() - ticked >= _TICK
            if is_due:
                ticked = loop.time()
                standard_streams.check_for_readers()
            ledger.apply(changes)
            for change in changes:
                if isinstance(change, Link):
                    troubles.heard(change, loop.time())
            troubles.check(loop.time())
            for happened, reported in ledger.news(connection.clock.now(), times=is_due):
                speaker.news(happened, reported)
            if not standard_streams.is_read():
                standard_streams.check_for_readers()
            if ledger.is_listed and not has_listed:
                has_listed = True
                speaker.listed(len(ledger))
                if missing := ledger.missing:
                    await say_missing(connection, missing)
                    return FAILED
            if has_listed and after is not None:
                after(not troubles.are_open)
