"""What a scheduler writes where no node takes a pod, in words.

`0/3 nodes are available: 1 node(s) had untolerated taint {gpu: }, 2 Insufficient cpu. preemption: …` is put together
(`FitError`, pkg/scheduler/framework) from the reasons that the filters of kube-scheduler give, each with the number of
nodes that it holds for, or from one text without numbers where the pod itself rules all nodes out (PreFilter). What
follows the first full stop is about preemption, and, from 1.34 on, about claims of devices. `filters` has the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.scheduler_filters import (
    FILTERS,
    MORE_ROOM,
    MORE_ROOM_THERE,
    NAMES,
    OF_PODS,
    OTHER_NODES,
    TAINT,
    TAINTS,
    TOLERATE,
)
from ktui.rollout.diagnosis.wording import brief

_NODES: Final = Expression(r"^\d+/(\d+) nodes are (?:un)?available: (.*)$", re.DOTALL)
_COUNTED: Final = Expression(r"^(\d+)(?: (.+))?$", re.DOTALL)
_AFTERWARDS: Final = Expression(r"\.(?: |$)(?![^{}]*\})")
"""Where the filters' reasons end: a full stop and a blank, but not in the braces of a taint."""


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
    """A reason in words: `why` of one node (or of the pod itself), and `many` of several."""

    why: str
    helps: str
    reason: Reason
    many: str = ""


_NOT_SAID: Final = "the scheduler does not say why"


def in_words(message: str, asked: Mapping[str, str], *, is_bound: bool = False) -> Placement:
    """A scheduler's message in words; `asked` is what the pod requests, `{"cpu": "500m"}`.

    A pod that is bound to one node, as those of a DaemonSet are, fits no other by its affinity: that says nothing.
    Texts that are not known stay as they are.
    """
    found = _NODES.match(message.strip())
    total, rest = (int(found[1]), found[2]) if found is not None else (0, message.strip())
    rest = _AFTERWARDS.before(rest).strip().rstrip(".")
    parts = _together(_part(part, asked) for part in re.split(r", (?=\d+(?: |$))", rest)) if rest else []
    if is_bound:
        # One node is left, and there the other reasons hold.
        parts = [part for part in parts if part[1].helps != OTHER_NODES] or parts
        total = 0
    known = [part for _, part in parts]
    helps = [MORE_ROOM_THERE if is_bound and part.helps == MORE_ROOM else part.helps for part in known]
    helps = list(dict.fromkeys(filter(None, helps)))
    words = [
        f"{_nodes(number, total, is_first=place == 0)}{part.many if number > 1 and part.many else part.why}"
        for place, (number, part) in enumerate(parts)
    ]
    reasons = [part.reason for part in known]
    blames_nodes = bool(reasons) and all(reason is Reason.NODES_ILL for reason in reasons)
    return Placement(
        tuple(filter(None, words)),
        "; ".join(helps[:2]) or MORE_ROOM,
        _worst(reasons),
        wants_room=helps in ([], [MORE_ROOM], [MORE_ROOM_THERE]),
        blames_nodes=blames_nodes,
    )


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
    for pod in OF_PODS:
        claim = pod.looks.search(part)
        if claim is not None:
            return 0, _Part(claim.expand(pod.why), pod.helps, pod.reason)
    counted = _COUNTED.match(part)
    number, what = (int(counted[1]), counted[2] or "") if counted is not None else (0, part)
    if counted is not None and not what:
        return 0, _Part(_NOT_SAID, "look at the pod's events, and at the scheduler's log", Reason.NO_ROOM)
    tainted = TAINT.fullmatch(what)
    if tainted is not None:
        return number, _tainted(tainted[1])
    for known in FILTERS:
        found = known.looks.fullmatch(what)
        if found is None:
            continue
        resource = found[1] if found.groups() else ""
        has, have = (_named(words, resource, asked) for words in (known.has, known.have))
        return number, _Part(has if number else have.partition(" ")[2], known.helps, known.reason, have)
    return 0, _Part(part, "", Reason.NO_ROOM)


def _named(words: str, resource: str, asked: Mapping[str, str]) -> str:
    words = words.replace("\\1", NAMES.get(resource, resource))
    return words.replace("too little", f"less than {asked[resource]}") if asked.get(resource) else words


def _tainted(key: str) -> _Part:
    if key.endswith("/agent-not-ready"):
        # Network and storage drivers take this taint away once they run on a new node.
        key = "karpenter.sh/unregistered"
    if key in TAINTS:
        has, have, helps = TAINTS[key]
        return _Part(has, helps, Reason.NODES_ILL, have)
    what = f"the untolerated taint {brief(key)}"
    return _Part(f"has {what}", TOLERATE, Reason.NO_ROOM, f"have {what}")


def _together(parts: Iterable[tuple[int, _Part]]) -> list[tuple[int, _Part]]:
    """The same reason once, as of a taint with several values, with all the nodes that it holds for."""
    nodes: dict[_Part, int] = {}
    for number, part in parts:
        nodes[part] = nodes.get(part, 0) + number
    return [(number, part) for part, number in nodes.items()]


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
