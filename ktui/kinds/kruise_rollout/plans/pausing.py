"""Pause and resume of the steps, and whether the Rollout holds its workload at all: disable and enable."""

from __future__ import annotations

from typing import Final

from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.plans.known import AnyKruiseRollout, KruiseRolloutSubject
from ktui.kinds.kruise_rollout.plans.wording import image_behind, patch_command
from ktui.kinds.kruise_rollout.summary import is_running
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Pause, Resume, Retry, Terminate
from ktui.plans.wording import being_deleted, owner_warnings, state
from ktui.rollout.revisions import Refusal

_PAUSED: Final = ("spec", "strategy", "paused")
_DISABLED: Final = ("spec", "disabled")


def refuse_pause(known: AnyKruiseRollout) -> Refusal | None:
    """Why it cannot be paused."""
    rollout = known.workload
    if rollout.spec.strategy.paused:
        return state(rollout, "already paused")
    if rollout.spec.disabled:
        return Refusal("nothing to pause: it is disabled, and its workload rolls out without steps")
    return being_deleted(rollout)


def refuse_resume(known: AnyKruiseRollout) -> Refusal | None:
    """Why it cannot be resumed."""
    rollout = known.workload
    if rollout.spec.strategy.paused:
        return being_deleted(rollout)
    if steps.waits_for_approval(rollout):
        return Refusal("it waits at one of its own steps: promote approves it")
    return state(rollout, "not paused")


def plan_pause(request: Pause, subject: KruiseRolloutSubject) -> Plan:
    """Stop at the present step."""
    draft = draft_for(subject)
    draft.put(_PAUSED, True)
    running = is_running(subject.workload)
    place = steps.place(subject.workload)
    return draft.plan(
        request,
        title=f"Pause {draft.target}",
        done="paused",
        effects=(
            f"It stops{f' at {place}' if place else ''}; pods that are being replaced already still are."
            if running
            else "Nothing is rolling out: the next rollout waits until it is resumed.",
            "An approval waits too. An abort does not.",
        ),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Resume lets it continue.", Resume()),
        commands=(patch_command(subject, {"spec": {"strategy": {"paused": True}}}),),
    )


def plan_resume(request: Resume, subject: KruiseRolloutSubject) -> Plan:
    """Let it go on."""
    draft = draft_for(subject)
    draft.put(_PAUSED, False)
    rollout = subject.workload
    goes_on = "It continues where it stopped."
    if rollout.status.steps.current_step_state == steps.PAUSED and steps.waits_for_approval(rollout):
        goes_on = f"It still waits for the approval of {steps.place(rollout)}."
    return draft.plan(
        request,
        title=f"Resume {draft.target}",
        done="resumed",
        effects=(goes_on if is_running(rollout) else "Nothing waits to be rolled out, so no pod changes now.",),
        warnings=owner_warnings(rollout),
        undo=Undo("Pause stops it again.", Pause()),
        commands=(patch_command(subject, {"spec": {"strategy": {"paused": False}}}),),
    )


def refuse_disable(known: AnyKruiseRollout) -> Refusal | None:
    """Why it cannot be disabled."""
    rollout = known.workload
    return being_deleted(rollout) or (state(rollout, "already disabled") if rollout.spec.disabled else None)


def refuse_enable(known: AnyKruiseRollout) -> Refusal | None:
    """Why it cannot be enabled."""
    rollout = known.workload
    return being_deleted(rollout) or (None if rollout.spec.disabled else state(rollout, "not disabled"))


def plan_disable(request: Terminate, subject: KruiseRolloutSubject) -> Plan:
    """Let go of the workload: whatever is on its way goes to all pods."""
    draft = draft_for(subject)
    draft.put(_DISABLED, True)
    running, image = is_running(subject.workload), image_behind(subject)
    new = f"the NEW version{f' ({image})' if image else ''}"
    return draft.plan(
        request,
        title=f"Disable {draft.target}",
        begun="disabling",
        effects=(
            (f"The steps end here, and {new} rolls out to all pods at once.",) if running else ("No pod changes now.",)
        )
        + ("From then on a change of the workload rolls out in full, without steps, until it is enabled again.",),
        warnings=owner_warnings(subject.workload),
        insist=f"Disabling does not go back: {new} goes to all pods. Abort goes back." if running else "",
        undo=Undo("Enable it again: the next change goes through its steps.", Retry()),
        commands=(patch_command(subject, {"spec": {"disabled": True}}),),
    )


def plan_enable(request: Retry, subject: KruiseRolloutSubject) -> Plan:
    """Take the workload through steps again."""
    draft = draft_for(subject)
    draft.put(_DISABLED, False)
    return draft.plan(
        request,
        title=f"Enable {draft.target}",
        done="enabled",
        effects=("No pod changes now. The next change of the workload goes through the steps.",),
        warnings=owner_warnings(subject.workload),
        undo=Undo("Disable it again.", Terminate()),
        commands=(patch_command(subject, {"spec": {"disabled": False}}),),
    )
