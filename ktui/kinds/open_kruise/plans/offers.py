"""Which actions on a workload of OpenKruise are open now, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

from ktui.kinds.controller_revisions.plans.rollback import earlier
from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans.known import KnownKruise
from ktui.kinds.open_kruise.plans.partitions import refuse_canary, refuse_promote
from ktui.kinds.open_kruise.plans.pausing import refuse_pause, refuse_resume
from ktui.kinds.open_kruise.plans.rollback import abort_target, rollback_target
from ktui.kinds.open_kruise.plans.template_change import refuse_restart
from ktui.model.resources import resource_of
from ktui.plans.offers import Offer, Rights, offered, ways_back
from ktui.plans.partition_steps import promote_label
from ktui.plans.request import Action
from ktui.plans.wording import being_deleted
from ktui.rollout.revisions import Refusal


def offers(
    known: KnownKruise,
    *,
    no_scale: Refusal | None = None,
    read_only: bool = False,
    rights: Rights | None = None,
) -> tuple[Offer, ...]:
    """Every action on it, those that are open and those that are not; of pause and resume the one that fits."""
    workload = known.workload
    offer = partial(offered, resource_of(workload), read_only=read_only, rights=rights or {})
    gone, held = being_deleted(workload), partition_of(workload)
    paused = bool(workload.rolling.paused)
    back, abort = earlier(rollback_target(known)), earlier(abort_target(known))
    is_canary = held is not None and held.is_canary
    back_offers = ways_back(offer, back, abort, workload.spec.template, is_canary=is_canary, waits=is_canary or paused)
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(known))
        if paused
        else offer(Action.PAUSE, "pause", "space", refuse_pause(known)),
        offer(Action.PROMOTE, promote_label(held), "p", refuse_promote(known)),
        *back_offers,
        offer(Action.CANARY, "canary", "C", refuse_canary(known)),
        offer(Action.SET_IMAGE, "set image", "i", gone),
        offer(Action.SCALE, "scale", "s", no_scale or gone),
        offer(Action.RESTART, "restart", "R", refuse_restart(known)),
    )
