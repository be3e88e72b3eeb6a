"""What Argo Rollouts make of an action on the workload that a Rollout has its pod template from."""

from __future__ import annotations

from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.model.reference import in_full, reference_to
from ktui.model.resources import resource_of
from ktui.model.workloads import Workload
from ktui.plans.request import Action
from ktui.text import clean


def of_target(rollout: ArgoRollout, workload: Workload, action: Action) -> str:
    """The Rollout has pods of its own; those of the workload stay, unless it is to be scaled down."""
    name, kind, source = in_full(reference_to(rollout)), resource_of(workload).kind, rollout.spec.workload_ref
    if action is not Action.SCALE:
        return clean(f"{name} has its pod template from this {kind}: a change of it begins a rollout there too.")
    if source is not None and source.scale_down in ("onsuccess", "progressively"):
        return clean(f"{name} scales this {kind} to 0: the pods of that Rollout serve.")
    return ""
