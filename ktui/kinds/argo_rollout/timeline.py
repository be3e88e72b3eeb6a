"""What a Rollout, its ReplicaSets, analyses and their events tell of what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout.analysis import FAILED, RunView, verdict_on
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.status import ABORTED, PROGRESSING
from ktui.kinds.argo_rollout.summary import situation_of
from ktui.kinds.replica_sets.timeline import of_replicaset
from ktui.model.events import Event
from ktui.model.objects import condition_of
from ktui.model.store import Store
from ktui.rollout.happenings import Stamp, What, of_event
from ktui.rollout.status import DEADLINE_EXCEEDED, NEW_REPLICASET_AVAILABLE

_SCALED: Final = re.compile(r"^Scaled (up|down) ReplicaSet (\S+) \(revision (\d+)\) from (\d+) to (\d+)")

_QUIET: Final = frozenset({"RolloutAddedToInformer", "RolloutUpdated", "NewReplicaSetCreated", "RolloutNotCompleted"})
"""Events that say what the objects say themselves."""

_WORDS: Final = {
    "RolloutPaused": "paused",
    "RolloutResumed": "resumed",
    "SkipSteps": "steps skipped",
    "RolloutStepCompleted": "",
    "TrafficWeightUpdated": "",
    "SwitchService": "",
}


def happened(store: Store, rollout: ArgoRollout) -> Iterator[Stamp]:
    """What the objects and their events tell, in no order."""
    situation = situation_of(store, rollout)
    yield from _of_conditions(rollout)
    for event in store.events(rollout.metadata.uid):
        yield from _of_event(event)
    for run in (*situation.runs, *(run for each in situation.experiments for run in each.runs)):
        yield from _of_run(run)
    owned = situation.replicasets
    gone = store.gone_parts([replicaset.metadata.uid for replicaset in owned])
    for replicaset in owned:
        number = revisions.revision(replicaset)
        yield from of_replicaset(store, replicaset, number, gone[replicaset.metadata.uid])


def _of_conditions(rollout: ArgoRollout) -> Iterator[Stamp]:
    condition = condition_of(rollout.status.conditions, PROGRESSING)
    if condition is None:
        return
    turned, updated = condition.last_transition_time, condition.last_update_time
    if condition.reason == NEW_REPLICASET_AVAILABLE and updated is not None:
        yield Stamp(updated, What.TURNED, f"complete: revision {revisions.revision(rollout)} is rolled out in full")
    elif condition.reason == DEADLINE_EXCEEDED and turned is not None:
        yield Stamp(turned, What.TURNED, "the progress deadline passed", is_warning=True)
    elif condition.reason == ABORTED and rollout.status.aborted_at is not None:
        yield Stamp(rollout.status.aborted_at, What.TURNED, f"aborted: {condition.message}", is_warning=True)


def _of_event(event: Event) -> Iterator[Stamp]:
    if event.reason in _QUIET or event.reason == ABORTED:
        return
    scaled = _SCALED.match(event.message)
    if event.reason == "ScalingReplicaSet" and scaled is not None:
        said = f"revision {scaled[3]} scaled {scaled[1]} from {scaled[4]} to {scaled[5]}"
        yield from of_event(event, What.SCALED, said=said)
        return
    what = What.TROUBLE if event.type == "Warning" else What.TURNED
    known = _WORDS.get(event.reason)
    said = event.message if known == "" else known or f"{event.reason}: {event.message}"
    yield from of_event(event, what, said=said)


def _of_run(run: RunView) -> Iterator[Stamp]:
    whose = f"revision {run.revision}"
    if run.started is not None:
        yield Stamp(run.started, What.STARTED, f"{whose}: the analysis {run.name} began")
    if run.ended is not None and run.is_over:
        decided = verdict_on(run)
        said = f"{whose}: the analysis {run.name} ended: {run.phase}" + (f", {decided}" if decided else "")
        is_bad = run.phase in (FAILED, "Error")
        yield Stamp(run.ended, What.TROUBLE if is_bad else What.TURNED, said, is_warning=is_bad)
