"""Scale. Pods that are added while a partition holds are old ones first, as many as it keeps; of a pause, new ones."""

from __future__ import annotations

from typing import Protocol

from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.kinds.open_kruise.strategy import KruiseSet, kept
from ktui.model.workloads import ControllerRevision, PodSetSpec
from ktui.plans.plan import Plan
from ktui.plans.request import Scale
from ktui.plans.scaling import refuse_scale, scaled
from ktui.plans.subject import Subject
from ktui.rollout.revisions import Refusal
from ktui.text import count


class NumberedSpec(PodSetSpec, Protocol):
    """A spec that says how many pods there are to be."""

    @property
    def desired(self) -> int:
        """That number."""


class NumberedSet(KruiseSet, Protocol):
    """A CloneSet or an Advanced StatefulSet."""

    @property
    def spec(self) -> NumberedSpec:
        """What is asked for."""


NumberedSubject = Subject[NumberedSet, ControllerRevision]


def plan_scale(request: Scale, subject: NumberedSubject) -> Plan | Refusal:
    """Ask for another number of pods."""
    workload = subject.workload
    refused = refuse_scale(workload, request.replicas)
    if refused is not None:
        return refused
    now, then = subject.workload.desired, request.replicas
    if then > now:
        effects = (f"{count(then - now, 'pod')} will be added: {now} → {then}.",)
    else:
        effects = (f"{count(now - then, 'pod')} will be stopped: {now} → {then}.",)
    return scaled(request, subject, workload, effects=effects, warnings=_held(subject, then))


def _held(subject: KruiseSubject, then: int) -> tuple[str, ...]:
    """A partition stays as it is written, so that scaling changes how many pods may be new."""
    held = partition_of(subject.workload)
    if held is None:
        return ()
    was = f"where it was {held.first} of {held.desired}"
    keeps = kept(subject.workload.rolling.partition, then)
    written = subject.workload.rolling.partition
    return (f"The partition stays at {written}: {keeps} of {then} stay as before, {was}.",)
