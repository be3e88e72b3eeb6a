"""Whether the quotas of the namespace have room for what a plan sets going: one rule for all that brings pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from ktui.model.objects import Deployment
from ktui.model.quantities import amount_text
from ktui.model.template import decode_hook
from ktui.plans.controller_revisions.subject import SetSubject
from ktui.plans.controller_revisions.wording import changed, reached
from ktui.plans.plan import Plan
from ktui.plans.request import Action, Scale
from ktui.plans.subject import Subject, in_flight
from ktui.rollout import revisions, strategy
from ktui.rollout.capacity.footprint import Footprint, footprint
from ktui.rollout.capacity.quota import Demand, Room, demand_now, rooms
from ktui.rollout.cohorts import bounds, desired
from ktui.text import clean, count

_OF_CANARIES = (Action.CANARY, Action.PROMOTE)


class _Coming(NamedTuple):
    """The pods that come with a plan, and what becomes of the rollout where the extra ones among them are refused."""

    new: Footprint
    old: Footprint
    more: Demand
    stuck: str


def quota_warnings(plan: Plan, subject: Subject | SetSubject) -> tuple[str, ...]:
    """What quotas will refuse of the pods that come with a plan; nothing where there is room, or none come."""
    if not subject.quotas or plan.action is Action.PAUSE:
        return ()
    coming = _of_set(plan, subject) if isinstance(subject, SetSubject) else _of_deployment(plan, subject)
    if coming is None or not (coming.more.extra or coming.more.added):
        return ()
    found = rooms(subject.quotas, coming.new, coming.old, coming.more)
    return tuple(
        clean(each) for room in found for each in _told(room, coming, has_defaults=subject.defaults is not None)
    )


def _of_deployment(plan: Plan, subject: Subject) -> _Coming | None:
    after = _after(plan, subject)
    if after.spec.paused and not isinstance(plan.request, Scale):
        return None
    replaces = not isinstance(plan.request, Scale) or in_flight(subject.deployment, subject.replicasets)
    return _Coming(
        footprint(after.spec.template, subject.defaults),
        _old(subject, after),
        demand_now(after, subject.replicasets, surges=replaces),
        _then(plan, after),
    )


def _of_set(plan: Plan, subject: SetSubject) -> _Coming:
    """A StatefulSet replaces each pod in its own place; a DaemonSet may have a new one beside an old one."""
    workload = subject.workload
    if isinstance(plan.request, Scale):
        each, added = footprint(workload.spec.template, subject.defaults), plan.request.replicas - desired(workload)
        return _Coming(each, each, Demand(extra=max(0, added), added=max(0, added)), "")
    after = changed(subject, plan.after)
    replaced = reached(subject, after)
    new = footprint(after.spec.template, subject.defaults)
    old = footprint(replaced[0].spec, subject.defaults) if replaced else new
    pods = len(replaced)
    return _Coming(new, old, Demand(extra=min(bounds(after).surge, pods), added=pods, freed=pods), "")


def _after(plan: Plan, subject: Subject) -> Deployment:
    """The Deployment that the plan makes; a Scale holds nothing of it but the number."""
    if isinstance(plan.request, Scale):
        spec = msgspec.structs.replace(subject.deployment.spec, replicas=plan.request.replicas)
        return msgspec.structs.replace(subject.deployment, spec=spec)
    return msgspec.convert(plan.after, Deployment, dec_hook=decode_hook)


def _old(subject: Subject, after: Deployment) -> Footprint:
    """What a pod takes that gives way: of the revision that has the most of them."""
    others = [rs for rs in subject.replicasets if rs.spec.template != after.spec.template and rs.spec.template]
    biggest = max(others, key=lambda rs: (rs.status.replicas, revisions.revision(rs)), default=None)
    template = biggest.spec.template if biggest is not None else None
    return footprint(template or subject.deployment.spec.template, subject.defaults)


def _told(room: Room, coming: _Coming, *, has_defaults: bool) -> Iterator[str]:
    more = coming.more
    if room.lacking:
        said = f"wants each container to say its {room.resource}, and {', '.join(room.lacking)} does not"
        if has_defaults:
            yield f"The quota {room.quota} {said}: new pods will be refused."
        else:
            yield f"The quota {room.quota} {said}: new pods are refused unless a LimitRange fills it in."
    elif room.is_short:
        used = f"{amount_text(room.resource, room.used)} of {amount_text(room.resource, room.hard)} is used"
        if more.extra:
            what = f"{count(more.extra, 'extra pod')}: {room.resource} {used}, so {room.fits or 'none'} would start"
        else:
            lack = amount_text(room.resource, room.needed or room.hard)
            what = f"pods that ask for more than the old ones: {room.resource} {used}, and {lack} more is needed"
        yield f"The quota {room.quota} has no room for {what}.{coming.stuck if more.extra else ''}"


def _then(plan: Plan, after: Deployment) -> str:
    """What becomes of a Deployment's rollout that gets no extra pods."""
    if isinstance(plan.request, Scale):
        return ""
    if plan.action in _OF_CANARIES and strategy.held(after):
        return " Without surge the canary needs no extra pod."
    if strategy.bounds(after).unavailable:
        return " It then goes on with fewer at once, as old pods make room."
    return " No old pod goes before a new one is available (maxUnavailable 0): it would be stuck."
