"""The pods that come with a plan for a StatefulSet or a DaemonSet."""

from __future__ import annotations

from ktui.kinds.controller_revisions.plans.known import ControlledSubject
from ktui.kinds.controller_revisions.plans.wording import changed, reached
from ktui.kinds.controller_revisions.strategy import bounds, desired
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import Coming
from ktui.plans.request import Scale
from ktui.rollout.capacity.footprint import footprint
from ktui.rollout.capacity.quota import Demand


def coming(plan: Plan, subject: ControlledSubject) -> Coming:
    """A StatefulSet replaces each pod in its own place; a DaemonSet may have a new one beside an old one."""
    workload = subject.workload
    if isinstance(plan.request, Scale):
        each, added = footprint(workload.spec.template, subject.defaults), plan.request.replicas - desired(workload)
        return Coming(each, each, Demand(extra=max(0, added), added=max(0, added)), "")
    after = changed(subject, plan.after)
    replaced = reached(subject, after)
    new = footprint(after.spec.template, subject.defaults)
    old = footprint(replaced[0].spec, subject.defaults) if replaced else new
    pods = len(replaced)
    return Coming(new, old, Demand(extra=min(bounds(after).surge, pods), added=pods, freed=pods), "")
