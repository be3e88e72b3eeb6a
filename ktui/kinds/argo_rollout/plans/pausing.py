"""Pause and resume: both are about `spec.paused`. A pause that is a step is ended by a promotion."""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject, is_under_way
from ktui.kinds.argo_rollout.plans.wording import new_and_old, plugin
from ktui.kinds.argo_rollout.steps import current_step, label
from ktui.plans.draft import draft_for
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Pause, Resume
from ktui.plans.wording import being_deleted, command, state
from ktui.rollout.revisions import Refusal

_PAUSED: Final = ("spec", "paused")


def refuse_pause(known: KnownRollout) -> Refusal | None:
    """Why it cannot be paused."""
    rollout = known.workload
    if rollout.spec.paused:
        return state(rollout, "already paused")
    return being_deleted(rollout)


def refuse_resume(known: KnownRollout) -> Refusal | None:
    """Why it cannot be resumed."""
    rollout = known.workload
    if rollout.spec.paused:
        return being_deleted(rollout)
    if rollout.status.pause_conditions:
        return Refusal(f'rollouts.argoproj.io "{rollout.metadata.name}" waits at one of its own steps: promote it')
    return state(rollout, "not paused")


def plan_pause(request: Pause, subject: RolloutSubject) -> Plan:
    """Stop where it is."""
    draft = draft_for(subject)
    draft.put(_PAUSED, True)
    return draft.plan(
        request,
        title=f"Pause {draft.target}",
        done="paused",
        effects=_when_paused(subject),
        warnings=("Its progress deadline does not run while it is paused.",) if is_under_way(subject) else (),
        undo=Undo("Resume continues the rollout.", Resume()),
        commands=(plugin(subject, "pause", draft.target.name),),
    )


def plan_resume(request: Resume, subject: RolloutSubject) -> Plan:
    """Go on."""
    draft = draft_for(subject)
    draft.put(_PAUSED, False)
    patch = '{"spec":{"paused":false}}'
    return draft.plan(
        request,
        title=f"Resume {draft.target}",
        done="resumed",
        effects=_when_resumed(subject),
        undo=Undo("Pause stops it again.", Pause()),
        commands=(command(subject, "patch", f"rollouts.argoproj.io/{draft.target.name}", "--type=merge", "-p", patch),),
    )


def _when_paused(subject: RolloutSubject) -> tuple[str, ...]:
    if not is_under_way(subject):
        return (
            "Nothing is rolling out, so no pod changes now.",
            "From then on a change of the pod template waits until it is resumed.",
        )
    new, old = new_and_old(subject)
    step, at = current_step(subject.workload)
    where = f" at step {at + 1} ({label(step)})" if step is not None and at is not None else ""
    return (f"The rollout of {new} stops where it is{where}; {old} keeps serving. Scaling still works.",)


def _when_resumed(subject: RolloutSubject) -> tuple[str, ...]:
    rollout = subject.workload
    if rollout.status.pause_conditions:
        step, at = current_step(rollout)
        where = f"step {at + 1} ({label(step)})" if step is not None and at is not None else "its own pause"
        return (f"The pause of the whole rollout (spec.paused) ends. It still waits at {where} until it is promoted.",)
    if not is_under_way(subject) and rollout.observed:
        return ("Nothing waits to be rolled out, so no pod changes now.",)
    return ("It continues where it stopped.",)
