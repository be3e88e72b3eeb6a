"""What a Canary, both of its workloads and their events tell of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.messages import Report, Sort, report
from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.sides import Half, number_of
from ktui.kinds.flagger_canary.situation import Situation, situation_of
from ktui.kinds.replica_sets.timeline import of_replicaset
from ktui.model.store import Store
from ktui.rollout.diagnosis import lifetimes
from ktui.rollout.happenings import Stamp, What, making, of_event, of_pod, of_pod_event

_WHAT: Final = {
    Sort.CHECK: What.TROUBLE,
    Sort.MEASURE: What.TROUBLE,
    Sort.BROKEN: What.TROUBLE,
    Sort.ROLLBACK: What.TROUBLE,
    Sort.MOVED: What.TURNED,
    Sort.GATE: What.TURNED,
    Sort.PASSED: What.TURNED,
}


def happened(store: Store, canary: Canary) -> Iterator[Stamp]:
    """What the objects and their events tell, in no order."""
    situation = situation_of(store, canary, None)
    yield from _of_condition(canary)
    for event in store.events(canary.metadata.uid):
        found = report(event)
        yield from of_event(event, _what(found), said=_words(found))
    for half in (situation.target, situation.primary):
        if half is not None:
            yield from _of_half(store, half, situation)


def _what(found: Report) -> What:
    return _WHAT.get(found.sort, What.TROUBLE if found.sort is Sort.OTHER and found.is_warning else What.NOTE)


def _words(found: Report) -> str:
    return f"waits: {found.words}" if found.sort in (Sort.GATE, Sort.WAITS) else found.words


def _of_condition(canary: Canary) -> Iterator[Stamp]:
    condition = canary.promoted
    if condition is None or condition.last_transition_time is None:
        return
    phase, at = canary.status.phase, condition.last_transition_time
    if condition.status == "False":
        yield Stamp(at, What.TURNED, "failed", is_warning=True)
    elif phase == said.SUCCEEDED:
        yield Stamp(at, What.TURNED, "complete: the primary has the new revision in full")
    elif phase == said.INITIALIZED:
        yield Stamp(at, What.TURNED, "initialized: the primary serves")


def _of_half(store: Store, half: Half, situation: Situation) -> Iterator[Stamp]:
    """The revisions and pods of one side: the target's by their numbers, the primary's as the primary's."""
    is_primary = half is situation.primary
    uid = half.workload.metadata.uid
    replicasets = store.replicasets(uid)
    gone = store.gone_parts([each.metadata.uid for each in replicasets])
    for replicaset in replicasets:
        number = number_of(replicaset)
        for stamp in of_replicaset(store, replicaset, number, gone[replicaset.metadata.uid]):
            yield _of_primary(stamp, number) if is_primary else stamp
    if not replicasets:
        for revision in half.revisions:
            whose = half.name if is_primary or not revision.number else f"revision {revision.number}"
            if revision.created is not None and not is_primary:
                yield Stamp(revision.created, What.MADE, making(whose, revision.template, ""))
            for pod in revision.pods:
                yield from of_pod(pod, whose, half.name)
                life = lifetimes.of_pod(pod)
                for event in store.events(pod.metadata.uid):
                    yield from of_pod_event(event, whose, half.name, life)


def _of_primary(stamp: Stamp, number: int) -> Stamp:
    """Its revisions have numbers of their own, which are no one's business."""
    whose = f"revision {number}"
    return msgspec.structs.replace(
        stamp,
        whose="the primary" if stamp.whose == whose else stamp.whose,
        said="the primary" + stamp.said.removeprefix(whose) if stamp.said.startswith(whose) else stamp.said,
    )
