"""Which actions on a Deployment are open now, what each would do, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

import msgspec

from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.plans.canary import promote_label, refuse_canary, refuse_promote_held
from ktui.kinds.deployment.plans.known import KnownDeployment
from ktui.kinds.deployment.plans.pausing import refuse_pause, refuse_promote, refuse_resume
from ktui.kinds.deployment.plans.repair import refuse_repair, repair_label
from ktui.kinds.deployment.plans.rollback import abort_target, rollback_target
from ktui.kinds.deployment.plans.template_change import refuse_restart
from ktui.kinds.deployment.revisions import revision
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.offers import Earlier, Offer, Rights, offered, ways_back
from ktui.plans.request import Action
from ktui.plans.wording import being_deleted
from ktui.rollout.hold import Hold
from ktui.rollout.revisions import Refusal


def offers(known: KnownDeployment, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on that Deployment, those that are open and those that are not.

    Of pause and resume, and of canary and repair, which share a key, the one that fits is offered. If two would do the
    very same, one has `instead`. A right that has not been asked for yet closes nothing: the server has the last word
    anyway.
    """
    deployment = known.workload
    offer = partial(offered, DEPLOYMENTS, read_only=read_only, rights=rights or {})
    paused = deployment.spec.paused
    hold = hold_of(deployment, known.revisions)
    gone = being_deleted(deployment)
    back, abort = _earlier(rollback_target(known)), _earlier(abort_target(known))
    is_canary = hold is not None and hold.is_real
    promote = offer(Action.PROMOTE, _promote_label(deployment, hold), "p", _refuse_promote(known, hold))
    if paused and promote.open and not is_canary:
        promote = msgspec.structs.replace(promote, instead=Action.RESUME)
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(known))
        if paused
        else offer(Action.PAUSE, "pause", "space", refuse_pause(known)),
        promote,
        *ways_back(offer, back, abort, deployment.spec.template, is_canary=is_canary, waits=paused or is_canary),
        offer(Action.REPAIR, repair_label(hold, deployment), "C", refuse_repair(known))
        if hold is not None and hold.disturbance is not None
        else offer(Action.CANARY, "canary", "C", refuse_canary(known)),
        offer(Action.SET_IMAGE, "set image", "i", gone),
        offer(Action.SCALE, "scale", "s", gone),
        offer(Action.RESTART, "restart", "R", refuse_restart(known)),
    )


def _refuse_promote(known: KnownDeployment, hold: Hold | None) -> Refusal | None:
    if hold is not None and hold.is_real:
        return refuse_promote_held(known.workload, hold)
    return refuse_promote(known)


def _promote_label(deployment: Deployment, hold: Hold | None) -> str:
    if hold is not None and hold.is_real:
        return promote_label(hold)
    return "promote: resume to the end" if deployment.spec.paused else "promote"


def _earlier(found: ReplicaSet | Refusal) -> Earlier | Refusal:
    return found if isinstance(found, Refusal) else Earlier(found.metadata.uid, revision(found), found.spec.template)
