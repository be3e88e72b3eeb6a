"""When a pod started and when it was asked to stop: what belongs to either is no trouble. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.model.events import Event
from ktui.model.objects import Pod, condition_of
from ktui.model.times import before, span
from ktui.rollout.podstatus import is_ready

_START: Final = timedelta(minutes=1)
"""How long a start may take before a probe that fails is worth a word."""

_LONG_START: Final = timedelta(minutes=10)
"""A pod that became ready later than that after it began was ready before, and lost it for a while."""

_SECOND: Final = timedelta(seconds=1)
"""The stamps of a cluster are whole seconds."""


class Lifetime(NamedTuple):
    """The two ends of a pod's life. `began` is when its last container started; None for unknown."""

    began: datetime | None
    ready: datetime | None
    """When it became ready, if it is."""
    stopped: datetime | None
    """When it was asked to stop."""
    is_known: bool
    """Whether the pod is there: of one that is gone, the events are all that tells."""

    def starts(self, at: datetime) -> bool:
        """Whether that was before it was ready, or while it could not yet be expected to be."""
        if self.began is None:
            return False
        took = self.ready - self.began if self.ready is not None else _START
        return at <= self.began + (max(took, _START) if took <= _LONG_START else _START) + _SECOND

    def stops(self, at: datetime) -> bool:
        """Whether that was after it was asked to stop."""
        return self.stopped is not None and at >= self.stopped - _SECOND

    def explains(self, event: Event) -> bool:
        """Whether an event about a probe that fails is just how a start or a stop looks."""
        if event.reason != "Unhealthy" or event.last_seen is None:
            return False
        if self.stops(event.last_seen):
            return True
        return not event.message.startswith("Liveness") and self.starts(event.last_seen)


def of_pod(pod: Pod) -> Lifetime:
    """The life of a pod that is there."""
    meta, status = pod.metadata, pod.status
    running = [each.state.running for each in status.container_statuses if not each.restart_count]
    began = [state.started_at for state in running if state is not None and state.started_at is not None]
    condition = condition_of(status.conditions, "Ready")
    ready = condition.last_transition_time if condition is not None and is_ready(pod) else None
    due = meta.deletion_timestamp
    stopped = before(due, span(meta.deletion_grace_period_seconds or 0)) if due is not None else None
    return Lifetime(max(began, default=meta.creation_timestamp), ready, stopped, is_known=True)


def of_events(events: Sequence[Event]) -> Lifetime:
    """The life of a pod that is gone, as far as the events about it tell."""
    began = [event.last_seen for event in events if event.reason == "Started" and event.last_seen is not None]
    stopped = [
        event.last_seen
        for event in events
        if event.reason == "Killing" and event.message.startswith("Stopping container") and event.last_seen is not None
    ]
    return Lifetime(max(began, default=None), None, min(stopped, default=None), is_known=False)
