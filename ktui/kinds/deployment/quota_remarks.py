"""What quotas leave for the rollout of a Deployment's running rollout."""

from __future__ import annotations

from ktui.kinds.deployment.demand import demand_of
from ktui.model.objects import Deployment
from ktui.model.policies import Quota
from ktui.model.quantities import amount_text
from ktui.rollout.capacity.footprint import footprint
from ktui.rollout.capacity.quota import Demand, Room, rooms
from ktui.rollout.diagnosis.cause import Cause, Kind, legible
from ktui.text import count


def quota_remarks(deployment: Deployment, quotas: tuple[Quota, ...]) -> tuple[Cause, ...]:
    """The quotas that have too little room for the pods that the rollout may still add.

    Other kinds take a pod down before they make the next one, except a DaemonSet that surges.
    """
    status = deployment.status
    old = max(0, status.replicas - status.updated_replicas)
    more = demand_of(deployment, status.updated_replicas, old, status.terminating_replicas or 0)
    pod = footprint(deployment.spec.template)
    return tuple(
        legible(
            Cause(
                Kind.QUOTA,
                f"quota {room.quota} has room for {count(room.fits or 0, 'pod')} ({_used(room)} used), "
                f"and the {'surge' if more.extra else 'rollout'} wants {_wanted(room, more)} more",
                blocking=False,
                try_next="raise the quota, or lower the surge",
                remark=True,
            )
        )
        for room in rooms(quotas, pod, pod, more)
        if room.is_short
    )


def _used(room: Room) -> str:
    used = f"{amount_text(room.resource, room.used)} of {amount_text(room.resource, room.hard)}"
    return used if room.resource in ("pods", "count/pods") else f"{room.resource} {used}"


def _wanted(room: Room, more: Demand) -> str:
    return str(more.extra) if more.extra else amount_text(room.resource, room.needed or room.hard)
