"""Follow one rollout to its end: kubectl's lines as they come, a heartbeat where none come, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, cast

import msgspec

from ktui.cli import printing
from ktui.cli.exit_codes import FAILED, NOT_FINISHED
from ktui.cli.link_problems import Troubles
from ktui.kinds.auto_abort import Armed, arm
from ktui.kinds.registry import kind_of
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.streams.reflector import Reflector
from ktui.live.inspection import Inspector, inert
from ktui.model.changes import Gone, Link, Put
from ktui.model.reference import Reference
from ktui.model.workloads import Workload
from ktui.rollout.countdown import NOTHING_SEEN, Countdown, countdown, seen
from ktui.rollout.rollout import Phase, Rollout
from ktui.rollout.status import Verdict
from ktui.text import duration

_DELETED: Final = "object has been deleted"
"""kubectl's words when what it watches is deleted, or deleted and created again."""

_LOOKS: Final = 5.0
"""At most so many seconds between two looks for a cause that blocks."""

_LINK: Final = 0.25
"""Seconds between two looks at how the link is."""

_LOOK_TIMEOUT: Final = 20.0
"""Seconds after which a look ends: a server that does not answer must not keep the log silent."""


class Outcome(StrEnum):
    """How it ended."""

    COMPLETE = "complete"
    FAILED = "failed"
    """The progress deadline has passed: kubectl's error."""
    WAITS = "waits for deletion"
    """Its strategy is OnDelete, of which kubectl tells no status."""
    STALLED = "stalled"
    """Something that waiting does not cure has lasted longer than the patience for it."""
    TIMED_OUT = "timed out"
    NOT_FINISHED = "not finished"
    """Only one look was asked for, and it was not complete."""
    DELETED = "deleted"
    SUPERSEDED = "superseded"
    """Another revision, or another template, has replaced the one that was followed."""


class Ending(msgspec.Struct, frozen=True):
    """How it ended, and kubectl's sentence for it where kubectl calls it an error."""

    outcome: Outcome
    error: str = ""
    is_quiet: bool = False
    """Whether a look that finds it not finished is no reason for another exit code than 0."""

    @property
    def code(self) -> int:
        """The exit code."""
        match self.outcome:
            case Outcome.COMPLETE:
                return 0
            case Outcome.NOT_FINISHED if self.is_quiet:
                return 0
            case Outcome.TIMED_OUT | Outcome.NOT_FINISHED:
                return NOT_FINISHED
            case _:
                return FAILED


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a rollout is followed. Lengths of time are in seconds."""

    watch: bool = True
    """Whether to wait for its end, or look once."""
    limit: float | None = None
    heartbeat: float | None = None
    """After how long a silence a line is printed; None for never."""
    patience: float | None = None
    """How long a cause that blocks may last; None leaves it to the progress deadline, as kubectl does."""
    rolls_back: bool = False
    """Whether a failure is rolled back: then only what no waiting cures ends it before the deadline, each cause after
    its own patience (`rollout.patience`), or after `patience` if that is given."""
    says_lines: bool = True
    """Whether kubectl's lines are printed."""
    revision: int | None = None
    """The revision that a Deployment has to be; as for kubectl, other kinds are taken as they are."""
    template: bytes | None = None
    """The digest of the template that it has to be."""


class Follow:
    """One workload, followed once."""

    def __init__(self, connection: Connection, reference: Reference, manner: Manner) -> None:
        self._connection = connection
        self._reference = reference
        self._manner = manner
        self._inspector = Inspector(connection, reference, printing.remark)
        self._line = ""
        self._was_paused = False
        self._troubles = Troubles({reference.resource}, (), self._note)
        self._waits: Countdown | None = None
        """What is going to end it, unless it is over by then."""
        self._begun = self._said = 0.0
        self.first: Armed | None = None
        """What was being rolled out when it was first seen."""

    async def to_the_end(self) -> Ending:
        """How it ended. Raises KubeError where the server refuses."""
        clock = asyncio.get_running_loop()
        self._begun = self._said = clock.time()
        duties: list[Coroutine[Any, Any, Ending]] = [self._judge_changes(), self._check_link()]
        if self._manner.watch and self._manner.rolls_back:
            duties.append(self._count_down(self._manner.patience))
        elif self._manner.watch and self._manner.patience is not None:
            duties.append(self._lose_patience(self._manner.patience))
        if self._manner.watch and self._manner.heartbeat is not None:
            duties.append(self._beat(self._manner.heartbeat))
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            await asyncio.wait(tasks, timeout=self._manner.limit, return_when=asyncio.FIRST_COMPLETED)
            ended = next((task for task in tasks if task.done()), None)
            return (
                ended.result()
                if ended is not None
                else Ending(Outcome.TIMED_OUT, "timed out waiting for the condition")
            )
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # What kubectl does

    async def _judge_changes(self) -> Ending:
        reflector = Reflector(
            self._connection,
            self._reference.resource,
            self._connection.namespace,
            field_selector=f"metadata.name={self._reference.name}",
        )
        async with aclosing(reflector.changes()) as batches:
            async for batch in batches:
                for change in batch:
                    match change:
                        case Put(resource, workload) if resource.is_workload:
                            known = cast(Workload, workload)
                            if ending := self._judge(known, await self._verdict(known)):
                                return ending
                        case Gone():
                            return Ending(Outcome.DELETED, _DELETED)
                        case Link():
                            self._troubles.heard(change, asyncio.get_running_loop().time())
        raise AssertionError("a reflector does not end")

    async def _verdict(self, workload: Workload) -> Verdict:
        """The verdict on it. If the workload alone does not show that its template is another one by now, it waits."""
        kind = kind_of(workload)
        judged = kind.verdict(workload)
        while judged.done and not kind.is_judged_alone:
            rollout = await self._inspect()
            if rollout is None:
                return judged
            if rollout.observed or not self._manner.watch:
                return rollout.verdict
            await asyncio.sleep(_LINK)
        return judged

    def _judge(self, workload: Workload, judged: Verdict) -> Ending | None:
        """What this state of it ends the watch with; None where it goes on."""
        kind = kind_of(workload)
        self.first = self.first or arm(workload)
        if self.first.uid != workload.metadata.uid:
            return Ending(Outcome.DELETED, _DELETED)
        wanted = self._manner.revision
        if wanted is not None and (running := kind.running_revision(workload)) not in (None, wanted):
            said = f"desired revision ({wanted}) is different from the running revision ({running})"
            return Ending(Outcome.SUPERSEDED, said)
        if self._manner.template not in (None, workload.spec.template.digest):
            return Ending(Outcome.SUPERSEDED, "someone else has changed the pod template meanwhile")
        if judged.failed and not judged.error:
            return Ending(Outcome.FAILED if judged.is_judged else Outcome.WAITS, judged.line)
        self._line = judged.line
        if self._manner.says_lines:
            printing.line(judged.line)
            self._has_spoken()
        if judged.failed:
            return Ending(Outcome.FAILED, judged.error)
        if judged.done:
            if said := kind.held_back(workload):
                self._note(f"ktui: {said}")
            return Ending(Outcome.COMPLETE)
        if not self._manner.watch:
            return Ending(Outcome.NOT_FINISHED, is_quiet=judged.exits_quietly)
        is_paused = kind.is_paused(workload)
        if is_paused and not self._was_paused:
            self._note("ktui: it is paused: nothing rolls out until it is resumed.")
        self._was_paused = is_paused
        return None

    async def _check_link(self) -> Ending:
        """Say what is wrong with the link, and end where it goes on. Raises KubeError."""
        clock = asyncio.get_running_loop()
        while True:
            self._troubles.check(clock.time())
            await asyncio.sleep(_LINK)

    # What it does besides

    async def _lose_patience(self, patience: float) -> Ending:
        """Ends when the rollout has been stalled for that long."""
        clock = asyncio.get_running_loop()
        since: float | None = None
        while True:
            rollout = await self._inspect()
            blocker = rollout.why if rollout is not None and _is_stalled(rollout) else ""
            now = clock.time()
            # What could not be looked at proves nothing: the time begins again.
            since = None if not blocker else since if since is not None else now
            if since is not None and now - since >= patience:
                return Ending(Outcome.STALLED, f"stalled for {duration(now - since)}: {blocker}")
            await asyncio.sleep(min(_LOOKS, max(0.1, patience / 6)))

    async def _count_down(self, patience: float | None) -> Ending:
        """Ends when something that no waiting cures has lasted as long as it may; says before that it will."""
        granted = timedelta(seconds=patience) if patience is not None else None
        first_seen, announced = NOTHING_SEEN, None
        while True:
            rollout, now, waits = await self._inspect(), self._inspector.now(), None
            if rollout is not None:
                first_seen = seen(rollout, first_seen, now)
                waits = countdown(rollout, first_seen, granted) if _is_stalled(rollout) and rollout.observed else None
                self._waits = waits
            if waits is not None and waits.is_over(now):
                lasted = f" for {duration((now - since).total_seconds())}" if (since := waits.cause.since) else ""
                return Ending(Outcome.STALLED, f"stalled{lasted}: {waits.cause.sentence}")
            if waits is not None and waits.cause.reason is not announced:
                announced = waits.cause.reason
                self._note(f"ktui: {waits.sentence(now)}: {waits.cause.sentence}")
            rest = (waits.due - now).total_seconds() if waits is not None else _LOOKS
            await asyncio.sleep(min(_LOOKS, max(0.1, rest)))

    async def _inspect(self) -> Rollout | None:
        """The rollout as it is now; None if it cannot be seen."""
        try:
            async with asyncio.timeout(_LOOK_TIMEOUT):
                return (await self._inspector.inspect()).rollout
        except (KubeError, TimeoutError):
            return None

    async def _beat(self, interval: float) -> Ending:
        """Say how it stands whenever nothing was said for that long: pipelines take silence for death."""
        clock = asyncio.get_running_loop()
        while True:
            rest = self._said + interval - clock.time()
            if rest > 0:
                await asyncio.sleep(rest)
                continue
            standing = await self._standing()
            self._note(f"ktui: after {duration(clock.time() - self._begun)}: {standing}")

    async def _standing(self) -> str:
        rollout = await self._inspect()
        if rollout is None:
            return self._line or "nothing is known about it yet"
        numbers = rollout.progress
        why = f"; {rollout.why}" if rollout.why else ""
        comes = f"; {self._waits.sentence(self._inspector.now())}" if self._waits is not None else ""
        return f"{rollout.phase.value}, {numbers.new.available} of {numbers.goal} new pods available{why}{comes}"

    def _note(self, text: str) -> None:
        printing.note(inert(text))
        self._has_spoken()

    def _has_spoken(self) -> None:
        self._said = asyncio.get_running_loop().time()


def _is_stalled(rollout: Rollout) -> bool:
    return rollout.phase is Phase.STALLED and not rollout.paused
