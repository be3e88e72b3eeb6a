"""Approve a step, jump to another one, or to the last.

The patches of the status are those of `kubectl-kruise rollout approve` (openkruise/kruise-tools) and of the rules for
jumps (`doStepJump` of rollout_status.go): the step that comes next anyway is not jumped to.
"""

from __future__ import annotations

from typing import Any

from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.objects import KruiseRollout
from ktui.kinds.kruise_rollout.plans.known import AnyKruiseRollout, KruiseRolloutSubject
from ktui.kinds.kruise_rollout.plans.wording import image_behind, patch_command, said_of_step, then
from ktui.kinds.kruise_rollout.summary import CANCELLING, is_running, reason
from ktui.plans.draft import draft_for
from ktui.plans.offers import Choice
from ktui.plans.plan import STATUS, Plan, Undo
from ktui.plans.request import Abort, Action, Promote
from ktui.plans.wording import being_deleted
from ktui.rollout.revisions import Refusal
from ktui.rollout.steps import FULL


def refuse_promote(known: AnyKruiseRollout) -> Refusal | None:
    """Why it can neither be approved nor go further."""
    rollout = known.workload
    refused = being_deleted(rollout)
    if refused is not None:
        return refused
    if not rollout.observed:
        return Refusal("the controller has not seen the last change yet: wait for it")
    if rollout.spec.disabled:
        return Refusal("nothing to promote: it is disabled, and its workload rolls out without steps")
    if not is_running(rollout) or steps.current_step(rollout) is None:
        return Refusal("nothing to promote: no rollout is running")
    if reason(rollout) == CANCELLING:
        return Refusal("nothing to promote: it goes back to the revision of before")
    if rollout.spec.strategy.paused:
        return Refusal("it is paused: resume it first")
    if not choices(Action.PROMOTE, known, is_refused=False):
        return Refusal(f"nothing to promote: {steps.place(rollout)} continues by itself")
    return None


def promote_label(known: AnyKruiseRollout) -> str:
    """What promote does here: `approve step 1`."""
    found = steps.current_step(known.workload)
    if found is None or known.workload.status.steps.current_step_state != steps.PAUSED:
        return "promote"
    return f"approve step {found[1]}"


def choices(action: Action, known: AnyKruiseRollout, *, is_refused: bool | None = None) -> tuple[Choice, ...]:
    """Approve the step, or jump to one further on; none where that is refused."""
    found = steps.current_step(known.workload)
    if action is not Action.PROMOTE or found is None:
        return ()
    if is_refused is None and refuse_promote(known) is not None:
        return ()
    rollout, at = known.workload, found[1]
    total = len(steps.steps_of(rollout))
    listed = []
    if rollout.status.steps.current_step_state == steps.PAUSED:
        on = f"on to {said_of_step(rollout, at + 1)}" if at < total else "to the end"
        listed.append(Choice(f"approve step {at}: {on}", Promote()))
    listed += [
        Choice(f"jump to {said_of_step(rollout, each)}", Promote(str(each))) for each in range(at + 2, total + 1)
    ]
    return tuple(listed)


def plan_promote(request: Promote, subject: KruiseRolloutSubject) -> Plan | Refusal:
    """By approval, or by a jump."""
    rollout = subject.workload
    found = steps.current_step(rollout)
    assert found is not None, "what is at no step is refused"
    at, total = found[1], len(steps.steps_of(rollout))
    wanted = _wanted(request, at, total)
    if isinstance(wanted, Refusal):
        return wanted
    if wanted <= at + 1:
        return _approve(request, subject, at)
    return _jump(request, subject, at, wanted)


def _wanted(request: Promote, at: int, total: int) -> int | Refusal:
    if not request.to:
        return at + 1
    if request.to == FULL:
        return max(total, at + 1)
    if not (request.to.isascii() and request.to.isdecimal() and len(request.to) < 4):
        return Refusal(f"its steps say how far it goes: promote it to one of them, 1 to {total}, or to {FULL}")
    wanted = int(request.to)
    if not 0 < wanted <= total:
        return Refusal(f"it has no step {wanted}: there are {total}")
    if wanted <= at:
        return Refusal(f"it is at step {at} already: abort takes it back")
    return wanted


def _holder(rollout: KruiseRollout) -> str:
    return "blueGreenStatus" if rollout.status.blue_green_status is not None else "canaryStatus"


def _approve(request: Promote, subject: KruiseRolloutSubject, at: int) -> Plan | Refusal:
    rollout = subject.workload
    if rollout.status.steps.current_step_state != steps.PAUSED:
        return Refusal(f"nothing to approve: {steps.place(rollout)} is not at its pause yet")
    total, image = len(steps.steps_of(rollout)), image_behind(subject)
    ends = at == total
    comes = (
        ("All steps are done: the Rollout lets go of its workload, and old pods go.",)
        if ends
        else (f"{said_of_step(rollout, at + 1).capitalize()} begins.", then(rollout, at + 1))
    )
    fields = {"currentStepState": steps.READY}
    return _patched(
        request,
        subject,
        fields,
        title=f"Approve step {at} of {{target}}" + (f" ({image})" if image else ""),
        begun=f"approval of step {at}",
        effects=comes,
    )


def _jump(request: Promote, subject: KruiseRolloutSubject, at: int, wanted: int) -> Plan:
    rollout, image = subject.workload, image_behind(subject)
    skipped = f"Step {at + 1}" if wanted == at + 2 else f"Steps {at + 1} to {wanted - 1}"
    verb = "is" if wanted == at + 2 else "are"
    return _patched(
        request,
        subject,
        {"nextStepIndex": wanted},
        title=f"Jump to step {wanted} of {{target}}" + (f" ({image})" if image else ""),
        begun=f"jump to step {wanted}",
        effects=(
            f"{said_of_step(rollout, wanted).capitalize()} begins at once. {skipped} {verb} left out.",
            then(rollout, wanted),
        ),
    )


def _patched(
    request: Promote,
    subject: KruiseRolloutSubject,
    fields: dict[str, Any],
    *,
    title: str,
    begun: str,
    effects: tuple[str, ...],
) -> Plan:
    rollout, holder = subject.workload, _holder(subject.workload)
    now = rollout.status.steps
    draft = draft_for(subject)
    draft.expect(("status", holder, "currentStepIndex"), now.current_step_index)
    draft.expect(("status", holder, "currentStepState"), now.current_step_state)
    for name, value in fields.items():
        draft.put(("status", holder, name), value)
    _, ready = now.new
    unready = now.new[0] - ready
    return draft.plan(
        request,
        title=title.format(target=draft.target),
        begun=begun,
        effects=effects,
        warnings=(f"{unready} of {now.new[0]} new pods are not ready.",) if unready > 0 else (),
        undo=Undo("Abort brings the template of before back.", Abort()),
        commands=(patch_command(subject, {"status": {holder: fields}}, subresource=STATUS),),
        subresource=STATUS,
    )
