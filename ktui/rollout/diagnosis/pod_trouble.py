"""What is wrong with one pod and since when, from its status and its events."""

from __future__ import annotations

import signal
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.model.events import Event
from ktui.model.objects import ContainerStatus, Pod, Terminated, condition_of
from ktui.model.template import Container
from ktui.rollout import images
from ktui.rollout.diagnosis import (
    kubelet_messages,
    onset,
    registry_messages,
    runtime_messages,
    scheduler_messages,
    volume_messages,
)
from ktui.rollout.diagnosis.cause import PATIENCE, Kind, Reason
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.kubelet_messages import EventsOf
from ktui.rollout.diagnosis.onset import last_ending
from ktui.rollout.podstatus import (
    NODE_LOST,
    Health,
    broken_container,
    health,
    is_sidecar,
    is_unschedulable,
    printed_columns,
)


class PodProblem(NamedTuple):
    """What ails a pod. Pods with the same kind, reason and `what` (an image, a container) have it in common.

    `said` is what the cluster says of it elsewhere than in the pod's own state: an event's message.
    """

    kind: Kind
    reason: Reason
    since: datetime | None
    what: str = ""
    said: str = ""


def pod_problem(
    pod: Pod,
    now: datetime,
    events_of: EventsOf,
    *,
    patience: timedelta = PATIENCE,
    lost_nodes: Collection[str] = (),
) -> PodProblem | None:
    """What ails this pod; None if nothing is known to.

    What may be no more than a slow start is a problem after `patience`. `lost_nodes` do not answer.
    """
    state = health(pod)
    if state not in (Health.READY, Health.STOPPING, Health.GONE):
        if pod.status.reason in _ENDEDBY_NODE:
            return _ended(pod)
        if pod.spec.node_name in lost_nodes:
            return PodProblem(Kind.NODE, Reason.NODE_LOST, onset.unready_since(pod))
    match state:
        case Health.READY:
            # One that has restarted a short while ago is `restarts`' matter.
            return None
        case Health.GONE:
            return _ended(pod) if pod.status.phase == "Failed" else None
        case Health.STOPPING:
            return _stopping(pod, now, events_of)
        case Health.STARTING:
            return _starting(pod, now, events_of, patience)
        case Health.BROKEN:
            return _broken(pod, events_of(pod.metadata.uid))


def is_on_lost_node(pod: Pod, events_of: EventsOf) -> bool:
    """Whether its node does not answer, as far as the pod tells."""
    if pod.status.reason == NODE_LOST:
        return True
    # Its containers are said to be well by a kubelet that is no longer heard: only the condition has turned.
    statuses = pod.status.container_statuses
    seem_well = bool(statuses) and all(container.ready for container in statuses)
    return health(pod) is not Health.READY and seem_well and kubelet_messages.node_is_lost(events_of(pod.metadata.uid))


# Pods that are no more

_ENDEDBY_NODE: Final = frozenset({"Terminated", "NodeShutdown", "Shutdown", "Preempting", "Evicted"})
"""Reasons of a pod that the kubelet ends, whatever its containers did."""

_REFUSED: Final = Expression(
    r"OutOf\S+|NodeAffinity|NodeName|NodePorts|TaintToleration|AppArmor|SysctlForbidden|UnexpectedAdmissionError|"
    r"TopologyAffinityError|SMTAlignmentError|\w*AdmissionError|InvalidNodeInfo|PodOS\w+|NodeShutdown|UnknownReason|"
    r"UnexpectedPredicateFailureType|SupplementalGroupsPolicyNotSupported|InitContainerRestartPolicyForbidden|"
    r"VolumeAttachmentLimitExceeded"
)
"""Reasons with which a kubelet refuses a pod that was assigned to it (`rejectPod`, pkg/kubelet/kubelet.go)."""


def _ended(pod: Pod) -> PodProblem:
    status = pod.status
    never_ran = all(each.state.terminated is None for each in status.container_statuses)
    refused = status.message.startswith("Pod was rejected") or (
        never_ran and _REFUSED.fullmatch(status.reason) is not None
    )
    if refused:
        return PodProblem(Kind.NODE, Reason.REFUSED_AT_NODE, onset.ended_since(pod), status.reason, status.message)
    return PodProblem(Kind.ENDED, Reason.ENDED_BY_CLUSTER, onset.ended_since(pod), status.reason, status.message)


def _stopping(pod: Pod, now: datetime, events_of: EventsOf) -> PodProblem | None:
    # The time of deletion lies in the future by the grace period: it is when the pod is to be gone.
    due = pod.metadata.deletion_timestamp
    if due is None or now - due <= PATIENCE:
        return None
    held_by = ", ".join(pod.metadata.finalizers)
    lost = not held_by and is_on_lost_node(pod, events_of)
    return PodProblem(Kind.STOPPING, Reason.NOT_STOPPING, due, held_by, pod.spec.node_name if lost else "")


# Pods on their way


def _starting(pod: Pod, now: datetime, events_of: EventsOf, patience: timedelta) -> PodProblem | None:
    unready = [container for container, _ in _lasting(pod) if not container.ready]
    if not unready and pod.status.container_statuses:
        return _unready_though_its_containers_are(pod, now, patience)
    events = events_of(pod.metadata.uid)
    for container in unready:
        killed = _killed(pod, container, events)
        if killed is not None:
            return killed
    # A sidecar that has not started holds back every container behind it.
    held_by = [each for each in unready if each.state.running is not None and each.started is False]
    started = running_since(held_by if _is_initializing(pod) else unready)
    if started is not None:
        ready = condition_of(pod.status.conditions, "Ready")
        since = max(filter(None, (started, ready.last_transition_time if ready is not None else None)))
        if now - since < patience:
            return None
        probe = kubelet_messages.failing_probe(
            events, "readiness", "startup", containers=[each.name for each in unready]
        )
        what = f"{probe.name} {probe.container}".rstrip() if probe is not None else ""
        return PodProblem(Kind.NOT_READY, Reason.NOT_READY, since, what, probe.said if probe is not None else "")
    if pod.spec.node_name:
        hindrance = kubelet_messages.hindrance(events)
        if hindrance is not None:
            return _hindered(pod, events, hindrance)
    created = pod.metadata.creation_timestamp
    if created is None or now - created <= patience:
        return None
    return PodProblem(Kind.SLOW, Reason.SLOW, created, _doing(pod, events))


def _hindered(pod: Pod, events: Sequence[Event], hindrance: Event) -> PodProblem:
    text, name = hindrance.message, pod.metadata.name
    if volume_messages.is_mount(hindrance):
        mount = volume_messages.mount_trouble(text, name)
        since = onset.failing_since(pod, events, *volume_messages.MOUNTS)
        return PodProblem(Kind.VOLUME, mount.reason, since, mount.volume, text)
    since = onset.failing_since(pod, events, kubelet_messages.SANDBOX, kubelet_messages.NO_NETWORK)
    return PodProblem(Kind.SANDBOX, runtime_messages.sandbox_trouble(text, name).reason, since, "", text)


def _unready_though_its_containers_are(pod: Pod, now: datetime, patience: timedelta) -> PodProblem | None:
    ready = condition_of(pod.status.conditions, "Ready")
    since = ready.last_transition_time if ready is not None else None
    if ready is None or since is None or now - since <= patience:
        return None
    if ready.reason == "ReadinessGatesNotReady":
        return PodProblem(Kind.GATE, Reason.GATE, since, ready.message)
    return PodProblem(Kind.NOT_READY, Reason.NOT_READY, since)


def _doing(pod: Pod, events: Sequence[Event]) -> str:
    """What a pod that takes long is at: `has been WHAT`."""
    if not pod.spec.node_name:
        gated = condition_of(pod.status.conditions, "PodScheduled")
        if gated is not None and gated.reason == "SchedulingGated":
            return "held back by a scheduling gate"
        return "waiting for a scheduler"
    for container in pod.status.init_container_statuses:
        if container.state.running is None:
            continue
        if (not container.ready and not container.started) or not is_sidecar(spec_of(pod, container.name)):
            return f"in {named(pod, container.name)}"
    image = kubelet_messages.pulling(events)
    return f"pulling {images.short(image)}" if image else f"at {printed_columns(pod).word}"


# Pods that are broken


def _broken(pod: Pod, events: Sequence[Event]) -> PodProblem | None:
    container = broken_container(pod)
    if container is None:
        return _unplaced(pod, events) if is_unschedulable(pod) else _unknown(pod, printed_columns(pod).word)
    waiting = container.state.waiting
    reason = waiting.reason if waiting is not None else ""
    ended = last_ending(container)
    if reason in registry_messages.PULL_REASONS:
        return _unpulled(pod, container, reason, events)
    if reason == runtime_messages.HOOK_ERROR or _hook_failed(container, events):
        return _hooked(pod, container, events)
    if reason in runtime_messages.BAD_CONFIG or (ended is not None and ended.reason in runtime_messages.BAD_CONFIG):
        return _unstarted(pod, container, events)
    if ended is not None and ended.reason == "OOMKilled":
        since = onset.loop_since(pod, container, events)
        return PodProblem(Kind.OOM, Reason.OUT_OF_MEMORY, since, container.name)
    if container.restart_count or ended is not None:
        return _crashing(pod, container, ended, events)
    return _unknown(pod, reason)


def _unknown(pod: Pod, word: str) -> PodProblem:
    return PodProblem(Kind.POD, Reason.OTHER, onset.unready_since(pod), word)


def _unplaced(pod: Pod, events: Sequence[Event]) -> PodProblem:
    condition = condition_of(pod.status.conditions, "PodScheduled")
    text = condition.message if condition is not None else ""
    coming = kubelet_messages.node_coming(events)
    since = onset.unscheduled_since(pod)
    if pod.status.nominated_node_name:
        # The scheduler has chosen the node and stops pods of a lower priority there.
        what = f"preemption {pod.status.nominated_node_name}"
        return PodProblem(Kind.UNSCHEDULABLE, Reason.NODE_COMING, since, "preemption", what)
    if coming is not None:
        asked = max(filter(None, (since, coming.first_seen)), default=None)
        return PodProblem(Kind.UNSCHEDULABLE, Reason.NODE_COMING, asked, "autoscaler", coming.message)
    placement = scheduler_messages.in_words(text, {}, is_bound=is_bound(pod))
    reason = Reason.NODES_ILL if placement.blames_nodes else placement.reason
    return PodProblem(Kind.UNSCHEDULABLE, reason, since)


def is_bound(pod: Pod) -> bool:
    """Whether it is made for one node, as the pods of a DaemonSet are."""
    owner = pod.metadata.controller
    return owner is not None and owner.kind == "DaemonSet"


def _unpulled(pod: Pod, container: ContainerStatus, reason: str, events: Sequence[Event]) -> PodProblem:
    """What is wrong with the image: the state says it, or only the events do."""
    waiting = container.state.waiting
    spec = spec_of(pod, container.name)
    image = spec.image if spec is not None else ""
    text = waiting.message if waiting is not None else ""
    pull = registry_messages.pull_trouble(text, image, reason)
    if not pull.why:
        from_event = kubelet_messages.pull_failure(events)
        pull = registry_messages.pull_trouble(from_event, image, reason)
        text = from_event or text
    since = onset.failing_since(pod, events, "Failed", "InspectFailed", "ErrImageNeverPull", mark="image")
    return PodProblem(Kind.IMAGE, pull.reason, since, image, text)


def _unstarted(pod: Pod, container: ContainerStatus, events: Sequence[Event]) -> PodProblem:
    text = start_text(container)
    start = runtime_messages.start_trouble(text, pod.metadata.name)
    if onset.endings(container):
        since = onset.loop_since(pod, container, events)
    else:
        since = onset.failing_since(pod, events, "Failed", mark=text[:60])
    return PodProblem(Kind.CONFIG, start.reason, since, container.name, text)


def start_text(container: ContainerStatus) -> str:
    """What was said of the container when it could not start."""
    ended, waiting = last_ending(container), container.state.waiting
    if waiting is not None and waiting.reason in runtime_messages.BAD_CONFIG and waiting.message:
        return waiting.message
    if ended is not None and ended.reason in runtime_messages.BAD_CONFIG:
        return ended.message
    return waiting.message if waiting is not None else ""


def _hook_failed(container: ContainerStatus, events: Sequence[Event]) -> bool:
    return kubelet_messages.failed_hook(events, container.name, _last_run(container)) is not None


def _hooked(pod: Pod, container: ContainerStatus, events: Sequence[Event]) -> PodProblem:
    waiting = container.state.waiting
    said = waiting.message if waiting is not None and waiting.reason == runtime_messages.HOOK_ERROR else ""
    event = kubelet_messages.newest(events, "FailedPostStartHook")
    said = said or (event.message if event is not None else "")
    since = onset.loop_since(pod, container, events)
    return PodProblem(Kind.CONFIG, Reason.HOOK_FAILED, since, container.name, said)


def _crashing(
    pod: Pod, container: ContainerStatus, ended: Terminated | None, events: Sequence[Event]
) -> PodProblem | None:
    killed = _killed(pod, container, events)
    if killed is not None:
        return killed
    if _was_resized(container, events):
        return None
    if ended is not None and ended.reason in BY_NODE:
        return PodProblem(Kind.CRASH, Reason.NODES_ILL, onset.unready_since(pod), container.name)
    since = onset.loop_since(pod, container, events)
    if ended is not None and ended.exit_code == 0 and not ended.signal:
        return PodProblem(Kind.ENDS, Reason.EXITS, since, container.name)
    return PodProblem(Kind.CRASH, Reason.CRASHES, since, container.name)


def _killed(pod: Pod, container: ContainerStatus, events: Sequence[Event]) -> PodProblem | None:
    """A probe that has the container restarted: known at the first kill, whatever exit code the program ends with."""
    probe = kubelet_messages.killed_by_probe(events, container.name, _last_run(container))
    if probe is None:
        return None
    first = kubelet_messages.first_time(events, "Killing", mark=f" {container.name} failed {probe.name} probe")
    since = first or onset.loop_since(pod, container, events)
    return PodProblem(Kind.PROBE, Reason.PROBE_KILLS, since, f"{probe.name} {container.name}", probe.said)


def _was_resized(container: ContainerStatus, events: Sequence[Event]) -> bool:
    return kubelet_messages.resized_by_restart(events, container.name, _last_run(container))


BY_NODE: Final = frozenset({"Unknown", "ContainerStatusUnknown"})
"""Reasons of a container whose end nobody saw: containerd's once the node has started again, and the kubelet's."""

_AFTER_A_KILL: Final = frozenset({0, 128 + signal.SIGTERM, 128 + signal.SIGKILL})
"""How a program ends that the kubelet stops."""


def _last_run(container: ContainerStatus) -> datetime | None:
    """When the run began that ended last; of a container that never ended, its only run.

    An Event that is older is of another run, and tells nothing of this one. None in a loop that looks as if it went on
    as before: after 25 Events of a pod, the kubelet's recorder lets one through in five minutes (client-go's
    `EventSourceObjectSpamFilter`).
    """
    ended, running = last_ending(container), container.state.running
    if ended is None:
        return running.started_at if running is not None else None
    goes_on = onset.endings(container) > 2 and ended.exit_code in _AFTER_A_KILL and not onset.was_calm(ended)
    return None if goes_on else ended.started_at


# Containers


def _lasting(pod: Pod) -> Iterator[tuple[ContainerStatus, Container | None]]:
    """The containers that keep running, with what they were to be: the main ones, and the sidecars."""
    for container in pod.status.init_container_statuses:
        spec = spec_of(pod, container.name)
        if is_sidecar(spec) and (container.state.running is not None or container.restart_count):
            yield container, spec
    for container in pod.status.container_statuses:
        yield container, spec_of(pod, container.name)


def _is_initializing(pod: Pod) -> bool:
    condition = condition_of(pod.status.conditions, "Initialized")
    return condition is not None and condition.status != "True"


def running_since(unready: Sequence[ContainerStatus]) -> datetime | None:
    """Since when all of these have been running; None if one of them does not run."""
    started = [each.state.running.started_at for each in unready if each.state.running is not None]
    known = [moment for moment in started if moment is not None]
    return max(known) if known and len(known) == len(unready) else None


def spec_of(pod: Pod, name: str) -> Container | None:
    """What the container of that name was to be."""
    return next((c for c in (*pod.spec.containers, *pod.spec.init_containers) if c.name == name), None)


def named(pod: Pod, name: str) -> str:
    """`the init container migrate`, `the sidecar proxy`, `the container web`."""
    spec = next((c for c in pod.spec.init_containers if c.name == name), None)
    if spec is None:
        return f"the container {name}"
    return f"the sidecar {name}" if is_sidecar(spec) else f"the init container {name}"
