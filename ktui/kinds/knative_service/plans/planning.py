"""What can be done to a Knative Service."""

from __future__ import annotations

from typing import Final

from ktui.kinds.knative_service.plans.known import ServiceSubject
from ktui.kinds.knative_service.plans.moving import (
    plan_follow,
    plan_pin,
    plan_promote,
    plan_traffic,
    refuse_follow,
    refuse_pin,
)
from ktui.kinds.knative_service.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.knative_service.plans.template_change import plan_canary, plan_restart, plan_set_image, refuse_restart
from ktui.plans.table import Plans, unless

PLANS: Final = Plans[ServiceSubject](
    pause=unless(refuse_pin, plan_pin),
    resume=unless(refuse_follow, plan_follow),
    promote=plan_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale="its autoscaler decides how many pods there are: set min-scale or max-scale in its template",
    restart=unless(refuse_restart, plan_restart),
    canary=plan_canary,
    repair="nothing to repair: its traffic is what its spec says",
    traffic=plan_traffic,
)
