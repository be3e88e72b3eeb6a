"""What a Deployment, its ReplicaSets and their pods tell of what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.kinds.deployment import revisions, strategy
from ktui.kinds.replica_sets.timeline import of_replicaset
from ktui.model.events import Event
from ktui.model.objects import Condition, Deployment, ReplicaSet
from ktui.model.store import Store
from ktui.rollout.happenings import (
    TOGETHER,
    Stamp,
    What,
    of_event,
    refusal_of_pods,
)
from ktui.rollout.status import AVAILABLE, DEADLINE_EXCEEDED, NEW_REPLICASET_AVAILABLE, PROGRESSING, REPLICA_FAILURE


def happened(store: Store, deployment: Deployment) -> list[Stamp]:
    """What the Deployment, its ReplicaSets, their pods and their events tell, in no order."""
    facts = list(_of_deployment(store, deployment))
    owned = store.replicasets(deployment.metadata.uid)
    gone = store.gone_parts([replicaset.metadata.uid for replicaset in owned])
    for replicaset in owned:
        facts += of_replicaset(store, replicaset, revisions.revision(replicaset), gone[replicaset.metadata.uid])
    return _by_the_number_of_then(facts, deployment, owned)


def _by_the_number_of_then(
    facts: Sequence[Stamp], deployment: Deployment, replicasets: Sequence[ReplicaSet]
) -> list[Stamp]:
    """The facts, with what an earlier revision did before it came back under the number that it had then.

    It came back when the template was written (SetNewReplicaSetAnnotations of the Deployment controller renumbers it).
    """
    current, written = revisions.current(deployment, replicasets), deployment.metadata.template_written
    former = revisions.former_revisions(current) if current is not None else ()
    if current is None or written is None or not former:
        return list(facts)
    now = f"revision {revisions.revision(current)}"
    then = f"revision {max(former)} (now {revisions.revision(current)})"

    def renamed(text: str) -> str:
        return then + text.removeprefix(now) if re.match(rf"{now}\b", text) else text

    return [
        msgspec.structs.replace(fact, whose=renamed(fact.whose), said=renamed(fact.said)) if fact.at < written else fact
        for fact in facts
    ]


def _of_deployment(store: Store, deployment: Deployment) -> Iterator[Stamp]:
    meta = deployment.metadata
    replicasets = store.replicasets(meta.uid)
    current = revisions.current(deployment, replicasets)
    # Where the template has no ReplicaSet yet (Recreate stops the old pods first), they speak of the one before.
    number = revisions.revision(current if current is not None else deployment)
    for condition in deployment.status.conditions:
        yield from _of_condition(condition, number, strategy.promised(deployment), meta.creation_timestamp)
    names = {replicaset.metadata.name: f"revision {revisions.revision(replicaset)}" for replicaset in replicasets}
    for event in store.events(meta.uid):
        yield from of_event(event, What.SCALED, said=_scaling(event, names))


def _of_condition(condition: Condition, revision: int, keeps: int, made: datetime | None) -> Iterator[Stamp]:
    """What a condition tells of a Deployment that was `made` then; `keeps` is the guaranteed minimum of pods."""
    turned, updated = condition.last_transition_time, condition.last_update_time or condition.last_transition_time
    match condition.type, condition.status, condition.reason:
        case (_, _, _) if turned is None or updated is None:
            return
        case (kind, _, reason) if kind == PROGRESSING and reason == NEW_REPLICASET_AVAILABLE:
            which = f"revision {revision}" if revision else "it"
            yield Stamp(updated, What.TURNED, f"complete: {which} is rolled out in full")
        case (kind, _, reason) if kind == PROGRESSING and reason == DEADLINE_EXCEEDED:
            yield Stamp(turned, What.TURNED, "the progress deadline passed", is_warning=True)
        case (kind, _, "DeploymentPaused") if kind == PROGRESSING:
            yield Stamp(updated, What.TURNED, "paused")
        case (kind, _, "DeploymentResumed") if kind == PROGRESSING:
            yield Stamp(updated, What.TURNED, "resumed")
        case (kind, "False", _) if kind == AVAILABLE and made is not None and turned - made < TOGETHER:
            # It has never been otherwise: that is a beginning.
            return
        case (kind, "False", _) if kind == AVAILABLE and not keeps:
            yield Stamp(turned, What.TURNED, "some pods are not available; no minimum is guaranteed")
        case (kind, "False", _) if kind == AVAILABLE:
            yield Stamp(turned, What.TURNED, "fewer pods are available than the guaranteed minimum", is_warning=True)
        case (kind, "True", _) if kind == AVAILABLE:
            yield Stamp(turned, What.TURNED, "the guaranteed minimum of pods is available")
        case (kind, "True", _) if kind == REPLICA_FAILURE:
            yield Stamp(turned, What.TROUBLE, refusal_of_pods(condition.message), is_warning=True)


_SCALED: Final = re.compile(
    r"^(?:\(combined from similar events\): )?Scaled (up|down) replica set (\S+)(?: from (\d+))? to (\d+)"
)


def _scaling(event: Event, names: dict[str, str]) -> str:
    """`revision 31 scaled up from 2 to 4`; what is no scaling as it is written."""
    found = _SCALED.match(event.message) if event.reason == "ScalingReplicaSet" else None
    if found is None:
        return f"{event.reason}: {event.message}"
    start = f" from {found[3]}" if found[3] is not None else ""
    return f"{names.get(found[2], found[2])} scaled {found[1]}{start} to {found[4]}"
