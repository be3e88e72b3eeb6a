"""Scale of a Rollout."""

from __future__ import annotations

from ktui.kinds.argo_rollout.plans.known import RolloutSubject, is_under_way
from ktui.kinds.argo_rollout.plans.wording import new_and_old
from ktui.plans.plan import Plan
from ktui.plans.request import Scale
from ktui.plans.scaling import refuse_scale, scaled
from ktui.rollout.revisions import Refusal
from ktui.text import count


def plan_scale(request: Scale, subject: RolloutSubject) -> Plan | Refusal:
    """Ask for another number of pods."""
    rollout = subject.workload
    refused = refuse_scale(rollout, request.replicas)
    if refused is not None:
        return refused
    now, then = rollout.spec.desired, request.replicas
    verb = "added" if then > now else "stopped"
    effects = [f"{count(abs(then - now), 'pod')} will be {verb}: {now} → {then}."]
    if is_under_way(subject):
        new, old = new_and_old(subject)
        effects.append(f"They are spread over {new} and {old} by the weight of the present step.")
    return scaled(request, subject, rollout, effects=tuple(effects))
