"""Containers that were stopped to be changed in place: that is no crash.

OpenKruise gives a running pod another image; the kubelet then stops the container and starts it again, and its status
looks like that of one that was killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ktui.model.objects import ContainerState, ContainerStatus, Pod, Terminated
from ktui.model.reading import NotRead, read

_SIGNALS: Final = (137, 143)
"""Exit codes of what was stopped by SIGKILL or SIGTERM."""

_SOON: Final = timedelta(minutes=2)
"""How long after a change a container may be stopped for it: its grace period, and the time to notice."""

_NOTICED: Final = timedelta(seconds=3)
"""How long the kubelet may take to notice that a pod was changed."""

_A_SECOND: Final = timedelta(seconds=1)
"""How exact the times of the API are."""


class _Update(msgspec.Struct, rename="camel"):
    """What OpenKruise notes of it."""

    update_timestamp: datetime | None = None


_UPDATE: Final = msgspec.json.Decoder(_Update)


def updated_at(pod: Pod) -> datetime | None:
    """When the pod was last changed in place; None for one that was not."""
    text = pod.metadata.annotations.updated
    if not text:
        return None
    try:
        return read(_UPDATE, text).update_timestamp
    except NotRead:
        return None


def without_updates(pods: Iterable[Pod], now: datetime) -> tuple[Pod, ...]:
    """The pods, and of what was stopped in them to be changed no trace."""
    return tuple(pod if not pod.metadata.annotations.updated else _without(pod, now) for pod in pods)


def _without(pod: Pod, clock: datetime) -> Pod:
    at = updated_at(pod)
    if at is None:
        return pod
    is_new = timedelta(0) <= clock - at < _NOTICED
    statuses = tuple(_tidied(each, at, is_new=is_new) for each in pod.status.container_statuses)
    return msgspec.structs.replace(pod, status=msgspec.structs.replace(pod.status, container_statuses=statuses))


def _tidied(status: ContainerStatus, at: datetime, *, is_new: bool) -> ContainerStatus:
    now, last = status.state.terminated, status.last_state.terminated
    if is_new and status.state.waiting is not None:
        # What it waits for is the image of before.
        return msgspec.structs.replace(status, state=ContainerState())
    if now is not None and _was_stopped(now, at):
        return msgspec.structs.replace(status, state=ContainerState(), restart_count=0)
    if last is not None and _was_stopped(last, at):
        return msgspec.structs.replace(status, last_state=ContainerState(), restart_count=0)
    return status


def _was_stopped(ended: Terminated, at: datetime) -> bool:
    """Whether it ended because of the change at that time."""
    finished, started = ended.finished_at, ended.started_at
    if finished is None or not at - _A_SECOND <= finished < at + _SOON:
        return False
    return ended.exit_code in _SIGNALS and ended.reason in ("", "Error") if started is None or started >= at else True
