"""Which actions on a Service are open now, what each would do, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

from ktui.kinds.knative_service.plans.known import KnownService, is_under_way, situation
from ktui.kinds.knative_service.plans.moving import promote_label, refuse_follow, refuse_pin, refuse_promote
from ktui.kinds.knative_service.plans.planning import PLANS
from ktui.kinds.knative_service.plans.rollback import abort_target, rollback_target
from ktui.kinds.knative_service.plans.template_change import refuse_restart, refuse_template
from ktui.kinds.knative_service.resources import SERVICES
from ktui.kinds.knative_service.situation import Part
from ktui.kinds.knative_service.traffic import follows_latest
from ktui.plans.offers import Earlier, Offer, Rights, offered, ways_back
from ktui.plans.request import Action
from ktui.rollout.revisions import Refusal


def offers(known: KnownService, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on that Service, those that are open and those that are not, in the order of a footer."""
    offer = partial(offered, SERVICES, read_only=read_only, rights=rights or {})
    newest = situation(known).newest
    live = newest.revision.template if newest is not None else None
    return (
        offer(Action.PAUSE, "pin the traffic", "space", refuse_pin(known))
        if follows_latest(known.workload)
        else offer(Action.RESUME, "follow the latest", "space", refuse_follow(known)),
        offer(Action.PROMOTE, promote_label(known), "p", refuse_promote(known)),
        *ways_back(
            offer,
            _earlier(rollback_target(known)),
            _earlier(abort_target(known)),
            live,
            is_canary=is_under_way(known),
            waits=is_under_way(known),
        ),
        offer(Action.CANARY, "canary", "C", refuse_template(known)),
        offer(Action.SET_IMAGE, "set image", "i", refuse_template(known)),
        offer(Action.SCALE, "scale", "s", PLANS.refuse(Action.SCALE)),
        offer(Action.RESTART, "restart", "R", refuse_restart(known)),
    )


def _earlier(found: Part | Refusal) -> Earlier | Refusal:
    return (
        found
        if isinstance(found, Refusal)
        else Earlier(found.revision.metadata.uid, found.number, found.revision.template)
    )
