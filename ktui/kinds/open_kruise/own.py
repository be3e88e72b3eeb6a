"""What only workloads of OpenKruise tell of themselves: the partition, the pause, and how a pod is updated."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.open_kruise import in_place
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.model.workloads import ON_DELETE
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.partition import ANNOTATION, Partition, read
from ktui.rollout.rollout import Controller
from ktui.rollout.status import Verdict
from ktui.text import count


def partition_of(workload: KruiseSet) -> Partition | None:
    """What its partition keeps as it is; None where nothing is kept, or the strategy knows no partition."""
    kept, desired = workload.kept, workload.desired
    if not kept or not desired or workload.strategy == ON_DELETE:
        return None
    record = read(workload.metadata.annotations.get(ANNOTATION))
    return Partition(
        kept, desired, record if record is not None and record.partition == kept else None, can_pause=False
    )


def own_of(
    workload: KruiseSet,
    parts: Sequence[RevisionPods],
    verdict: Verdict,
    replicas: int | None,
    causes: tuple[Cause, ...] = (),
) -> Own:
    """What the parts that all of them share come to; `causes` are those that only its kind knows."""
    held = partition_of(workload)
    old = sum(len(part.running) for part in parts if not part.is_current)
    paused = bool(workload.rolling.paused)
    keeps = ""
    if held is not None and held.pods == 0 and old:
        keeps = f"its partition keeps all {count(held.desired, 'pod')} as they are"
    return Own(
        verdict=verdict,
        replicas=replicas,
        partition=held,
        is_paused=paused,
        controller=Controller(),
        causes=(*causes, *(_paused(old) if paused and workload.observed else ())),
        awaits=keeps or in_place.changing(parts),
        waits_for_old=False,
    )


def _paused(old: int) -> tuple[Cause, ...]:
    if not old:
        return ()
    return (
        Cause(
            Kind.PAUSED,
            f"{count(old, 'old pod')} {'stays' if old == 1 else 'stay'} until it is resumed",
            blocking=False,
            try_next="resume it, or undo the change",
            remedies=(Remedy.RESUME, Remedy.ROLLBACK),
            reason=Reason.PAUSED,
        ),
    )
