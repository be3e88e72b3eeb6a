"""Pods whose resources are to change in place, and have not: the limits in force are not those of the spec.

The kubelet says so in the pod's condition PodResizePending (Kubernetes 1.33 and later): `Deferred` for as long as its
node has no room, `Infeasible` if the node never will have. What is in force stands in the containers' statuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui.model.objects import Condition, Pod, condition_of
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy, legible
from ktui.rollout.diagnosis.wording import fit
from ktui.rollout.podstatus import RESIZE_PENDING
from ktui.text import count

_INFEASIBLE: Final = "Infeasible"


def of_resizes(pods: Sequence[Pod], noun: str) -> tuple[Cause, ...]:
    """A remark on the pods whose resize waits; nothing if none does. It holds no rollout up."""
    waiting: list[tuple[Pod, Condition]] = []
    for pod in pods:
        condition = condition_of(pod.status.conditions, RESIZE_PENDING)
        if condition is not None and condition.status == "True":
            waiting.append((pod, condition))
    if not waiting:
        return ()
    refused = any(condition.reason == _INFEASIBLE for _, condition in waiting)
    who = f"the {noun}" if len(pods) == 1 else f"{len(waiting)} of {count(len(pods), noun)}"
    state = "cannot be done on its node" if refused else "waits for room"
    starts = [moment for _, condition in waiting if (moment := condition.last_transition_time) is not None]
    helps = "make room on the nodes, or restart the rollout: new pods go where there is room"
    if refused:
        helps = "ask for less than a node has, or restart the rollout on larger nodes"
    since: datetime | None = min(starts, default=None)
    return (
        legible(
            Cause(
                Kind.POD,
                fit(f"the resize of {who} {state}", _in_force(waiting[0][0])),
                blocking=False,
                try_next=helps,
                detail=waiting[0][1].message,
                pods=tuple(sorted(pod.metadata.name for pod, _ in waiting)),
                remedies=(Remedy.TIMELINE,),
                remark=True,
                reason=Reason.RESIZE_WAITS,
                since=since,
            )
        ),
    )


def _in_force(pod: Pod) -> str:
    """`: 128Mi of memory are in force, not 512Mi`, of the first container whose memory or CPU differs."""
    specs = {container.name: container for container in pod.spec.containers}
    for status in pod.status.container_statuses:
        spec = specs.get(status.name)
        if spec is None:
            continue
        for name in ("memory", "cpu"):
            wanted: str = getattr(spec.resources.limits, name) or getattr(spec.resources.requests, name)
            actual: str = getattr(status.resources.limits, name) or getattr(status.resources.requests, name)
            if actual and actual != wanted:
                return f": {name} is still {actual}, not {wanted}"
    return ""
