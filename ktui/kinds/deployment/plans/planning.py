"""What can be done to a Deployment."""

from __future__ import annotations

from typing import Final

from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.plans.canary import plan_canary, plan_promote_held, refuse_canary
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.deployment.plans.pausing import plan_pause, plan_promote, plan_resume, refuse_pause, refuse_resume
from ktui.kinds.deployment.plans.repair import plan_repair, refuse_repair
from ktui.kinds.deployment.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.deployment.plans.scaling import plan_scale
from ktui.kinds.deployment.plans.template_change import plan_restart, plan_set_image, refuse_restart
from ktui.plans.plan import Plan
from ktui.plans.request import Promote
from ktui.plans.table import Plans, unless
from ktui.rollout.revisions import Refusal


def _promote(request: Promote, subject: DeploymentSubject) -> Plan | Refusal:
    hold = hold_of(subject.workload, subject.revisions)
    if hold is not None and hold.is_real:
        return plan_promote_held(request, subject, hold)
    return plan_promote(request, subject)


PLANS: Final = Plans[DeploymentSubject](
    pause=unless(refuse_pause, plan_pause),
    resume=unless(refuse_resume, plan_resume),
    promote=_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale=plan_scale,
    restart=unless(refuse_restart, plan_restart),
    canary=unless(refuse_canary, plan_canary),
    repair=unless(refuse_repair, plan_repair),
)
