"""Which actions on a StatefulSet or a DaemonSet are open now, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

import msgspec

from ktui.kinds.controller_revisions.partition import partition_of
from ktui.kinds.controller_revisions.plans.canary import refuse_canary
from ktui.kinds.controller_revisions.plans.known import KnownControlled
from ktui.kinds.controller_revisions.plans.pausing import (
    refuse_pause,
    refuse_promote,
    refuse_resume,
    stands_still,
)
from ktui.kinds.controller_revisions.plans.planning import DAEMONSET_PLANS
from ktui.kinds.controller_revisions.plans.repair import left_behind, refuse_repair, repair_label
from ktui.kinds.controller_revisions.plans.rollback import abort_target, earlier, rollback_target
from ktui.model.resources import resource_of
from ktui.model.workloads import StatefulSet
from ktui.plans.offers import Offer, Offering, Rights, offered, ways_back
from ktui.plans.partition_steps import promote_label
from ktui.plans.request import Action
from ktui.plans.wording import being_deleted


def offers(known: KnownControlled, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on that StatefulSet or DaemonSet, those that are open and those that are not.

    Of pause and resume the one that fits is offered: what its partition holds still can only be resumed. So it is with
    canary and repair: what waits for a pod that was left behind takes no canary.
    """
    workload = known.workload
    offer = partial(offered, resource_of(workload), read_only=read_only, rights=rights or {})
    gone = being_deleted(workload)
    back, abort = earlier(rollback_target(known)), earlier(abort_target(known))
    is_canary = waits = False
    if isinstance(workload, StatefulSet):
        held = partition_of(workload)
        waits, is_canary = held is not None, held is not None and not held.is_pause
        own = _of_statefulset(offer, workload, known)
    else:
        own = _of_daemonset(offer)
    pause, promote, canary, scale = own
    if pause.action is Action.RESUME and pause.open and promote.open:
        # Both take it to its end, or to the size of a canary that waits.
        promote = msgspec.structs.replace(promote, instead=Action.RESUME)
    set_image = offer(Action.SET_IMAGE, "set image", "i", gone)
    back_offers = ways_back(offer, back, abort, workload.spec.template, is_canary=is_canary, waits=waits)
    return (pause, promote, *back_offers, canary, set_image, scale, offer(Action.RESTART, "restart", "R", gone))


def _of_statefulset(offer: Offering, statefulset: StatefulSet, known: KnownControlled) -> tuple[Offer, ...]:
    held = partition_of(statefulset)
    stands = held is not None and not held.is_canary and stands_still(statefulset, known)
    resumes = held is not None and (held.is_pause or stands)
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(statefulset))
        if resumes
        else offer(Action.PAUSE, "pause", "space", refuse_pause(statefulset, known)),
        offer(Action.PROMOTE, promote_label(held), "p", refuse_promote(statefulset, known)),
        offer(Action.REPAIR, repair_label(known), "C", refuse_repair(known))
        if left_behind(known)
        else offer(Action.CANARY, "canary", "C", refuse_canary(statefulset, known)),
        offer(Action.SCALE, "scale", "s", being_deleted(statefulset)),
    )


def _of_daemonset(offer: Offering) -> tuple[Offer, ...]:
    keys = {Action.PAUSE: "space", Action.PROMOTE: "p", Action.CANARY: "C", Action.SCALE: "s"}
    return tuple(offer(action, action.value, key, DAEMONSET_PLANS.refuse(action)) for action, key in keys.items())
