"""From a request to its plan, for the kinds of OpenKruise."""

from __future__ import annotations

from typing import Final, TypeVar

from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.kinds.open_kruise.plans.partitions import plan_canary, plan_promote, refuse_canary, refuse_promote
from ktui.kinds.open_kruise.plans.pausing import plan_pause, plan_resume, refuse_pause, refuse_resume
from ktui.kinds.open_kruise.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.open_kruise.plans.scaling import plan_scale
from ktui.kinds.open_kruise.plans.template_change import plan_restart, plan_set_image, refuse_restart
from ktui.plans.request import Scale
from ktui.plans.table import Planner, Plans, unless

K = TypeVar("K", bound=KruiseSubject)


def _plans(scale: Planner[Scale, K] | str) -> Plans[K]:
    return Plans(
        pause=unless(refuse_pause, plan_pause),
        resume=unless(refuse_resume, plan_resume),
        promote=unless(refuse_promote, plan_promote),
        rollback=plan_rollback,
        abort=plan_abort,
        set_image=plan_set_image,
        scale=scale,
        restart=unless(refuse_restart, plan_restart),
        canary=unless(refuse_canary, plan_canary),
        repair="nothing to repair: OpenKruise replaces a pod that is not ready",
    )


NUMBERED_PLANS: Final = _plans(plan_scale)
"""Those that have a number of pods: CloneSets and Advanced StatefulSets."""

NODE_PLANS: Final[Plans[KruiseSubject]] = _plans(
    "a DaemonSet has no number of pods: it runs one on each node that its template selects"
)
"""Advanced DaemonSets."""
