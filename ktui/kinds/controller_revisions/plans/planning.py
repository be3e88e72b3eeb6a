"""What can be done to a StatefulSet, and what to a DaemonSet."""

from __future__ import annotations

from typing import Final

from ktui.kinds.controller_revisions.plans.canary import plan_canary
from ktui.kinds.controller_revisions.plans.known import ControlledSubject, StatefulSetSubject
from ktui.kinds.controller_revisions.plans.pausing import plan_pause, plan_promote, plan_resume
from ktui.kinds.controller_revisions.plans.repair import plan_repair, refuse_repair
from ktui.kinds.controller_revisions.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.controller_revisions.plans.scaling import plan_scale
from ktui.kinds.controller_revisions.plans.template_change import plan_restart, plan_set_image
from ktui.plans.table import Plans, unless

STATEFULSET_PLANS: Final = Plans[StatefulSetSubject](
    pause=plan_pause,
    resume=plan_resume,
    promote=plan_promote,
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale=plan_scale,
    restart=plan_restart,
    canary=plan_canary,
    repair=unless(refuse_repair, plan_repair),
)

_NO_HOLD: Final = "a DaemonSet cannot be held: it has no partition, and nothing else can stop it"

DAEMONSET_PLANS: Final = Plans[ControlledSubject](
    pause=f"{_NO_HOLD}; abort takes it back",
    resume="a DaemonSet is never paused: there is nothing to resume",
    promote="nothing to promote: a DaemonSet rolls out by itself, a few nodes at a time (maxUnavailable)",
    rollback=plan_rollback,
    abort=plan_abort,
    set_image=plan_set_image,
    scale="a DaemonSet has no number of pods: it runs one on each node that its template selects",
    restart=plan_restart,
    canary=f"{_NO_HOLD}; set-image goes node by node, and abort takes it back",
    repair=unless(refuse_repair, plan_repair),
)
