"""Which actions on a Canary are open now, what each would do, and for those that are not, why not."""

from __future__ import annotations

from functools import partial

from ktui.kinds.flagger_canary.plans.aborting import refuse_abort
from ktui.kinds.flagger_canary.plans.known import KnownCanary
from ktui.kinds.flagger_canary.plans.pausing import refuse_pause, refuse_resume
from ktui.kinds.flagger_canary.plans.planning import PLANS
from ktui.kinds.flagger_canary.plans.promoting import refuse_promote, refuse_repair
from ktui.kinds.flagger_canary.plans.rollback import rollback_target
from ktui.kinds.flagger_canary.plans.template_change import refuse_image, refuse_restart, refuse_retry
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.model.resources import DAEMONSETS, DEPLOYMENTS
from ktui.plans.offers import Offer, Rights, offered
from ktui.plans.request import Action
from ktui.plans.wording import image_of
from ktui.rollout.facts import Revision
from ktui.rollout.revisions import Refusal


def offers(known: KnownCanary, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    """Every action on that Canary, those that are open and those that are not, in the order of a footer."""
    of_canary = partial(offered, CANARIES, read_only=read_only, rights=rights or {})
    holder = DAEMONSETS if known.workload.target.kind == DAEMONSETS.kind else DEPLOYMENTS
    of_target = partial(offered, holder, read_only=read_only, rights=rights or {})
    back = rollback_target(known)
    retry = of_target(Action.RETRY, "retry", "T", refuse_retry(known))
    return (
        of_canary(Action.RESUME, "resume", "space", refuse_resume(known))
        if known.workload.spec.suspend
        else of_canary(Action.PAUSE, "suspend", "space", refuse_pause(known)),
        of_canary(Action.PROMOTE, "promote: skip the analysis", "p", refuse_promote(known)),
        *((retry,) if retry.open else ()),
        of_target(Action.ROLLBACK, _label(known, back), "b", back if isinstance(back, Refusal) else None),
        of_canary(Action.ABORT, "abort", "a", refuse_abort(known)),
        *(() if retry.open else (retry,)),
        of_canary(Action.TERMINATE, "terminate the analysis", "X", PLANS.refuse(Action.TERMINATE)),
        of_canary(Action.REPAIR, "analyse again", "C", refuse_repair(known))
        if known.workload.spec.skip_analysis
        else of_canary(Action.CANARY, "canary", "C", PLANS.refuse(Action.CANARY)),
        of_target(Action.SET_IMAGE, "set image", "i", refuse_image(known)),
        of_canary(Action.SCALE, "scale", "s", PLANS.refuse(Action.SCALE)),
        of_target(Action.RESTART, "restart", "R", refuse_restart(known)),
    )


def _label(known: KnownCanary, back: Revision | Refusal) -> str:
    if isinstance(back, Refusal):
        return "roll back"
    target = known.situation.target
    image = image_of(back.template, target.template if target is not None else None)
    return f"roll back to {back.number}" + (f" ({image})" if image else "")
