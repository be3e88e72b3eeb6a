"""What a scheduler writes where no node takes a pod, in words.

`0/3 nodes are available: 1 node(s) had untolerated taint {gpu: }, 2 Insufficient cpu. preemption: …` is put together
(`FitError`, pkg/scheduler/framework) from the reasons that the filters of kube-scheduler give, each with the number of
nodes that it holds for, or from one text without numbers where the pod itself rules all nodes out (PreFilter). What
follows the first full stop is about preemption, and, from 1.34 on, about claims of devices. The reasons are those of
1.31 to 1.37; a reason is matched from its beginning to its end, so that no name in it is taken for another reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from ktui.rollout.cause import Reason
from ktui.rollout.wording import brief

_NODES: Final = re.compile(r"^\d+/(\d+) nodes are available: (.*)$", re.DOTALL)
_COUNTED: Final = re.compile(r"^(\d+)(?: (.+))?$", re.DOTALL)
_AFTERWARDS: Final = re.compile(r"\.(?: |$)(?![^{}]*\})")
"""Where the filters' reasons end: a full stop and a blank, but not in the braces of a taint."""

_MORE_ROOM: Final = "add nodes, lower the requests, or scale something else in"
_MORE_ROOM_THERE: Final = "lower the requests, or make room on that node"
_NAMES: Final = {"cpu": "CPU", "ephemeral-storage": "ephemeral storage"}


class _Filter(NamedTuple):
    """A reason of a filter: how it reads, what a node has or is, and what helps. `\\1` is what it names."""

    looks: re.Pattern[str]
    has: str
    have: str
    helps: str
    reason: Reason = Reason.NO_ROOM


def _filter(looks: str, has: str, have: str, helps: str, reason: Reason = Reason.NO_ROOM) -> _Filter:
    return _Filter(re.compile(looks, re.IGNORECASE), has, have, helps, reason)


_TOLERATE: Final = "add a toleration for the taint, or nodes without it"
_LOOK_AT_NODES: Final = "look at the nodes that are not ready"
_UNDER_PRESSURE: Final = "look at the nodes' conditions"
_UNCORDON: Final = "uncordon the nodes, or add others"
_HELD_BY_OLD: Final = "set the strategy to Recreate, or surge to 0: the old pod must let the volume go first"
_TIED: Final = "the volume ties the pod to a zone or a node: make room there"
_ANTI_AFFINITY: Final = "relax the anti-affinity, add nodes, or set surge to 0"

_TAINT: Final = re.compile(
    r"node\(s\) had (?:untolerated )?taints? \{([^:}]+):? ?([^}]*)\}(?:, that the pod didn't tolerate)?"
)
_TAINTS: Final = {
    "node.kubernetes.io/not-ready": ("is not ready", "are not ready", _LOOK_AT_NODES),
    "node.kubernetes.io/unreachable": ("cannot be reached", "cannot be reached", _LOOK_AT_NODES),
    "node.kubernetes.io/network-unavailable": ("has no network", "have no network", _LOOK_AT_NODES),
    "node.kubernetes.io/disk-pressure": ("is short of disk", "are short of disk", _UNDER_PRESSURE),
    "node.kubernetes.io/memory-pressure": ("is short of memory", "are short of memory", _UNDER_PRESSURE),
    "node.kubernetes.io/pid-pressure": ("is short of process ids", "are short of process ids", _UNDER_PRESSURE),
    "node.kubernetes.io/unschedulable": ("is cordoned", "are cordoned", _UNCORDON),
    "node.cloudprovider.kubernetes.io/uninitialized": (
        "is still being set up",
        "are still being set up",
        _LOOK_AT_NODES,
    ),
    "node.cloudprovider.kubernetes.io/shutdown": ("is shut down", "are shut down", _LOOK_AT_NODES),
    "ToBeDeletedByClusterAutoscaler": ("is being removed", "are being removed", _LOOK_AT_NODES),
    "karpenter.sh/disrupted": ("is being replaced", "are being replaced", _LOOK_AT_NODES),
}
"""Taints that the cluster itself sets on nodes that are ill: no template is at fault."""

_FILTERS: Final = (
    _filter(r"too many pods", "has no room for more pods", "have no room for more pods", _MORE_ROOM),
    _filter(r"insufficient (\S+)", r"has too little \1 free", r"have too little \1 free", _MORE_ROOM),
    _filter(
        r"node\(s\) did not have enough free storage",
        "has too little storage free",
        "have too little storage free",
        "make room on the storage that the claim asks for, or add nodes",
    ),
    _filter(r"node\(s\) were unschedulable", "is cordoned", "are cordoned", _UNCORDON, Reason.NODES_ILL),
    _filter(
        r"node\(s\) (?:were not ready|had unknown conditions|were out of disk)",
        "is not ready",
        "are not ready",
        _LOOK_AT_NODES,
        Reason.NODES_ILL,
    ),
    _filter(
        r"node\(s\) had (?:untolerated taint\(s\)|taints that the pod didn't tolerate)",
        "has an untolerated taint",
        "have an untolerated taint",
        "add a toleration for the taint, or nodes without it; kubectl describe nodes shows their taints",
    ),
    _filter(
        r"node\(s\) didn't match pod anti-affinity rules",
        "is ruled out by anti-affinity",
        "are ruled out by anti-affinity",
        _ANTI_AFFINITY,
    ),
    _filter(
        r"node\(s\) didn't satisfy existing pods anti-affinity rules",
        "is ruled out by other pods' anti-affinity",
        "are ruled out by other pods' anti-affinity",
        "find the running pods whose anti-affinity matches these, or add nodes",
    ),
    _filter(
        r"node\(s\) didn't match pod affinity(?:/anti-affinity)?(?: rules)?",
        "is ruled out by the affinity to other pods",
        "are ruled out by the affinity to other pods",
        "check the pod affinity, and whether the pods that it names run",
    ),
    _filter(
        r"node\(s\) didn't match pod topology spread constraints \(missing required label\)",
        "lacks the label of the topology spread",
        "lack the label of the topology spread",
        "check topologyKey of the spread constraints against the labels of the nodes",
    ),
    _filter(
        r"node\(s\) didn't match pod topology spread constraints",
        "would break the topology spread",
        "would break the topology spread",
        "relax the topology spread constraints, or add nodes where they are missing",
    ),
    _filter(
        r"node\(s\) (?:had volume node affinity conflict|didn't match PersistentVolume's node affinity|"
        r"had no available volume zone)",
        "cannot reach the volume",
        "cannot reach the volume",
        _TIED,
    ),
    _filter(
        r"node\(s\) didn't find available persistent volumes to bind",
        "has no volume that fits the claim",
        "have no volume that fits the claim",
        "make a volume that fits the claim, or give it a storage class that does",
    ),
    _filter(
        r"node\(s\) unavailable due to one or more pvc\(s\) bound to non-existent pv\(s\)",
        "is ruled out: the claim's volume does not exist",
        "are ruled out: the claim's volume does not exist",
        "delete the claim and make it anew: its volume is gone",
        Reason.VOLUME_MISSING,
    ),
    _filter(
        r"node\(s\) exceed max volume count",
        "has as many volumes as it can hold",
        "have as many volumes as they can hold",
        "add nodes: each can hold only so many volumes",
    ),
    _filter(
        r"node\(s\) didn't have free ports for the requested pod ports",
        "has the host port taken",
        "have the host port taken",
        "no two pods of a node can have the same hostPort: drop it, or set surge to 0",
    ),
    _filter(
        r"node\(s\) didn't match (?:the )?(?:pod's )?(?:node affinity/selector|node affinity|node selector)",
        "does not match the node selector or affinity",
        "do not match the node selector or affinity",
        "check node selector and affinity against the labels of the nodes",
    ),
    _filter(
        r"node\(s\) didn't match the requested node name",
        "is not the node that the pod names",
        "are not the node that the pod names",
        "check nodeName in the template: no node has that name",
    ),
    _filter(
        r"node\(s\) didn't satisfy plugin(?:\(s\))? \[?[^\]]*NodeAffinity[^\]]*\]?(?: simultaneously)?",
        "does not match the node selector or affinity",
        "do not match the node selector or affinity",
        "check node selector and affinity against the labels of the nodes",
    ),
    _filter(
        r"node\(s\) didn't satisfy plugin(?:\(s\))? \[?[^\]]*VolumeBinding[^\]]*\]?(?: simultaneously)?",
        "cannot reach the volume",
        "cannot reach the volume",
        _TIED,
    ),
    _filter(
        r"node\(s\) didn't (?:match|satisfy) .*(?:declared features|unsatisfied requirements).*|"
        r"node declared features check failed.*",
        "lacks a feature that the pod needs",
        "lack a feature that the pod needs",
        "update the nodes' kubelets, or do without what the pod asks for",
    ),
    _filter(
        r"cannot allocate all claims|node\(s\) .*resourceclaim.*",
        "has no device that fits the claim",
        "have no device that fits the claim",
        "free devices, add nodes that have them, or check the claim's device class",
    ),
)
"""The reasons of kube-scheduler's filters, each for so many nodes."""


class _OfPod(NamedTuple):
    """A reason that holds whatever the node."""

    looks: re.Pattern[str]
    why: str
    helps: str
    reason: Reason


def _of_pod(looks: str, why: str, helps: str, reason: Reason) -> _OfPod:
    return _OfPod(re.compile(looks, re.IGNORECASE), why, helps, reason)


_LOOK_AT_CLAIM: Final = "look at the volume claim and its storage class"
_OF_PODS: Final = (
    _of_pod(
        r"PersistentVolumeClaim with (?:the same name and )?ReadWriteOncePod access mode",
        "another pod holds its ReadWriteOncePod volume",
        _HELD_BY_OLD,
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r"^\d+ node\(s\) had no available disk$",
        "another pod holds its disk",
        _HELD_BY_OLD,
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r'waiting for ephemeral volume controller to create the persistentvolumeclaim "([^"]+)"',
        "its volume claim is still being made",
        "wait: the cluster makes the claim; if it lasts, look at the claim's storage class and quota",
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r'persistentvolumeclaim "([^"]+)" is being deleted',
        r"the volume claim \1 is being deleted",
        "a claim that is being deleted takes no new pod: make a new one once it is gone",
        Reason.VOLUME_MISSING,
    ),
    _of_pod(
        r'persistentvolumeclaim "([^"]+)" bound to non-existent persistentvolume',
        r"the volume of the claim \1 does not exist",
        "delete the claim and make it anew: its volume is gone",
        Reason.VOLUME_MISSING,
    ),
    _of_pod(
        r'persistentvolumeclaim "([^"]+)" not found',
        r"the volume claim \1 does not exist",
        "create the volume claim, or correct its name in the template",
        Reason.VOLUME_MISSING,
    ),
    _of_pod(
        r"(?:pod has )?unbound immediate PersistentVolumeClaims",
        "the volume claim is not bound",
        _LOOK_AT_CLAIM,
        Reason.VOLUME_WAITS,
    ),
    _of_pod(
        r"(?:waiting for|no) .*resource ?claim.*(?:create|generated)",
        "its device claim is still being made",
        "wait: the cluster makes the claim; if it lasts, look at its ResourceClaimTemplate",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r'resourceclaim "([^"]+)" (?:not found|is being deleted)',
        r"the device claim \1 does not exist",
        "create the ResourceClaim, or correct its name in the template",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r"resourceclaim in use|node allocatable resource claim",
        "another pod uses the device claim",
        "set surge to 0, or give each pod a claim of its own with a ResourceClaimTemplate",
        Reason.NO_ROOM,
    ),
    _of_pod(
        r"waiting for .*(?:pod group|gang)",
        "it waits for the other pods of its group",
        "check that all pods of the group have been made",
        Reason.NO_ROOM,
    ),
    _of_pod(r"no nodes available to schedule pods", "there are no nodes", _MORE_ROOM, Reason.NO_ROOM),
)
"""The reasons that a pod is not even looked at for a node (PreFilter)."""


class Placement(NamedTuple):
    """Why no node takes a pod: parts in words, the first being the first that the scheduler names, and what may help.

    `wants_room`: it is room alone that is missing. `blames_nodes`: no other template would fare better.
    """

    parts: tuple[str, ...]
    helps: str
    reason: Reason
    wants_room: bool
    blames_nodes: bool

    @property
    def why(self) -> str:
        """All of it."""
        return ", ".join(self.parts)


class _Part(NamedTuple):
    why: str
    helps: str
    reason: Reason


_NOT_SAID: Final = "the scheduler does not say why"


def in_words(message: str, asked: Mapping[str, str], *, is_bound: bool = False) -> Placement:
    """A scheduler's message in words; `asked` is what the pod requests, `{"cpu": "500m"}`.

    A pod that is bound to one node, as those of a DaemonSet are, fits no other by its affinity: that says nothing.
    Texts that are not known stay as they are.
    """
    found = _NODES.match(message.strip())
    total, rest = (int(found[1]), found[2]) if found is not None else (0, message.strip())
    rest = _AFTERWARDS.split(rest, maxsplit=1)[0].strip().rstrip(".")
    parts = [_part(part, asked) for part in re.split(r", (?=\d+(?: |$))", rest)] if rest else []
    if is_bound:
        # One node is left, and there the other reasons hold.
        parts = [part for part in parts if part[1].helps != _OTHER_NODES] or parts
        total = 0
    known = [part for _, part in parts]
    helps = [_MORE_ROOM_THERE if is_bound and part.helps == _MORE_ROOM else part.helps for part in known]
    helps = list(dict.fromkeys(filter(None, helps)))
    words = [f"{_nodes(number, total, is_first=place == 0)}{part.why}" for place, (number, part) in enumerate(parts)]
    reasons = [part.reason for part in known]
    blames_nodes = bool(reasons) and all(reason is Reason.NODES_ILL for reason in reasons)
    return Placement(
        tuple(filter(None, words)),
        "; ".join(helps[:2]) or _MORE_ROOM,
        _worst(reasons),
        wants_room=helps in ([], [_MORE_ROOM], [_MORE_ROOM_THERE]),
        blames_nodes=blames_nodes,
    )


_OTHER_NODES: Final = "check node selector and affinity against the labels of the nodes"


def _worst(reasons: list[Reason]) -> Reason:
    """The reason of the whole: what is missing, if it alone is what keeps every node from taking the pod."""
    alike = set(reasons)
    if len(alike) == 1:
        return reasons[0]
    # Nodes that are ill take nothing at all: what the others say decides.
    alike -= {Reason.NODES_ILL}
    return alike.pop() if len(alike) == 1 else Reason.NO_ROOM


def _part(part: str, asked: Mapping[str, str]) -> tuple[int, _Part]:
    """For how many nodes a reason holds (0: it does not say), and the reason."""
    for pod in _OF_PODS:
        claim = pod.looks.search(part)
        if claim is not None:
            return 0, _Part(claim.expand(pod.why), pod.helps, pod.reason)
    counted = _COUNTED.match(part)
    number, what = (int(counted[1]), counted[2] or "") if counted is not None else (0, part)
    if counted is not None and not what:
        return 0, _Part(_NOT_SAID, "look at the pod's events, and at the scheduler's log", Reason.NO_ROOM)
    tainted = _TAINT.fullmatch(what)
    if tainted is not None:
        return number, _tainted(tainted[1], number)
    for known in _FILTERS:
        found = known.looks.fullmatch(what)
        if found is None:
            continue
        resource = found[1] if found.groups() else ""
        words = (known.has if number == 1 else known.have).replace("\\1", _NAMES.get(resource, resource))
        if asked.get(resource):
            words = words.replace("too little", f"less than {asked[resource]}")
        return number, _Part(words if number else words.partition(" ")[2], known.helps, known.reason)
    return 0, _Part(part, "", Reason.NO_ROOM)


def _tainted(key: str, number: int) -> _Part:
    if key in _TAINTS:
        has, have, helps = _TAINTS[key]
        return _Part(has if number == 1 else have, helps, Reason.NODES_ILL)
    have = "has" if number == 1 else "have"
    return _Part(f"{have} the untolerated taint {brief(key)}", _TOLERATE, Reason.NO_ROOM)


def _nodes(number: int, total: int, *, is_first: bool) -> str:
    """`2 of 3 nodes `, `all 3 nodes `; after the first, which says what is counted, `1 `; `its node ` for none."""
    if not number:
        return ""
    if not total:
        return "its node "
    if not is_first:
        return f"{number} "
    if number == total:
        return "the only node " if total == 1 else f"all {total} nodes "
    return f"{number} of {total} nodes "
