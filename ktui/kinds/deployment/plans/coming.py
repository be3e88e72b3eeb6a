"""The pods that come with a plan for a Deployment, against what the quotas of its namespace leave."""

from __future__ import annotations

import msgspec

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.deployment.demand import demand_now
from ktui.kinds.deployment.plans.known import DeploymentSubject, as_deployment, in_flight
from ktui.model.objects import Deployment
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import Coming
from ktui.plans.request import Action, Scale
from ktui.rollout.capacity.footprint import Footprint, footprint

_OF_CANARIES = (Action.CANARY, Action.PROMOTE)


def coming(plan: Plan, subject: DeploymentSubject) -> Coming | None:
    """None come to what is paused."""
    after = _after(plan, subject)
    if after.spec.paused and not isinstance(plan.request, Scale):
        return None
    replaces = not isinstance(plan.request, Scale) or in_flight(subject)
    return Coming(
        footprint(after.spec.template, subject.defaults),
        _old(subject, after),
        demand_now(after, subject.revisions, surges=replaces),
        _then(plan, after),
    )


def _after(plan: Plan, subject: DeploymentSubject) -> Deployment:
    """The Deployment that the plan makes; a Scale holds nothing of it but the number."""
    if isinstance(plan.request, Scale):
        spec = msgspec.structs.replace(subject.workload.spec, replicas=plan.request.replicas)
        return msgspec.structs.replace(subject.workload, spec=spec)
    return as_deployment(plan.after)


def _old(subject: DeploymentSubject, after: Deployment) -> Footprint:
    """What a pod takes that gives way: of the revision that has the most of them."""
    others = [rs for rs in subject.revisions if rs.spec.template != after.spec.template and rs.spec.template]
    biggest = max(others, key=lambda rs: (rs.status.replicas, revisions.revision(rs)), default=None)
    template = biggest.spec.template if biggest is not None else None
    return footprint(template or subject.workload.spec.template, subject.defaults)


def _then(plan: Plan, after: Deployment) -> str:
    """What becomes of a Deployment's rollout that gets no extra pods."""
    if isinstance(plan.request, Scale):
        return ""
    if plan.action in _OF_CANARIES and strategy.held(after):
        return " Without surge the canary needs no extra pod."
    if strategy.bounds(after).unavailable:
        return " It then continues with fewer at a time, as old pods make room."
    return " No old pod goes before a new one is available (maxUnavailable 0): it would be stuck."
