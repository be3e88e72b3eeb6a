"""Containers that run now, and restarted a short while ago: a crash loop between two crashes.

A pod is ready for some seconds between its crashes, and so a rollout is complete: what counts are the restarts of the
last minutes. A single restart is not a loop: a dependency that was not up yet, a node that rebooted, a resize that
asked for it. What restarted after a short run, which had begun with a restart itself, is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.model.events import Event
from ktui.model.objects import ContainerStatus, Pod
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy, legible
from ktui.rollout.diagnosis.kubelet_messages import EventsOf
from ktui.rollout.diagnosis.onset import loop_since
from ktui.rollout.diagnosis.patience import is_stalled
from ktui.rollout.diagnosis.pod_trouble import BY_NODE
from ktui.rollout.podstatus import Health, has_restarted, health
from ktui.text import count, duration

QUIET: Final = timedelta(minutes=5)
"""How long a container has to run without a restart before its loop is over.

The kubelet waits that long at most between two tries, and forgives a container that has run for twice as long
(`MaxContainerBackOff`).
"""


_MEANWHILE: Final = timedelta(minutes=1)
"""How far apart a restart and the event that tells why may be: a container may take its grace period to stop."""


class _Loop(NamedTuple):
    """A container of a ready pod that has restarted again and again."""

    pod: Pod
    container: ContainerStatus
    last: datetime
    """When it restarted last."""


def of_restarts(pods: Sequence[Pod], now: datetime, noun: str, events_of: EventsOf) -> tuple[Cause, ...]:
    """The cause that these pods show which are ready now; none if all has been quiet for a while."""
    # Thousands of pods are looked at with each change of a workload; hardly one of them has ever restarted.
    loops = [loop for pod in pods if has_restarted(pod) and (loop := _loop(pod, now, events_of)) is not None]
    if not loops:
        return ()
    alive = sum(health(pod) not in (Health.STOPPING, Health.GONE) for pod in pods)
    restarts = sum(loop.container.restart_count for loop in loops)
    last = max(loop.last for loop in loops)
    began = (loop_since(loop.pod, loop.container, events_of(loop.pod.metadata.uid)) for loop in loops)
    since = min((moment for moment in began if moment is not None), default=None)
    who = f"the {noun}" if alive == 1 else f"{len(loops)} of {count(alive, noun)}"
    name = loops[0].container.name
    return (
        legible(
            Cause(
                Kind.CRASH,
                f"{who} restarted {restarts} times, last {duration((now - last).total_seconds())} ago",
                lasting=f"{who} restarted {restarts} times",
                blocking=is_stalled(Reason.RESTARTED, since, now),
                try_next=f"read what the container {name} logged before it restarted; "
                f"it counts as healthy after {duration(QUIET.total_seconds())} without a restart",
                detail=_last_words(loops),
                pods=tuple(sorted(loop.pod.metadata.name for loop in loops)),
                remedies=(Remedy.LOGS, Remedy.ROLLBACK),
                reason=Reason.RESTARTED,
                since=since,
            )
        ),
    )


def _loop(pod: Pod, now: datetime, events_of: EventsOf) -> _Loop | None:
    if health(pod) is not Health.READY:
        # Of those that are not, the other causes tell.
        return None
    for container in (*pod.status.container_statuses, *pod.status.init_container_statuses):
        running = container.state.running
        if container.restart_count < 2 or running is None:
            continue
        ended = container.last_state.terminated
        last = (ended.finished_at if ended is not None else None) or running.started_at
        if last is None or now - last >= QUIET or (running.started_at and now - running.started_at >= QUIET):
            continue
        if ended is not None and ended.started_at is not None and last - ended.started_at >= QUIET:
            # It had run well for a while: this is one restart, whatever made it.
            continue
        if ended is not None and ended.reason in BY_NODE:
            continue
        if _was_asked_for(last, container.name, events_of(pod.metadata.uid)):
            continue
        return _Loop(pod, container, last)
    return None


def _was_asked_for(last: datetime, container: str, events: Sequence[Event]) -> bool:
    """Whether a resize in place, or a node that started again, made the container restart that time.

    The words are those of the kubelet (`computePodResizeAction`, `SandboxChanged` in `kuberuntime_manager.go`).
    """
    return any(
        event.last_seen is not None
        and abs(event.last_seen - last) < _MEANWHILE
        and (
            event.reason == "SandboxChanged"
            or (event.reason == "Killing" and event.message == f"Container {container} resize requires restart")
        )
        for event in events
    )


def _last_words(loops: Sequence[_Loop]) -> str:
    for loop in loops:
        ended = loop.container.last_state.terminated
        if ended is not None:
            return ended.message or f"{loop.container.name} ended: exit code {ended.exit_code}" + (
                f", {ended.reason}" if ended.reason not in ("", "Error") else ""
            )
    return ""
