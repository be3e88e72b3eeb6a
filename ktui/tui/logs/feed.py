"""Follows the logs of many containers at once, and hands their lines over in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Final

from ktui.kube.logs import NANOSECONDS, TAIL, ContainerLog, LogFollower, LogLine, LogState, LogStatus
from ktui.redaction import redact_lines
from ktui.tui.logs.buffer import Entry, Source
from ktui.tui.logs.sources import Selection, Watched

if TYPE_CHECKING:
    from ktui.kube.connection import Connection

MOST_WAITING: Final = 5_000
"""Lines that wait to be taken. When there are so many, the streams are not read until they are: a server that is
faster than the screen waits, and neither memory nor keys have to suffer."""

SETTLED: Final = 1.0
"""Seconds after a log was opened from which on its lines count as written now."""

TOGETHER: Final = NANOSECONDS // 20
LONGEST_TOGETHER: Final = NANOSECONDS
"""Between two lines of a stack trace, and between the first and the last of it, passes less than this."""

_SHARED_TAIL: Final = 4000
"""Lines of what was written before, when they are of many containers."""


class Places:
    """Where the lines of one container are put among those of others."""

    def __init__(self) -> None:
        self._head = self._before = 0
        self._was_indented = False

    def of(self, line: LogLine, *, is_live: bool = True) -> int:
        """The time by which a line is put in its place: for a part of a stack trace, that of its first line.

        What a program writes at once stays together that way, whatever others write meanwhile. Of what was written
        before it was followed, all that came in quick succession stays together: traces are not always indented.
        """
        is_indented = not line.text or line.text[0] == " "
        near = line.at - self._before < TOGETHER and line.at - self._head < LONGEST_TOGETHER
        if not (near and (is_indented or self._was_indented or not is_live)):
            self._head = line.at
        self._before, self._was_indented = line.at, is_indented
        return self._head


class _Stream:
    """One container's log in progress."""

    def __init__(self, watched: Watched, follower: LogFollower) -> None:
        self.source = watched.source
        self.watched = watched
        self.follower = follower
        self.task: asyncio.Task[None] | None = None
        self.state: LogState | None = None
        self.opened = 0.0
        self.last = 0
        """When its last line was written."""
        self.places = Places()
        self.announces_previous = False
        self.is_let_go = False
        """Whether its pod is gone, and only the rest of what it wrote is awaited."""
        self.noted_ends: set[int] = set()
        """The runs, by the number of restarts before them, whose end was noted."""

    @property
    def is_over(self) -> bool:
        """Whether nothing comes for now, or for good."""
        return self.state is not None and self.state.status in (LogStatus.ENDED, LogStatus.GONE)


class LogFeed:
    """The logs of one pane. `follow` says which, `take` gives what came; close it with `aclose`."""

    def __init__(self, tail: int | None = None, since_seconds: int | None = None) -> None:
        """Begin with the last `tail` lines of each container, and none that is older; None is what fits a screen."""
        self._tail, self._since_seconds = tail, since_seconds
        self._connection: Connection | None = None
        self._streams: dict[Source, _Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._now = 0
        self._waiting: list[Entry] = []
        self._room = asyncio.Event()
        self._serials = count()
        self._failure: BaseException | None = None
        self.lines = 0
        """How many lines have come so far."""

    # What the screen asks

    @property
    def statuses(self) -> Mapping[Source, LogState]:
        """What became of each log that was opened."""
        return {source: stream.state for source, stream in self._streams.items() if stream.state is not None}

    @property
    def followed(self) -> frozenset[Source]:
        """The containers whose logs are open or were."""
        return frozenset(self._streams)

    def take(self) -> list[Entry]:
        """What came since it was last asked. Raises what went wrong within ktui itself."""
        if self._failure is not None:
            raise self._failure
        taken, self._waiting = self._waiting, []
        self._room.set()
        return taken

    def follow(self, selection: Selection, connection: Connection | None, now: datetime, *, previous: bool) -> None:
        """Follow these from now on: open what is new, let go of what is not wanted, mark what has ended.

        `previous` opens what was written before the last restart for every container that has it, not only for those
        that crashed.
        """
        self._now = int(now.timestamp() * NANOSECONDS)
        if connection is not self._connection:
            self._connect(connection)
        wanted = {each.source: each for each in selection.watched}
        for source, stream in list(self._streams.items()):
            if source not in wanted:
                self._let_go(stream, is_alive=source.uid in selection.alive)
        logs = sum(each.has_log for each in selection.watched)
        for watched in selection.watched:
            known = self._streams.get(watched.source)
            if known is not None:
                known.is_let_go = False
                self._see(known, watched)
            elif watched.has_log and connection is not None:
                tail = self._tail if self._tail is not None else max(50, min(TAIL, _SHARED_TAIL // logs))
                self._open(watched, connection, tail=tail, previous=previous)

    def retry_now(self) -> None:
        """Whatever waits for its next attempt makes it now."""
        for stream in self._streams.values():
            stream.follower.retry_now()

    async def aclose(self) -> None:
        """Stop following."""
        self._streams.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # How it is done

    def _connect(self, connection: Connection | None) -> None:
        """Go on over another connection, or wait for one."""
        self._connection = connection
        for stream in self._streams.values():
            self._stop(stream)
            if connection is not None and (stream.state is None or stream.state.status is not LogStatus.GONE):
                stream.follower.connection = connection
                self._start(stream)

    def _open(self, watched: Watched, connection: Connection, *, tail: int, previous: bool) -> None:
        source = watched.source
        log = ContainerLog(source.namespace, source.pod, source.container)
        wants_previous = watched.crashed or (previous and watched.restarts > 0)
        since = self._since_seconds
        follower = LogFollower(connection, log, tail=tail, since_seconds=since, previous=wants_previous)
        stream = self._streams[source] = _Stream(watched, follower)
        self._start(stream)

    def _start(self, stream: _Stream) -> None:
        name = f"log of {stream.source.pod}/{stream.source.container}"
        stream.task = asyncio.create_task(self._run(stream), name=name)
        stream.task.add_done_callback(self._done)
        self._tasks.add(stream.task)

    def _stop(self, stream: _Stream) -> None:
        if stream.task is not None:
            stream.task.cancel()
            stream.task = None

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = error

    async def _run(self, stream: _Stream) -> None:
        clock = asyncio.get_running_loop().time
        async with aclosing(stream.follower.heard()) as heard:
            async for batch in heard:
                if isinstance(batch, LogState):
                    self._tell(stream, batch, clock())
                    continue
                while len(self._waiting) >= MOST_WAITING:
                    self._room.clear()
                    await self._room.wait()
                self._put(stream, batch, is_live=clock() - stream.opened > SETTLED)

    def _tell(self, stream: _Stream, state: LogState, at: float) -> None:
        if state.status in (LogStatus.PREVIOUS, LogStatus.FOLLOWING):
            stream.opened = at
        before, stream.state = stream.state, state
        if state.status is LogStatus.PREVIOUS:
            stream.announces_previous = True
        elif state.status is LogStatus.FOLLOWING and before is not None and before.status is LogStatus.PREVIOUS:
            self._mark_restart(stream)
        self._mark_end(stream)
        if stream.is_let_go:
            self._part_from(stream)

    def _put(self, stream: _Stream, lines: Sequence[LogLine], *, is_live: bool) -> None:
        if stream.announces_previous:
            stream.announces_previous = False
            watched = stream.watched
            run = "its last run" if watched.waiting else f"before restart {watched.restarts}"
            self._note(stream, lines[0].at, f"previous instance, {run}")
        source, serials = stream.source, self._serials
        texts = redact_lines([line.text for line in lines])
        self._waiting += [
            Entry(stream.places.of(line, is_live=is_live), next(serials), line.at, source, text, False, is_live)
            for line, text in zip(lines, texts, strict=True)
        ]
        stream.last = lines[-1].at
        self.lines += len(lines)

    def _note(self, stream: _Stream, at: int, text: str) -> None:
        at = at or self._now
        self._waiting.append(Entry(at, next(self._serials), at, stream.source, text, is_note=True))

    def _see(self, stream: _Stream, watched: Watched) -> None:
        """The container is now as `watched` says."""
        before, stream.watched = stream.watched, watched
        if watched.runs and (before.runs, before.restarts) != (watched.runs, watched.restarts):
            stream.follower.retry_now()
        if watched.restarts > before.restarts:
            self._mark_restart(stream)
        self._mark_end(stream)

    def _mark_restart(self, stream: _Stream) -> None:
        """Say below the last line of a run how that ended, where another one has begun."""
        watched, run = stream.watched, stream.watched.restarts - 1
        if watched.last_end and not watched.waiting and run not in stream.noted_ends:
            stream.noted_ends.add(run)
            self._note(stream, stream.last, f"ended with {watched.last_end}, restart {watched.restarts} follows")

    def _mark_end(self, stream: _Stream) -> None:
        """Say below the last line of a run how that ended, once that is known and all its lines have come."""
        watched = stream.watched
        if stream.is_over and watched.ended and watched.restarts not in stream.noted_ends:
            stream.noted_ends.add(watched.restarts)
            self._note(stream, stream.last, f"ended with {watched.ended}")

    def _let_go(self, stream: _Stream, *, is_alive: bool) -> None:
        if is_alive:
            # Its revision is on the other side now, or another one replaced it.
            self._stop(stream)
            del self._streams[stream.source]
            return
        if not stream.is_let_go:
            stream.is_let_go = True
            stream.follower.finish()
        self._part_from(stream)

    def _part_from(self, stream: _Stream) -> None:
        """Say that the pod is gone once its last lines have come."""
        if stream.state is not None and stream.state.status is LogStatus.GONE and stream.source in self._streams:
            self._note(stream, stream.last, "the pod is gone")
            del self._streams[stream.source]
