"""What promote and terminate may mean on a Rollout as it is."""

from __future__ import annotations

from ktui.kinds.argo_rollout.plans.known import KnownRollout
from ktui.kinds.argo_rollout.plans.promoting import promote_label, refuse_promote, refuse_step
from ktui.kinds.argo_rollout.plans.terminating import running
from ktui.kinds.argo_rollout.plans.wording import new_and_old
from ktui.kinds.argo_rollout.steps import current_step, label
from ktui.plans.offers import Choice
from ktui.plans.request import Action, Promote, Terminate
from ktui.rollout.steps import FULL
from ktui.text import clean


def choices(action: Action, known: KnownRollout) -> tuple[Choice, ...]:
    """The requests that the action may stand for, the nearest first."""
    match action:
        case Action.PROMOTE if refuse_promote(known) is None:
            return _promotions(known)
        case Action.TERMINATE:
            runs = running(known.workload)
            return tuple(Choice(clean(run.name), Terminate(run.name)) for run in runs)
        case _:
            return ()


def _promotions(known: KnownRollout) -> tuple[Choice, ...]:
    new, _ = new_and_old(known)
    found = []
    if refuse_step(known) is None:
        step, at = current_step(known.workload)
        nearest = promote_label(known)
        if step is not None and at is not None and not known.workload.status.pause_conditions:
            nearest = f"skip step {at + 1} ({label(step)})"
        found.append(Choice(nearest.removeprefix("promote: "), Promote()))
    found.append(Choice(f"in full: all pods and all traffic to {new}, without the steps that are left", Promote(FULL)))
    return tuple(found)
