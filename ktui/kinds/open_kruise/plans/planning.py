"""From a request to its plan, for the kinds of OpenKruise."""

from __future__ import annotations

from typing import Final

from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.kinds.open_kruise.plans.partitions import plan_canary, plan_promote
from ktui.kinds.open_kruise.plans.pausing import plan_pause, plan_resume
from ktui.kinds.open_kruise.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.open_kruise.plans.scaling import NumberedSubject, plan_scale
from ktui.kinds.open_kruise.plans.template_change import plan_restart, plan_set_image
from ktui.plans.table import Plans

OF_NUMBERED: Final[Plans[NumberedSubject]] = Plans(
    pause=plan_pause,
    resume=plan_resume,
    promote=plan_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale=plan_scale,
    restart=plan_restart,
    canary=plan_canary,
    repair="nothing to repair: OpenKruise replaces a pod that is not ready",
)
"""Those that have a number of pods: CloneSets and Advanced StatefulSets."""

OF_NODES: Final[Plans[KruiseSubject]] = Plans(
    pause=plan_pause,
    resume=plan_resume,
    promote=plan_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale="a DaemonSet has no number of pods: it runs one on each node that its template selects",
    restart=plan_restart,
    canary=plan_canary,
    repair="nothing to repair: OpenKruise replaces a pod that is not ready",
)
"""Advanced DaemonSets."""
