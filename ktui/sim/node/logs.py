"""What containers write: made up from the status and the fate of their pod, and the same each time it is read.

Nothing is stored. The log of one run of a container is a story whose lines can be counted and looked up by number,
so that the last ten of a container that has served requests for a month cost ten lines of work.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import floor, inf
from typing import Any, NamedTuple

from ktui.sim.api import errors
from ktui.sim.kernel import seconds_of
from ktui.sim.node.fate import Fate
from ktui.sim.node.tales import Teller

JSON = dict[str, Any]

RETAINED = 100_000
"""Lines that are kept of one run; what is older has been rotated away."""


@dataclass(frozen=True)
class Run:
    """One run of a container, from its start to its end. Times are virtual, in seconds since the Unix epoch."""

    pod: JSON
    container: str
    image: str
    number: int
    """How often the container had been restarted before."""
    began: float
    ended: float | None
    exit_code: int
    reason: str
    is_init: bool
    is_sidecar: bool
    stopped: float | None = None
    """When the pod went away, where nothing that was seen of it shows it."""

    @property
    def seed(self) -> int:
        """A number of its own."""
        return zlib.crc32(f"{self.pod['metadata']['uid']}/{self.container}/{self.number}".encode())

    @property
    def is_first(self) -> bool:
        """Whether it is of the first main container of its pod."""
        return bool(self.container == self.pod["spec"]["containers"][0]["name"])

    @property
    def asked_to_stop(self) -> float | None:
        """When the pod was asked to stop, if it was."""
        if self.stopped is not None:
            return self.stopped
        metadata = self.pod["metadata"]
        if "deletionTimestamp" not in metadata:
            return None
        return seconds_of(metadata["deletionTimestamp"]) - float(metadata.get("deletionGracePeriodSeconds") or 0)


class Line(NamedTuple):
    """When a line was written, and the line."""

    at: float
    text: str


def container_name(pod: JSON, asked: str) -> str:
    """The container whose log is meant.

    Raises:
        ApiError: there are several and none was named, or none of that name (400, as the API server says it).
    """
    name, spec = pod["metadata"]["name"], pod["spec"]
    main = [each["name"] for each in spec["containers"]]
    init = [each["name"] for each in spec.get("initContainers") or ()]
    if asked:
        if asked not in main + init:
            raise errors.bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(main) == 1:
        return str(main[0])
    message = f"a container name must be specified for pod {name}, choose one of: [{' '.join(main)}]"
    if init:
        message += f" or one of the init containers: [{' '.join(init)}]"
    raise errors.bad_request(message)


def run_of(pod: JSON, container: str, *, previous: bool) -> Run:
    """The run of a container whose log is asked for: the one that runs or ran last, or the one before.

    Raises:
        ApiError: it has not started, or was never restarted (400, in the words of the kubelet).
    """
    status = _status(pod, container)
    where = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    if status is None:
        raise errors.bad_request(f"{where} is not available")
    state, last = status["state"], (status.get("lastState") or {}).get("terminated")
    if previous:
        if last is None:
            raise errors.bad_request(f"previous terminated {where} not found")
        return _ended(pod, status, last, status["restartCount"] - ("waiting" not in state))
    # Times of a status are in whole seconds: a run that began in the second in which the last one ended came later.
    after = seconds_of(last["finishedAt"]) + 1 if last is not None else 0.0
    if "running" in state:
        began = max(seconds_of(state["running"]["startedAt"]), after)
        return _run(pod, status, status["restartCount"], began)
    if "terminated" in state:
        return _ended(pod, status, state["terminated"], status["restartCount"], after)
    if last is not None:
        return _ended(pod, status, last, status["restartCount"])
    raise errors.bad_request(f"{where} is waiting to start: {_waits_for(state.get('waiting', {}).get('reason', ''))}")


def _waits_for(reason: str) -> str:
    return {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }.get(reason, reason)


def _status(pod: JSON, container: str) -> JSON | None:
    status = pod["status"]
    known = (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))
    return next((each for each in known if each["name"] == container), None)


def _ended(pod: JSON, status: JSON, terminated: JSON, number: int, after: float = 0.0) -> Run:
    began = max(seconds_of(terminated["startedAt"]), after)
    ended = max(seconds_of(terminated["finishedAt"]), began) + 0.999
    code, reason = terminated["exitCode"], terminated.get("reason", "")
    return _run(pod, status, number, began, ended=ended, code=code, reason=reason)


def _run(
    pod: JSON, status: JSON, number: int, began: float, *, ended: float | None = None, code: int = 0, reason: str = ""
) -> Run:
    init = {each["name"]: each for each in pod["spec"].get("initContainers") or ()}
    name = status["name"]
    is_sidecar = init.get(name, {}).get("restartPolicy") == "Always"
    return Run(
        pod, name, status.get("image", ""), max(number, 0), began, ended, code, reason,
        is_init=name in init and not is_sidecar, is_sidecar=is_sidecar,
    )  # fmt: skip


class Story:
    """The lines of one run, in order of time: how it begins, what it does as long as it runs, how it ends."""

    def __init__(self, run: Run, fate: Fate) -> None:
        # A fate strikes the first main container; the others of its pod are well.
        fate = fate if run.is_first else replace(fate, kind="ok")
        teller = Teller(run.pod, run.image, run.seed)
        self._first = [Line(run.began + after, text) for after, text in self._beginning(run, fate, teller)]
        self._start = self._first[-1].at if self._first else run.began
        self._rate, self._tell = self._middle(run, fate, teller)
        stopping = run.asked_to_stop
        last = list(self._end(run, teller))
        if run.ended is not None:
            self._until = max(self._start, run.ended - 0.002 * (len(last) + 1))
        else:
            # Asked to stop in that second, which is not shown more exactly.
            self._until = inf if stopping is None else max(self._start, stopping + 1)
        self._seed = run.seed
        self._last = [Line(self._until + 0.002 * index, text) for index, text in enumerate(last)]
        if run.ended is not None:
            self._first = [line for line in self._first if line.at <= self._until]

    def _beginning(self, run: Run, fate: Fate, teller: Teller) -> Iterator[tuple[float, str]]:
        if run.is_init:
            yield from teller.prepares()
        elif run.is_sidecar:
            yield from teller.proxies()
        elif fate.kind == "slow":
            yield from teller.waits(fate.startup_seconds)
        else:
            yield from teller.begins(None if fate.kind in ("crash", "unready") else fate.startup_seconds)

    def _middle(self, run: Run, fate: Fate, teller: Teller) -> tuple[float, Callable[[int], str]]:
        """Lines a second while it runs, and the line of each number."""
        if run.is_init:
            return 0.0, teller.request
        if run.is_sidecar:
            return 0.1, teller.proxied
        rate = fate.log_rate
        match fate.kind:
            case "unready":
                return 0.2, teller.is_unready
            case "oom":
                return rate, teller.grows
            case "complete":
                return rate, teller.works
            case "crash":
                return 0.0, teller.request
        return rate, teller.request

    def _end(self, run: Run, teller: Teller) -> Iterator[str]:
        if run.ended is None:
            if run.asked_to_stop is not None:
                yield from teller.stops()
        elif run.is_init:
            yield from teller.prepared() if run.exit_code == 0 else teller.crashes(run.exit_code)
        elif run.reason == "OOMKilled" or run.exit_code == 137:
            return  # the kernel gives no time for last words
        elif run.exit_code:
            yield from teller.crashes(run.exit_code)
        else:
            yield from teller.completes()

    # -- lines by number -----------------------------------------------------------------------------------------

    def count(self, now: float) -> int:
        """How many lines have been written by then."""
        if now < self._start:
            return bisect_right(self._first, now, key=_at)
        middle = self._in_the_middle(min(now, self._until))
        last = bisect_right(self._last, now, key=_at)
        return len(self._first) + middle + last

    def _in_the_middle(self, moment: float) -> int:
        if self._rate <= 0 or moment <= self._start:
            return 0
        sure = floor((moment - self._start) * self._rate)
        return sure + (self._time(sure) <= moment)

    def _time(self, index: int) -> float:
        chance = ((self._seed + index) * 2654435761 & 0xFFFFFFFF) / 2**32
        return self._start + (index + chance) / self._rate

    def next_at(self, number: int) -> float | None:
        """When the line of that number is due; None where there will be none, or where it is not known yet."""
        if number >= len(self._first) and not self._last and self._rate <= 0:
            return None
        if self.has_end and number >= len(self._first) + self._in_the_middle(self._until) + len(self._last):
            return None
        return self.line(number).at

    @property
    def has_end(self) -> bool:
        """Whether nothing more will be written."""
        return self._until < inf

    def line(self, number: int) -> Line:
        """The line of that number, from 0."""
        if number < len(self._first):
            return self._first[number]
        index = number - len(self._first)
        if self.has_end and index >= (middle := self._in_the_middle(self._until)):
            return self._last[index - middle]
        return Line(self._time(index), self._tell(index))


def _at(line: Line) -> float:
    return line.at
