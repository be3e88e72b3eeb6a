"""Whether the quotas of the namespace have room for what a plan sets going: one rule for all that brings pods."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ktui.actions.plan import Plan
from ktui.actions.request import Action, Scale
from ktui.actions.subject import Subject, in_flight
from ktui.model.objects import Deployment
from ktui.model.template import decode_hook
from ktui.rollout import revisions, strategy
from ktui.rollout.footprint import Footprint, footprint
from ktui.rollout.quantities import amount_text
from ktui.rollout.quota import Demand, Room, demand_now, rooms
from ktui.rollout.words import clean, count

_OF_CANARIES = (Action.CANARY, Action.PROMOTE)


def quota_warnings(plan: Plan, subject: Subject) -> tuple[str, ...]:
    """What quotas will refuse of the pods that come with a plan; nothing where there is room, or none come."""
    if not subject.quotas or plan.action is Action.PAUSE:
        return ()
    after = _after(plan, subject)
    if after.spec.paused and not isinstance(plan.request, Scale):
        return ()
    replaces = not isinstance(plan.request, Scale) or in_flight(subject.deployment, subject.replicasets)
    more = demand_now(after, subject.replicasets, surges=replaces)
    if not more.extra and not more.added:
        return ()
    new = footprint(after.spec.template, subject.defaults)
    found = rooms(subject.quotas, new, _old(subject, after), more)
    return tuple(clean(sentence) for room in found for sentence in _told(room, more, plan, after, subject))


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


def _told(room: Room, more: Demand, plan: Plan, after: Deployment, subject: Subject) -> Iterator[str]:
    if room.lacking:
        said = f"wants each container to say its {room.resource}, and {', '.join(room.lacking)} does not"
        if subject.defaults is not None:
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
        yield f"The quota {room.quota} has no room for {what}.{_then(more, plan, after)}"


def _then(more: Demand, plan: Plan, after: Deployment) -> str:
    """What becomes of a rollout that gets no extra pods."""
    if not more.extra or isinstance(plan.request, Scale):
        return ""
    if plan.action in _OF_CANARIES and strategy.held(after):
        return " Without surge the canary needs no extra pod."
    if strategy.bounds(after).unavailable:
        return " It then goes on with fewer at once, as old pods make room."
    return " No old pod goes before a new one is available (maxUnavailable 0): it would be stuck."
