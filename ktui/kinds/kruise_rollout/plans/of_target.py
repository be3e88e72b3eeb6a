"""What Kruise Rollouts make of an action on the workload that a Rollout takes through its steps."""

from __future__ import annotations

from ktui.kinds.kruise_rollout.objects import KruiseRollout
from ktui.model.reference import in_full, reference_to
from ktui.model.resources import resource_of
from ktui.model.workloads import Workload
from ktui.plans.request import Action
from ktui.text import clean


def of_target(rollout: KruiseRollout, workload: Workload, action: Action) -> str:
    """A number of pods is the workload's own; a new template goes through the steps."""
    name, kind = in_full(reference_to(rollout)), resource_of(workload).kind
    if rollout.spec.disabled:
        return clean(f"{name} names this {kind} and is disabled: the {kind} rolls out by itself, without its steps.")
    if action is Action.SCALE:
        return ""
    if action in (Action.PAUSE, Action.RESUME):
        return clean(f"{name} rolls out this {kind}, and takes back such a change while it does.")
    return clean(f"{name} rolls out this {kind}: a new template goes through its steps.")
