"""Which actions on a Rollout are open now, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS
from ktui.kinds.kruise_rollout.plans.changing import refuse_change, refuse_image
from ktui.kinds.kruise_rollout.plans.known import AnyKruiseRollout
from ktui.kinds.kruise_rollout.plans.pausing import refuse_disable, refuse_enable, refuse_pause, refuse_resume
from ktui.kinds.kruise_rollout.plans.planning import PLANS
from ktui.kinds.kruise_rollout.plans.promoting import promote_label, refuse_promote
from ktui.kinds.kruise_rollout.plans.rollback import abort_target, rollback_revision, template_at
from ktui.plans.offers import Earlier, Offer, Rights, offered, ways_back
from ktui.plans.request import Action
from ktui.rollout.revisions import Refusal


def offers(known: AnyKruiseRollout, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on that Rollout, in the order of a footer."""
    rollout = known.workload
    offer = partial(offered, KRUISE_ROLLOUTS, read_only=read_only, rights=rights or {})
    back, abort = _earlier(known, rollback_revision(known)), _earlier(known, abort_target(known))
    is_open = isinstance(abort, Earlier)
    live = known.behind.known.workload.spec.template if known.behind is not None else None
    found = ways_back(offer, back, abort, live, is_canary=is_open, waits=is_open)
    enable = offer(Action.RETRY, "enable", "T", refuse_enable(known))
    disable = offer(Action.TERMINATE, "disable", "X", refuse_disable(known))
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(known))
        if rollout.spec.strategy.paused
        else offer(Action.PAUSE, "pause", "space", refuse_pause(known)),
        offer(Action.PROMOTE, promote_label(known), "p", refuse_promote(known)),
        *found,
        *((enable, disable) if rollout.spec.disabled else (disable, enable)),
        offer(Action.CANARY, "canary", "C", PLANS.refuse(Action.CANARY)),
        offer(Action.SET_IMAGE, "set image", "i", refuse_image(known)),
        offer(Action.SCALE, "scale", "s", refuse_change(known)),
        offer(Action.RESTART, "restart", "R", refuse_image(known)),
    )


def _earlier(known: AnyKruiseRollout, number: int | Refusal) -> Earlier | Refusal:
    if isinstance(number, Refusal):
        return number
    found = template_at(known, number)
    return Earlier(found.uid if found is not None else "", number, found.template if found is not None else None)
