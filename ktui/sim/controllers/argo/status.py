"""The status of a Rollout: its phase in words, and the conditions, as the real controller works them out.

Pure functions (utils/rollout/rolloututil.go, utils/conditions/conditions.go).
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from ktui.sim.controllers.argo.rollout import Rollout
from ktui.sim.controllers.common import find_condition, safe_digits
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]
_ALWAYS = ("blueGreen", "canary", "currentStepIndex")


def typed(status: JSON) -> JSON:
    """A status without what its Go type leaves out: zeros and what is empty. `blueGreen` and `canary` are there."""
    kept = {name: value for name, value in status.items() if value or (name in _ALWAYS and value is not None)}
    for name in ("blueGreen", "canary"):
        kept[name] = {inner: value for inner, value in (status.get(name) or {}).items() if value}
    return kept


def patched(stored: JSON, old: JSON, new: JSON) -> JSON:
    """What is stored after the differences between two typed statuses are written: what is alike stays as it is."""
    result = dict(stored)
    for name in old.keys() | new.keys():
        if name not in new:
            result.pop(name, None)
        elif old.get(name) != new[name] or name not in result:
            result[name] = new[name]
    return result


def steps_hash(rollout: Rollout) -> str:
    """A short name for the canary steps; empty for another strategy."""
    if rollout.blue_green is not None or rollout.canary is None:
        return ""
    digest = hashlib.blake2b(msgspec.json.encode(rollout.steps, order="sorted"), digest_size=4).digest()
    return safe_digits(int.from_bytes(digest))


def phase(rollout: Rollout, status: JSON) -> tuple[str, str]:
    """The phase and the message that go with a status."""
    for condition in status.get("conditions") or ():
        if condition["type"] == "InvalidSpec":
            return "Degraded", f"InvalidSpec: {condition['message']}"
        if condition["reason"] in ("RolloutAborted", "ProgressDeadlineExceeded"):
            return "Degraded", f"{condition['reason']}: {condition['message']}"
    if rollout.is_user_paused:
        return "Paused", "manually paused"
    for pause in status.get("pauseConditions") or ():
        return "Paused", pause["reason"]
    restart = rollout.spec.get("restartAt")
    if restart is not None and not _same_time(restart, status.get("restartedAt")):
        return "Progressing", "rollout is restarting"
    updated = status.get("updatedReplicas", 0)
    if updated < rollout.replicas:
        return "Progressing", "more replicas need to be updated"
    if status.get("availableReplicas", 0) < updated:
        return "Progressing", "updated replicas are still becoming available"
    return _strategy_phase(rollout, status, updated)


def _same_time(one: str, other: str | None) -> bool:
    return other is not None and seconds_of(one) == seconds_of(other)


def _strategy_phase(rollout: Rollout, status: JSON, updated: int) -> tuple[str, str]:
    stable, current = status.get("stableRS", ""), status.get("currentPodHash", "")
    if rollout.blue_green is not None:
        blue_green = status.get("blueGreen") or {}
        active = blue_green.get("activeSelector", "")
        if not active or active != current:
            return "Progressing", "active service cutover pending"
        if not stable or stable != current:
            run = blue_green.get("postPromotionAnalysisRunStatus") or {}
            waits = rollout.blue_green.get("postPromotionAnalysis") and not is_over(run.get("status"))
            what = "analysis" if waits else "post-promotion verification"
            return "Progressing", f"waiting for {what} to complete"
    elif rollout.canary is not None:
        if rollout.routing is None and status.get("replicas", 0) > updated:
            return "Progressing", "old replicas are pending termination"
        if not stable or stable != current:
            return "Progressing", "waiting for all steps to complete"
    return "Healthy", ""


def is_over(phase: str | None) -> bool:
    """Whether an analysis or an experiment is at its end."""
    return phase in ("Successful", "Failed", "Error", "Inconclusive")


def is_complete(status: JSON) -> bool:
    """Whether the current revision is the stable one."""
    return bool(status.get("stableRS")) and status.get("stableRS") == status.get("currentPodHash")


def is_healthy(rollout: Rollout, status: JSON) -> bool:
    """Whether all pods are updated and available, and nothing of the update is left to do."""
    goal, current = rollout.replicas, status.get("currentPodHash")
    done = True
    if rollout.blue_green is not None:
        blue_green = status.get("blueGreen") or {}
        done = blue_green.get("activeSelector") == current
        if rollout.blue_green.get("previewService"):
            done = done and blue_green.get("previewSelector") == current
    elif rollout.canary is not None:
        index = status.get("currentStepIndex")
        through = not rollout.steps or index is None or index == len(rollout.steps)
        done = through and is_complete(status) and status.get("replicas", 0) == goal
    counts = (status.get("updatedReplicas", 0), status.get("availableReplicas", 0))
    seen = rollout.status.get("observedGeneration") == str(rollout.generation)
    return done and counts == (goal, goal) and seen


def has_progressed(rollout: Rollout, status: JSON) -> bool:
    """Whether a status is closer to the end than the one that is stored."""
    old = rollout.status

    def changed(*names: str) -> bool:
        return any((old.get(name) or 0) != (status.get(name) or 0) for name in names)

    def changed_in(part: str, *names: str) -> bool:
        one, two = old.get(part) or {}, status.get(part) or {}
        return any((one.get(name) or "") != (two.get(name) or "") for name in names)

    if rollout.blue_green is not None and changed_in("blueGreen", "activeSelector", "previewSelector"):
        return True
    if rollout.canary is not None:
        indexes = (old.get("currentStepIndex"), status.get("currentStepIndex"))
        moved = None not in indexes and indexes[0] != indexes[1]
        if moved or changed("stableRS", "currentStepHash"):
            return True

    def outdated(each: JSON) -> int:
        return int(each.get("replicas", 0) - each.get("updatedReplicas", 0))

    more = any(status.get(name, 0) > old.get(name, 0) for name in ("readyReplicas", "availableReplicas"))
    return changed("updatedReplicas") or outdated(status) < outdated(old) or more


def has_timed_out(rollout: Rollout, status: JSON, now: float) -> bool:
    """Whether nothing has progressed for longer than the deadline."""
    condition = find_condition(status.get("conditions") or (), "Progressing")
    if condition is None or condition["reason"] in ("RolloutAborted", "RolloutPaused"):
        return False
    if condition["reason"] == "ProgressDeadlineExceeded":
        return True
    return seconds_of(condition["lastUpdateTime"]) + rollout.deadline_seconds < now
