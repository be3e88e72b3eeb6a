"""A rollback that nobody is asked about: when a failed rollout may be taken back without a person's word. Pure."""

from __future__ import annotations

from ktui.kinds.auto_abort import Armed, disowned
from ktui.kinds.planning import plan, rollback_revision
from ktui.kinds.registry import kind_of
from ktui.plans.plan import Plan
from ktui.plans.request import RollBack
from ktui.plans.subject import AnySubject
from ktui.rollout.revisions import Refusal


def plan_automatic_rollback(armed: Armed, subject: AnySubject) -> Plan | Refusal:
    """The rollback of exactly that rollout, or why it is no longer (or was never) one's own to take back.

    The number of pods may have changed: an autoscaler does that. It goes to the last revision that was good, and
    nowhere if all that is left is known to be bad.
    """
    workload = subject.workload
    kind = kind_of(workload)
    if reason := disowned(armed, workload):
        return Refusal(reason)
    if kind.is_paused(workload):
        return Refusal("it was already paused: the person who paused it decides what happens next")
    if not kind.rolls_by_itself(workload):
        return Refusal("its strategy is OnDelete: pods change only when someone deletes them")
    judged = kind.verdict(workload)
    if judged.done and not judged.failed:
        return Refusal("it has completed")
    back = rollback_revision(subject)
    made = back if isinstance(back, Refusal) else plan(RollBack(back), subject)
    return unless_known_bad(made)


def unless_known_bad(made: Plan | Refusal) -> Plan | Refusal:
    """Nothing that a person would be asked about twice is done without a person's word."""
    if isinstance(made, Plan) and made.insist:
        return Refusal(f"no earlier revision is known to be good. {made.insist.removesuffix('.')}")
    return made
