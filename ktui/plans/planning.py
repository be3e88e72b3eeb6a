"""From a request to its plan."""

from __future__ import annotations

import msgspec

from ktui.model.reference import reference_to
from ktui.plans.change_cause import cause_of, takes_cause, with_cause
from ktui.plans.controller_revisions.planning import plan_set
from ktui.plans.controller_revisions.subject import SetSubject
from ktui.plans.deployment.canary import plan_canary, plan_promote_held
from ktui.plans.deployment.pausing import plan_pause, plan_promote, plan_resume
from ktui.plans.deployment.repair import plan_repair
from ktui.plans.deployment.rollback import plan_abort, plan_rollback
from ktui.plans.deployment.scaling import plan_scale
from ktui.plans.deployment.template_change import plan_restart, plan_set_image
from ktui.plans.plan import Plan
from ktui.plans.quota_warnings import quota_warnings
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Repair,
    Request,
    Restart,
    Resume,
    RollBack,
    Scale,
    SetImage,
)
from ktui.plans.subject import Subject
from ktui.plans.wording import command
from ktui.rollout.hold import hold_of
from ktui.rollout.revisions import Refusal


def plan(request: Request, subject: Subject | SetSubject) -> Plan | Refusal:
    """What a request comes to on a workload as it is now, or why it cannot be done. Pure."""
    made = plan_set(request, subject) if isinstance(subject, SetSubject) else _plan(request, subject)
    if isinstance(made, Refusal):
        return made
    made = msgspec.structs.replace(made, warnings=(*made.warnings, *quota_warnings(made, subject)))
    if not takes_cause(request):
        return made
    annotate = command(subject, "annotate", reference_to(subject.workload).full)
    cause, made = cause_of(request), msgspec.structs.replace(made, annotate=annotate)
    return with_cause(made, cause) if cause else made


def _plan(request: Request, subject: Subject) -> Plan | Refusal:
    match request:
        case Pause():
            return plan_pause(request, subject)
        case Resume():
            return plan_resume(request, subject)
        case Promote():
            hold = hold_of(subject.deployment, subject.replicasets)
            if hold is not None and hold.is_real:
                return plan_promote_held(request, subject, hold)
            return plan_promote(request, subject)
        case RollBack():
            return plan_rollback(request, subject)
        case Abort():
            return plan_abort(request, subject)
        case SetImage():
            return plan_set_image(request, subject)
        case Scale():
            return plan_scale(request, subject)
        case Restart():
            return plan_restart(request, subject)
        case Canary():
            return plan_canary(request, subject)
        case Repair():
            return plan_repair(request, subject)
