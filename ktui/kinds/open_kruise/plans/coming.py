"""The pods that come with a plan."""

from __future__ import annotations

from ktui.kinds.controller_revisions.plans.wording import changed
from ktui.kinds.controller_revisions.revisions import pods_by_revision
from ktui.kinds.controller_revisions.strategy import bounds, waits_for_deletion
from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import Coming
from ktui.plans.request import Scale
from ktui.rollout.capacity.footprint import footprint
from ktui.rollout.capacity.quota import Demand


def coming(plan: Plan, subject: KruiseSubject) -> Coming:
    """New pods beside old ones as far as a surge allows, else in their place; what changes in place needs no room."""
    workload = subject.workload
    each = footprint(workload.spec.template, subject.defaults)
    if isinstance(plan.request, Scale):
        added = max(0, plan.request.replicas - workload.desired)
        return Coming(each, each, Demand(extra=added, added=added), "")
    after = changed(subject, plan.after)
    new = footprint(after.spec.template, subject.defaults)
    if waits_for_deletion(after) or after.rolling.in_place:
        return Coming(new, each, Demand(extra=0, added=0), "")
    parts = pods_by_revision(after, subject.revisions, subject.pods)
    old = [pod for part in parts if not part.is_current for pod in part.running]
    pods = max(0, len(old) - after.kept)
    former = footprint(old[0].spec, subject.defaults) if old else new
    return Coming(new, former, Demand(extra=min(bounds(after).surge, pods), added=pods, freed=pods), "")
