"""From a request to its plan, for a Deployment."""

from __future__ import annotations

from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.plans.canary import plan_canary, plan_promote_held
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.deployment.plans.pausing import plan_pause, plan_promote, plan_resume
from ktui.kinds.deployment.plans.repair import plan_repair
from ktui.kinds.deployment.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.deployment.plans.scaling import plan_scale
from ktui.kinds.deployment.plans.template_change import plan_restart, plan_set_image
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
from ktui.plans.wording import NEEDS_STEPS
from ktui.rollout.revisions import Refusal


def plan(request: Request, subject: DeploymentSubject) -> Plan | Refusal:
    """What a request comes to on a Deployment as it is now, or why it cannot be done."""
    match request:
        case Pause():
            return plan_pause(request, subject)
        case Resume():
            return plan_resume(request, subject)
        case Promote():
            hold = hold_of(subject.workload, subject.revisions)
            if hold is not None and hold.is_real:
                return plan_promote_held(request, subject, hold)
            return plan_promote(request, subject)
        case RollBack():
            return plan_rollback(request, subject)
        case Abort():
            return plan_abort(request, subject)
        case SetImage():
            return plan_set_image(request, subject)
        case Scale():
            return plan_scale(request, subject)
        case Restart():
            return plan_restart(request, subject)
        case Canary():
            return plan_canary(request, subject)
        case Repair():
            return plan_repair(request, subject)
        case Retry() | Terminate():
            return Refusal(NEEDS_STEPS)
