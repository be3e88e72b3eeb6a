"""What Flagger makes of an action on a workload that a Canary rolls out: the Canary is not asked, and decides."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.objects import Canary
from ktui.model.reference import in_full, reference_to
from ktui.model.resources import resource_of
from ktui.model.workloads import Workload
from ktui.plans.request import Action
from ktui.text import clean

_BACK: Final = (Action.ROLLBACK, Action.ABORT)


def of_target(canary: Canary, workload: Workload, action: Action) -> str:
    """Both sides are its own: it empties the target at rest, and writes the primary with each promotion."""
    name, kind, phase = in_full(reference_to(canary)), resource_of(workload).kind, canary.status.phase
    if workload.metadata.name != canary.target.name:
        return clean(f"{name} writes this {kind}: the next promotion takes back what is changed by hand.")
    serves = f"{canary.primary_name} serves"
    if action is Action.SCALE:
        return clean(f"{name} scales this {kind} to 0 when nothing is rolled out, and {serves}.")
    if canary.spec.suspend:
        return clean(f"{name} rolls out this {kind} and is suspended: nothing begins before it is resumed.")
    if phase in said.UNDER_WAY and action in _BACK:
        return clean(f"{name} rolls out this {kind} and has no abort: it promotes the earlier template too.")
    if phase in said.UNDER_WAY:
        return clean(f"{name} is rolling out this {kind}: with another template its analysis starts again.")
    return clean(f"{name} rolls out this {kind}: a new template is analysed first, and meanwhile {serves}.")
