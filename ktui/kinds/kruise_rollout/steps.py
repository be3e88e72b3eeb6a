"""The steps of a Rollout, and where it is in them.

The states of a step are those of `CanaryStepState`. Outside the phase Progressing the status still has that of the last
one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ktui.kinds.kruise_rollout.objects import IntOrText, KruiseRollout, Step
from ktui.text import count, duration

PROGRESSING: Final = "Progressing"

BEFORE: Final = "BeforeStepUpgrade"
UPGRADE: Final = "StepUpgrade"
ROUTING: Final = "StepTrafficRouting"
ANALYSIS: Final = "StepMetricsAnalysis"
PAUSED: Final = "StepPaused"
READY: Final = "StepReady"
COMPLETED: Final = "Completed"

_ROUTED: Final = (ANALYSIS, PAUSED, READY, COMPLETED)
"""The states in which the traffic is what the step says."""


def steps_of(rollout: KruiseRollout) -> tuple[Step, ...]:
    """All of its steps."""
    return rollout.spec.strategy.style.steps


def current_step(rollout: KruiseRollout) -> tuple[Step, int] | None:
    """The step that it is at, with its number from 1; None while it is at none."""
    at, steps = rollout.status.steps.current_step_index, steps_of(rollout)
    if rollout.status.phase != PROGRESSING or at is None or not 0 < at <= len(steps):
        return None
    return steps[at - 1], at


def traffic_of(step: Step) -> int | None:
    """The share of the traffic that a step says, in percent; None for one that splits none."""
    if step.traffic is not None:
        text = step.traffic.strip().removesuffix("%")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None
    return step.weight


def weight(rollout: KruiseRollout) -> int | None:
    """The share of the traffic that goes to new pods now; None where the number of pods decides.

    A step's traffic is in force once its state is past StepTrafficRouting. One without traffic gives all of it back to
    the Service before its pods are upgraded.
    """
    if not rollout.spec.strategy.style.is_routed:
        return None
    found = current_step(rollout)
    if found is None:
        return None
    step, at = found
    own, state = traffic_of(step), rollout.status.steps.current_step_state
    if own is not None and state in _ROUTED:
        return own
    if own is None and state != BEFORE:
        return None
    before = steps_of(rollout)[at - 2] if at > 1 else None
    return (traffic_of(before) or 0) if before is not None else 0


def replicas_of(step: Step) -> IntOrText | None:
    """How many pods a step has: in v1alpha1 its weight says so, if nothing else does."""
    if step.replicas is not None:
        return step.replicas
    shares = step.weight if step.weight is not None else traffic_of(step)
    return f"{shares}%" if shares is not None else None


def label(step: Step, *, is_routed: bool) -> str:
    """`20% of the pods`; `10% of the traffic, 1 pod`."""
    pods = replicas_of(step)
    size = count(pods, "pod") if isinstance(pods, int) else f"{pods} of the pods" if pods is not None else ""
    share = traffic_of(step)
    parts = []
    if is_routed and share is not None:
        parts.append(f"{share}% of the traffic")
    if is_routed and step.matches:
        parts.append("requests that match")
    return ", ".join([*parts, *([size] if size else [])]) or "a step"


def pauses_after(rollout: KruiseRollout, at: int) -> bool:
    """Whether it waits after the step of that number: the last one of a canary with all pods does not.

    `doCanaryPaused` of rollout_canary.go; blue-green waits after the last one too (rollout_bluegreen.go).
    """
    steps = steps_of(rollout)
    is_last = at == len(steps) and rollout.spec.strategy.blue_green is None
    return not (is_last and steps[at - 1].replicas == "100%")


def pause_left(rollout: KruiseRollout, now: datetime) -> float | None:
    """Seconds until the pause of the step ends by itself; None for one that waits for an approval."""
    found, since = current_step(rollout), rollout.status.steps.last_update_time
    if found is None or found[0].pause.duration is None or since is None:
        return None
    return max(0.0, found[0].pause.duration - (now - since).total_seconds())


def waits_for_approval(rollout: KruiseRollout) -> bool:
    """Whether it goes on only if someone approves the step."""
    found = current_step(rollout)
    if found is None or rollout.status.steps.current_step_state != PAUSED:
        return False
    step, at = found
    return step.pause.duration is None and pauses_after(rollout, at)


def place(rollout: KruiseRollout) -> str:
    """`step 1 of 3 (20% of the pods)`; nothing while it is at none."""
    found = current_step(rollout)
    if found is None:
        return ""
    step, at = found
    said = label(step, is_routed=rollout.spec.strategy.style.is_routed)
    return f"step {at} of {len(steps_of(rollout))} ({said})"


def doing(rollout: KruiseRollout, now: datetime) -> str:
    """What it does at the step, or waits for."""
    new, ready = rollout.status.steps.new
    match rollout.status.steps.current_step_state:
        case state if state == PAUSED and waits_for_approval(rollout):
            return "waits for approval"
        case state if state == PAUSED:
            left = pause_left(rollout, now)
            return f"waits {duration(left)} more" if left else "continues"
        case state if state == UPGRADE:
            return f"{ready} of {count(new, 'new pod')} ready" if new else "new pods come"
        case state if state == ROUTING and rollout.spec.strategy.style.is_routed:
            return "traffic is being switched"
        case state if state == BEFORE:
            return "begins"
        case _:
            return "continues"
