"""Which actions on a Rollout are open now, what each would do, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

import msgspec

from ktui.kinds.argo_rollout.plans.aborting import abort_target, refuse_retry
from ktui.kinds.argo_rollout.plans.known import KnownRollout, situation
from ktui.kinds.argo_rollout.plans.pausing import refuse_pause, refuse_resume
from ktui.kinds.argo_rollout.plans.planning import PLANS
from ktui.kinds.argo_rollout.plans.promoting import promote_label, refuse_promote
from ktui.kinds.argo_rollout.plans.rollback import rollback_target
from ktui.kinds.argo_rollout.plans.template_change import refuse_image, refuse_restart
from ktui.kinds.argo_rollout.plans.terminating import refuse_terminate
from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kinds.argo_rollout.revisions import revision
from ktui.model.objects import ReplicaSet
from ktui.model.template import PodTemplate
from ktui.plans.offers import Earlier, Offer, Rights, offered, ways_back
from ktui.plans.request import Action
from ktui.plans.wording import being_deleted
from ktui.rollout.revisions import Refusal


def offers(known: KnownRollout, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on that Rollout, those that are open and those that are not, in the order of a footer."""
    rollout = known.workload
    offer = partial(offered, ROLLOUTS, read_only=read_only, rights=rights or {})
    back, abort = _earlier(rollback_target(known)), _earlier(abort_target(known))
    live = situation(known).current
    template = live.spec.template if live is not None else rollout.spec.template
    retry = offer(Action.RETRY, "retry", "T", refuse_retry(known))
    return (
        offer(Action.RESUME, "resume", "space", refuse_resume(known))
        if rollout.spec.paused
        else offer(Action.PAUSE, "pause", "space", refuse_pause(known)),
        offer(Action.PROMOTE, promote_label(known), "p", refuse_promote(known)),
        *((retry,) if retry.open else ()),
        # An abort leaves the spec as it is, and a rollback does not: they are never the same here.
        *(msgspec.structs.replace(each, instead=None) for each in _back(offer, back, abort, template)),
        *(() if retry.open else (retry,)),
        offer(Action.TERMINATE, "terminate the analysis", "X", refuse_terminate(known)),
        offer(Action.CANARY, "canary", "C", PLANS.refuse(Action.CANARY)),
        offer(Action.SET_IMAGE, "set image", "i", refuse_image(known)),
        offer(Action.SCALE, "scale", "s", being_deleted(rollout)),
        offer(Action.RESTART, "restart", "R", refuse_restart(known)),
    )


def _back(
    offer: partial[Offer], back: Earlier | Refusal, abort: Earlier | Refusal, live: PodTemplate | None
) -> tuple[Offer, ...]:
    is_open = isinstance(abort, Earlier)
    return ways_back(offer, back, abort, live, is_canary=is_open, waits=is_open)


def _earlier(found: ReplicaSet | Refusal) -> Earlier | Refusal:
    return found if isinstance(found, Refusal) else Earlier(found.metadata.uid, revision(found), found.spec.template)
