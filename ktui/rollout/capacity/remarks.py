"""Remarks on the autoscalers, disruption budgets and quotas that act on the pods of a workload.

They hold no rollout up by themselves, but explain what one sees, or what comes next.
"""

from __future__ import annotations

from ktui.model.objects import Deployment
from ktui.model.policies import Autoscaler, Budget, Policies, Quota
from ktui.model.quantities import amount_text
from ktui.model.workloads import DaemonSet, Workload
from ktui.rollout.capacity.footprint import footprint
from ktui.rollout.capacity.quota import Demand, Room, demand_of, rooms
from ktui.rollout.diagnosis.cause import Cause, Kind, Remedy, legible
from ktui.text import count


def remarks(workload: Workload, policies: Policies, *, is_under_way: bool) -> tuple[Cause, ...]:
    """What the policies of its namespace do to a workload, as far as it is worth knowing now."""
    found: list[Cause] = []
    if not isinstance(workload, DaemonSet):
        asked = workload.spec.desired
        found += [cause for autoscaler in policies.autoscalers for cause in _autoscaled(asked, autoscaler)]
    if is_under_way:
        labels = workload.spec.template.labels
        found += [cause for budget in policies.budgets if budget.selector.covers(labels) for cause in _budgeted(budget)]
        if isinstance(workload, Deployment):
            # The others take a pod down before they make the next one, but for a DaemonSet that surges.
            found += _limited(workload, policies.quotas)
    return tuple(legible(cause) for cause in found)


def _autoscaled(asked: int, autoscaler: Autoscaler) -> list[Cause]:
    name = autoscaler.name
    if asked == 0:
        # At 0 an autoscaler leaves its target alone.
        return []
    if autoscaler.problem:
        return [
            Cause(
                Kind.AUTOSCALER,
                f"the autoscaler {name} cannot do its work: {autoscaler.problem}",
                blocking=False,
                try_next="see whether there are metrics of these pods (kubectl top pods), and requests in the template",
                remark=True,
            )
        ]
    wants = min(max(asked, autoscaler.least), autoscaler.most)
    if wants == asked and autoscaler.wanted:
        wants = min(max(autoscaler.wanted, autoscaler.least), autoscaler.most)
    if wants == asked:
        return []
    return [
        Cause(
            Kind.AUTOSCALER,
            f"the autoscaler {name} wants {wants} (it keeps {autoscaler.least} to {autoscaler.most}), and "
            f"{count(asked, 'pod')} {'is' if asked == 1 else 'are'} asked for: it will undo that",
            blocking=False,
            try_next="change the autoscaler's range instead of the number of pods",
            remedies=(Remedy.SCALE,),
            remark=True,
        )
    ]


def _budgeted(budget: Budget) -> list[Cause]:
    if budget.allowed or not budget.expected:
        return []
    if budget.needed >= budget.expected:
        why = f"all {budget.expected} are needed, always"
    else:
        why = f"{budget.healthy} healthy, {budget.needed} needed"
    return [
        Cause(
            Kind.BUDGET,
            f"the disruption budget {budget.name} lets no pod be evicted now ({why}): its nodes cannot be drained",
            blocking=False,
            try_next="it does not hold the rollout up: fix that first, then drain the nodes",
            remark=True,
        )
    ]


def _limited(deployment: Deployment, quotas: tuple[Quota, ...]) -> list[Cause]:
    status = deployment.status
    old = max(0, status.replicas - status.updated_replicas)
    more = demand_of(deployment, status.updated_replicas, old, status.terminating_replicas or 0)
    pod = footprint(deployment.spec.template)
    return [
        Cause(
            Kind.QUOTA,
            f"quota {room.quota} has room for {count(room.fits or 0, 'pod')} ({_used(room)} used), "
            f"and the {'surge' if more.extra else 'rollout'} wants {_wanted(room, more)} more",
            blocking=False,
            try_next="raise the quota, or lower the surge",
            remark=True,
        )
        for room in rooms(quotas, pod, pod, more)
        if room.is_short
    ]


def _used(room: Room) -> str:
    used = f"{amount_text(room.resource, room.used)} of {amount_text(room.resource, room.hard)}"
    return used if room.resource in ("pods", "count/pods") else f"{room.resource} {used}"


def _wanted(room: Room, more: Demand) -> str:
    return str(more.extra) if more.extra else amount_text(room.resource, room.needed or room.hard)
