"""What can be done to an Argo Rollout."""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout.plans.aborting import plan_abort, plan_retry, refuse_retry
from ktui.kinds.argo_rollout.plans.known import RolloutSubject
from ktui.kinds.argo_rollout.plans.pausing import plan_pause, plan_resume, refuse_pause, refuse_resume
from ktui.kinds.argo_rollout.plans.promoting import plan_promote
from ktui.kinds.argo_rollout.plans.rollback import plan_rollback
from ktui.kinds.argo_rollout.plans.scaling import plan_scale
from ktui.kinds.argo_rollout.plans.template_change import plan_restart, plan_set_image, refuse_restart
from ktui.kinds.argo_rollout.plans.terminating import plan_terminate, refuse_terminate
from ktui.plans.table import Plans, unless

PLANS: Final = Plans[RolloutSubject](
    pause=unless(refuse_pause, plan_pause),
    resume=unless(refuse_resume, plan_resume),
    promote=plan_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale=plan_scale,
    restart=unless(refuse_restart, plan_restart),
    canary="its own steps say how a canary goes: set the image, and it begins one",
    repair="nothing to repair: ktui holds no canary of a Rollout",
    retry=unless(refuse_retry, plan_retry),
    terminate=unless(refuse_terminate, plan_terminate),
)
