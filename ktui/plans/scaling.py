"""Scale: another number of pods, through the `scale` subresource.

Why `/scale` and not the workload itself: that is what the permission `deployments/scale` is for, and what `kubectl
scale` and autoscalers do. A Scale has no generation to test, but all that a scale replaces is the number, so the number
that was shown is what is tested; a template that changed meanwhile changes nothing about what was asked.
"""

from __future__ import annotations

from typing import Protocol

from ktui.model.reference import reference_to
from ktui.model.workloads import Workload, WorkloadSpec
from ktui.plans.draft import PlanDraft
from ktui.plans.patch import expect
from ktui.plans.plan import SCALE, Plan, Undo
from ktui.plans.request import Scale
from ktui.plans.subject import AnySubject
from ktui.plans.wording import autoscaled, being_deleted, called, command, owner_warnings, target_of, to_zero
from ktui.rollout.revisions import Refusal
from ktui.text import count

MOST = 2**31 - 1
"""`replicas` is a 32-bit number."""


class Numbered(WorkloadSpec, Protocol):
    """A spec that says how many pods there are to be."""

    @property
    def desired(self) -> int:
        """That number."""


class Scalable(Workload, Protocol):
    """A workload that has a number of pods."""

    @property
    def spec(self) -> Numbered:
        """What was asked for."""


def refuse_scale(workload: Scalable, replicas: int) -> Refusal | None:
    """Why it cannot be scaled to that number."""
    if not 0 <= replicas <= MOST:
        return Refusal(f"the number of pods must be between 0 and {MOST}, not {replicas}")
    if replicas == workload.spec.desired:
        return Refusal(f"nothing to change: {called(workload)} is at {count(replicas, 'replica')}")
    return being_deleted(workload)


def scaled(
    request: Scale,
    subject: AnySubject,
    workload: Scalable,
    *,
    effects: tuple[str, ...],
    warnings: tuple[str, ...] = (),
) -> Plan:
    """The plan for a workload of any kind that has a number of pods."""
    target = target_of(workload)
    now, then = workload.spec.desired, request.replicas
    # The API leaves a zero out, so that a Scale of 0 has an empty spec.
    scale = {
        "metadata": {"name": target.name, "namespace": target.namespace, "uid": target.uid},
        "spec": {"replicas": now} if now else {},
    }
    seen = expect(("spec", "replicas"), now) if now else expect(("spec",), {})
    draft = PlanDraft(target, scale, (expect(("metadata", "uid"), target.uid), seen))
    draft.put(("spec", "replicas"), then)
    name = reference_to(workload).full
    return draft.plan(
        request,
        title=f"Scale {target} from {now} to {then}",
        begun=f"scaling from {now} to {then}",
        effects=effects,
        warnings=(*warnings, *autoscaled(subject, then), *owner_warnings(workload), *to_zero(then)),
        undo=Undo(f"Scale back to {now}.", Scale(now)),
        commands=(command(subject, "scale", name, f"--replicas={then}", f"--current-replicas={now}"),),
        subresource=SCALE,
    )
