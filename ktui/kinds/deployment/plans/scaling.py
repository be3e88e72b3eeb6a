"""Scale of a Deployment."""

from __future__ import annotations

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.plans.plan import Plan
from ktui.plans.request import Scale
from ktui.plans.scaling import refuse_scale, scaled
from ktui.rollout.revisions import Refusal
from ktui.text import count


def plan_scale(request: Scale, subject: DeploymentSubject) -> Plan | Refusal:
    """Ask for another number of pods."""
    deployment = subject.workload
    refused = refuse_scale(deployment, request.replicas)
    if refused is not None:
        return refused
    return scaled(request, subject, deployment, effects=_effects(subject, request.replicas))


def _effects(subject: DeploymentSubject, then: int) -> tuple[str, ...]:
    now = subject.workload.spec.desired
    difference = count(abs(then - now), "pod")
    change = f"{difference} will be {'added' if then > now else 'stopped'}: {now} → {then}."
    active = [rs for rs in subject.revisions if rs.spec.desired]
    if len(active) < 2:
        return (change,)
    numbers = [str(number) for number in sorted(map(revisions.revision, active))]
    spread = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return (
        change,
        f"A rollout is running: the change is spread over revisions {spread}, in proportion to their pods, and "
        "what is left over goes to the largest.",
    )
