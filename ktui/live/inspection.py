"""What a pipeline gets beside the verdict: the rollout with its causes, and what a failing pod logged last."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec

from ktui.kinds.registry import kind_of, rollout_of
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError, Rejected
from ktui.kube.logs import ContainerLog, LogLine, read_log
from ktui.live.snapshot import Note, read_workload
from ktui.model.objects import ContainerStatus, Pod
from ktui.model.reference import Reference
from ktui.model.workloads import Workload
from ktui.redaction import redact
from ktui.rollout.podstatus import Health, PodState, broken_container, health, pod_state
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from ktui.text import clean

LONGEST_LINE: Final = 400
"""Characters of a log line that are shown: a report is no place for a dump."""

_ORDER: Final = re.compile(r"##(?=\w*\[)")


class Inspected(msgspec.Struct, frozen=True):
    """A rollout at one moment, with the pods that it depends on: of a Deployment, those of its current revision."""

    rollout: Rollout
    workload: Workload
    pods: tuple[Pod, ...]

    @property
    def failing(self) -> tuple[PodState, ...]:
        """The pods that are not ready, those first that the causes name."""
        return tuple(pod_state(pod) for pod in self.suspects)

    @property
    def suspects(self) -> list[Pod]:
        """The same pods, as the cluster has them."""
        named = [name for cause in self.rollout.causes if not cause.remark for name in cause.pods]
        worst = (Health.BROKEN, Health.GONE, Health.STARTING, Health.STOPPING)

        def order(pod: Pod) -> tuple[int, int, str]:
            name = clean(pod.metadata.name)
            return (named.index(name) if name in named else len(named), worst.index(health(pod)), name)

        return sorted((pod for pod in self.pods if health(pod) is not Health.READY), key=order)


class LogTail(msgspec.Struct, frozen=True):
    """The last lines of one container, fit for a report; `missing` says why there are none."""

    pod: str
    container: str
    previous: bool
    """Whether it is what the container wrote before its last restart."""
    lines: tuple[str, ...]
    missing: str = ""

    @property
    def title(self) -> str:
        """Whose lines these are."""
        run = ", the run before its last restart" if self.previous else ""
        return f"container {self.container} of pod {self.pod}{run}"


class Inspector:
    """Looks at one workload again and again, and remembers how its rollout went."""

    def __init__(self, connection: Connection, reference: Reference, note: Note) -> None:
        self._connection, self._note = connection, note
        self._reference = reference
        self._track: Track | None = None

    def now(self) -> datetime:
        """The time that ages and thresholds count to."""
        return self._connection.clock.now()

    async def inspect(self) -> Inspected:
        """The rollout as it is now. What may not be read beside the workload is done without. Raises KubeError."""
        store = await read_workload(self._connection, self._reference, self.now, note=self._note)
        (workload,) = store.shown()
        self._track, rollout = rollout_of(store, workload, self._track, self.now())
        return Inspected(rollout, workload, kind_of(workload).depends_on(store, workload))


async def last_words(connection: Connection, seen: Inspected, most: int) -> LogTail | None:
    """The end of the log of the first failing container that has one; None where none has, or `most` is 0.

    Of a container that crashed and was started again, it is the run before that. Never raises for what a server does.
    """
    found = _speaker(seen)
    if most == 0 or found is None:
        return None
    pod, container, restarted = found
    log = ContainerLog(pod.metadata.namespace, pod.metadata.name, container.name)
    names = clean(log.pod), clean(log.container)
    try:
        if restarted:
            lines = await _previous(connection, log, most)
            if lines:
                return LogTail(*names, previous=True, lines=_shown(lines, most))
        return LogTail(*names, previous=False, lines=_shown(await read_log(connection, log, tail=most), most))
    except KubeError as error:
        return LogTail(*names, previous=restarted, lines=(), missing=str(error))


async def _previous(connection: Connection, log: ContainerLog, most: int) -> list[LogLine]:
    """Nothing where the node does not have it any more."""
    try:
        return await read_log(connection, log, tail=most, previous=True)
    except Rejected:
        return []


def _speaker(seen: Inspected) -> tuple[Pod, ContainerStatus, bool] | None:
    for pod in seen.suspects:
        statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
        unready = next((each for each in statuses if not each.ready and each.state.running is not None), None)
        container = broken_container(pod) or unready
        if container is None:
            continue
        restarted = container.restart_count > 0 or container.last_state.terminated is not None
        ended, runs = container.state.terminated is not None, container.state.running is not None
        if restarted or ended or runs:
            return pod, container, restarted and not ended
    return None


def _shown(lines: list[LogLine], most: int) -> tuple[str, ...]:
    # All lines together: a private key takes several.
    texts = redact("\n".join(line.text for line in lines[-most:])).split("\n") if lines else []
    return tuple(inert(text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…") for text in texts)


def inert(text: str) -> str:
    """Text of a cluster for a pipeline's log: without what looks like a secret, and nothing that a runner obeys.

    GitHub and Azure obey what stands behind `##[` and `##vso[`.
    What has to stand at the beginning of a line to be obeyed (`::error::`) never does: there is always a word, or a
    bar, before it.
    """
    return _ORDER.sub("# #", redact(text))
