"""Why a rollout does not move, in sentences with numbers, the most telling one first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from ktui.model.objects import ContainerStatus, Deployment, Pod, ReplicaSet, condition_of
from ktui.rollout import images
from ktui.rollout.podstatus import Health, PodState, broken_container, is_unschedulable, pod_state
from ktui.rollout.status import REPLICA_FAILURE, deadline_exceeded
from ktui.rollout.words import clean, count, duration

_SLOW: Final = timedelta(seconds=60)
"""How long a container may run without being ready before that is worth a sentence."""

_PULL: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ErrImageNeverPull"})
_BAD_IMAGE: Final = frozenset({"InvalidImageName", "ImageInspectError", "SignatureValidationFailed"})
_BAD_CONFIG: Final = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"}
)


class Kind(StrEnum):
    """What sort of trouble it is; the order is that of how much each explains."""

    IMAGE = "image"
    CONFIG = "config"
    OOM = "oom"
    CRASH = "crash"
    UNSCHEDULABLE = "unschedulable"
    FORBIDDEN = "pods refused"
    POD = "pod"
    DEADLINE = "deadline"
    NOT_READY = "not ready"


class Cause(msgspec.Struct, frozen=True):
    """One reason why a rollout does not finish.

    `blocking` means that it will not pass by waiting: the rollout is stalled. `detail` is the cluster's own text.
    """

    kind: Kind
    sentence: str
    blocking: bool
    try_next: str = ""
    detail: str = ""
    pods: tuple[str, ...] = ()
    """The names of the pods concerned."""


def diagnose(
    deployment: Deployment, current: ReplicaSet | None, pods: Sequence[Pod], now: datetime
) -> tuple[Cause, ...]:
    """The causes that hold a Deployment up, told from its conditions and from the pods of its current revision."""
    causes = [*_refused(deployment, current), *_of_pods(pods, now)]
    if deadline_exceeded(deployment):
        limit = duration(deployment.spec.progress_deadline_seconds or 0)
        causes.append(
            Cause(
                Kind.DEADLINE,
                f"no progress within its deadline of {limit}",
                blocking=True,
                try_next="roll back, or mend the cause and restart the rollout",
            )
        )
    order = list(Kind)
    return tuple(sorted(causes, key=lambda cause: (not cause.blocking, order.index(cause.kind), -len(cause.pods))))


def _refused(deployment: Deployment, current: ReplicaSet | None) -> list[Cause]:
    """Pods that the API server does not let the ReplicaSet create: quota, limits, admission."""
    condition = condition_of(deployment.status.conditions, REPLICA_FAILURE)
    if (condition is None or condition.status != "True") and current is not None:
        condition = condition_of(current.status.conditions, REPLICA_FAILURE)
    if condition is None or condition.status != "True":
        return []
    message = clean(condition.message)
    what = message.partition(" is forbidden: ")[2] or message
    quota = "exceeded quota" in what
    sentence = f"no more pods can be created: {what}" if what else "no more pods can be created"
    hint = "raise the quota, lower the surge, or scale something else down" if quota else "mend what refuses the pods"
    return [Cause(Kind.FORBIDDEN, sentence, blocking=True, try_next=hint, detail=message)]


def _of_pods(pods: Sequence[Pod], now: datetime) -> list[Cause]:
    """The causes that pods show, those of the same kind together."""
    states = [(pod, pod_state(pod)) for pod in pods]
    alive = [(pod, state) for pod, state in states if state.health not in (Health.STOPPING, Health.GONE)]
    groups: dict[tuple[Kind, str], list[tuple[Pod, PodState]]] = defaultdict(list)
    for pod, state in alive:
        found = _classify(pod, state, now)
        if found is not None:
            groups[found].append((pod, state))
    total = max(len(alive), 1)
    return [_SENTENCES[kind](what, group, total, now) for (kind, what), group in groups.items()]


def _classify(pod: Pod, state: PodState, now: datetime) -> tuple[Kind, str] | None:
    """What ails this pod, and what of it: an image, a container, a message; None where nothing is known to."""
    if state.health is Health.STARTING:
        return (Kind.NOT_READY, "") if _is_slow(pod, now) else None
    if state.health is not Health.BROKEN:
        return None
    if is_unschedulable(pod):
        return Kind.UNSCHEDULABLE, clean(state.reason)
    container = broken_container(pod)
    return _classify_container(pod, container) if container is not None else (Kind.POD, state.word)


def _classify_container(pod: Pod, container: ContainerStatus) -> tuple[Kind, str]:
    waiting = container.state.waiting
    reason = waiting.reason if waiting is not None else ""
    if reason in _PULL or reason in _BAD_IMAGE:
        return Kind.IMAGE, _image(pod, container.name)
    if reason in _BAD_CONFIG:
        return Kind.CONFIG, clean(waiting.message if waiting is not None else "") or reason
    ended = container.state.terminated or container.last_state.terminated
    if ended is None:
        return Kind.POD, reason
    return (Kind.OOM if ended.reason == "OOMKilled" else Kind.CRASH), container.name


def _is_slow(pod: Pod, now: datetime) -> bool:
    """Whether its containers all run, for long enough that a readiness probe must be what is missing."""
    running = [container.state.running for container in pod.status.container_statuses if not container.ready]
    started = [state.started_at for state in running if state is not None and state.started_at is not None]
    return bool(started) and len(started) == len(running) and now - max(started) > _SLOW


def _image(pod: Pod, container_name: str) -> str:
    containers = (*pod.spec.containers, *pod.spec.init_containers)
    return next((container.image for container in containers if container.name == container_name), "")


_Group = list[tuple[Pod, PodState]]


def _names(group: _Group) -> tuple[str, ...]:
    return tuple(state.name for _, state in group)


def _share(group: _Group, total: int) -> str:
    return f"{len(group)} of {count(total, 'new pod')}"


def _verb(group: _Group, one: str, many: str) -> str:
    return one if len(group) == 1 else many


def _say_image(what: str, group: _Group, total: int, _now: datetime) -> Cause:
    name = clean(images.short(what))
    detail = next((state.reason for _, state in group if state.reason), "")
    return Cause(
        Kind.IMAGE,
        f"image {name} cannot be pulled ({_share(group, total)})",
        blocking=True,
        try_next="check the image's name and tag and the pull secret, then set the image again or roll back",
        detail=clean(detail),
        pods=_names(group),
    )


def _say_config(what: str, group: _Group, total: int, _now: datetime) -> Cause:
    return Cause(
        Kind.CONFIG,
        f"{_share(group, total)} cannot start: {what}",
        blocking=True,
        try_next="check the ConfigMaps, Secrets and the command that the template names",
        detail=what,
        pods=_names(group),
    )


def _endings(group: _Group) -> tuple[list[ContainerStatus], str, int, datetime | None]:
    """The containers that ended badly, how most of them did, all their restarts, and when it last happened."""
    containers = [container for pod, _ in group if (container := broken_container(pod)) is not None]
    ended = [e for c in containers if (e := c.state.terminated or c.last_state.terminated) is not None]
    how = Counter(f"signal {e.signal}" if e.signal else f"exit {e.exit_code}" for e in ended).most_common(1)
    last = max((e.finished_at for e in ended if e.finished_at is not None), default=None)
    return containers, how[0][0] if how else "", sum(c.restart_count for c in containers), last


def _say_crash(what: str, group: _Group, total: int, now: datetime) -> Cause:
    _, how, restarts, last = _endings(group)
    parts = [how, count(restarts, "restart")]
    if last is not None:
        parts.append(f"last {duration((now - last).total_seconds())} ago")
    return Cause(
        Kind.CRASH,
        f"{_share(group, total)} {_verb(group, 'crashes', 'crash')}: {', '.join(filter(None, parts))}",
        blocking=restarts > 0 or len(group) == total,
        try_next=f"read the log of the container {clean(what)} before its crash; roll back",
        detail=clean(group[0][1].reason),
        pods=_names(group),
    )


def _say_oom(what: str, group: _Group, total: int, now: datetime) -> Cause:
    _, _, restarts, last = _endings(group)
    ago = f", last {duration((now - last).total_seconds())} ago" if last is not None else ""
    verb = _verb(group, "is", "are")
    return Cause(
        Kind.OOM,
        f"{_share(group, total)} {verb} killed for memory: {count(restarts, 'restart')}{ago}",
        blocking=True,
        try_next=f"raise the memory limit of the container {clean(what)}, or roll back",
        detail=clean(group[0][1].reason),
        pods=_names(group),
    )


def _say_unschedulable(what: str, group: _Group, total: int, _now: datetime) -> Cause:
    return Cause(
        Kind.UNSCHEDULABLE,
        f"no node takes {_share(group, total)}" + (f": {what}" if what else ""),
        blocking=True,
        try_next="add room or lower the requests; check node selectors, affinity and taints",
        detail=what,
        pods=_names(group),
    )


def _say_pod(what: str, group: _Group, total: int, _now: datetime) -> Cause:
    return Cause(
        Kind.POD,
        f"{_share(group, total)}: {clean(what)}",
        blocking=True,
        try_next="look at the pod's events",
        detail=clean(group[0][1].reason),
        pods=_names(group),
    )


def _say_not_ready(_: str, group: _Group, total: int, now: datetime) -> Cause:
    starts = [
        container.state.running.started_at
        for pod, _state in group
        for container in pod.status.container_statuses
        if container.state.running is not None and container.state.running.started_at is not None
    ]
    longest = f", the longest for {duration((now - min(starts)).total_seconds())}" if starts else ""
    return Cause(
        Kind.NOT_READY,
        f"{_share(group, total)} {_verb(group, 'runs', 'run')} but {_verb(group, 'is', 'are')} not ready{longest}",
        blocking=False,
        try_next="check the readiness probe and the pod's log",
        pods=_names(group),
    )


_SENTENCES: Final[dict[Kind, Callable[[str, _Group, int, datetime], Cause]]] = {
    Kind.IMAGE: _say_image,
    Kind.CONFIG: _say_config,
    Kind.OOM: _say_oom,
    Kind.CRASH: _say_crash,
    Kind.UNSCHEDULABLE: _say_unschedulable,
    Kind.POD: _say_pod,
    Kind.NOT_READY: _say_not_ready,
}
