"""Scale: another number of pods, through the `scale` subresource.

Why `/scale` and not the workload itself: that is what the permission `deployments/scale` is for, and what `kubectl
scale` and autoscalers do. A Scale has no generation to test, but all that a scale replaces is the number, so the number
that was shown is what is tested; a template that changed meanwhile changes nothing about what was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from ktui.model.reference import reference_to
from ktui.model.workloads import KubeObject, Workload, WorkloadSpec
from ktui.plans.draft import PlanDraft
from ktui.plans.patch import expect
from ktui.plans.plan import SCALE, Plan, Undo
from ktui.plans.request import Scale
from ktui.plans.subject import Subject
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


N = TypeVar("N", bound=Subject[Scalable, KubeObject])


class Words(NamedTuple):
    """What a plan says of another number of pods, but for what it says of all kinds."""

    effects: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def scaling(words: Callable[[N, int], Words]) -> Callable[[Scale, N], Plan | Refusal]:
    """Ask for another number of pods; `words` is what that means for a workload of that kind."""

    def plan_scale(request: Scale, subject: N) -> Plan | Refusal:
        then = request.replicas
        return _refuse(subject.workload, then) or _scaled(request, subject, words(subject, then))

    return plan_scale


def pods_change(now: int, then: int) -> str:
    """`2 pods will be added: 4 → 6.`"""
    return f"{count(abs(then - now), 'pod')} will be {'added' if then > now else 'stopped'}: {now} → {then}."


def _refuse(workload: Scalable, replicas: int) -> Refusal | None:
    """Why it cannot be scaled to that number."""
    if not 0 <= replicas <= MOST:
        return Refusal(f"the number of pods must be between 0 and {MOST}, not {replicas}")
    if replicas == workload.spec.desired:
        return Refusal(f"nothing to change: {called(workload)} is at {count(replicas, 'replica')}")
    return being_deleted(workload)


def _scaled(request: Scale, subject: Subject[Scalable, KubeObject], said: Words) -> Plan:
    workload = subject.workload
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
        effects=said.effects,
        warnings=(*said.warnings, *autoscaled(subject, then), *owner_warnings(workload), *to_zero(then)),
        undo=Undo(f"Scale back to {now}.", Scale(now)),
        commands=(command(subject, "scale", name, f"--replicas={then}", f"--current-replicas={now}"),),
        subresource=SCALE,
    )
