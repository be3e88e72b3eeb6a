"""From a request to its plan, for a Rollout of Kruise Rollouts."""

from __future__ import annotations

from typing import Final

from ktui.kinds.kruise_rollout.plans.changing import plan_change, plan_scale
from ktui.kinds.kruise_rollout.plans.known import KruiseRolloutSubject
from ktui.kinds.kruise_rollout.plans.pausing import (
    plan_disable,
    plan_enable,
    plan_pause,
    plan_resume,
    refuse_disable,
    refuse_enable,
    refuse_pause,
    refuse_resume,
)
from ktui.kinds.kruise_rollout.plans.promoting import plan_promote, refuse_promote
from ktui.kinds.kruise_rollout.plans.rollback import plan_abort, plan_rollback
from ktui.plans.table import Plans, unless

PLANS: Final[Plans[KruiseRolloutSubject]] = Plans(
    pause=unless(refuse_pause, plan_pause),
    resume=unless(refuse_resume, plan_resume),
    promote=unless(refuse_promote, plan_promote),
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_change,
    scale=plan_scale,
    restart=plan_change,
    canary="its steps are the canary: set-image begins them",
    repair="nothing to repair: its controller holds the workload",
    retry=unless(refuse_enable, plan_enable),
    terminate=unless(refuse_disable, plan_disable),
)
