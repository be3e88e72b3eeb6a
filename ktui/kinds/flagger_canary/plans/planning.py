"""What can be done to a Canary of Flagger."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary.plans.aborting import plan_abort
from ktui.kinds.flagger_canary.plans.known import CanarySubject
from ktui.kinds.flagger_canary.plans.pausing import plan_pause, plan_resume
from ktui.kinds.flagger_canary.plans.promoting import plan_promote, plan_repair
from ktui.kinds.flagger_canary.plans.rollback import plan_rollback
from ktui.kinds.flagger_canary.plans.template_change import plan_restart, plan_retry, plan_set_image
from ktui.plans.table import Plans

PLANS: Final = Plans[CanarySubject](
    pause=plan_pause,
    resume=plan_resume,
    promote=plan_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale="its primary serves: scale that workload, which keeps the number until the next promotion",
    restart=plan_restart,
    canary="its analysis says how a canary goes: set the image, and it begins one",
    repair=plan_repair,
    retry=plan_retry,
    terminate="its analysis cannot be ended: it can be skipped (promote), or suspended",
)
