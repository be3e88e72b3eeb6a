"""How far a promotion goes where a partition holds a canary, and why another canary cannot begin beside it."""

from __future__ import annotations

from ktui.plans.canary_size import grown
from ktui.rollout import steps
from ktui.rollout.partition import Partition
from ktui.rollout.revisions import Refusal


def promoted(to: str, held: Partition) -> tuple[int, int | None] | Refusal:
    """The step and the number of new pods of the next step, or of a size of one's own; no number is all of them.

    `to` is empty for the next step, a size, or `steps.FULL`.
    """
    if not to:
        return held.following
    if to == steps.FULL:
        return 0, None
    larger = grown(to, held.pods, held.desired)
    if isinstance(larger, Refusal):
        return larger
    if held.record is None or not held.record.steps:
        return 0, larger
    return max(held.record.step, steps.following(held.record.steps, held.desired, larger) - 1), larger


def promote_label(held: Partition | None) -> str:
    """What promote does here: `promote to 2 of 4 (step 2 of 3)`."""
    if held is None:
        return "promote"
    step, pods = held.following
    size = pods if pods is not None else held.desired - min(held.before, held.desired)
    all_of = "all " if size == held.desired else ""
    whole = "" if size == held.desired else f" of {held.desired}"
    return f"promote to {all_of}{size}{whole}{steps.in_brackets(held.steps, step)}"


def refuse_beside(held: Partition | None) -> Refusal:
    """Why no canary begins while a rollout runs: it is one already, or cannot become one."""
    if held is None:
        return Refusal("a running rollout cannot become a canary: pause it instead")
    by = f", by {held.by}" if held.by else ""
    return Refusal(f"a partition holds it at {held.size} already{by}: promote it, or abort it")
