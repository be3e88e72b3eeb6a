"""Set image, restart and scale: of the workload, which the Rollout then takes through its steps."""

from __future__ import annotations

import msgspec

from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.plans.known import AnyKruiseRollout, KruiseRolloutSubject, plan_behind, refuse_without
from ktui.kinds.kruise_rollout.plans.wording import amid, through_the_steps
from ktui.kinds.kruise_rollout.summary import is_running
from ktui.plans.plan import Plan
from ktui.plans.request import Restart, Scale, SetImage
from ktui.plans.template_change import BUSY
from ktui.plans.wording import being_deleted
from ktui.rollout.revisions import Refusal


def refuse_change(known: AnyKruiseRollout) -> Refusal | None:
    """Why its workload cannot be changed."""
    return being_deleted(known.workload) or refuse_without(known)


def refuse_image(known: AnyKruiseRollout) -> Refusal | None:
    """Why it cannot get another template: blue-green takes no third version (its webhook says so)."""
    refused = refuse_change(known)
    if refused is None and is_running(known.workload) and known.workload.spec.strategy.blue_green is not None:
        return Refusal("a blue-green rollout is running, and takes no third version: promote it, or abort it")
    return refused


def plan_change(request: SetImage | Restart, subject: KruiseRolloutSubject) -> Plan | Refusal:
    """Another template."""
    made = refuse_image(subject) or plan_behind(request, subject)
    if isinstance(made, Refusal):
        return made
    containers = tuple(each for each in made.effects if each.startswith("Container "))
    return msgspec.structs.replace(
        made,
        effects=(*containers, *through_the_steps(subject)),
        warnings=(*amid(subject), *(each for each in made.warnings if each != BUSY)),
    )


def plan_scale(request: Scale, subject: KruiseRolloutSubject) -> Plan | Refusal:
    """Another number of pods, of the workload itself."""
    made = refuse_change(subject) or plan_behind(request, subject)
    if isinstance(made, Refusal) or not is_running(subject.workload):
        return made
    found = steps.current_step(subject.workload)
    share = found is not None and isinstance(steps.replicas_of(found[0]), str)
    note = "The step stays; its share of the pods is counted again." if share else "The step stays."
    return msgspec.structs.replace(made, effects=(made.effects[0], note))
