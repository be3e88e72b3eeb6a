"""What ails the pods of a rollout, in sentences with numbers: one cause for all the pods that share it.

A sentence says the reason first and is kept short (`wording.LONGEST`); the cluster's own text follows it as the detail.
The texts of a cluster go into both as they are; `diagnosis.diagnose` makes them fit for a screen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from ktui.model import quantities
from ktui.model.objects import Pod
from ktui.rollout import images
from ktui.rollout.capacity.footprint import MEASURED, REQUESTS, footprint
from ktui.rollout.diagnosis import (
    kubelet_messages,
    registry_messages,
    runtime_messages,
    scheduler_messages,
    volume_messages,
)
from ktui.rollout.diagnosis.cause import PATIENCE, Cause, Kind, Reason, Remedy
from ktui.rollout.diagnosis.delays import say_gate, say_not_ready, say_slow, say_stopping
from ktui.rollout.diagnosis.endings import say_crash, say_ended, say_ends, say_node, say_oom, say_probe
from ktui.rollout.diagnosis.groups import Group, Sick
from ktui.rollout.diagnosis.kubelet_messages import EventsOf
from ktui.rollout.diagnosis.pod_trouble import PodProblem, is_bound, is_on_lost_node, pod_problem, start_text
from ktui.rollout.diagnosis.wording import brief, fit
from ktui.rollout.podstatus import Health, broken_container, health, pod_state


def of_pods(
    pods: Sequence[Pod], now: datetime, noun: str, events_of: EventsOf, patience: timedelta = PATIENCE
) -> list[Cause]:
    """The causes that these pods show. They are those of one revision; `noun` says of which: `new pod`.

    What may be no more than a slow start counts after `patience`.
    """
    groups: dict[tuple[Kind, str, Reason], list[Sick]] = defaultdict(list)
    alive = 0
    lost = {pod.spec.node_name for pod in pods if pod.spec.node_name and is_on_lost_node(pod, events_of)}
    for pod in pods:
        alive += health(pod) not in (Health.STOPPING, Health.GONE)
        found: PodProblem | None = pod_problem(pod, now, events_of, patience=patience, lost_nodes=lost)
        if found is not None:
            key = found.kind, found.what, found.reason
            groups[key].append(Sick(pod, pod_state(pod), found.said, found.since))
    return [
        _SENTENCES[kind](Group(what, reason, sick, alive, noun, now, events_of))
        for (kind, what, reason), sick in groups.items()
    ]


# Pods that do not start


def _say_image(group: Group) -> Cause:
    pull = registry_messages.pull_trouble(group.said, group.what, _waits_for(group))
    helps = pull.helps
    secret = kubelet_messages.missing_pull_secret(group.events_of(group.sick[0].pod.metadata.uid))
    if secret and group.reason in (Reason.IMAGE_ACCESS_DENIED, Reason.IMAGE_NOT_FOUND, Reason.IMAGE_UNKNOWN):
        helps = f"create the pull secret {secret}, which does not exist, or name another one"
    why = f": {pull.why}" if pull.why else ""
    return group.cause(
        Kind.IMAGE,
        f"image {brief(images.short(group.what))} cannot be pulled{why}",
        helps,
        Remedy.SET_IMAGE,
        Remedy.ROLLBACK,
        more=[f" ({group.share})"],
    )


def _waits_for(group: Group) -> str:
    """The kubelet's reason for which most of the containers wait."""
    waiting = [
        container.state.waiting.reason
        for pod in (each.pod for each in group.sick)
        if (container := broken_container(pod)) is not None and container.state.waiting is not None
    ]
    return Counter(waiting).most_common(1)[0][0] if waiting else ""


def _say_config(group: Group) -> Cause:
    if group.reason is Reason.HOOK_FAILED:
        return _say_hook(group)
    text = _own_words(group)
    start = runtime_messages.start_trouble(text, group.sick[0].pod.metadata.name)
    where = group.where(group.what)
    return group.cause(
        Kind.CONFIG,
        f"{group.share} cannot start{where}: {start.why or f'the container {group.what} cannot be made'}",
        start.helps,
        Remedy.ROLLBACK,
        detail=text,
    )


def _say_hook(group: Group) -> Cause:
    printed = next(filter(None, (runtime_messages.hook_output(each.said) for each in group.sick)), "")
    return group.cause(
        Kind.CONFIG,
        f"the postStart hook fails in {group.share}{group.where(group.what)}{printed and f': {printed}'}",
        f"check the postStart hook of the container {group.what}, and what it needs to run",
        Remedy.LOGS,
        Remedy.ROLLBACK,
    )


def _own_words(group: Group) -> str:
    """What was said of the broken containers themselves when they could not start: what most of them have."""
    texts: dict[str, list[str]] = defaultdict(list)
    for pod in (each.pod for each in group.sick):
        container = broken_container(pod)
        if container is not None:
            text = start_text(container)
            texts[runtime_messages.inside(text, pod.metadata.name)].append(text)
    return max(texts.values(), key=len)[0] if texts else ""


def _say_volume(group: Group) -> Cause:
    mount = volume_messages.mount_trouble(group.said, group.sick[0].pod.metadata.name)
    volume = f"the volume {brief(mount.volume)}" if mount.volume else "a volume"
    return group.cause(
        Kind.VOLUME,
        f"{group.share} {group.verb('waits', 'wait')} for {volume}: {mount.why}",
        mount.helps,
        Remedy.TIMELINE,
        Remedy.ROLLBACK,
    )


def _say_sandbox(group: Group) -> Cause:
    nodes = sorted({each.state.node for each in group.sick})
    where = f" on {', '.join(nodes)}" if len(nodes) < 3 else f" on {len(nodes)} nodes"
    start = runtime_messages.sandbox_trouble(group.said, group.sick[0].pod.metadata.name)
    verb = group.verb("gets no network", "get no network") if start.lacks_network else "cannot be set up"
    return group.cause(Kind.SANDBOX, f"{group.share} {verb}{where}: {start.why}", start.helps, Remedy.TIMELINE)


def _say_unschedulable(group: Group) -> Cause:
    if group.reason is Reason.NODE_COMING:
        return _say_coming(group)
    pod = group.sick[0].pod
    placement = scheduler_messages.in_words(_unplaced_words(group), _asked(pod), is_bound=is_bound(pod))
    first, *others = placement.parts or ("",)
    sentence = f"no node takes {group.share}" + (f": {first}" if first else "")
    whole = fit(sentence, *(f", {other}" for other in others))
    if others and not whole.endswith(others[-1]):
        whole = fit(sentence, ", and more")
    return group.cause(
        Kind.UNSCHEDULABLE,
        whole,
        placement.helps,
        *((Remedy.SCALE,) if placement.wants_room else ()),
        *(() if placement.blames_nodes else (Remedy.ROLLBACK,)),
    )


def _unplaced_words(group: Group) -> str:
    return Counter(each.state.reason for each in group.sick).most_common(1)[0][0]


def _asked(pod: Pod) -> Mapping[str, str]:
    """What it requests of a node, as the scheduler adds it up."""
    amounts = footprint(pod.spec).amounts
    named = {name: amounts.get(f"{REQUESTS}.{name}") for name in MEASURED}
    return {name: quantities.amount_text(name, amount) for name, amount in named.items() if amount is not None}


def _say_coming(group: Group) -> Cause:
    if group.what == "preemption":
        nodes = sorted({each.pod.status.nominated_node_name for each in group.sick})
        on = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
        return group.cause(
            Kind.UNSCHEDULABLE,
            f"{group.share} {group.verb('waits', 'wait')} for pods of lower priority to stop on {on}",
            "wait: the scheduler makes room; pods that stop slowly hold it up",
            Remedy.TIMELINE,
            detail=_unplaced_words(group),
        )
    return group.cause(
        Kind.UNSCHEDULABLE,
        f"{group.share} {group.verb('waits', 'wait')} for a node that the autoscaler adds",
        "wait: a new node takes a few minutes; the autoscaler says so if none comes",
        Remedy.TIMELINE,
    )


def _say_pod(group: Group) -> Cause:
    return group.cause(
        Kind.POD,
        f"{group.share} {group.verb('is', 'are')} not well: {group.what}",
        "look at the pod's events",
        Remedy.TIMELINE,
        Remedy.ROLLBACK,
    )


_SENTENCES: Final[dict[Kind, Callable[[Group], Cause]]] = {
    Kind.IMAGE: _say_image,
    Kind.CONFIG: _say_config,
    Kind.VOLUME: _say_volume,
    Kind.SANDBOX: _say_sandbox,
    Kind.OOM: say_oom,
    Kind.PROBE: say_probe,
    Kind.CRASH: say_crash,
    Kind.ENDS: say_ends,
    Kind.UNSCHEDULABLE: _say_unschedulable,
    Kind.NODE: say_node,
    Kind.POD: _say_pod,
    Kind.STOPPING: say_stopping,
    Kind.ENDED: say_ended,
    Kind.NOT_READY: say_not_ready,
    Kind.GATE: say_gate,
    Kind.SLOW: say_slow,
}
