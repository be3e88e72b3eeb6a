"""What ails one pod: which sort of trouble, and what of it, from its status and from the events about it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from ktui.model.objects import ContainerStatus, Pod, Terminated, condition_of
from ktui.model.template import Container
from ktui.rollout import images, startup
from ktui.rollout.cause import PATIENCE, Kind
from ktui.rollout.podstatus import (
    NODE_LOST,
    Health,
    broken_container,
    health,
    is_sidecar,
    is_unschedulable,
    printed_columns,
)
from ktui.rollout.startup import EventsOf

_PULL: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ErrImageNeverPull"})
_BAD_IMAGE: Final = frozenset({"InvalidImageName", "ImageInspectError", "SignatureValidationFailed"})
BAD_CONFIG: Final = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "StartError",
        "ContainerCannotRun",
        "PreStartHookError",
        "PostStartHookError",
    }
)
"""Reasons for which a container cannot be made or started, whatever it would do."""


class Ailment(NamedTuple):
    """What ails a pod. Pods with the same `kind` and `what` (an image, a container, a reason) have it in common.

    `said` is what the cluster says of it elsewhere than in the pod's own state: an event's message.
    """

    kind: Kind
    what: str = ""
    said: str = ""


def ailment(pod: Pod, now: datetime, events_of: EventsOf) -> Ailment | None:
    """What ails this pod; None where nothing is known to."""
    match health(pod):
        case Health.READY:
            return None
        case Health.GONE:
            return Ailment(Kind.ENDED, pod.status.reason) if pod.status.phase == "Failed" else None
        case Health.STOPPING:
            return _stopping(pod, now, events_of)
        case Health.STARTING:
            return _starting(pod, now, events_of)
        case Health.BROKEN:
            return _broken(pod, events_of)


def _stopping(pod: Pod, now: datetime, events_of: EventsOf) -> Ailment | None:
    # The time of deletion lies in the future by the grace period: it is when the pod is to be gone.
    due = pod.metadata.deletion_timestamp
    if due is None or now - due <= PATIENCE:
        return None
    if pod.metadata.finalizers:
        return Ailment(Kind.STOPPING, ", ".join(pod.metadata.finalizers))
    return Ailment(Kind.STOPPING, "", pod.spec.node_name if _on_lost_node(pod, events_of) else "")


def _on_lost_node(pod: Pod, events_of: EventsOf) -> bool:
    if pod.status.reason == NODE_LOST:
        return True
    # Its containers are said to be well by a kubelet that is no longer heard: only the condition has turned.
    return _containers_are_ready(pod) and startup.node_is_lost(events_of(pod.metadata.uid))


def _containers_are_ready(pod: Pod) -> bool:
    statuses = pod.status.container_statuses
    return bool(statuses) and all(container.ready for container in statuses)


def _starting(pod: Pod, now: datetime, events_of: EventsOf) -> Ailment | None:
    if _containers_are_ready(pod):
        return _unready_though_its_containers_are(pod, now, events_of)
    started = running_since(pod)
    if started is not None:
        if now - started <= PATIENCE:
            return None
        probe = startup.failing_probe(events_of(pod.metadata.uid), "readiness", "startup")
        return Ailment(Kind.NOT_READY, probe.name if probe is not None else "", probe.said if probe is not None else "")
    if pod.spec.node_name:
        hindrance = startup.hindrance(events_of(pod.metadata.uid))
        if hindrance is not None and startup.is_mount(hindrance):
            return Ailment(Kind.VOLUME, startup.mount_trouble(hindrance.message).volume, hindrance.message)
        if hindrance is not None:
            return Ailment(Kind.SANDBOX, "", hindrance.message)
    created = pod.metadata.creation_timestamp
    slow = created is not None and now - created > PATIENCE
    return Ailment(Kind.SLOW, _doing(pod, events_of)) if slow else None


def _unready_though_its_containers_are(pod: Pod, now: datetime, events_of: EventsOf) -> Ailment | None:
    if _on_lost_node(pod, events_of):
        return Ailment(Kind.NODE)
    ready = condition_of(pod.status.conditions, "Ready")
    since = ready.last_transition_time if ready is not None else None
    if ready is None or since is None or now - since <= PATIENCE:
        return None
    if ready.reason == "ReadinessGatesNotReady":
        return Ailment(Kind.GATE, ready.message)
    return Ailment(Kind.NOT_READY)


def _doing(pod: Pod, events_of: EventsOf) -> str:
    """What a pod that takes long is at: `has been WHAT`."""
    if not pod.spec.node_name:
        gated = condition_of(pod.status.conditions, "PodScheduled")
        if gated is not None and gated.reason == "SchedulingGated":
            return "held back by a scheduling gate"
        return "waiting for a scheduler"
    for container in pod.status.init_container_statuses:
        if container.state.running is not None and not container.ready and not container.started:
            return f"in {named(pod, container.name)}"
        if container.state.running is not None and not is_sidecar(spec_of(pod, container.name)):
            return f"in {named(pod, container.name)}"
    image = startup.pulling(events_of(pod.metadata.uid))
    return f"pulling {images.short(image)}" if image else f"at {printed_columns(pod).word}"


def _broken(pod: Pod, events_of: EventsOf) -> Ailment:
    container = broken_container(pod)
    if container is None:
        if is_unschedulable(pod):
            return Ailment(Kind.UNSCHEDULABLE)
        return Ailment(Kind.POD, printed_columns(pod).word)
    waiting = container.state.waiting
    reason = waiting.reason if waiting is not None else ""
    ended = ending(container)
    if reason in _PULL or reason in _BAD_IMAGE:
        spec = spec_of(pod, container.name)
        return Ailment(Kind.IMAGE, spec.image if spec is not None else "", _pull_text(pod, container, events_of))
    if reason in BAD_CONFIG or (ended is not None and ended.reason in BAD_CONFIG):
        return Ailment(Kind.CONFIG, container.name)
    if ended is not None and ended.reason == "OOMKilled":
        return Ailment(Kind.OOM, container.name)
    if container.restart_count or ended is not None:
        return _crashing(pod, container, ended, events_of)
    return Ailment(Kind.POD, reason)


def _pull_text(pod: Pod, container: ContainerStatus, events_of: EventsOf) -> str:
    """What is wrong with the image: the state says it, or only the events do."""
    waiting = container.state.waiting
    own = waiting.message if waiting is not None else ""
    if waiting is not None and startup.pull_trouble(f"{waiting.reason} {own}").why:
        return f"{waiting.reason}: {own}" if waiting.reason == "InvalidImageName" else own
    return startup.pull_failure(events_of(pod.metadata.uid)) or own


def _crashing(pod: Pod, container: ContainerStatus, ended: Terminated | None, events_of: EventsOf) -> Ailment:
    probe = startup.killed_by_probe(events_of(pod.metadata.uid), container.name)
    if probe is not None:
        return Ailment(Kind.PROBE, f"{probe.name} {container.name}", probe.said)
    if ended is not None and ended.exit_code == 0 and not ended.signal:
        return Ailment(Kind.ENDS, container.name)
    return Ailment(Kind.CRASH, container.name)


def running_since(pod: Pod) -> datetime | None:
    """Since when all the containers that are not ready have been running; None where one of them does not run."""
    running = [container.state.running for container in pod.status.container_statuses if not container.ready]
    started = [state.started_at for state in running if state is not None and state.started_at is not None]
    return max(started) if started and len(started) == len(running) else None


def spec_of(pod: Pod, name: str) -> Container | None:
    """What the container of that name was to be."""
    return next((c for c in (*pod.spec.containers, *pod.spec.init_containers) if c.name == name), None)


def named(pod: Pod, name: str) -> str:
    """`the init container migrate`, `the sidecar proxy`, `the container web`."""
    spec = next((c for c in pod.spec.init_containers if c.name == name), None)
    if spec is None:
        return f"the container {name}"
    return f"the sidecar {name}" if is_sidecar(spec) else f"the init container {name}"


def ending(container: ContainerStatus) -> Terminated | None:
    """How the container ended last, as far as that is known."""
    return container.state.terminated or container.last_state.terminated
