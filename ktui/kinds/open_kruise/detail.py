"""What the page of a workload of OpenKruise shows of its update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ktui.kinds.controller_revisions.revisions import RevisionPods
from ktui.kinds.open_kruise import in_place
from ktui.kinds.open_kruise.own import partition_of
from ktui.kinds.open_kruise.strategy import KruiseSet
from ktui.model.workloads import ON_DELETE
from ktui.rollout.detail import Section, SectionLine, Tone
from ktui.text import clean, count


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
        updated = f"{count(changed, 'pod')} of the newest revision updated in place"
        yield SectionLine(f"{updated}, {made} made for it" if made else updated, Tone.GOOD)
    if now := in_place.changing(parts):
        yield SectionLine(now, Tone.NOW)
    if held is not None:
        written = clean(str(rolling.partition))
        share = f" ({written})" if isinstance(rolling.partition, str) else ""
        stay = "stays" if held.first == 1 else "stay"
        yield SectionLine(f"partition {held.first}{share}: {count(held.first, 'pod')} {stay} as before", Tone.WAIT)
    if rolling.paused:
        yield SectionLine("paused: nothing is updated until it is resumed; pods that are added are new", Tone.WAIT)
