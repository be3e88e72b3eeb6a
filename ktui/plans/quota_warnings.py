"""Whether the quotas of the namespace have room for what a plan sets going: one rule for all that brings pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ktui.model.quantities import amount_text
from ktui.plans.plan import Plan
from ktui.plans.request import Action
from ktui.plans.subject import AnySubject
from ktui.rollout.capacity.footprint import Footprint
from ktui.rollout.capacity.quota import Demand, Room, rooms
from ktui.text import clean, count


class Coming(NamedTuple):
    """The pods that come with a plan, and what becomes of the rollout where the extra ones among them are refused."""

    new: Footprint
    old: Footprint
    more: Demand
    stuck: str


def quota_warnings(plan: Plan, subject: AnySubject, coming: Coming | None) -> tuple[str, ...]:
    """What quotas will refuse of the pods that come with a plan; nothing where there is room, or none come."""
    if plan.action is Action.PAUSE or coming is None or not (coming.more.extra or coming.more.added):
        return ()
    found = rooms(subject.quotas, coming.new, coming.old, coming.more)
    return tuple(
        clean(each) for room in found for each in _sentences(room, coming, has_defaults=subject.defaults is not None)
    )


def _sentences(room: Room, coming: Coming, *, has_defaults: bool) -> Iterator[str]:
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
