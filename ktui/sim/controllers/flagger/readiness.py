"""Whether a Deployment of a Canary is ready, and whether it is worth waiting for (deployment_ready.go of Flagger)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ktui.sim.controllers.common import condition
from ktui.sim.controllers.sizes import wanted
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]


class Unready(NamedTuple):
    """Why a Deployment is not ready, and whether it may still become so."""

    why: str
    is_retriable: bool = True


def unready(deployment: JSON, deadline: int, now: float) -> Unready | None:
    """What a Deployment waits for; None if it is ready. `deadline` is in seconds."""
    status, replicas = deployment["status"], wanted(deployment)
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return Unready("waiting for rollout to finish: observed deployment generation less than desired generation")
    progressing = condition(deployment, "Progressing")
    if progressing is not None and progressing["reason"] == "ProgressDeadlineExceeded":
        return Unready(f'deployment "{deployment["metadata"]["name"]}" exceeded its progress deadline', False)
    is_retriable = progressing is None or seconds_of(progressing["lastUpdateTime"]) + deadline >= now
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    old = status.get("replicas", 0) - updated
    if updated < replicas:
        why = f"{updated} out of {replicas} new replicas have been updated"
    elif old > 0:
        why = f"{old} old replicas are pending termination"
    elif available < updated:
        why = f"{available} of {updated} (readyThreshold 100%) updated replicas are available"
    else:
        return None
    return Unready(f"waiting for rollout to finish: {why}", is_retriable)
