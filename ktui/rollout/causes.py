"""What ails the pods of a rollout, in sentences with numbers: one cause for all the pods that share it.

The texts of a cluster go into these sentences as they are; `diagnosis.diagnose` makes them fit for a screen.
"""

from __future__ import annotations

import re
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from ktui.model.objects import ContainerStatus, Pod, Terminated, condition_of
from ktui.rollout import images, scheduling, startup
from ktui.rollout.ailments import BAD_CONFIG, Ailment, ailment, ending, running_since, spec_of
from ktui.rollout.cause import PATIENCE, Cause, Kind, Remedy
from ktui.rollout.groups import Group, Sick
from ktui.rollout.podstatus import Health, broken_container, health, pod_state
from ktui.rollout.startup import EventsOf
from ktui.text import count, duration

_EXITS: Final = {126: "its command cannot be run", 127: "its command is not found"}
"""Exit codes that a shell gives to what it could not run."""


def of_pods(pods: Sequence[Pod], now: datetime, noun: str, events_of: EventsOf) -> list[Cause]:
    """The causes that these pods show. They are those of one revision; `noun` says of which: `new pod`."""
    groups: dict[tuple[Kind, str], list[Sick]] = defaultdict(list)
    alive = 0
    for pod in pods:
        alive += health(pod) not in (Health.STOPPING, Health.GONE)
        found: Ailment | None = ailment(pod, now, events_of)
        if found is not None:
            groups[found.kind, found.what].append(Sick(pod, pod_state(pod), found.said))
    return [_SENTENCES[kind](Group(what, sick, alive, noun, now, events_of)) for (kind, what), sick in groups.items()]


# Pods that do not start


def _say_image(group: Group) -> Cause:
    pull = startup.pull_trouble(group.said)
    helps = pull.helps
    secret = startup.missing_pull_secret(group.events_of(group.sick[0].pod.metadata.uid))
    if secret:
        helps = f"create the pull secret {secret}, which does not exist, or name another one"
    return group.cause(
        Kind.IMAGE,
        f"image {images.short(group.what)} cannot be pulled{pull.why and f': {pull.why}'} ({group.share})",
        helps,
        Remedy.SET_IMAGE,
        Remedy.ROLLBACK,
        blocking=not pull.may_pass or group.is_old(),
    )


def _say_config(group: Group) -> Cause:
    text = _own_words(group)
    missing = re.search(r'(secret|configmap) "([^"]+)" not found', text)
    key = re.search(r"couldn't find key (\S+) in (ConfigMap|Secret) (\S+)", text)
    if missing is not None:
        helps = f"create the {missing[1]} {missing[2]}, or mend its name in the template"
    elif key is not None:
        helps = f"add the key {key[1]} to {key[3]}, or mend its name in the template"
    elif "runAsNonRoot" in text or "run as root" in text:
        helps = "let the image run as another user, or say one in the securityContext"
    elif "exec" in text or "no such file" in text:
        helps = "check the command and the arguments in the template, and what is in the image"
    else:
        helps = "check the command and the ConfigMaps and Secrets that the template names"
    where = group.where(group.what)
    return group.cause(
        Kind.CONFIG,
        f"{group.share} cannot start{where}: {text or f'the container {group.what} cannot be made'}",
        helps,
        Remedy.ROLLBACK,
        blocking=True,
    )


def _own_words(group: Group) -> str:
    """What was said of the broken containers themselves when they could not start."""
    texts: Counter[str] = Counter()
    for pod, _, _ in group.sick:
        container = broken_container(pod)
        ended = ending(container) if container is not None else None
        waiting = container.state.waiting if container is not None else None
        if ended is not None and ended.reason in BAD_CONFIG:
            texts[ended.message] += 1
        elif waiting is not None:
            texts[waiting.message] += 1
    return texts.most_common(1)[0][0] if texts else ""


def _say_volume(group: Group) -> Cause:
    mount = startup.mount_trouble(group.said)
    volume = f"the volume {mount.volume}" if mount.volume else "a volume"
    return group.cause(
        Kind.VOLUME,
        f"{group.share} {group.verb('waits', 'wait')} for {volume}: {mount.why}",
        mount.helps,
        Remedy.TIMELINE,
        Remedy.ROLLBACK,
        blocking=group.is_old(),
    )


def _say_sandbox(group: Group) -> Cause:
    nodes = ", ".join(sorted({each.state.node for each in group.sick}))
    return group.cause(
        Kind.SANDBOX,
        f"{group.share} cannot be set up on {nodes}: {startup.sandbox_trouble(group.said)}",
        "look at the network plugin and the container runtime of that node",
        Remedy.TIMELINE,
        blocking=group.is_old(),
    )


def _say_unschedulable(group: Group) -> Cause:
    asked: dict[str, str] = {}
    for container in group.sick[0].pod.spec.containers:
        requests = container.resources.requests
        # Several containers add up to more than any of them asks for: then it is not said.
        for resource, amount in (("cpu", requests.cpu), ("memory", requests.memory)):
            if amount:
                asked[resource] = "" if resource in asked else amount
    owner = group.sick[0].pod.metadata.controller
    placement = scheduling.in_words(group.said, asked, is_bound=owner is not None and owner.kind == "DaemonSet")
    conditions = (condition_of(each.pod.status.conditions, "PodScheduled") for each in group.sick)
    since = [condition.last_transition_time for condition in conditions if condition is not None]
    waited = [group.now - moment for moment in since if moment is not None]
    return group.cause(
        Kind.UNSCHEDULABLE,
        f"no node takes {group.share}" + (f": {placement.why}" if placement.why else ""),
        placement.helps,
        *((Remedy.SCALE,) if placement.wants_room else ()),
        *(() if placement.blames_nodes else (Remedy.ROLLBACK,)),
        # A cluster that grows by itself needs a minute or two to do so.
        blocking=bool(waited) and max(waited) > PATIENCE,
    )


# Pods that do not stay up


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


def _endings(group: Group) -> _Endings:
    containers = [container for each in group.sick if (container := broken_container(each.pod)) is not None]
    ended = [found for container in containers if (found := ending(container)) is not None]
    how = Counter(_exit(each) for each in ended).most_common(1)
    return _Endings(
        how=how[0][0] if how else "",
        restarts=sum(container.restart_count for container in containers),
        last=max((each.finished_at for each in ended if each.finished_at is not None), default=None),
        repeats=any(_ended_twice(container) for container in containers)
        or (len(containers) == group.total > 1 and all(container.restart_count for container in containers)),
        last_words=next((each.message for each in ended if each.message), ""),
    )


def _ended_twice(container: ContainerStatus) -> bool:
    backs_off = container.state.waiting is not None and container.state.waiting.reason == "CrashLoopBackOff"
    return backs_off or container.restart_count + (container.state.terminated is not None) > 1


def _exit(ended: Terminated) -> str:
    """`exit 1`; above 128 it was a signal, and its name says more: `exit 137, SIGKILL`."""
    number = ended.signal or (ended.exit_code - 128 if ended.exit_code > 128 else 0)
    try:
        name = signal.Signals(number).name if number else _EXITS.get(ended.exit_code, "")
    except ValueError:
        name = f"signal {number}" if ended.signal else ""
    return ", ".join(filter(None, (f"exit {ended.exit_code}" if ended.exit_code or not ended.signal else "", name)))


def _circumstances(group: Group, endings: _Endings, first: str) -> str:
    """`: exit 1, 3 restarts, last 12s ago`, as much of it as is known."""
    parts = [first, count(endings.restarts, "restart") if endings.restarts else ""]
    if endings.last is not None:
        parts.append(f"last {duration((group.now - endings.last).total_seconds())} ago")
    text = ", ".join(filter(None, parts))
    return f": {text}" if text else ""


def _say_crash(group: Group) -> Cause:
    endings = _endings(group)
    verb = group.verb("crashes", "crash")
    return group.cause(
        Kind.CRASH,
        f"{group.share} {verb}{group.where(group.what)}{_circumstances(group, endings, endings.how)}",
        f"read what the container {group.what} logged before it crashed; roll back",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        blocking=endings.repeats,
        detail=endings.last_words,
    )


def _say_ends(group: Group) -> Cause:
    endings = _endings(group)
    verb = group.verb("ends by itself", "end by themselves")
    return group.cause(
        Kind.ENDS,
        f"{group.share} {verb}{group.where(group.what)}{_circumstances(group, endings, 'exit 0')}",
        f"the container {group.what} has to keep running: check its command; what runs to its end is a Job",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        blocking=endings.repeats,
        detail=endings.last_words,
    )


def _say_probe(group: Group) -> Cause:
    probe, _, container = group.what.partition(" ")
    endings = _endings(group)
    whose = group.verb("its", "their")
    said = next((each.said for each in group.sick if each.said), "")
    return group.cause(
        Kind.PROBE,
        f"{group.share} {group.verb('is', 'are')} restarted{group.where(container)} because {whose} {probe} probe fails"
        f"{_circumstances(group, endings, said)}",
        f"mend what the {probe} probe asks for, or give it more time (initialDelaySeconds, failureThreshold)",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        blocking=endings.repeats,
        detail=endings.last_words,
    )


def _say_oom(group: Group) -> Cause:
    endings = _endings(group)
    spec = spec_of(group.sick[0].pod, group.what)
    limit = spec.resources.limits.memory if spec is not None else ""
    verb = group.verb("runs", "run")
    limited = _circumstances(group, endings, f"limit {limit}" if limit else "")
    return group.cause(
        Kind.OOM,
        f"{group.share} {verb} out of memory{group.where(group.what)}{limited}",
        f"raise the memory limit of the container {group.what}, or roll back",
        Remedy.ROLLBACK,
        Remedy.LOGS,
        blocking=endings.repeats,
        detail=endings.last_words,
    )


def _say_pod(group: Group) -> Cause:
    return group.cause(
        Kind.POD,
        f"{group.share} {group.verb('is', 'are')} not well: {group.what}",
        "look at the pod's events",
        Remedy.TIMELINE,
        Remedy.ROLLBACK,
        blocking=True,
    )


def _say_node(group: Group) -> Cause:
    nodes = sorted({each.state.node for each in group.sick})
    silent = f"the node {nodes[0]}, which does" if len(nodes) == 1 else f"the nodes {', '.join(nodes)}, which do"
    return group.cause(
        Kind.NODE,
        f"{group.share} {group.verb('is', 'are')} on {silent} not answer",
        "look at the node; after five minutes the cluster replaces its pods by itself",
        Remedy.TIMELINE,
    )


def _say_ended(group: Group) -> Cause:
    text = group.said.strip()
    short = re.search(r"node was low on resource: ([\w-]+)", text)
    how = "evicted" if group.what == "Evicted" else f"ended by the cluster ({group.what or 'Failed'})"
    node = group.verb("its node was", "their nodes were")
    why = f": {node} low on {short[1]}" if short is not None else f": {text}" if text else ""
    helps = "look at the node's conditions and at what the pods request"
    if short is not None:
        helps = f"request as much {short[1]} as the pods need, so that they get nodes that have it"
    return group.cause(
        Kind.ENDED,
        f"{count(len(group.sick), group.noun)} {group.verb('was', 'were')} {how}{why}",
        helps,
        Remedy.TIMELINE,
    )


# Pods that take their time


def _say_stopping(group: Group) -> Cause:
    late = group.longest([each.pod.metadata.deletion_timestamp for each in group.sick])
    lost = sorted({each.said for each in group.sick if each.said})
    sentence = f"{count(len(group.sick), group.noun)} {group.verb('does', 'do')} not stop: overdue{late}"
    helps = "look for its node: from one that is lost it must be deleted by force"
    if group.what:
        sentence += f", held by the finalizer {group.what}"
        helps = "what set the finalizer has to take it away; where that is gone for good, remove it by hand"
    elif lost:
        sentence += f", on {', '.join(lost)}, which {'does' if len(lost) == 1 else 'do'} not answer"
        helps = "where the node is gone for good, delete the pod by force, or the node"
    return group.cause(Kind.STOPPING, sentence, helps, Remedy.TIMELINE)


def _say_not_ready(group: Group) -> Cause:
    since = group.longest([running_since(each.pod) for each in group.sick])
    said = next((each.said for each in group.sick if each.said), "")
    whose = group.verb("its", "their")
    why = f": {whose} {group.what} probe fails" + (f" ({said})" if said else "") if group.what else ""
    return group.cause(
        Kind.NOT_READY,
        f"{group.share} {group.verb('has', 'have')} been running{since} without becoming ready{why}",
        f"read the log, and try what the {group.what or 'readiness'} probe asks",
        Remedy.LOGS,
        Remedy.ROLLBACK,
    )


def _say_gate(group: Group) -> Cause:
    found = re.search(r'readiness gate "([^"]+)"', group.what)
    gate = f"the readiness gate {found[1]}" if found is not None else "a readiness gate"
    return group.cause(
        Kind.GATE,
        f"{group.share} {group.verb('is', 'are')} ready but for {gate}",
        "look at what sets that condition: a load balancer's controller, mostly",
        Remedy.TIMELINE,
    )


def _say_slow(group: Group) -> Cause:
    since = group.longest([each.pod.metadata.creation_timestamp for each in group.sick])
    helps = "look at the pod's events: a volume, the network, a large image"
    remedies = [Remedy.TIMELINE]
    if " container " in group.what or " sidecar " in group.what:
        helps = "read its log: it may wait for something"
        remedies = [Remedy.LOGS]
    elif group.what.startswith("pulling"):
        helps = "wait: a large image or a slow registry takes its time"
    elif group.what.endswith("a scheduler"):
        helps = "check schedulerName in the template, and that the scheduler runs"
    elif group.what.startswith("held back"):
        helps = "find out who is to remove the gate, and what that waits for"
    return group.cause(
        Kind.SLOW, f"{group.share} {group.verb('has', 'have')} been {group.what}{since}", helps, *remedies
    )


_SENTENCES: Final[dict[Kind, Callable[[Group], Cause]]] = {
    Kind.IMAGE: _say_image,
    Kind.CONFIG: _say_config,
    Kind.VOLUME: _say_volume,
    Kind.SANDBOX: _say_sandbox,
    Kind.OOM: _say_oom,
    Kind.PROBE: _say_probe,
    Kind.CRASH: _say_crash,
    Kind.ENDS: _say_ends,
    Kind.UNSCHEDULABLE: _say_unschedulable,
    Kind.NODE: _say_node,
    Kind.POD: _say_pod,
    Kind.STOPPING: _say_stopping,
    Kind.ENDED: _say_ended,
    Kind.NOT_READY: _say_not_ready,
    Kind.GATE: _say_gate,
    Kind.SLOW: _say_slow,
}
