"""What is common to the sentences of plans for Rollouts."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.objects import KruiseRollout
from ktui.kinds.kruise_rollout.plans.known import AnyKruiseRollout, KruiseRolloutSubject
from ktui.kinds.kruise_rollout.summary import DISABLED, is_running
from ktui.plans.wording import command, image_of
from ktui.text import duration


def patch_command(subject: KruiseRolloutSubject, fields: dict[str, Any], *, subresource: str = "") -> str:
    """kubectl's way to patch the Rollout."""
    name = f"rollouts.rollouts.kruise.io/{subject.workload.metadata.name}"
    status = (f"--subresource={subresource}",) if subresource else ()
    text = msgspec.json.encode(fields).decode()
    return command(subject, "patch", name, *status, "--type=merge", "-p", text)


def said_of_step(rollout: KruiseRollout, at: int) -> str:
    """`step 2 of 3 (50% of the pods)`."""
    found = steps.steps_of(rollout)
    return f"step {at} of {len(found)} ({steps.label(found[at - 1], is_routed=rollout.spec.strategy.style.is_routed)})"


def then(rollout: KruiseRollout, at: int) -> str:
    """What it does after that step, in one sentence."""
    step = steps.steps_of(rollout)[at - 1]
    if not steps.pauses_after(rollout, at):
        return "Then it is complete, and the Rollout lets go of its workload."
    if step.pause.duration is None:
        return "It waits for approval there."
    return f"It waits {duration(step.pause.duration)} there, and continues by itself."


def through_the_steps(known: AnyKruiseRollout) -> tuple[str, ...]:
    """What becomes of another template of the workload."""
    rollout = known.workload
    found = steps.steps_of(rollout)
    if rollout.spec.disabled or rollout.status.phase in DISABLED or not found:
        return ("The Rollout is disabled: the workload rolls out by itself, in full.",)
    sizes = [steps.label(each, is_routed=rollout.spec.strategy.style.is_routed) for each in found]
    paused = ("It is paused: no step begins until it is resumed.",) if rollout.spec.strategy.paused else ()
    waits = f"At step 1: {then(rollout, 1)[0].lower()}{then(rollout, 1)[1:]}"
    return (f"The Rollout takes it through its steps: {'; '.join(sizes)}.", waits, *paused)


def amid(known: AnyKruiseRollout) -> tuple[str, ...]:
    """A warning where something is being rolled out already."""
    if not is_running(known.workload):
        return ()
    if known.workload.spec.strategy.blue_green is not None:
        return (
            "A blue-green rollout is running: Kruise Rollouts takes no third version until it is complete or back.",
        )
    return ("A rollout is running: this replaces it, and begins at the first step.",)


def image_behind(known: AnyKruiseRollout) -> str:
    """The image of the workload's template."""
    return image_of(known.behind.known.workload.spec.template) if known.behind is not None else ""
