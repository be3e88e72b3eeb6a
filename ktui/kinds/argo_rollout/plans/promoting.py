"""Promote: past the pause that it stands at, past the step that it is at, or past all of them.

The patches are those of the plugin (`getPatches` of pkg/kubectl-argo-rollouts/cmd/promote of argoproj/argo-rollouts).
"""

from __future__ import annotations

from typing import Final

from ktui.kinds.argo_rollout import status as said
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject, situation
from ktui.kinds.argo_rollout.plans.status_patch import StatusDraft, status_draft_for
from ktui.kinds.argo_rollout.plans.wording import ahead, new_and_old, plugin, unobserved
from ktui.kinds.argo_rollout.revisions import revision
from ktui.kinds.argo_rollout.status import aborted, under_way
from ktui.kinds.argo_rollout.steps import current_step, label, set_weight
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Abort, Promote
from ktui.plans.wording import being_deleted, target_of
from ktui.rollout.revisions import Refusal
from ktui.rollout.steps import FULL
from ktui.text import count

_PAUSES: Final = ("status", "pauseConditions")
_STEP: Final = ("status", "currentStepIndex")
_CONTROLLER_PAUSE: Final = ("status", "controllerPause")
_FULL: Final = ("status", "promoteFull")


def refuse_promote(known: KnownRollout) -> Refusal | None:
    """Why there is nothing to promote, not even to the end."""
    rollout = known.workload
    refused = being_deleted(rollout) or unobserved(rollout)
    if refused is not None:
        return refused
    if aborted(rollout):
        return Refusal("nothing to promote: it was aborted; retry it, or roll back")
    if not under_way(rollout):
        latest = situation(known).current
        number = revision(latest) if latest is not None else revision(rollout)
        paused = ", though paused: resume it first" if rollout.spec.paused else ""
        return Refusal(f"nothing to promote: revision {number} is complete{paused}")
    if rollout.status.promote_full:
        return Refusal("a full promotion was already requested: it continues as soon as enough new pods are available")
    return None


def refuse_step(known: KnownRollout) -> Refusal | None:
    """Why it cannot be promoted by one step."""
    refused = refuse_promote(known)
    if refused is not None:
        return refused
    rollout = known.workload
    step, at = current_step(rollout)
    if rollout.status.pause_conditions:
        return None
    if rollout.spec.strategy.canary is None:
        if rollout.spec.paused:
            return Refusal("the preview does not wait for a promotion yet: resume it first")
        return Refusal("the preview does not wait for a promotion yet: it continues by itself")
    if at is None:
        return Refusal("nothing to promote: it has no steps, and continues by itself")
    if step is None:
        return Refusal("nothing to promote: all steps are done, and it continues by itself")
    return None


def promote_label(known: KnownRollout) -> str:
    """What a promotion does here, for a footer: `promote: on to setWeight: 50`."""
    rollout = known.workload
    if refuse_step(known) is not None:
        return "promote"
    if rollout.spec.strategy.canary is None:
        return "promote the preview"
    strategy = rollout.spec.strategy.canary
    _, at = current_step(rollout)
    begin = (at or 0) + 1
    return f"promote: on to {label(strategy.steps[begin])}" if begin < len(strategy.steps) else "promote: to the end"


def plan_promote(request: Promote, subject: RolloutSubject) -> Plan | Refusal:
    """One step, or all of it."""
    rollout = subject.workload
    if request.to not in ("", FULL):
        return Refusal(f"its steps say how far it goes: promote it by one step, or to {FULL}")
    if request.to == FULL:
        return refuse_promote(subject) or _fully(request, subject)
    if request.skip and rollout.spec.strategy.canary is None:
        return Refusal("Cannot skip steps of a bluegreen rollout. Run without a flags")
    if request.skip and current_step(rollout)[1] is None:
        return Refusal("Cannot skip steps of a rollout without steps")
    return refuse_step(subject) or _by_a_step(request, subject)


def _by_a_step(request: Promote, subject: RolloutSubject) -> Plan:
    rollout = subject.workload
    step, at = current_step(rollout)
    pauses = subject.raw["status"].get("pauseConditions")
    draft = status_draft_for(subject)
    if pauses:
        draft.expect(_PAUSES, pauses)
    if step is not None and at is not None:
        if rollout.status.current_step_index is not None:
            draft.expect(_STEP, rollout.status.current_step_index)
        if _is_inconclusive(rollout) or request.skip or not pauses:
            if rollout.status.controller_pause:
                draft.put(_CONTROLLER_PAUSE, False)
            draft.put(_STEP, at + 1)
    if pauses:
        draft.remove(_PAUSES)
    lifts = _lift(rollout, draft)
    new, old = new_and_old(subject)
    flag = ("--skip-current-step",) if request.skip else ()
    leaves = step is not None and not pauses
    return draft.plan(
        request,
        title=_title(subject, f"Promote {target_of(rollout)} past step {at + 1}" if at is not None and step else ""),
        begun=f"promotion of {new}",
        effects=(
            *_what_ends(rollout),
            *lifts,
            ahead(subject, at + 1) if at is not None else f"The active Service is switched to {new}, once it is ready.",
        ),
        warnings=(*_not_ready(subject), *(_left_undone(rollout) if leaves else ())),
        insist=_short(subject) if _takes_all(subject, at) else "",
        undo=Undo(f"Abort gives all traffic back to {old}.", Abort()),
        commands=(plugin(subject, "promote", rollout.metadata.name, *flag),),
    )


def _fully(request: Promote, subject: RolloutSubject) -> Plan:
    rollout = subject.workload
    draft = status_draft_for(subject)
    draft.expect(("status", "currentPodHash"), rollout.status.current_pod_hash)
    draft.put(_FULL, True)
    lifts = _lift(rollout, draft)
    new, old = new_and_old(subject)
    strategy = rollout.spec.strategy.canary
    step, at = current_step(rollout)
    left = len(strategy.steps) - at if strategy is not None and at is not None and step is not None else 0
    skipped = (
        (f"{count(left, 'step')} {'is' if left == 1 else 'are'} skipped, with analyses and pauses.",) if left else ()
    )
    return draft.plan(
        request,
        title=_title(subject, "", "Promote in full:"),
        begun=f"full promotion of {new}",
        effects=(
            *lifts,
            *skipped,
            f"{new[0].upper()}{new[1:]} gets all pods and all traffic, and becomes the stable one.",
        ),
        warnings=(
            *_not_ready(subject),
            "Until then an abort is ignored by the controller: only a rollback takes it back.",
        ),
        insist=_short(subject),
        undo=Undo(f"Roll back to {old}.", Abort()),
        commands=(plugin(subject, "promote", rollout.metadata.name, "--full"),),
    )


def _title(subject: RolloutSubject, known: str, verb: str = "Promote") -> str:
    new, _ = new_and_old(subject)
    return known or f"{verb} {target_of(subject.workload)} to {new}"


def _lift(rollout: ArgoRollout, draft: StatusDraft) -> tuple[str, ...]:
    """A promotion resumes too, in a second patch: pause steps and `spec.paused` are two things."""
    if not rollout.spec.paused:
        return ()
    draft.then_put(("spec", "paused"), False)
    if rollout.status.pause_conditions:
        return ("It is also paused as a whole (spec.paused): both end. Resume alone would leave it at its step.",)
    return ("It is paused as a whole (spec.paused): that ends too.",)


def _is_inconclusive(rollout: ArgoRollout) -> bool:
    """An inconclusive analysis is left behind with its step; without that the next pause would not count."""
    run = rollout.status.canary.current_step_analysis_run_status
    is_paused = bool(rollout.status.pause_conditions) and rollout.status.controller_pause
    return run is not None and run.status == "Inconclusive" and is_paused


def _what_ends(rollout: ArgoRollout) -> tuple[str, ...]:
    step, at = current_step(rollout)
    if rollout.paused_for(said.INCONCLUSIVE_ANALYSIS, said.INCONCLUSIVE_EXPERIMENT) is not None:
        return ("The analysis was inconclusive: with this it counts as passed.",)
    if rollout.paused_for(said.CANARY_PAUSE) is not None and at is not None:
        return (f"The pause at step {at + 1} ends.",)
    if rollout.paused_for(said.BLUE_GREEN_PAUSE) is not None:
        return ("The pause before the promotion ends.",)
    if step is not None and at is not None:
        return (f"Step {at + 1} ({label(step)}) is left.",)
    return ()


def _left_undone(rollout: ArgoRollout) -> tuple[str, ...]:
    """A step that is left before it is done: an analysis goes without a result, a weight is not reached."""
    step, at = current_step(rollout)
    if step is None or at is None:
        return ()
    if step.analysis is not None or step.experiment is not None:
        what = "The analysis" if step.analysis is not None else "The experiment"
        return (f"{what} of step {at + 1} has no result yet, and is ended.",)
    return (f"Step {at + 1} ({label(step)}) is not done yet.",)


def _takes_all(subject: RolloutSubject, at: int | None) -> bool:
    """Whether all that serves is new after that step."""
    rollout = subject.workload
    strategy = rollout.spec.strategy.canary
    if strategy is None:
        return True
    if at is None or at + 1 >= len(strategy.steps):
        return True
    weights = [step.set_weight for step in strategy.steps[: at + 2] if step.set_weight is not None]
    return (weights[-1] if weights else set_weight(rollout, strategy)) >= strategy.max_weight


def _unready(subject: RolloutSubject) -> tuple[int, int]:
    """How many of the new pods are not ready, and how many there are to be now."""
    new = situation(subject).current
    if new is None:
        return 0, 0
    wanted = max(new.spec.desired, new.status.replicas)
    return max(0, wanted - new.status.ready_replicas), wanted


def _not_ready(subject: RolloutSubject) -> tuple[str, ...]:
    lacking, wanted = _unready(subject)
    if not lacking:
        return ()
    new = situation(subject).current
    verb = "is" if lacking == 1 else "are"
    return (
        f"{lacking} of {count(wanted, 'pod')} of revision {revision(new) if new is not None else 0} {verb} not ready.",
    )


def _short(subject: RolloutSubject) -> str:
    """Why this is asked about twice: all traffic goes to pods of which too few are ready."""
    lacking, wanted = _unready(subject)
    if not lacking and wanted:
        return ""
    desired = subject.workload.spec.desired
    new, _ = new_and_old(subject)
    if not desired:
        return ""
    ready = wanted - lacking
    return f"Only {ready} of {count(desired, 'pod')} that are desired {'is' if ready == 1 else 'are'} ready in {new}."
