"""The state of one pod: the word that `kubectl get pods` prints, and what colour of life it is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from ktui.model.objects import ContainerStatus, Pod, Terminated, condition_of
from ktui.model.template import Container
from ktui.model.times import span
from ktui.redaction import redact_message
from ktui.text import clean

NODE_LOST: Final = "NodeLost"
RESIZE_PENDING: Final = "PodResizePending"
ENDED_PHASES: Final = ("Succeeded", "Failed")

BROKEN_REASONS: Final = frozenset(
    {
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "StartError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
        "CreatePodSandboxError",
        "Error",
        "OOMKilled",
        "ContainerCannotRun",
        "ContainerStatusUnknown",
        "DeadlineExceeded",
        "Evicted",
        "OutOfcpu",
        "OutOfmemory",
        "OutOfpods",
        "NodeAffinity",
        "UnexpectedAdmissionError",
        "Unschedulable",
        "Failed",
    }
)
"""Words of a pod that will not get well by waiting a moment: what kubelet and scheduler give as a reason."""


class Health(StrEnum):
    """What a pod is to a rollout."""

    READY = "ready"
    STARTING = "starting"
    """On its way: nothing says that anything is wrong."""
    BROKEN = "broken"
    """Something is wrong: it crashes, its image cannot be pulled, nothing has room for it."""
    STOPPING = "stopping"
    GONE = "gone"
    """Ended, and kept only as a record, as those that were evicted are: its ReplicaSet makes another one."""


class PodState(msgspec.Struct, frozen=True):
    """One pod as screens and commands show it."""

    name: str
    uid: str
    word: str
    """The STATUS column of `kubectl get pods`."""
    health: Health
    ready: str
    """The READY column: `1/2`."""
    restarts: int
    node: str
    created: datetime | None
    reason: str = ""
    """What is wrong, in the cluster's words, where something is."""
    is_available: bool = False
    """Ready for at least its ReplicaSet's minReadySeconds."""


def pod_state(pod: Pod, *, min_ready_seconds: int = 0, now: datetime | None = None) -> PodState:
    """Everything that a row about this pod says. Without `now`, a ready pod with minReadySeconds is not available."""
    printed = printed_columns(pod)
    state = health(pod)
    return PodState(
        name=clean(pod.metadata.name),
        uid=pod.metadata.uid,
        word=clean(printed.word),
        health=state,
        ready=f"{printed.ready}/{printed.total}",
        restarts=printed.restarts,
        node=clean(pod.spec.node_name),
        created=pod.metadata.creation_timestamp,
        reason=clean(redact_message(_reason(pod))) if state in (Health.BROKEN, Health.GONE) else "",
        is_available=is_available(pod, min_ready_seconds, now),
    )


def is_ready(pod: Pod) -> bool:
    """Whether the condition Ready is true."""
    condition = condition_of(pod.status.conditions, "Ready")
    return condition is not None and condition.status == "True"


def is_available(pod: Pod, min_ready_seconds: int, now: datetime | None) -> bool:
    """Kubernetes' `IsPodAvailable`: ready, and that for minReadySeconds; not so without `now` where there are any."""
    if not is_ready(pod):
        return False
    if min_ready_seconds == 0:
        return True
    condition = condition_of(pod.status.conditions, "Ready")
    since = condition.last_transition_time if condition is not None else None
    return now is not None and since is not None and now - since >= span(min_ready_seconds)


def is_terminating(pod: Pod) -> bool:
    """Whether the pod was asked to stop and still has to."""
    return pod.metadata.deletion_timestamp is not None and pod.status.phase not in ENDED_PHASES


class Columns(NamedTuple):
    """READY (as two numbers), STATUS and RESTARTS of `kubectl get pods`."""

    ready: int
    total: int
    word: str
    restarts: int


def printed_columns(pod: Pod) -> Columns:
    """What `kubectl get pods` prints of a pod, after the printer of Kubernetes (`printPod`)."""
    status = pod.status
    sidecars = frozenset(container.name for container in pod.spec.init_containers if is_sidecar(container))
    init = _initialization(pod, sidecars)
    word = init.word or _given_word(pod)
    ready, restarts = init.ready, init.restarts
    if not init.word or _is_initialized(pod):
        word = _main_word(pod, word)
        ready += sum(container.ready and container.state.running is not None for container in status.container_statuses)
        restarts = init.sidecar_restarts + sum(container.restart_count for container in status.container_statuses)
    if pod.metadata.deletion_timestamp is not None:
        if status.reason == NODE_LOST:
            word = "Unknown"
        elif status.phase not in ENDED_PHASES:
            word = "Terminating"
    return Columns(ready, len(pod.spec.containers) + len(sidecars), word, restarts)


def _given_word(pod: Pod) -> str:
    """The word that the pod gives itself, before its containers have a say."""
    scheduled = condition_of(pod.status.conditions, "PodScheduled")
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        return "SchedulingGated"
    return pod.status.reason or pod.status.phase or "Unknown"


class _Initialization(NamedTuple):
    """How far the init containers are: the word for the first that is not through (none where all are), and counts.

    The counts are those up to that container: sidecars that are ready, restarts, and restarts of sidecars.
    """

    word: str
    ready: int
    restarts: int
    sidecar_restarts: int


def _initialization(pod: Pod, sidecars: frozenset[str]) -> _Initialization:
    ready = restarts = sidecar_restarts = 0
    for index, container in enumerate(pod.status.init_container_statuses):
        sidecar = container.name in sidecars
        restarts += container.restart_count
        sidecar_restarts += container.restart_count if sidecar else 0
        terminated, waiting = container.state.terminated, container.state.waiting
        if terminated is not None and terminated.exit_code == 0:
            continue
        if sidecar and container.started:
            ready += container.ready
            continue
        if terminated is not None:
            word = _terminated_word(terminated)
        elif waiting is not None and waiting.reason not in ("", "PodInitializing"):
            word = waiting.reason
        else:
            word = f"{index}/{len(pod.spec.init_containers)}"
        return _Initialization(f"Init:{word}", ready, restarts, sidecar_restarts)
    return _Initialization("", ready, restarts, sidecar_restarts)


def _main_word(pod: Pod, word: str) -> str:
    """The word that the containers give a pod that is initialized; the first container has the last word."""
    running = False
    for container in reversed(pod.status.container_statuses):
        waiting, terminated = container.state.waiting, container.state.terminated
        if waiting is not None and waiting.reason:
            word = waiting.reason
        elif terminated is not None:
            word = _terminated_word(terminated)
        elif container.ready and container.state.running is not None:
            running = True
    if word == "Completed" and running:
        return "Running" if is_ready(pod) else "NotReady"
    return word


def _terminated_word(terminated: Terminated) -> str:
    if terminated.reason:
        return terminated.reason
    return f"Signal:{terminated.signal}" if terminated.signal else f"ExitCode:{terminated.exit_code}"


def is_sidecar(container: Container | None) -> bool:
    """Whether an init container is one that keeps running beside the others."""
    return container is not None and container.restart_policy == "Always"


def _is_initialized(pod: Pod) -> bool:
    condition = condition_of(pod.status.conditions, "Initialized")
    return condition is not None and condition.status == "True"


def health(pod: Pod) -> Health:
    """What the pod is to a rollout."""
    if pod.metadata.deletion_timestamp is not None:
        return Health.STOPPING
    if pod.status.phase in ENDED_PHASES:
        return Health.GONE
    if is_ready(pod):
        return Health.READY
    if pod.status.reason in BROKEN_REASONS or is_unschedulable(pod) or broken_container(pod) is not None:
        return Health.BROKEN
    return Health.STARTING


def has_restarted(pod: Pod) -> bool:
    """Whether a container of it has restarted more than once in its life: no other can be in a loop."""
    status = pod.status
    return any(each.restart_count > 1 for each in status.container_statuses) or any(
        each.restart_count > 1 for each in status.init_container_statuses
    )


def resize_waits(pod: Pod) -> bool:
    """Whether its resources are to change in place, and cannot yet (condition PodResizePending)."""
    condition = condition_of(pod.status.conditions, RESIZE_PENDING)
    return condition is not None and condition.status == "True"


def is_unschedulable(pod: Pod) -> bool:
    """Whether the scheduler has said that no node takes this pod."""
    condition = condition_of(pod.status.conditions, "PodScheduled")
    return condition is not None and condition.status == "False" and condition.reason == "Unschedulable"


def broken_container(pod: Pod) -> ContainerStatus | None:
    """The first container that waits for a reason that waiting does not cure, or that ended badly; else None.

    A container that crashed and runs again is broken too until it is ready: that is how a crash loop looks between
    two crashes. (Not every kubelet keeps the last state while the container runs again: the restarts tell it too.)
    """
    for container in pod.status.init_container_statuses:
        if _is_broken(container):
            return container
    for container in pod.status.container_statuses:
        # What runs beside others is to go on: here, an exit code of 0 is an ending like any other. The kubelet keeps
        # it as the state through the whole back-off.
        if _is_broken(container) or container.state.terminated is not None:
            return container
    return None


def _is_broken(container: ContainerStatus) -> bool:
    waiting, terminated, last = container.state.waiting, container.state.terminated, container.last_state.terminated
    if terminated is not None:
        return terminated.exit_code != 0 or terminated.reason in BROKEN_REASONS
    if waiting is not None and waiting.reason in BROKEN_REASONS:
        return True
    # What ended well once and runs again may have been asked to; what does so again and again is no server.
    ended_badly = last is None or last.exit_code != 0 or container.restart_count > 1
    return container.restart_count > 0 and not container.ready and ended_badly


def _reason(pod: Pod) -> str:
    """Why this pod is not well, in the words that came with its state."""
    if pod.status.message:
        return pod.status.message
    if is_unschedulable(pod):
        condition = condition_of(pod.status.conditions, "PodScheduled")
        return condition.message if condition is not None else ""
    container = broken_container(pod)
    if container is None:
        return ""
    ended = container.state.terminated or container.last_state.terminated
    waiting = container.state.waiting
    if waiting is not None and waiting.reason not in ("CrashLoopBackOff", "") and waiting.message:
        return waiting.message
    if ended is not None:
        how = f"signal {ended.signal}" if ended.signal else f"exit code {ended.exit_code}"
        word = f"{ended.reason}, {how}" if ended.reason and ended.reason != "Error" else how
        return f"{container.name} ended: {word}" + (f": {ended.message}" if ended.message else "")
    return waiting.message if waiting is not None else ""
