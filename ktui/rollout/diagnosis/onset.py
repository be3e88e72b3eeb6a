"""Since when something ails a pod, by the server's clock. Pure.

Every time here is one that the cluster wrote: of a condition, an Event, a container's last ending. The beginning does
not move when a container that crashes again and again is ready for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ktui.model.events import Event
from ktui.model.objects import ContainerStatus, Pod, Terminated, condition_of
from ktui.model.times import before, span
from ktui.rollout.diagnosis import kubelet_messages

_CALM: Final = timedelta(minutes=10)
"""A run this long ends a loop: the kubelet's back-off begins again after it (MaxContainerBackOff, doubled)."""

_FIRST_BACK_OFF: Final = 10
_LONGEST_BACK_OFF: Final = 300


def unready_since(pod: Pod) -> datetime | None:
    """Since when its condition Ready is not true; since it was made, where there is none yet."""
    ready = condition_of(pod.status.conditions, "Ready")
    if ready is not None and ready.status != "True" and ready.last_transition_time is not None:
        return ready.last_transition_time
    return pod.metadata.creation_timestamp


def unscheduled_since(pod: Pod) -> datetime | None:
    """Since when the scheduler says that no node takes it."""
    condition = condition_of(pod.status.conditions, "PodScheduled")
    since = condition.last_transition_time if condition is not None else None
    return since or pod.metadata.creation_timestamp


def failing_since(pod: Pod, events: Sequence[Event], *reasons: str, mark: str = "") -> datetime | None:
    """When such an Event came first since the pod is not ready; without any, since it is not."""
    unready, first = unready_since(pod), kubelet_messages.first_time(events, *reasons, mark=mark)
    if first is None or unready is None:
        return first or unready
    return max(first, unready)


def ended_since(pod: Pod) -> datetime | None:
    """When the cluster ended it, or refused it."""
    disrupted = condition_of(pod.status.conditions, "DisruptionTarget")
    if disrupted is not None and disrupted.last_transition_time is not None:
        return disrupted.last_transition_time
    ended = [each.state.terminated for each in pod.status.container_statuses if each.state.terminated is not None]
    finished = [each.finished_at for each in ended if each.finished_at is not None]
    return max(finished, default=pod.metadata.creation_timestamp)


def last_ending(container: ContainerStatus) -> Terminated | None:
    """How the container ended last, as far as that is known."""
    return container.state.terminated or container.last_state.terminated


def endings(container: ContainerStatus) -> int:
    """How often it has ended: its restarts, and again while it has not been restarted yet."""
    return container.restart_count + (container.state.terminated is not None)


def run_length(ended: Terminated) -> timedelta | None:
    """How long the run was that ended so; None for unknown.

    A container that could not be started at all has the epoch for its start.
    """
    if ended.started_at is None or ended.finished_at is None or ended.started_at.timestamp() <= 0:
        return None
    return ended.finished_at - ended.started_at


_MOST_RUNS: Final = 100_000
"""What is counted of the runs of a loop: the next of it would be years ago."""


def was_calm(ended: Terminated) -> bool:
    """Whether the run that ended so was long enough to be no part of a loop."""
    lasted = run_length(ended)
    return lasted is not None and lasted >= _CALM


def loop_since(pod: Pod, container: ContainerStatus, events: Sequence[Event]) -> datetime | None:
    """When a container ended for the first time of those that followed close on each other.

    The status keeps the last ending alone. The first is known from the Event of the back-off, as long as there is one;
    without it, it is worked out from the number of restarts and the back-off that the kubelet keeps between them.
    """
    ended = last_ending(container)
    if ended is None or ended.finished_at is None:
        return unready_since(pod)
    lasted = max(run_length(ended) or timedelta(0), timedelta(0))
    times = endings(container)
    if times < 2 or was_calm(ended):
        return ended.finished_at
    waits = sum(min(_FIRST_BACK_OFF * 2**place, _LONGEST_BACK_OFF) for place in range(min(times - 2, 64)))
    worked_out = before(ended.finished_at, span(waits) + lasted * min(times - 1, _MOST_RUNS))
    # Kubelets before 1.26 do not name the container.
    about = [event for event in events if kubelet_messages.container_of(event) in ("", container.name)]
    first = kubelet_messages.first_time(about, "BackOff", mark="restarting failed container")
    since = min(worked_out, first) if first is not None else worked_out
    made = pod.metadata.creation_timestamp
    return max(since, made) if made is not None else since
