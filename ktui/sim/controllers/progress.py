"""The status of a Deployment: its counts, and the conditions Available, Progressing and ReplicaFailure.

Pure functions; the rules and the words are those of the deployment controller of Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ktui.sim.controllers.common import condition, find_condition
from ktui.sim.controllers.sizes import max_unavailable, total_status, total_wanted, wanted
from ktui.sim.kernel import rfc3339, seconds_of

JSON = dict[str, Any]
NO_DEADLINE = 2**31 - 1


def has_deadline(deployment: JSON) -> bool:
    """Whether progress is judged at all."""
    deadline = deployment["spec"].get("progressDeadlineSeconds")
    return deadline is not None and deadline != NO_DEADLINE


def new_condition(now: float, type_: str, status: str, reason: str, message: str) -> JSON:
    """A condition that holds from now on."""
    return {
        "type": type_,
        "status": status,
        "lastUpdateTime": rfc3339(now),
        "lastTransitionTime": rfc3339(now),
        "reason": reason,
        "message": message,
    }


def with_condition(conditions: Sequence[JSON], new: JSON) -> list[JSON]:
    """The conditions with a new one: at the end, unless one with the same status and reason stands already."""
    current = find_condition(conditions, new["type"])
    if current is not None:
        if (current["status"], current["reason"]) == (new["status"], new["reason"]):
            return list(conditions)
        if current["status"] == new["status"]:
            new = new | {"lastTransitionTime": current["lastTransitionTime"]}
    return [*without_condition(conditions, new["type"]), new]


def without_condition(conditions: Sequence[JSON], type_: str) -> list[JSON]:
    """The conditions of other types."""
    return [each for each in conditions if each["type"] != type_]


def is_complete(deployment: JSON, status: JSON) -> bool:
    """Whether all replicas are of the new revision and available, and the spec has been seen."""
    goal = wanted(deployment)
    counts = ("updatedReplicas", "replicas", "availableReplicas")
    seen = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    return seen and all(status.get(field, 0) == goal for field in counts)


def has_progressed(before: JSON, after: JSON) -> bool:
    """Whether one status is closer to the end than another."""

    def old(status: JSON) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old(after) < old(before) or any(after.get(field, 0) > before.get(field, 0) for field in more)


def has_timed_out(deployment: JSON, status: JSON, now: float) -> bool:
    """Whether nothing has progressed for longer than the deadline."""
    progressing = find_condition(status.get("conditions") or (), "Progressing")
    if not has_deadline(deployment) or progressing is None:
        return False
    if progressing["reason"] == "NewReplicaSetAvailable":
        return False
    if progressing["reason"] == "ProgressDeadlineExceeded":
        return True
    deadline = deployment["spec"]["progressDeadlineSeconds"]
    return bool(seconds_of(progressing["lastUpdateTime"]) + deadline < now)


def check_again_in(deployment: JSON, status: JSON, now: float) -> float | None:
    """In how many seconds to look whether the deadline has passed; None where there is nothing to wait for."""
    progressing = condition(deployment, "Progressing")
    if not has_deadline(deployment) or progressing is None:
        return None
    if is_complete(deployment, status) or progressing["reason"] == "ProgressDeadlineExceeded":
        return None
    deadline = deployment["spec"]["progressDeadlineSeconds"]
    left = seconds_of(progressing["lastUpdateTime"]) + deadline - now
    return left + 1 if left >= 1 else 1.0


def counts(deployment: JSON, everything: Sequence[JSON | None], new: JSON | None, now: float) -> JSON:
    """The status that the ReplicaSets add up to, with the condition Available."""
    available = total_status(everything, "availableReplicas")
    numbers = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": total_status(everything, "replicas"),
        "updatedReplicas": total_status([new], "replicas"),
        "readyReplicas": total_status(everything, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total_wanted(everything) - available),
    }
    status = {field: number for field, number in numbers.items() if number}
    status["terminatingReplicas"] = total_status(everything, "terminatingReplicas")
    conditions = deployment["status"].get("conditions") or []
    if available >= wanted(deployment) - max_unavailable(deployment):
        words = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        words = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    status["conditions"] = with_condition(conditions, new_condition(now, "Available", *words))
    if collisions := deployment["status"].get("collisionCount"):
        status["collisionCount"] = collisions
    return status


def judge(deployment: JSON, status: JSON, new: JSON | None, now: float) -> None:
    """Set the condition Progressing of a status that `counts` made."""
    if not has_deadline(deployment):
        status["conditions"] = without_condition(status["conditions"], "Progressing")
        return
    current = condition(deployment, "Progressing")
    whole = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    if whole and current is not None and current["reason"] == "NewReplicaSetAvailable":
        return
    what = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{deployment["metadata"]["name"]}"'
    if is_complete(deployment, status):
        found = ("True", "NewReplicaSetAvailable", f"{what} has successfully progressed.")
    elif has_progressed(deployment["status"], status):
        found = ("True", "ReplicaSetUpdated", f"{what} is progressing.")
        _refresh(status, current, new_condition(now, "Progressing", *found))
        return
    elif has_timed_out(deployment, status, now):
        found = ("False", "ProgressDeadlineExceeded", f"{what} has timed out progressing.")
    else:
        return
    status["conditions"] = with_condition(status["conditions"], new_condition(now, "Progressing", *found))


def _refresh(status: JSON, current: JSON | None, new: JSON) -> None:
    """Progress counts from now on, even where the reason stays the same."""
    if current is not None:
        if current["status"] == "True":
            new = new | {"lastTransitionTime": current["lastTransitionTime"]}
        status["conditions"] = without_condition(status["conditions"], "Progressing")
    status["conditions"] = with_condition(status["conditions"], new)


def carry_failure(status: JSON, everything: Sequence[JSON | None], new: JSON | None) -> None:
    """Take over the ReplicaFailure of a ReplicaSet, the new one's before any other's."""
    for rs in [new, *everything]:
        failure = condition(rs, "ReplicaFailure") if rs else None
        if failure is not None:
            moment = failure["lastTransitionTime"]
            carried = {
                "type": "ReplicaFailure",
                "status": failure["status"],
                "lastUpdateTime": moment,
                "lastTransitionTime": moment,
                "reason": failure["reason"],
                "message": failure["message"],
            }
            status["conditions"] = with_condition(status["conditions"], carried)
            return
    status["conditions"] = without_condition(status["conditions"], "ReplicaFailure")
