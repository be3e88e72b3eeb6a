"""The status of a CloneSet: its counts, and the condition Progressing, which only those with a deadline have."""

from __future__ import annotations

from typing import Any

from ktui.sim.api.selectors import format_selector
from ktui.sim.controllers.common import find_condition, is_available
from ktui.sim.controllers.kruise.strategy import Strategy, is_up, revision_of
from ktui.sim.controllers.progress import new_condition, with_condition, without_condition
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
PROGRESSING = "Progressing"
_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


def status_of(cloneset: JSON, pods: list[JSON], strategy: Strategy, update_revision: str, now: float) -> JSON:
    """The status that these pods add up to."""
    before, wait = cloneset.get("status") or {}, cloneset["spec"].get("minReadySeconds", 0)
    updated = [pod for pod in pods if revision_of(pod) == update_revision]
    available = sum(is_up(pod) and is_available(pod, wait, now) for pod in updated)
    current = before.get("currentRevision") or update_revision
    if len(updated) == len(pods) == strategy.replicas:
        current = update_revision
    status = {
        "observedGeneration": cloneset["metadata"]["generation"],
        "replicas": len(pods),
        "readyReplicas": sum(map(is_up, pods)),
        "availableReplicas": sum(is_up(pod) and is_available(pod, wait, now) for pod in pods),
        "updatedReplicas": len(updated),
        "updatedReadyReplicas": sum(map(is_up, updated)),
        "updateRevision": update_revision,
        "currentRevision": current,
        "collisionCount": 0,
        "labelSelector": format_selector(cloneset["spec"]["selector"]),
    }
    optional = {"updatedAvailableReplicas": available, "expectedUpdatedReplicas": strategy.goal}
    status |= {name: number for name, number in optional.items() if number}
    conditions = _conditions(cloneset, status, strategy, now)
    return status | ({"conditions": conditions} if conditions else {})


def _conditions(cloneset: JSON, status: JSON, strategy: Strategy, now: float) -> list[JSON]:
    before = cloneset.get("status") or {}
    conditions = list(before.get("conditions") or ())
    if cloneset["spec"].get("progressDeadlineSeconds") is None:
        return without_condition(conditions, PROGRESSING)
    known = find_condition(conditions, PROGRESSING)
    found = new_condition(now, PROGRESSING, *_judged(cloneset, status, strategy, known, now))
    if known is not None and known["reason"] == found["reason"]:
        if known["status"] == "False" or not _has_moved(before, status):
            return conditions
        return [*without_condition(conditions, PROGRESSING), known | {"lastUpdateTime": found["lastUpdateTime"]}]
    return with_condition(conditions, found)


def _judged(cloneset: JSON, status: JSON, strategy: Strategy, known: JSON | None, now: float) -> tuple[str, str, str]:
    updated, is_late = status["updatedReplicas"], known is not None and known["reason"] == "ProgressDeadlineExceeded"
    available = status.get("updatedAvailableReplicas", 0)
    if strategy.is_paused:
        return "True", "CloneSetPaused", "CloneSet is paused"
    if updated == available == status["replicas"] == strategy.replicas:
        return "True", "CloneSetAvailable", "CloneSet is available"
    if (
        strategy.partition
        and updated == available == strategy.goal
        and status["availableReplicas"] == strategy.replicas
    ):
        return "True", "ProgressPartitionAvailable", "CloneSet has been paused due to partition ready"
    if is_late or (known is not None and _is_over(cloneset, status, known, now)):
        words = f"CloneSet revision {status['updateRevision']} has timed out progressing"
        return "False", "ProgressDeadlineExceeded", words
    return "True", "CloneSetUpdated", "CloneSet is progressing"


def _is_over(cloneset: JSON, status: JSON, known: JSON, now: float) -> bool:
    """Whether nothing has moved for longer than the deadline; it never is once all was available, or paused."""
    if known["reason"] != "CloneSetUpdated" or _has_moved(cloneset.get("status") or {}, status):
        return False
    return bool(seconds_of(known["lastUpdateTime"]) + cloneset["spec"]["progressDeadlineSeconds"] < now)


def _has_moved(before: JSON, after: JSON) -> bool:
    return any(before.get(name) != after.get(name) for name in (*_COUNTS, "updateRevision"))


def deadline_in(cloneset: JSON, now: float) -> float | None:
    """In how many seconds to look whether the deadline has passed; None where there is nothing to wait for."""
    known = find_condition((cloneset.get("status") or {}).get("conditions") or (), PROGRESSING)
    if known is None or known["reason"] != "CloneSetUpdated":
        return None
    ends = seconds_of(known["lastUpdateTime"]) + float(cloneset["spec"]["progressDeadlineSeconds"])
    return max(1.0, ends - now + 1)
