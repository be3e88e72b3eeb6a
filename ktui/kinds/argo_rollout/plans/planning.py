"""From a request to its plan, for a Rollout of Argo."""

from __future__ import annotations

from ktui.kinds.argo_rollout.plans.aborting import plan_abort, plan_retry
from ktui.kinds.argo_rollout.plans.known import RolloutSubject
from ktui.kinds.argo_rollout.plans.pausing import plan_pause, plan_resume
from ktui.kinds.argo_rollout.plans.promoting import plan_promote
from ktui.kinds.argo_rollout.plans.rollback import plan_rollback
from ktui.kinds.argo_rollout.plans.scaling import plan_scale
from ktui.kinds.argo_rollout.plans.template_change import plan_restart, plan_set_image
from ktui.kinds.argo_rollout.plans.terminating import plan_terminate
from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Repair,
    Request,
    Restart,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
)
from ktui.rollout.revisions import Refusal

CANARY = "its own steps say how a canary goes: set the image, and it begins one"
REPAIR = "nothing to repair: ktui holds no canary of a Rollout"


def plan(request: Request, subject: RolloutSubject) -> Plan | Refusal:
    """What a request comes to on a Rollout as it is now, or why it cannot be done."""
    match request:
        case Pause():
            return plan_pause(request, subject)
        case Resume():
            return plan_resume(request, subject)
        case Promote():
            return plan_promote(request, subject)
        case RollBack():
            return plan_rollback(request, subject)
        case Abort():
            return plan_abort(request, subject)
        case Retry():
            return plan_retry(request, subject)
        case Terminate():
            return plan_terminate(request, subject)
        case SetImage():
            return plan_set_image(request, subject)
        case Scale():
            return plan_scale(request, subject)
        case Restart():
            return plan_restart(request, subject)
        case Canary():
            return Refusal(CANARY)
        case Repair():
            return Refusal(REPAIR)
