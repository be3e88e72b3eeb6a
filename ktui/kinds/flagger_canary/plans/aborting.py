"""Abort: Flagger has no such thing. What comes nearest is said instead."""

from __future__ import annotations

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.plans.known import AnyCanary, CanarySubject
from ktui.kinds.flagger_canary.plans.rollback import stops
from ktui.plans.request import Abort
from ktui.plans.wording import being_deleted
from ktui.rollout.revisions import Refusal
from ktui.text import clean


def refuse_abort(known: AnyCanary) -> Refusal:
    """Why it cannot be aborted, and what can be done."""
    deleted = being_deleted(known.workload)
    if deleted is not None:
        return deleted
    if known.situation.phase in (said.PROMOTING, said.FINALISING):
        return Refusal("it is being promoted, which Flagger takes to its end: roll back after that")
    if known.situation.phase not in said.ANALYSES:
        return Refusal("nothing to abort: nothing is being rolled out")
    return Refusal(clean(f"Flagger has no abort. What stops it sooner: {stops(known.situation)}"))


def plan_abort(request: Abort, subject: CanarySubject) -> Refusal:
    """Never."""
    return refuse_abort(subject)
