"""Gradual rollouts: a new revision gets 1 % first, then, once the ingress has that, equal steps (Knative's Rollout)."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]
STEP_SECONDS = 2.0
_NANO = 1_000_000_000


def begun(assigned: dict[str, int], revision: str, percent: int, now: float) -> JSON | None:
    """The state with a new revision beside those that have traffic now; None if it gets everything at once."""
    others = {name: share for name, share in assigned.items() if share and name != revision}
    if not others or percent <= 1:
        return None
    shares: list[JSON] = [{"revisionName": name, "percent": share} for name, share in others.items()]
    shares[-1]["percent"] = int(shares[-1]["percent"]) - 1
    kept = [each for each in shares if each["percent"]]
    return {
        "percent": percent,
        "revisions": [*kept, {"revisionName": revision, "percent": 1}],
        "stepParams": {"starttime": int(now * _NANO)},
    }


def with_steps(state: JSON, duration: float, now: float) -> JSON:
    """The state with its steps, once the ingress has the first percent."""
    params = state["stepParams"]
    if "nextStepTime" in params:
        return state
    left = duration - max(1.0, now - params["starttime"] / _NANO)
    more = state["percent"] - 1
    size = max(1, round(more / max(1, int(left / STEP_SECONDS))))
    # A step is a percent at least: where there is more time than that takes, each takes longer.
    seconds = max(STEP_SECONDS, left / more) if size == 1 else STEP_SECONDS
    stepped = {"nextStepTime": int((now + seconds) * _NANO), "stepDuration": int(seconds * _NANO)}
    return state | {"stepParams": params | stepped | {"stepSize": size}}


def stepped(state: JSON, now: float) -> JSON:
    """The state after the steps that are due: what the newest gains, the latest of the others loses."""
    params = state["stepParams"]
    while params.get("nextStepTime", _NEVER) <= now * _NANO and len(state["revisions"]) > 1:
        *others, newest = [dict(each) for each in state["revisions"]]
        gain = min(params["stepSize"], state["percent"] - newest["percent"])
        newest["percent"] += gain
        for each in reversed(others):
            lost = min(gain, each["percent"])
            each["percent"] -= lost
            gain -= lost
        kept = [each for each in others if each["percent"]]
        params = params | {"nextStepTime": params["nextStepTime"] + params["stepDuration"]}
        state = state | {"revisions": [*kept, newest], "stepParams": params}
    return state


_NEVER = 2**63


def next_step(state: JSON, now: float) -> float | None:
    """In how many seconds the next step is due."""
    at = state["stepParams"].get("nextStepTime")
    return max(0.01, at / _NANO - now) if at is not None and len(state["revisions"]) > 1 else None
