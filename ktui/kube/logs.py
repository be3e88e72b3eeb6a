"""The log of one container: read once, or followed for as long as there is something to follow.

A stream that breaks is taken up again where it broke off, and no line comes twice. The API server passes the time
from which on it is asked on in whole seconds, so the lines of the newest second are remembered until the next one.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from ktui.kube.backoff import Backoff, Pacing
from ktui.kube.connection import Connection
from ktui.kube.errors import CredentialError, Forbidden, Interrupted, KubeError, NotFound, Rejected, Unauthorized
from ktui.kube.streams.lines import LineSplitter
from ktui.model.resources import PODS
from ktui.text import visible, without_sequences

LONGEST_LINE: Final = 16_384
"""Characters of a line that are kept; what a container writes without an end must not fill the memory."""

TAIL: Final = 1000
"""Lines of what was written before that are asked for."""

NANOSECONDS: Final = 1_000_000_000

_LONGEST_RAW: Final = 262_144
"""Bytes after which a line that has not ended is taken for ended."""

_T = TypeVar("_T")
_REFUSALS: Final = (Forbidden, Unauthorized, CredentialError)
_WAITING: Final = " is waiting to start: "
_NO_PREVIOUS: Final = "previous terminated container"

_STAMP: Final = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_UNREADABLE: Final = re.compile("\ufffd{2,}")
_JOINERS: Final = re.compile("(?<=[^\\x00-\\x7f])[\u200c\u200d\ufe0e\ufe0f]")
"""What shapes the sign before it, as in emoji and in Persian: many programs write these, and in a log none names
anything."""
_SPACES: Final = re.compile("[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""Spaces of other kinds, which in a log mean no more than a space."""


_NO_LOG: Final = re.compile(rb"unable to retrieve container logs for \w+://")
"""What stands in place of a log that is gone, with status 200 (kubelet, kuberuntime: GetContainerLogs)."""


class NoLog(KubeError):  # noqa: N818 - it says what happened
    """There is no log to be read, though the server answers as if there were."""


class ContainerLog(NamedTuple):
    """Whose log."""

    namespace: str
    pod: str
    container: str


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """A line, fit for a screen; `at` is when it was written, in nanoseconds since the Unix epoch."""

    at: int
    text: str


class LogStatus(StrEnum):
    """What became of a log that is followed."""

    PREVIOUS = "previous"
    """What comes now is what the container wrote before it was started again."""
    FOLLOWING = "following"
    WAITING = "waiting"
    """The container has not started; tried again by itself."""
    ENDED = "ended"
    """The container does not run now; it may be started again, and then its log is followed on."""
    REFUSED = "refused"
    """The server does not let us; tried again now and then."""
    BROKEN = "broken"
    """The connection broke; tried again by itself."""
    GONE = "gone"
    """The pod is no more: this is the end."""


class LogState(NamedTuple):
    """That a log is in another state now, and why, in a person's words; empty where the status says it all."""

    status: LogStatus
    reason: str = ""


def plain(text: str) -> str:
    """A line as a screen can show it: indented as it was, without escape sequences or control characters.

    >>> plain("\\tat \\x1b[31mMain\\x1b[0m")
    '    at Main'
    """
    if not (text.isascii() and text.isprintable()):
        text = without_sequences(text).rstrip("\r")
        # What a terminal would have written over is not shown there either: progress bars, mostly.
        text = _SPACES.sub(" ", _JOINERS.sub("", text.rpartition("\r")[2].expandtabs(4)))
        text = visible(_UNREADABLE.sub("\ufffd", text))
    if len(text) > LONGEST_LINE:
        text = f"{text[:LONGEST_LINE]}… ({len(text) - LONGEST_LINE} more characters)"
    return text


async def read_log(
    connection: Connection,
    log: ContainerLog,
    *,
    tail: int = TAIL,
    previous: bool = False,
    since_seconds: int | None = None,
) -> list[LogLine]:
    """The last lines of a log as it is now; with `previous`, of the run before the last restart.

    `since_seconds` leaves out what is older.

    Raises KubeError: Rejected where the container has not started or was never restarted, NotFound, Forbidden.
    """
    params = {"container": log.container, "timestamps": "true", "tailLines": str(tail)}
    if previous:
        params["previous"] = "true"
    if since_seconds is not None:
        params["sinceSeconds"] = str(since_seconds)
    raw = await connection.request("GET", _path(log), params=params)
    reader = LogReader(_now)
    return [*reader.feed(raw), *reader.feed(b"\n")]


class LogReader:
    """Bytes of a log into lines, without I/O. Lines that came before are left out when a log is read again."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._splitter = LineSplitter()
        self._unfinished = 0
        self._at = 0
        self._second = 0
        self._seen: Counter[int] = Counter()
        """The lines of the newest second, each by its hash, and how often it was there."""
        self._again: Counter[int] = Counter()
        """Those of them that are still to come again."""
        self._skipping = False
        self._is_cut = False
        """Whether what comes next goes on with a line that was too long: a container could write a stamp there."""

    @property
    def since(self) -> str:
        """The time from which on the log has to be read to go on; empty where nothing has been read."""
        return datetime.fromtimestamp(self._second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self._second else ""

    def reopen(self) -> None:
        """From now on come the bytes of another request for the same log, from `since` on."""
        self._splitter, self._unfinished = LineSplitter(), 0
        self._again, self._skipping, self._is_cut = self._seen.copy(), False, False

    def feed(self, chunk: bytes) -> list[LogLine]:
        """The lines that this chunk completes."""
        newline = chunk.rfind(b"\n")
        if not self._unfinished and chunk.startswith(b"\n"):
            # The line that was cut had its end just there.
            self._is_cut = False
        self._unfinished = self._unfinished + len(chunk) if newline < 0 else len(chunk) - newline - 1
        lines = list(map(self._line, self._splitter.feed(chunk)))
        if self._unfinished > _LONGEST_RAW:
            lines += map(self._line, self._splitter.feed(b"\n"))
            self._unfinished, self._is_cut = 0, True
        return [line for line in lines if line is not None]

    def _line(self, raw: bytes) -> LogLine | None:
        stamp, _, rest = raw.partition(b" ")
        at = _nanoseconds(stamp) if not self._is_cut else None
        self._is_cut = False
        if at is None:
            # What the kubelet itself has to say, or more of a line that was too long.
            if _NO_LOG.match(raw):
                raise NoLog("The kubelet cannot give this log: the container runtime does not have it, or no longer.")
            if self._skipping:
                return None
            self._at = self._at or int(self._clock().timestamp() * NANOSECONDS)
            return LogLine(self._at, plain(raw.decode("utf-8", "replace")))
        self._skipping = self._was_seen(at // NANOSECONDS, hash(raw))
        if self._skipping:
            return None
        # Standard output and error are stamped apart, and may be a little out of order.
        self._at = max(self._at, at)
        return LogLine(self._at, plain(rest.decode("utf-8", "replace")))

    def _was_seen(self, second: int, digest: int) -> bool:
        if self._again and self._again[digest] > 0:
            self._again[digest] -= 1
            return True
        if second > self._second:
            self._second = second
            self._seen.clear()
            self._again.clear()
        if second == self._second:
            self._seen[digest] += 1
        return False


def _nanoseconds(stamp: bytes) -> int | None:
    """A time stamp of the kubelet (RFC 3339, up to nine digits), since the Unix epoch; None where it is none."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return None
    whole, fraction, zone = found.groups()
    second = _seconds(whole, zone)
    return None if second is None else second * NANOSECONDS + int((fraction or b"0").ljust(9, b"0"))


@lru_cache(maxsize=4096)
def _seconds(whole: bytes, zone: bytes) -> int | None:
    try:
        # In UTC too, it has to be a time of the calendar.
        return int(datetime.fromisoformat((whole + zone).decode()).astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        return None


class LogFollower:
    """What a container writes, from its last lines on, through broken connections and restarts.

    `previous` begins with the end of what was written before the last restart, where there was one. What servers and
    networks do is shown, never raised.
    """

    def __init__(
        self,
        connection: Connection,
        log: ContainerLog,
        *,
        tail: int = TAIL,
        since_seconds: int | None = None,
        previous: bool = False,
        pacing: Pacing | None = None,
        clock: Callable[[], datetime] | None = None,
        random: Random | None = None,
    ) -> None:
        self.log = log
        self.connection = connection
        self._tail = tail
        self._since_seconds = since_seconds
        self._previous = previous
        self._pacing = pacing or Pacing()
        self._backoff = Backoff(self._pacing, random or Random())
        self._clock = clock or _now
        self._reader = LogReader(self._clock)
        self._has_opened = False
        self._last: LogStatus | None = None
        self._opened_at = 0.0
        self._is_last_stream = False
        self._wake = asyncio.Event()

    def retry_now(self) -> None:
        """Do not wait for the next attempt: the container has started, or a person asked for it."""
        self._wake.set()

    def finish(self) -> None:
        """The pod is gone: read what still comes, and then no more. Another pod may have its name by now."""
        self._is_last_stream = True
        self._wake.set()

    async def heard(self) -> AsyncGenerator[list[LogLine] | LogState, None]:
        """Lines as they come, and what becomes of the log. Close it (`aclosing`) to close its socket."""
        while True:
            wait = 0.0
            try:
                async with aclosing(self._read()) as batches:
                    async for batch in batches:
                        yield batch
            except NotFound:
                self._is_last_stream = True
            except KubeError as error:
                state, wait = self._trouble(error)
                if state is not None and (state.status, state.reason) != (self._last, ""):
                    yield self._tell(state)
            else:
                if self._previous:
                    self._previous = False
                    continue
                wait = self._backoff.next()
                if self._last is not LogStatus.ENDED:
                    yield self._tell(LogState(LogStatus.ENDED))
            if self._is_last_stream:
                yield self._tell(LogState(LogStatus.GONE))
                return
            await self._pause(wait)

    def _trouble(self, error: KubeError) -> tuple[LogState | None, float]:
        """What to say of an error, if anything, and how long to wait before the next attempt, in seconds."""
        asked = error.retry_after or 0.0
        if isinstance(error, Rejected):
            if self._previous and error.message.startswith(_NO_PREVIOUS):
                self._previous = False
                return None, 0.0
            return LogState(LogStatus.WAITING, error.message.partition(_WAITING)[2] or str(error)), self._backoff.next(
                asked
            )
        if isinstance(error, _REFUSALS):
            wait = self._backoff.spread(self._pacing.refused_wait, floor=asked)
            return LogState(LogStatus.REFUSED, str(error)), wait
        if isinstance(error, Interrupted) and self._last is LogStatus.FOLLOWING and not self._is_short_lived():
            # Load balancers cut streams at their pleasure; it is shown only if it cannot be taken up again.
            return None, 0.0
        return LogState(LogStatus.BROKEN, str(error)), self._backoff.next(asked)

    def _is_short_lived(self) -> bool:
        return asyncio.get_running_loop().time() - self._opened_at < self._pacing.short

    def _tell(self, state: LogState) -> LogState:
        self._last = state.status
        return state

    async def _read(self) -> AsyncGenerator[list[LogLine] | LogState, None]:
        """One request, to the end of its answer."""
        async with AsyncExitStack() as stack:
            path, params = _path(self.log), self._params()
            self._reader.reopen()
            # Opened now, also when it fails: what breaks at once is not tried again at once.
            self._opened_at = asyncio.get_running_loop().time()
            chunks = await stack.enter_async_context(self.connection.stream(path, params))
            if self._previous:
                yield self._tell(LogState(LogStatus.PREVIOUS))
            else:
                self._has_opened = True
                if self._last not in (LogStatus.FOLLOWING, LogStatus.ENDED):
                    yield self._tell(LogState(LogStatus.FOLLOWING))
            while chunk := await self._patiently(anext(chunks, b"")):
                lines = self._reader.feed(chunk)
                if not lines:
                    continue
                self._backoff.reset()
                if self._last is LogStatus.ENDED:
                    yield self._tell(LogState(LogStatus.FOLLOWING))
                yield lines
            if lines := self._reader.feed(b"\n"):
                # Last words without a newline.
                yield lines

    async def _patiently(self, step: Awaitable[_T]) -> _T:
        """One step of a stream. A long silence is a container with nothing to say, or a connection half open."""
        try:
            return await self.connection.pulse.within(self._pacing.silence, step)
        except TimeoutError:
            raise Interrupted(f"Nothing has been heard for {self._pacing.silence:.0f}s.") from None

    def _params(self) -> dict[str, str]:
        params = {"container": self.log.container, "timestamps": "true"}
        if self._previous:
            return {**params, "previous": "true", "tailLines": str(self._tail)}
        params["follow"] = "true"
        since = self._reader.since
        if not self._has_opened or not since:
            params["tailLines"] = str(self._tail)
        if since:
            params["sinceTime"] = since
        elif self._since_seconds is not None:
            params["sinceSeconds"] = str(self._since_seconds)
        return params

    async def _pause(self, seconds: float) -> None:
        """Wait, unless it was asked meanwhile not to."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            self._wake.clear()


def _path(log: ContainerLog) -> str:
    return PODS.path(quote(log.namespace, safe=""), quote(log.pod, safe=""), "log")


def _now() -> datetime:
    return datetime.now(UTC)
