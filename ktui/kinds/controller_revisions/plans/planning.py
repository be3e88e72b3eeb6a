"""From a request to its plan, for a StatefulSet or a DaemonSet; and what a DaemonSet cannot do at all."""

from __future__ import annotations

from typing import Final

from ktui.kinds.controller_revisions.plans.canary import plan_canary
from ktui.kinds.controller_revisions.plans.known import ControlledSubject
from ktui.kinds.controller_revisions.plans.pausing import plan_pause, plan_promote, plan_resume
from ktui.kinds.controller_revisions.plans.repair import plan_repair
from ktui.kinds.controller_revisions.plans.rollback import plan_abort, plan_rollback
from ktui.kinds.controller_revisions.plans.scaling import plan_scale
from ktui.kinds.controller_revisions.plans.template_change import plan_restart, plan_set_image
from ktui.model.workloads import StatefulSet
from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Action,
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
    action_of,
)
from ktui.plans.wording import NEEDS_STEPS
from ktui.rollout.revisions import Refusal

_NO_HOLD: Final = "a DaemonSet cannot be held: it has no partition, and nothing else stops it on its way"

_NOT_OF_DAEMONSETS: Final = {
    Action.PAUSE: f"{_NO_HOLD}; abort takes it back",
    Action.RESUME: "a DaemonSet is never paused: there is nothing to resume",
    Action.PROMOTE: "nothing to promote: a DaemonSet rolls out by itself, a few nodes at a time (maxUnavailable)",
    Action.CANARY: f"{_NO_HOLD}; set-image goes node by node, and abort takes it back",
    Action.SCALE: "a DaemonSet has no number of pods: it runs one on each node that its template selects",
}


def refuse_of_daemonsets(action: Action) -> Refusal | None:
    """Why no DaemonSet can do that, and what to do instead."""
    reason = _NOT_OF_DAEMONSETS.get(action)
    return Refusal(reason) if reason is not None else None


def plan(request: Request, subject: ControlledSubject) -> Plan | Refusal:
    """What a request comes to on a StatefulSet or a DaemonSet as it is now, or why it cannot be done."""
    match request:
        case RollBack():
            return plan_rollback(request, subject)
        case Abort():
            return plan_abort(request, subject)
        case SetImage():
            return plan_set_image(request, subject)
        case Restart():
            return plan_restart(request, subject)
        case Repair():
            return plan_repair(request, subject)
        case Pause() | Resume() | Promote() | Canary() | Scale():
            if isinstance(subject.workload, StatefulSet):
                return _of_statefulset(request, subject, subject.workload)
            return Refusal(_NOT_OF_DAEMONSETS[action_of(request)])
        case Retry() | Terminate():
            return Refusal(NEEDS_STEPS)


def _of_statefulset(
    request: Pause | Resume | Promote | Canary | Scale, subject: ControlledSubject, statefulset: StatefulSet
) -> Plan | Refusal:
    match request:
        case Pause():
            return plan_pause(request, subject, statefulset)
        case Resume():
            return plan_resume(request, subject, statefulset)
        case Promote():
            return plan_promote(request, subject, statefulset)
        case Canary():
            return plan_canary(request, subject, statefulset)
        case Scale():
            return plan_scale(request, subject, statefulset)
