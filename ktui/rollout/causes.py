"""What ails the pods of a rollout, in sentences with numbers: one cause for all the pods that share it.

The texts of a cluster go into these sentences as they are; `diagnosis.diagnose` makes them fit for a screen.
"""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from ktui.model.objects import Container, ContainerStatus, Pod, Terminated, condition_of
from ktui.rollout import images
from ktui.rollout.podstatus import (
    Health,
    PodState,
    broken_container,
    health,
    is_unschedulable,
    pod_state,
    printed_columns,
)
from ktui.rollout.words import count, duration

PATIENCE: Final = timedelta(seconds=60)
"""How long a pod may take for something (to become ready, to find a node, to stop) before that is worth a word."""

_PULL: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ErrImageNeverPull"})
_BAD_IMAGE: Final = frozenset({"InvalidImageName", "ImageInspectError", "SignatureValidationFailed"})
_BAD_CONFIG: Final = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun"}
)

_PULL_TROUBLES: Final = {
    "its name is not valid": ("couldn't parse image", "invalid reference format", "invalidimagename"),
    "it is not on the node, and is not to be fetched": ("pull policy of never",),
    "it is not in the registry, or access is refused": ("pull access denied",),
    "it is not in the registry": ("not found", "manifest unknown", "does not exist"),
    "the registry refuses access": ("unauthorized", "denied", "forbidden", "authentication required"),
    "the registry cannot be reached": ("no such host", "timeout", "connection refused", "tls:"),
    "the registry limits its downloads": ("toomanyrequests", "429"),
}
"""What kubelet and container runtimes write where an image cannot be pulled, and what it comes to."""


class Kind(StrEnum):
    """What sort of trouble it is; the order is that of how much each explains."""

    IMAGE = "image"
    CONFIG = "config"
    OOM = "oom"
    CRASH = "crash"
    UNSCHEDULABLE = "unschedulable"
    FORBIDDEN = "pods refused"
    POD = "pod"
    STOPPING = "does not stop"
    ENDED = "ended"
    NOT_READY = "not ready"
    SLOW = "slow"
    DEADLINE = "deadline"


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


class Group(NamedTuple):
    """The pods that have one trouble in common.

    `what` is the container, the image or the reason that they share; `among` says how many pods of which sort there
    are in all: `new pod`, or just `pod` where the rollout is long over.
    """

    what: str
    pods: list[tuple[Pod, PodState]]
    total: int
    noun: str
    now: datetime

    @property
    def share(self) -> str:
        """`3 of 4 new pods`; where there is but one, `the new pod`."""
        if self.total == 1:
            return f"the {self.noun}"
        return f"{len(self.pods)} of {count(self.total, self.noun)}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the pods."""
        return tuple(sorted(state.name for _, state in self.pods))

    def verb(self, one: str, many: str) -> str:
        """The form of a verb that goes with the number of pods."""
        return one if len(self.pods) == 1 else many

    def longest(self, since: Sequence[datetime | None]) -> str:
        """How long ago the first of these times was: ` for 5m`, of several pods ` for up to 5m`; nothing if unknown."""
        known = [moment for moment in since if moment is not None]
        if not known:
            return ""
        length = duration((self.now - min(known)).total_seconds())
        return f" for {length}" if len(self.pods) == 1 else f" for up to {length}"


def of_pods(pods: Sequence[Pod], now: datetime, noun: str) -> list[Cause]:
    """The causes that these pods show. They are those of one revision; `noun` says of which: `new pod`."""
    groups: dict[tuple[Kind, str], list[tuple[Pod, PodState]]] = defaultdict(list)
    alive = 0
    for pod in pods:
        state = health(pod)
        alive += state not in (Health.STOPPING, Health.GONE)
        found = _classify(pod, state, now)
        if found is not None:
            groups[found].append((pod, pod_state(pod)))
    return [_SENTENCES[kind](Group(what, group, alive, noun, now)) for (kind, what), group in groups.items()]


def _classify(pod: Pod, state: Health, now: datetime) -> tuple[Kind, str] | None:
    """What ails this pod, and what of it: an image, a container, a reason; None where nothing is known to."""
    match state:
        case Health.READY:
            return None
        case Health.GONE:
            return (Kind.ENDED, pod.status.reason) if pod.status.phase == "Failed" else None
        case Health.STOPPING:
            # The time of deletion lies in the future by the grace period: it is when the pod is to be gone.
            asked = pod.metadata.deletion_timestamp
            return (Kind.STOPPING, "") if asked is not None and now - asked > PATIENCE else None
        case Health.STARTING:
            return _classify_starting(pod, now)
        case Health.BROKEN:
            return _classify_broken(pod)


def _classify_starting(pod: Pod, now: datetime) -> tuple[Kind, str] | None:
    started = _running_since(pod)
    if started is not None:
        return (Kind.NOT_READY, "") if now - started > PATIENCE else None
    created = pod.metadata.creation_timestamp
    slow = created is not None and now - created > PATIENCE
    return (Kind.SLOW, printed_columns(pod).word) if slow else None


def _classify_broken(pod: Pod) -> tuple[Kind, str]:
    container = broken_container(pod)
    if container is None:
        return (Kind.UNSCHEDULABLE, "") if is_unschedulable(pod) else (Kind.POD, printed_columns(pod).word)
    waiting = container.state.waiting
    reason = waiting.reason if waiting is not None else ""
    ended = _ending(container)
    if reason in _PULL or reason in _BAD_IMAGE:
        spec = _container(pod, container.name)
        return Kind.IMAGE, spec.image if spec is not None else ""
    if reason in _BAD_CONFIG or (ended is not None and ended.reason in _BAD_CONFIG):
        return Kind.CONFIG, container.name
    if ended is not None and ended.reason == "OOMKilled":
        return Kind.OOM, container.name
    if container.restart_count or ended is not None:
        return Kind.CRASH, container.name
    return Kind.POD, reason


def _running_since(pod: Pod) -> datetime | None:
    """Since when all the containers that are not ready have been running; None where one of them does not run."""
    running = [container.state.running for container in pod.status.container_statuses if not container.ready]
    started = [state.started_at for state in running if state is not None and state.started_at is not None]
    return max(started) if started and len(started) == len(running) else None


def _container(pod: Pod, name: str) -> Container | None:
    return next((c for c in (*pod.spec.containers, *pod.spec.init_containers) if c.name == name), None)


def _ending(container: ContainerStatus) -> Terminated | None:
    """How the container ended last, as far as that is known."""
    return container.state.terminated or container.last_state.terminated


def _messages(group: Group) -> str:
    """What the cluster says of these pods: the text that most of them have."""
    texts = Counter(state.reason for _, state in group.pods if state.reason).most_common(1)
    return texts[0][0] if texts else ""


def _say_image(group: Group) -> Cause:
    text = _messages(group)
    why = next((said for said, marks in _PULL_TROUBLES.items() if any(mark in text.lower() for mark in marks)), "")
    return Cause(
        Kind.IMAGE,
        f"image {images.short(group.what)} cannot be pulled{why and f': {why}'} ({group.share})",
        blocking=True,
        try_next="check the image's name and tag and the pull secret, then set the image again or roll back",
        detail=text,
        pods=group.names,
    )


def _say_config(group: Group) -> Cause:
    text = _own_words(group)
    return Cause(
        Kind.CONFIG,
        f"{group.share} cannot start: {text or f'the container {group.what} cannot be made'}",
        blocking=True,
        try_next="check the command and the ConfigMaps and Secrets that the template names",
        detail=text,
        pods=group.names,
    )


def _own_words(group: Group) -> str:
    """What was said of the broken containers themselves when they could not start."""
    texts: Counter[str] = Counter()
    for pod, _ in group.pods:
        container = broken_container(pod)
        ended = _ending(container) if container is not None else None
        waiting = container.state.waiting if container is not None else None
        if ended is not None and ended.reason in _BAD_CONFIG:
            texts[ended.message] += 1
        elif waiting is not None:
            texts[waiting.message] += 1
    return texts.most_common(1)[0][0] if texts else ""


class _Endings(NamedTuple):
    """How the containers of a group ended: the most frequent way, all restarts, when last, and whether it repeats.

    Once may be a dependency that was not up yet. Twice is a loop, and so is once for each of several pods.
    """

    how: str
    restarts: int
    last: datetime | None
    repeats: bool


def _endings(group: Group) -> _Endings:
    containers = [container for pod, _ in group.pods if (container := broken_container(pod)) is not None]
    ended = [ending for container in containers if (ending := _ending(container)) is not None]
    how = Counter(_exit(ending) for ending in ended).most_common(1)
    return _Endings(
        how=how[0][0] if how else "",
        restarts=sum(container.restart_count for container in containers),
        last=max((ending.finished_at for ending in ended if ending.finished_at is not None), default=None),
        repeats=any(_ended_twice(container) for container in containers)
        or (len(containers) == group.total > 1 and all(container.restart_count for container in containers)),
    )


def _ended_twice(container: ContainerStatus) -> bool:
    backs_off = container.state.waiting is not None and container.state.waiting.reason == "CrashLoopBackOff"
    return backs_off or container.restart_count + (container.state.terminated is not None) > 1


def _exit(ended: Terminated) -> str:
    """`exit 1`; above 128 it was a signal, and its name says more: `exit 137, SIGKILL`."""
    number = ended.signal or (ended.exit_code - 128 if ended.exit_code > 128 else 0)
    try:
        name = signal.Signals(number).name if number else ""
    except ValueError:
        name = f"signal {number}" if ended.signal else ""
    return ", ".join(filter(None, (f"exit {ended.exit_code}" if ended.exit_code or not name else "", name)))


def _circumstances(group: Group, endings: _Endings, first: str) -> str:
    """`: exit 1, 3 restarts, last 12s ago`, as much of it as is known."""
    parts = [first, count(endings.restarts, "restart") if endings.restarts else ""]
    if endings.last is not None:
        parts.append(f"last {duration((group.now - endings.last).total_seconds())} ago")
    text = ", ".join(filter(None, parts))
    return f": {text}" if text else ""


def _say_crash(group: Group) -> Cause:
    endings = _endings(group)
    return Cause(
        Kind.CRASH,
        f"{group.share} {group.verb('crashes', 'crash')}{_circumstances(group, endings, endings.how)}",
        blocking=endings.repeats,
        try_next=f"read what the container {group.what} logged before it crashed; roll back",
        detail=_messages(group),
        pods=group.names,
    )


def _say_oom(group: Group) -> Cause:
    endings = _endings(group)
    spec = _container(group.pods[0][0], group.what)
    limit = spec.resources.limits.memory if spec is not None else ""
    verb = group.verb("runs", "run")
    return Cause(
        Kind.OOM,
        f"{group.share} {verb} out of memory{_circumstances(group, endings, f'limit {limit}' if limit else '')}",
        blocking=endings.repeats,
        try_next=f"raise the memory limit of the container {group.what}, or roll back",
        detail=_messages(group),
        pods=group.names,
    )


def _say_unschedulable(group: Group) -> Cause:
    text = _messages(group)
    # `0/3 nodes are available: 2 Insufficient cpu. preemption: …`: what is short stands in the middle.
    what = text.partition(" preemption: ")[0].rpartition(" nodes are available: ")[2].rstrip(". ")
    conditions = (condition_of(pod.status.conditions, "PodScheduled") for pod, _ in group.pods)
    since = [condition.last_transition_time for condition in conditions if condition is not None]
    waited = [group.now - moment for moment in since if moment is not None]
    return Cause(
        Kind.UNSCHEDULABLE,
        f"no node takes {group.share}" + (f": {what}" if what else ""),
        # A cluster that grows by itself needs a minute or two to do so.
        blocking=bool(waited) and max(waited) > PATIENCE,
        try_next="add nodes or lower the requests; check node selectors, affinity and taints",
        detail=text,
        pods=group.names,
    )


def _say_pod(group: Group) -> Cause:
    return Cause(
        Kind.POD,
        f"{group.share} {group.verb('is', 'are')} not well: {group.what}",
        blocking=True,
        try_next="look at the pod's events",
        detail=_messages(group),
        pods=group.names,
    )


def _say_stopping(group: Group) -> Cause:
    late = group.longest([pod.metadata.deletion_timestamp for pod, _ in group.pods])
    return Cause(
        Kind.STOPPING,
        f"{count(len(group.pods), group.noun)} {group.verb('does', 'do')} not stop: overdue{late}",
        blocking=False,
        try_next="look for a finalizer on the pod, and at its node: from one that is lost it must be deleted by force",
        pods=group.names,
    )


def _say_ended(group: Group) -> Cause:
    text = _messages(group)
    how = "evicted" if group.what == "Evicted" else f"ended by the cluster ({group.what or 'Failed'})"
    return Cause(
        Kind.ENDED,
        f"{count(len(group.pods), group.noun)} {group.verb('was', 'were')} {how}" + (f": {text}" if text else ""),
        blocking=False,
        try_next="look at the node's conditions and at what the pods request",
        detail=text,
        pods=group.names,
    )


def _say_not_ready(group: Group) -> Cause:
    since = group.longest([_running_since(pod) for pod, _ in group.pods])
    return Cause(
        Kind.NOT_READY,
        f"{group.share} {group.verb('has', 'have')} been running{since} without becoming ready",
        blocking=False,
        try_next="check the readiness probe, and the pod's log",
        pods=group.names,
    )


def _say_slow(group: Group) -> Cause:
    since = group.longest([pod.metadata.creation_timestamp for pod, _ in group.pods])
    return Cause(
        Kind.SLOW,
        f"{group.share} {group.verb('has', 'have')} been at {group.what}{since}",
        blocking=False,
        try_next="look at the pod's events: a volume, the network, a large image",
        pods=group.names,
    )


_SENTENCES: Final[dict[Kind, Callable[[Group], Cause]]] = {
    Kind.IMAGE: _say_image,
    Kind.CONFIG: _say_config,
    Kind.OOM: _say_oom,
    Kind.CRASH: _say_crash,
    Kind.UNSCHEDULABLE: _say_unschedulable,
    Kind.POD: _say_pod,
    Kind.STOPPING: _say_stopping,
    Kind.ENDED: _say_ended,
    Kind.NOT_READY: _say_not_ready,
    Kind.SLOW: _say_slow,
}
