"""Scale. Pods that are added while a partition holds are old ones first, as many as it keeps; of a pause, new ones."""

from __future__ import annotations

from typing import Protocol

from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.kinds.open_kruise.strategy import KruiseSet, kept
from ktui.model.workloads import ControllerRevision, PodSetSpec
from ktui.plans.scaling import Numbered, Words, pods_change, scaling
from ktui.plans.subject import Subject


class ScalableSpec(PodSetSpec, Numbered, Protocol):
    """Of such a set."""


class ScalableSet(KruiseSet, Protocol):
    """A CloneSet or an Advanced StatefulSet."""

    @property
    def spec(self) -> ScalableSpec:
        """What is asked for."""


NumberedSubject = Subject[ScalableSet, ControllerRevision]


def _words(subject: NumberedSubject, then: int) -> Words:
    return Words((pods_change(subject.workload.desired, then),), _held(subject, then))


def _held(subject: KruiseSubject, then: int) -> tuple[str, ...]:
    """A partition stays as it is written, so that scaling changes how many pods may be new."""
    held = partition_of(subject.workload)
    if held is None:
        return ()
    was = f"where it was {held.first} of {held.desired}"
    keeps = kept(subject.workload.rolling.partition, then)
    written = subject.workload.rolling.partition
    return (f"The partition stays at {written}: {keeps} of {then} stay as before, {was}.",)


plan_scale = scaling(_words)
