"""Pods that do not stay up, in sentences: crashes, probes that kill, memory, and what the cluster ends or refuses."""

from __future__ import annotations

import re
import signal
from collections import Counter
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ktui.model.objects import ContainerStatus, Pod, Terminated
from ktui.rollout.diagnosis import onset
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.diagnosis.groups import Group
from ktui.rollout.diagnosis.pod_trouble import spec_of
from ktui.rollout.podstatus import broken_container
from ktui.text import count, duration

_EXITS: Final = {126: "its command cannot be run", 127: "its command is not found"}
"""Exit codes that a shell gives to what it could not run."""


class _Endings(NamedTuple):
    """How the containers of a group ended: the most frequent way, all restarts, when last, and whether it repeats.

    `last_words` is what they left as their termination message, which few do.

    Once may be a dependency that was not up yet. Twice is a loop, and so is once for each of several pods.
    """

    how: str
    restarts: int
    last: datetime | None
    repeats: bool
    last_words: str


def _container_of(pod: Pod, name: str) -> ContainerStatus | None:
    statuses = [*pod.status.init_container_statuses, *pod.status.container_statuses]
    return next((each for each in statuses if each.name == name), None) or broken_container(pod)


def _endings(group: Group, container: str) -> _Endings:
    containers = [known for each in group.sick if (known := _container_of(each.pod, container)) is not None]
    ended = [last for status in containers if (last := onset.last_ending(status)) is not None]
    how = Counter(exit_words(each) for each in ended).most_common(1)
    return _Endings(
        how=how[0][0] if how else "",
        restarts=sum(each.restart_count for each in containers),
        last=max((each.finished_at for each in ended if each.finished_at is not None), default=None),
        repeats=any(_ended_twice(each) for each in containers)
        or (
            len(containers) == group.total > 1
            and all(each.restart_count and not _ended_calmly(each) for each in containers)
        ),
        last_words=next((each.message for each in ended if each.message), ""),
    )


def _ended_twice(container: ContainerStatus) -> bool:
    backs_off = container.state.waiting is not None and container.state.waiting.reason == "CrashLoopBackOff"
    return backs_off or (onset.endings(container) > 1 and not _ended_calmly(container))


def _ended_calmly(container: ContainerStatus) -> bool:
    """Whether its last run was long: all pods of a node that starts again end once, and that is no loop."""
    ended = onset.last_ending(container)
    return ended is not None and onset.was_calm(ended)


def exit_words(ended: Terminated) -> str:
    """`exit 1`; above 128 it was a signal, and its name says more: `exit 137, SIGKILL`."""
    number = ended.signal or (ended.exit_code - 128 if ended.exit_code > 128 else 0)
    try:
        name = signal.Signals(number).name if number else _EXITS.get(ended.exit_code, "")
    except ValueError:
        name = f"signal {number}" if ended.signal else ""
    return ", ".join(filter(None, (f"exit {ended.exit_code}" if ended.exit_code or not ended.signal else "", name)))


def _tail(group: Group, endings: _Endings, first: str) -> list[str]:
    """`: exit 1`, `, 3 restarts`, `, last 12s ago`, as much of it as is known."""
    parts = [first, count(endings.restarts, "restart") if endings.restarts else ""]
    if endings.last is not None:
        parts.append(f"last {duration((group.now - endings.last).total_seconds())} ago")
    known = [part for part in parts if part]
    return [f"{', ' if place else ': '}{part}" for place, part in enumerate(known)]


def say_crash(group: Group) -> Cause:
    """It ends badly, or its node ends it."""
    endings = _endings(group, group.what)
    if group.reason is Reason.NODES_ILL:
        return group.cause(
            Kind.CRASH,
            f"{group.share} {group.verb('was', 'were')} stopped with {group.verb('its', 'their')} node or its runtime",
            "wait: the kubelet starts them again; if it lasts, look at the node",
            Remedy.TIMELINE,
            more=_tail(group, endings, "")[-1:],
            is_passing=endings.last is not None,
            detail=endings.last_words,
        )
    verb = group.verb("crashes", "crash")
    return group.cause(
        Kind.CRASH,
        f"{group.share} {verb}{group.where(group.what)}",
        f"read what the container {group.what} logged before it crashed; roll back",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        more=_tail(group, endings, endings.how),
        is_passing=endings.last is not None,
        may_be_once=not endings.repeats,
        detail=endings.last_words,
    )


def say_ends(group: Group) -> Cause:
    """It ends with exit code 0."""
    endings = _endings(group, group.what)
    verb = group.verb("ends by itself", "end by themselves")
    return group.cause(
        Kind.ENDS,
        f"{group.share} {verb}{group.where(group.what)}",
        f"the container {group.what} must keep running: check its command; a program that ends belongs in a Job",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        more=_tail(group, endings, "exit 0"),
        is_passing=endings.last is not None,
        may_be_once=not endings.repeats,
        detail=endings.last_words,
    )


def say_probe(group: Group) -> Cause:
    """A liveness or startup probe has it restarted."""
    probe, _, container = group.what.partition(" ")
    endings = _endings(group, container)
    whose = group.verb("its", "their")
    said = next((each.said for each in group.sick if each.said), "")
    # A kill that is in progress has no ending yet.
    first, *more = _tail(group, endings, "") or [""]
    return group.cause(
        Kind.PROBE,
        f"{group.share} {group.verb('is', 'are')} restarted{group.where(container)}: {whose} {probe} probe fails",
        f"correct what the {probe} probe requests, or give it more time (initialDelaySeconds, failureThreshold)",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        more=[first.replace(": ", ", ", 1), *more],
        is_passing=endings.last is not None,
        may_be_once=not endings.repeats,
        detail=said or endings.last_words,
    )


def say_oom(group: Group) -> Cause:
    """It needs more memory than it may use: the limit in force, which a resize that waits has not changed."""
    endings = _endings(group, group.what)
    pod = group.sick[0].pod
    status, spec = _container_of(pod, group.what), spec_of(pod, group.what)
    limit = status.resources.limits.of("memory") if status is not None else ""
    limit = limit or (spec.resources.limits.of("memory") if spec is not None else "")
    verb = group.verb("runs", "run")
    return group.cause(
        Kind.OOM,
        f"{group.share} {verb} out of memory{group.where(group.what)}",
        f"raise the memory limit of the container {group.what}, or roll back",
        Remedy.ROLLBACK,
        Remedy.LOGS,
        more=_tail(group, endings, f"limit {limit}" if limit else ""),
        is_passing=endings.last is not None,
        may_be_once=not endings.repeats,
        detail=endings.last_words,
    )


# What the cluster ends or refuses


def say_node(group: Group) -> Cause:
    """Their node does not answer, or does not take them."""
    if group.reason is Reason.REFUSED_AT_NODE:
        return _say_refused(group)
    nodes = sorted({each.state.node for each in group.sick})
    silent = f"the node {nodes[0]}, which does" if len(nodes) == 1 else f"the nodes {', '.join(nodes)}, which do"
    return group.cause(
        Kind.NODE,
        f"{group.share} {group.verb('is', 'are')} on {silent} not answer",
        "look at the node; after five minutes the cluster replaces its pods by itself",
        Remedy.TIMELINE,
    )


_STILL_REFUSED: Final = timedelta(minutes=5)
"""How long ago the last pod may have been refused for that to be how it stands."""

_AT_DOOR: Final = {
    "NodeAffinity": ("its labels do not match", "check node selector and affinity against the labels of the node"),
    "NodePorts": ("a host port is taken", "drop the hostPort, or set surge to 0"),
    "TaintToleration": ("a taint is not tolerated", "add a toleration for the taint, or other nodes"),
    "AppArmor": ("it does not have the AppArmor profile", "load the AppArmor profile onto the nodes, or name another"),
    "SysctlForbidden": ("a sysctl is not allowed", "allow the sysctl in the kubelet's configuration, or drop it"),
    "TopologyAffinityError": (
        "its topology manager finds no fit",
        "ask for fewer CPUs or devices of one NUMA node, or change the node's topology policy",
    ),
    "SMTAlignmentError": ("the requested CPUs do not fill whole cores", "ask for a multiple of the threads of a core"),
    "UnexpectedAdmissionError": ("unexpected error", "look at the device plugins and the kubelet of the node"),
    "NodeShutdown": ("it shuts down", "wait for other nodes, or look at why the node shuts down"),
}
_LOOK_AT_NODE: Final = "look at the kubelet of the node"
_NAMES: Final = {"cpu": "CPU", "pods": "room for pods"}


def _say_refused(group: Group) -> Cause:
    nodes = sorted({each.state.node for each in group.sick if each.state.node})
    who = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
    short = group.what.removeprefix("OutOf") if group.what.startswith("OutOf") else ""
    if short:
        why = f"too little {_NAMES.get(short, short)}" if short != "pods" else "no room for more pods"
        helps = "make room on the node; or cordon it, and find out what the scheduler does not count"
    else:
        why, helps = _AT_DOOR.get(group.what, (group.what, _LOOK_AT_NODE))
    made = [each.pod.metadata.creation_timestamp for each in group.sick]
    newest = max((moment for moment in made if moment is not None), default=None)
    is_over = newest is not None and group.now - newest > _STILL_REFUSED
    refuses = "refuses" if len(nodes) == 1 else "refuse"
    return group.cause(
        Kind.NODE,
        f"{who or 'the node'} {refuses} {count(len(group.sick), group.noun)}: {why}",
        helps,
        Remedy.TIMELINE,
        # One may have met a node that was just filled by others.
        may_be_once=len(group.sick) == 1 or is_over,
    )


_HOW: Final = {"Evicted": "evicted", "Preempting": "stopped for a pod of higher priority"}


def say_ended(group: Group) -> Cause:
    """The cluster ended them: eviction, a node that shuts down."""
    text = group.said.strip()
    short = re.search(r"node was low on resource: ([\w-]+)", text)
    how = _HOW.get(group.what, f"ended by the cluster ({group.what or 'Failed'})")
    node = group.verb("its node was", "their nodes were")
    why = f": {node} low on {short[1]}" if short is not None else f": {text}" if text else ""
    if short is None and "node shutdown" in text:
        how, why = "ended", f": {group.verb('its node shuts', 'their nodes shut')} down"
    helps = "look at the node's conditions and at what the pods request"
    if short is not None:
        helps = f"request as much {short[1]} as the pods need, so that they get nodes that have it"
    return group.cause(
        Kind.ENDED,
        f"{count(len(group.sick), group.noun)} {group.verb('was', 'were')} {how}{why}",
        helps,
        Remedy.TIMELINE,
    )
