"""The phase of a Canary in Flagger's words, what a gate makes of it, and ktui's own phase.

No command of its own reports on a Canary: people wait with `kubectl wait canary/web --for=condition=promoted`, or for
`.status.phase` to be Succeeded.
"""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary.objects import Canary
from ktui.rollout.rollout import Phase
from ktui.rollout.status import Verdict
from ktui.text import clean

INITIALIZING: Final = "Initializing"
INITIALIZED: Final = "Initialized"
WAITING: Final = "Waiting"
PROGRESSING: Final = "Progressing"
WAITING_PROMOTION: Final = "WaitingPromotion"
PROMOTING: Final = "Promoting"
FINALISING: Final = "Finalising"
SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"
TERMINATING: Final = "Terminating"
TERMINATED: Final = "Terminated"

AT_REST: Final = (INITIALIZED, SUCCEEDED)
"""Nothing is being rolled out: the target is at 0, and the primary serves."""
ENDS: Final = (*AT_REST, FAILED, TERMINATING, TERMINATED)
"""Flagger is at nothing and waits for nothing."""
ANALYSES: Final = (WAITING, PROGRESSING, WAITING_PROMOTION)
"""A new revision is looked at: it can still be rolled back."""
UNDER_WAY: Final = (*ANALYSES, PROMOTING, FINALISING)
"""A new revision is on its way to the primary."""


def phase_of(canary: Canary) -> str:
    """What the controller says; before it says anything, it has not begun."""
    return canary.status.phase


def message_of(canary: Canary) -> str:
    """The message of its condition; empty where that is known to be wrong.

    A promotion that fails leaves the canary running and with all of the traffic, and says that it is scaled to zero.
    """
    condition = canary.promoted
    if condition is None or (canary.status.phase == FAILED and canary.status.canary_weight):
        return ""
    return condition.message


def verdict(canary: Canary) -> Verdict:
    """Its phase and message, and whether it is over: Initialized, Succeeded or Failed."""
    phase, message = phase_of(canary), message_of(canary)
    line = clean(f"{phase} - {message}" if message else phase or "the controller has not seen it yet")
    if phase == FAILED:
        return Verdict(line, done=True, failed=True)
    return Verdict(line, done=phase in AT_REST)


def not_yet(canary: Canary) -> Verdict:
    """The verdict while the target has a template that Flagger has not looked at: what it said was of the one before.

    So anyone who sets an image and waits does not hear at once that it succeeded, or that it failed.
    """
    return Verdict(clean(f"{canary.status.phase} - changed since then, and not looked at yet"))


def phase(canary: Canary, *, is_blocked: bool, is_shut: bool, is_new: bool, is_whole: bool, pods: int) -> Phase:
    """ktui's own phase.

    `is_blocked`: something does not pass by waiting; `is_shut`: a gate is shut; `is_new`: the target has a template
    that Flagger has not looked at; `is_whole`: all of the `pods` that are to serve do.
    """
    said = canary.status.phase
    if canary.metadata.deletion_timestamp is not None or said in (TERMINATING, TERMINATED):
        return Phase.DELETED
    if said == FAILED and not is_new:
        return Phase.FAILED
    if canary.spec.suspend:
        return Phase.PAUSED
    if is_blocked:
        return Phase.STALLED
    if is_shut or said in (WAITING, WAITING_PROMOTION):
        return Phase.HELD
    if said in AT_REST and not is_new and is_whole:
        return Phase.COMPLETE if pods else Phase.SCALED_TO_ZERO
    return Phase.PROGRESSING
