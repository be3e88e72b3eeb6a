"""What a scheduler writes where no node takes a pod, in words.

`0/3 nodes are available: 1 node(s) had untolerated taint {gpu: }, 2 Insufficient cpu. preemption: …` is put together
from the reasons that the plugins of kube-scheduler give, each with the number of nodes that it holds for.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NODES: Final = re.compile(r"^\d+/(\d+) nodes are available: (.*)$", re.DOTALL)
_COUNTED: Final = re.compile(r"^(\d+) (.+)$", re.DOTALL)

_MORE_ROOM: Final = "add nodes, lower the requests, or scale something else in"
_MORE_ROOM_THERE: Final = "lower the requests, or make room on that node"
_ELSEWHERE: Final = re.compile(r"node affinity/selector|NodeAffinity")
_NAMES: Final = {"cpu": "CPU", "ephemeral-storage": "ephemeral storage"}


class _Reason(NamedTuple):
    """A reason of a scheduler: what it looks like, what a node has or is, and what helps. `\\1` is what it names."""

    looks: re.Pattern[str]
    has: str
    have: str
    helps: str


def _reason(looks: str, has: str, have: str, helps: str) -> _Reason:
    return _Reason(re.compile(looks, re.IGNORECASE), has, have, helps)


_TOLERATE: Final = "add a toleration for the taint, or nodes without it"
_LOOK_AT_NODES: Final = "look at the nodes that are not ready"
_UNDER_PRESSURE: Final = "look at the nodes' conditions"
_UNCORDON: Final = "uncordon the nodes, or add others"
_OF_NODES: Final = (_LOOK_AT_NODES, _UNDER_PRESSURE, _UNCORDON)
_REASONS: Final = (
    _reason(r"too many pods", "has no room for more pods", "have no room for more pods", _MORE_ROOM),
    _reason(r"insufficient (\S+)", r"has too little \1 free", r"have too little \1 free", _MORE_ROOM),
    _reason(r"not-ready|were not ready", "is not ready", "are not ready", _LOOK_AT_NODES),
    _reason(r"kubernetes\.io/unreachable", "cannot be reached", "cannot be reached", _LOOK_AT_NODES),
    _reason(
        r"kubernetes\.io/(disk|memory|pid)-pressure",
        r"is short of \1",
        r"are short of \1",
        _UNDER_PRESSURE,
    ),
    _reason(r"unschedulable", "is cordoned", "are cordoned", _UNCORDON),
    _reason(
        r"taint\S* \{([^:}]+):? ?[^}]*\}",
        r"has the taint \1, which is not tolerated",
        r"have the taint \1, which is not tolerated",
        _TOLERATE,
    ),
    _reason(r"taint", "has a taint that is not tolerated", "have a taint that is not tolerated", _TOLERATE),
    _reason(
        r"anti-affinity",
        "is ruled out by anti-affinity",
        "are ruled out by anti-affinity",
        "relax the anti-affinity, or add nodes",
    ),
    _reason(
        r"pod affinity",
        "is ruled out by the affinity to other pods",
        "are ruled out by the affinity to other pods",
        "check the pod affinity",
    ),
    _reason(
        r"topology spread",
        "would break the topology spread",
        "would break the topology spread",
        "relax the topology spread constraints, or add nodes where they are missing",
    ),
    _reason(
        r"volume node affinity|NodeVolumeBinding|persistent volumes to bind",
        "cannot reach the volume",
        "cannot reach the volume",
        "the volume ties the pod to a zone or a node: make room there",
    ),
    _reason(
        r"max volume count",
        "has as many volumes as it can hold",
        "have as many volumes as they can hold",
        "add nodes",
    ),
    _reason(
        r"free ports",
        "has the host port taken",
        "have the host port taken",
        "no two pods of a node can have the same hostPort: drop it, or set surge to 0",
    ),
    _reason(
        r"node affinity|node selector|NodeAffinity",
        "does not match the node selector or affinity",
        "do not match the node selector or affinity",
        "check node selector and affinity against the labels of the nodes",
    ),
)

_CLAIMS: Final = (
    (re.compile(r'persistentvolumeclaim "([^"]+)" not found', re.IGNORECASE), r"the volume claim \1 does not exist"),
    (re.compile(r"unbound immediate PersistentVolumeClaims", re.IGNORECASE), "the volume claim is not bound"),
    (re.compile(r"no nodes available to schedule pods", re.IGNORECASE), "there are no nodes"),
)


class Placement(NamedTuple):
    """Why no node takes a pod, in words, and what may help.

    `wants_room`: it is room alone that is missing. `blames_nodes`: no other template would fare better.
    """

    why: str
    helps: str
    wants_room: bool
    blames_nodes: bool


def in_words(message: str, asked: dict[str, str], *, is_bound: bool = False) -> Placement:
    """A scheduler's message in words; `asked` is what the pod requests: `{"cpu": "500m"}`.

    A pod that is bound to one node, as those of a DaemonSet are, fits no other by its affinity: that says nothing.
    Texts that are not known stay as they are.
    """
    text = message.partition(" preemption: ")[0].strip().rstrip(".")
    found = _NODES.match(text)
    total, rest = (int(found[1]), found[2]) if found is not None else (0, text)
    parts: list[str] = []
    helps: list[str] = []
    split = re.split(r", (?=\d+ )", rest)
    if is_bound:
        # One node is left, and there the other reasons hold.
        split = [part for part in split if not _ELSEWHERE.search(part)] or split
        total = 0
    for part in split:
        why, help_ = _part(part, total, asked, is_first=not parts)
        if is_bound and help_ == _MORE_ROOM:
            help_ = _MORE_ROOM_THERE
        parts.append(why)
        helps.append(help_)
    told = list(dict.fromkeys(filter(None, helps)))
    return Placement(
        ", ".join(filter(None, parts)),
        "; ".join(told[:2]) or _MORE_ROOM,
        wants_room=told in ([], [_MORE_ROOM], [_MORE_ROOM_THERE]),
        blames_nodes=bool(told) and all(help_ in _OF_NODES for help_ in told),
    )


def _part(part: str, total: int, asked: dict[str, str], *, is_first: bool) -> tuple[str, str]:
    for looks, words in _CLAIMS:
        claim = looks.search(part)
        if claim is not None:
            return claim.expand(words), "look at the volume claim and its storage class"
    counted = _COUNTED.match(part)
    number, what = (int(counted[1]), counted[2]) if counted is not None else (0, part)
    for reason in _REASONS:
        found = reason.looks.search(what)
        if found is not None:
            resource = found[1] if found.groups() else ""
            told = (reason.has if number == 1 else reason.have).replace("\\1", _NAMES.get(resource, resource))
            if asked.get(resource):
                told += f" (each pod asks for {asked[resource]})"
            if not number:
                return told.partition(" ")[2], reason.helps
            return f"{_nodes(number, total, is_first=is_first)} {told}", reason.helps
    return part, ""


def _nodes(number: int, total: int, *, is_first: bool) -> str:
    """`2 of 3 nodes`, `all 3 nodes`; after the first, where it is clear what is counted, `1`; `its node` for none."""
    if not total:
        return "its node"
    if not is_first:
        return str(number)
    if number == total:
        return "the only node" if total == 1 else f"all {total} nodes"
    return f"{number} of {total} nodes"
