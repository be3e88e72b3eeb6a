"""How long an update took, and how long people had it paused: `status.duration` of a Rollout (since v1.9)."""

from __future__ import annotations

from typing import Any

from ktui.sim.controllers.argo.rollout import Rollout, available, hash_of
from ktui.sim.controllers.argo.status import is_complete
from ktui.sim.controllers.common import find_condition
from ktui.sim.kernel import seconds_of

JSON = dict[str, Any]


def duration(
    rollout: Rollout, status: JSON, new: JSON | None, *, changed: bool, goes_back: bool, aborted: bool, now: str
) -> JSON | None:
    """The duration that goes with a status. `changed`: this turn saw another template or other steps."""
    if find_condition(status.get("conditions") or (), "InvalidSpec") is not None:
        found: JSON | None = status.get("duration")
        return found
    state: JSON = dict(status.get("duration") or {})
    changed = changed or not rollout.status.get("currentPodHash")
    promoted = is_complete(status)
    full = new is not None and available(new) >= rollout.replicas
    runs = bool(state.get("rolloutStartedAt")) and not state.get("finishedAt")
    was_paused = "manualPauseStartedAt" in state
    if runs:
        if changed and goes_back:
            state["completionStatus"] = "FastRolledBack" if hash_of(new) == rollout.stable_hash else "RolledBack"
        elif changed:
            state |= {"finishedAt": now, "completionStatus": "Superseded"}
        if promoted and full and "finishedAt" not in state:
            state.setdefault("completionStatus", "Promoted")
            return _finished(state, now, was_paused=was_paused)
        if aborted and "finishedAt" not in state:
            state.setdefault("completionStatus", "Aborted")
            state = _finished(state, now, was_paused=was_paused)
    if not state or ("finishedAt" in state and not (promoted and full)):
        progressing = rollout.condition("Progressing")
        retried = not aborted and progressing is not None and progressing["reason"] == "RolloutAborted"
        was_paused = False
        if (changed and not (promoted and full)) or retried:
            state = {"rolloutStartedAt": now}
    if not state or "finishedAt" in state:
        return state or None
    return _paused(rollout, status, state, now, was_paused=was_paused)


def _finished(state: JSON, now: str, *, was_paused: bool) -> JSON:
    return (_resumed(state, now) if was_paused else state) | {"finishedAt": now}


def _resumed(state: JSON, now: str) -> JSON:
    since = state.pop("manualPauseStartedAt")
    spent = int(seconds_of(now) - seconds_of(since))
    return state | {"totalManualPauseDurationSeconds": state.get("totalManualPauseDurationSeconds", 0) + spent}


def _paused(rollout: Rollout, status: JSON, state: JSON, now: str, *, was_paused: bool) -> JSON:
    waits = rollout.is_user_paused or any(
        _needs_a_person(rollout, each) for each in status.get("pauseConditions") or ()
    )
    if was_paused and not waits:
        return _resumed(state, now)
    if waits and not was_paused:
        return state | {"manualPauseStartedAt": now}
    return state


def _needs_a_person(rollout: Rollout, pause: JSON) -> bool:
    match pause["reason"]:
        case "CanaryPauseStep":
            step = (rollout.step or {}).get("pause")
            return step is not None and step.get("duration") is None
        case "BlueGreenPause":
            return (rollout.blue_green or {}).get("autoPromotionEnabled") is False
        case _:
            return True
