"""Which containers' logs are shown, from what the store knows: pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from ktui.kinds.registry import revisions_of
from ktui.model.objects import ContainerStatus, Pod, Terminated
from ktui.model.store import Store
from ktui.rollout import images
from ktui.rollout.facts import Revision
from ktui.rollout.podstatus import Health, broken_container, pod_state
from ktui.text import clean
from ktui.tui.logs.buffer import Source

MOST_SOURCES: Final = 24
"""Logs that are followed at once, each over a connection of its own."""

EVERY: Final = "*"
"""Every container of a pod, init containers and sidecars too; or every pod, also of those that crash alike."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Side(StrEnum):
    """Whose pods."""

    NEW = "new"
    OLD = "old"


class Watched(msgspec.Struct, frozen=True):
    """A container whose log is wanted, and how it is doing."""

    source: Source
    runs: bool
    has_log: bool
    """Whether it has ever started."""
    restarts: int
    crashed: bool
    """Whether it was started again after it had ended, and is not well yet: what it said before is what counts."""
    waiting: str = ""
    """Why it does not run, in the cluster's word."""
    ended: str = ""
    """How its last run ended, where it does not run."""
    last_end: str = ""
    """How the run before the last restart ended."""
    keeps_crashing: bool = False
    """Whether a run of it has crashed, be it well at the moment or not."""


class Choice(msgspec.Struct, frozen=True):
    """What to show of a side.

    Of all pods, or of one (by uid): the container that matters, every one, or one by name. Of pods that crash alike,
    one stands for all, unless it is `EVERY` pod that is asked for.
    """

    pod: str = ""
    container: str = ""


class Selection(msgspec.Struct, frozen=True):
    """What one side has to show."""

    watched: tuple[Watched, ...] = ()
    left_out: int = 0
    """How many more pods there are than logs are followed at once."""
    revisions: tuple[tuple[int, str], ...] = ()
    """Number and image of the revisions that the pods are of, the newest first."""
    pods: tuple[tuple[str, str], ...] = ()
    """Uid and short name of all pods of this side, whether they are shown or not."""
    containers: tuple[str, ...] = ()
    """The names of all their containers, in the order of the pod."""
    alike: int = 0
    """How many more pods crash like one that is shown, and are not shown."""
    alive: frozenset[str] = frozenset()
    """The uids of all pods of the rollout, on either side."""


def select(store: Store, uid: str, side: Side, choice: Choice, followed: Collection[Source] = ()) -> Selection | None:
    """The logs of one side of a rollout; None where the workload is gone. What is followed stays so."""
    workload = store.workload(uid)
    if workload is None:
        return None
    parts = revisions_of(store, workload)
    chosen = [part for part in parts if part.is_current == (side is Side.NEW)]
    pods = [(part, pod) for part in chosen for pod in part.pods]
    pods.sort(key=lambda each: _urgency(each[1]))
    wanted = [(part, pod) for part, pod in pods if choice.pod in ("", EVERY, pod.metadata.uid)]
    watched = [each for part, pod in wanted for each in _of_pod(part, pod, choice.container)]
    watched.sort(key=lambda each: each.source not in followed)
    alike = _alike(watched) if not choice.pod else frozenset()
    watched = [each for each in watched if each.source.uid not in alike]
    kept = watched[:MOST_SOURCES]
    return Selection(
        watched=tuple(kept),
        left_out=len({each.source.uid for each in watched} - {each.source.uid for each in kept}),
        revisions=tuple(_revision(part) for part in chosen if side is Side.NEW or part.pods),
        pods=tuple((pod.metadata.uid, _short(part, pod)) for part, pod in pods),
        containers=tuple(dict.fromkeys(name for _, pod in pods for name in _names(pod))),
        alike=len(alike),
        alive=frozenset(pod.metadata.uid for part in parts for pod in part.pods),
    )


def _alike(watched: Sequence[Watched]) -> frozenset[str]:
    """The uids of the pods that crash like one before them: in the same container, with the same end."""
    first: dict[tuple[str, str], str] = {}
    for each in watched:
        if each.keeps_crashing:
            first.setdefault((each.source.container, each.last_end), each.source.uid)
    shown = set(first.values())
    return frozenset(each.source.uid for each in watched if each.keeps_crashing and each.source.uid not in shown)


def _urgency(pod: Pod) -> tuple[bool, float]:
    """Pods that are broken first, then the newest."""
    created = pod.metadata.creation_timestamp or _LONG_AGO
    return pod_state(pod).health is not Health.BROKEN, -created.timestamp() if created is not _LONG_AGO else 0.0


def _revision(part: Revision) -> tuple[int, str]:
    template = part.template
    shown = " ".join(images.short(c.image) for c in template.containers) if template is not None else ""
    return part.number, clean(shown)


def _short(part: Revision, pod: Pod) -> str:
    return clean(pod.metadata.name.removeprefix(f"{part.stem}-"))


def _names(pod: Pod) -> list[str]:
    return [container.name for container in (*pod.spec.init_containers, *pod.spec.containers)]


def _of_pod(part: Revision, pod: Pod, chosen: str) -> list[Watched]:
    statuses = {each.name: each for each in (*pod.status.init_container_statuses, *pod.status.container_statuses)}
    names = _names(pod)
    if not chosen:
        broken = broken_container(pod)
        # The first main container is the one that a pod is for; one that is broken explains why it is not well.
        matters = {pod.spec.containers[0].name if pod.spec.containers else "", broken.name if broken else ""}
        names = [name for name in names if name in matters]
    elif chosen != EVERY:
        names = [name for name in names if name == chosen]
    short = _short(part, pod)
    meta = pod.metadata
    return [
        _watched(Source(meta.uid, meta.namespace, meta.name, short, name), pod, statuses.get(name)) for name in names
    ]


def _watched(source: Source, pod: Pod, status: ContainerStatus | None) -> Watched:
    if status is None:
        waiting = "" if pod.spec.node_name else "no node yet"
        return Watched(source, runs=False, has_log=False, restarts=0, crashed=False, waiting=waiting or "not started")
    state, last = status.state, status.last_state.terminated
    runs, ended = state.running is not None, state.terminated
    waiting = state.waiting.reason if state.waiting is not None else ""
    return Watched(
        source,
        runs=runs,
        has_log=runs or ended is not None or last is not None,
        restarts=status.restart_count,
        crashed=status.restart_count > 0 and not status.ready and (last is None or last.exit_code != 0),
        waiting="" if runs or ended is not None else clean(waiting) or "not started",
        ended=_end(ended or last) if not runs else "",
        last_end=_end(last),
        keeps_crashing=status.restart_count > 0 and last is not None and last.exit_code != 0,
    )


def _end(terminated: Terminated | None) -> str:
    if terminated is None:
        return ""
    how = f"signal {terminated.signal}" if terminated.signal else f"exit code {terminated.exit_code}"
    reason = clean(terminated.reason)
    return f"{how} ({reason})" if reason and reason not in ("Error", "Completed") else how
