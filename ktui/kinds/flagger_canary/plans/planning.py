"""What can be done to a Flagger Canary."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary.plans.aborting import plan_abort
from ktui.kinds.flagger_canary.plans.known import CanarySubject
from ktui.kinds.flagger_canary.plans.pausing import plan_pause, plan_resume, refuse_pause, refuse_resume
from ktui.kinds.flagger_canary.plans.promoting import plan_promote, plan_repair, refuse_promote, refuse_repair
from ktui.kinds.flagger_canary.plans.rollback import plan_rollback
from ktui.kinds.flagger_canary.plans.template_change import (
    plan_restart,
    plan_retry,
    plan_set_image,
    refuse_restart,
    refuse_retry,
)
from ktui.plans.table import Plans, unless

PLANS: Final = Plans[CanarySubject](
    pause=unless(refuse_pause, plan_pause),
    resume=unless(refuse_resume, plan_resume),
    promote=unless(refuse_promote, plan_promote),
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale="its primary serves: scale that workload, which keeps the number until the next promotion",
    restart=unless(refuse_restart, plan_restart),
    canary="its analysis says how a canary goes: set the image, and it begins one",
    repair=unless(refuse_repair, plan_repair),
    retry=unless(refuse_retry, plan_retry),
    terminate="its analysis cannot be ended: it can be skipped (promote), or suspended",
)
