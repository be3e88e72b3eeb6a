"""What only workloads of OpenKruise tell of themselves: the partition, the pause, and how a pod is updated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.kinds.controller_revisions.summary import Own
from ktui.kinds.open_kruise import in_place
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.model.workloads import ON_DELETE
from ktui.rollout.detail import Section, SectionLine, Tone
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason, Remedy
from ktui.rollout.partition import ANNOTATION, Partition, read
from ktui.rollout.rollout import Controller
from ktui.rollout.status import Verdict
from ktui.text import clean, count


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
    *,
    replicas: int | None,
    controller: Controller,
    causes: tuple[Cause, ...] = (),
    deadline: int | None = None,
    waits_for_old: bool = False,
) -> Own:
    """What the parts that all of them share come to."""
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
        controller=controller,
        causes=(*causes, *(_paused(old) if paused and workload.observed else ())),
        awaits=keeps or in_place.changing(parts),
        deadline_seconds=deadline,
        waits_for_old=waits_for_old,
    )


def _paused(old: int) -> tuple[Cause, ...]:
    if not old:
        return ()
    return (
        Cause(
            Kind.PAUSED,
            f"paused: {count(old, 'old pod')} {'stays' if old == 1 else 'stay'} until it is resumed",
            blocking=False,
            try_next="resume it, or take the change back",
            remedies=(Remedy.RESUME, Remedy.ROLLBACK),
            reason=Reason.PAUSED,
        ),
    )


def sections(workload: KruiseSet, parts: Sequence[RevisionPods]) -> tuple[Section, ...]:
    """What its page shows of the update."""
    return (Section("Update", tuple(_lines(workload, parts))),)


def _lines(workload: KruiseSet, parts: Sequence[RevisionPods]) -> Iterator[SectionLine]:
    rolling, held = workload.rolling, partition_of(workload)
    if workload.strategy == ON_DELETE:
        yield SectionLine("OnDelete: a pod changes only when it is deleted")
        return
    if rolling.only_in_place:
        yield SectionLine("in place only: pods keep their names, nodes and IPs, and their containers restart")
    elif rolling.in_place:
        yield SectionLine("in place if only images changed, else old pods are deleted and new ones made")
    else:
        yield SectionLine("old pods are deleted and new ones made")
    changed, made = in_place.counted(parts)
    if changed:
        told = f"{count(changed, 'pod')} of the newest revision updated in place"
        yield SectionLine(f"{told}, {made} made for it" if made else told, Tone.GOOD)
    if now := in_place.changing(parts):
        yield SectionLine(now, Tone.NOW)
    if held is not None:
        written = clean(str(rolling.partition))
        share = f" ({written})" if isinstance(rolling.partition, str) else ""
        stay = "stays" if held.first == 1 else "stay"
        yield SectionLine(f"partition {held.first}{share}: {count(held.first, 'pod')} {stay} as before", Tone.WAIT)
    if rolling.paused:
        yield SectionLine("paused: nothing is updated until it is resumed; pods that are added are new", Tone.WAIT)
