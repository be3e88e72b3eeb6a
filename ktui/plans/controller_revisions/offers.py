"""Which actions on a StatefulSet or a DaemonSet are open now, and for those that are not, why not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from ktui.model.changes import resource_of
from ktui.model.template import PodTemplate
from ktui.model.workloads import ControllerRevision, StatefulSet
from ktui.plans.controller_revisions.canary import refuse_canary
from ktui.plans.controller_revisions.pausing import (
    promote_label,
    refuse_pause,
    refuse_promote,
    refuse_resume,
    stands_still,
)
from ktui.plans.controller_revisions.planning import refuse_of_daemonsets
from ktui.plans.controller_revisions.repair import left_behind, refuse_repair, repair_label
from ktui.plans.controller_revisions.rollback import abort_target, rollback_target
from ktui.plans.controller_revisions.subject import Known
from ktui.plans.offers import Offer, Rights, offered, one_way_back
from ktui.plans.request import Action
from ktui.plans.wording import being_deleted, image_of
from ktui.rollout.partition import partition_of
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts

_Offer = Callable[[Action, str, str, Refusal | None], Offer]


def open_set_actions(
    known: Known, *, read_only: bool = False, rights: Rights | None = None, remembered: Accounts | None = None
) -> tuple[Offer, ...]:
    """Every action on that StatefulSet or DaemonSet, as `access.open_actions` has them for Deployments.

    Of pause and resume the one that fits is offered: what its partition holds still can only be resumed. So it is with
    canary and repair: what waits for a pod that was left behind takes no canary.
    """
    workload = known.workload
    offer = partial(offered, resource_of(workload), read_only=read_only, rights=rights or {})
    gone = being_deleted(workload)
    back, abort = rollback_target(known, remembered=remembered), abort_target(known, remembered)
    ways_back = [
        offer(Action.ROLLBACK, _back_label("roll back", back, workload.spec.template), "b", _refusal(back)),
        offer(Action.ABORT, _back_label("abort: back", abort, workload.spec.template), "a", _refusal(abort)),
    ]
    if isinstance(workload, StatefulSet):
        held = partition_of(workload)
        if held is not None and not held.is_pause:
            # Where there is room for one only, that is the word that belongs to a canary.
            ways_back.reverse()
        own = _of_statefulset(offer, workload, known)
    else:
        own = _of_daemonset(offer)
    if not isinstance(back, Refusal) and not isinstance(abort, Refusal) and back.metadata.uid == abort.metadata.uid:
        ways_back = one_way_back(
            ways_back, waits=isinstance(workload, StatefulSet) and partition_of(workload) is not None
        )
    pause, promote, canary, scale = own
    if pause.action is Action.RESUME and pause.open and promote.open:
        # Both take it to its end, or to the size of a canary that waits.
        promote = msgspec.structs.replace(promote, instead=Action.RESUME)
    set_image = offer(Action.SET_IMAGE, "set image", "i", gone)
    return (pause, promote, *ways_back, canary, set_image, scale, offer(Action.RESTART, "restart", "R", gone))


def _of_statefulset(offer: _Offer, statefulset: StatefulSet, known: Known) -> tuple[Offer, ...]:
    held = partition_of(statefulset)
    stands = held is not None and not held.is_canary and stands_still(statefulset, known)
    resumes = held is not None and (held.is_pause or stands)
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(statefulset))
        if resumes
        else offer(Action.PAUSE, "pause", "space", refuse_pause(statefulset, known)),
        offer(Action.PROMOTE, promote_label(statefulset), "p", refuse_promote(statefulset, known)),
        offer(Action.REPAIR, repair_label(known), "C", refuse_repair(known))
        if left_behind(known)
        else offer(Action.CANARY, "canary", "C", refuse_canary(statefulset, known)),
        offer(Action.SCALE, "scale", "s", being_deleted(statefulset)),
    )


def _of_daemonset(offer: _Offer) -> tuple[Offer, ...]:
    keys = {Action.PAUSE: "space", Action.PROMOTE: "p", Action.CANARY: "C", Action.SCALE: "s"}
    return tuple(offer(action, action.value, key, refuse_of_daemonsets(action)) for action, key in keys.items())


def _back_label(verb: str, found: ControllerRevision | Refusal, live: PodTemplate) -> str:
    if isinstance(found, Refusal):
        return verb.partition(":")[0]
    image = image_of(found.template, live)
    return f"{verb} to {found.revision}" + (f" ({image})" if image else "")


def _refusal(found: ControllerRevision | Refusal) -> Refusal | None:
    return found if isinstance(found, Refusal) else None
