"""The pods that come with a plan, against what the quotas of the namespace leave."""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.plans.known import RolloutSubject, situation
from ktui.model.template import PodTemplate
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import Coming
from ktui.plans.request import Action, Scale
from ktui.rollout.bounds import in_pods
from ktui.rollout.capacity.footprint import footprint
from ktui.rollout.capacity.quota import Demand

_SURGE: Final = "25%"
"""The controller's default (`DefaultMaxSurge` of utils/defaults)."""

_BRINGS_PODS: Final = (Action.SET_IMAGE, Action.ROLLBACK, Action.PROMOTE, Action.RETRY)

_STUCK: Final = " The rollout waits for them, and what serves now continues."


def coming(plan: Plan, subject: RolloutSubject) -> Coming | None:
    """New pods beside those that serve; None where only as many come as have gone."""
    rollout, where = subject.workload, situation(subject)
    serving = where.stable or where.current
    old = footprint(serving.spec.template or rollout.spec.template, subject.defaults) if serving is not None else None
    if isinstance(plan.request, Scale):
        latest = where.current
        each = footprint(latest.spec.template, subject.defaults) if latest is not None and latest.spec.template else old
        if each is None:
            return None
        added = max(0, plan.request.replicas - rollout.spec.desired)
        return Coming(each, each, Demand(extra=added, added=added), "")
    if plan.action not in _BRINGS_PODS:
        return None
    new = footprint(PodTemplate(plan.after["spec"].get("template") or {}), subject.defaults)
    if plan.action in (Action.PROMOTE, Action.RETRY) and where.current is not None and where.current.spec.template:
        new = footprint(where.current.spec.template, subject.defaults)
    extra, added = _more(plan, rollout, where.current.status.replicas if where.current is not None else 0)
    return Coming(new, old or new, Demand(extra=extra, added=added, freed=max(0, added - extra)), _STUCK)


def _more(plan: Plan, rollout: ArgoRollout, running: int) -> tuple[int, int]:
    """How many pods may come before any has gone, and how many come in all."""
    desired, canary = rollout.spec.desired, rollout.spec.strategy.canary
    goes_on = plan.action in (Action.PROMOTE, Action.RETRY)
    added = max(0, desired - running) if goes_on else desired
    if canary is None or (canary.traffic_routing is not None and not canary.dynamic_stable_scale):
        # What serves keeps all its pods until the traffic has gone over.
        return added, added
    surge = in_pods(_SURGE if canary.max_surge is None else canary.max_surge, desired, round_up=True)
    return min(surge, added), added
