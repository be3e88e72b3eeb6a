"""The partition that holds a StatefulSet."""

from __future__ import annotations

from ktui.model.workloads import ON_DELETE, StatefulSet
from ktui.rollout.partition import ANNOTATION, Partition, read


def partition_of(statefulset: StatefulSet) -> Partition | None:
    """The partition that holds it; None where nothing is held, or the strategy knows no partition."""
    first, desired = statefulset.spec.partition, statefulset.spec.desired
    if first == 0 or desired == 0 or statefulset.spec.update_strategy.type == ON_DELETE:
        return None
    record = read(statefulset.metadata.annotations.get(ANNOTATION))
    return Partition(first, desired, record if record is not None and record.partition == first else None)
