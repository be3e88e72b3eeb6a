"""When a rollout that is being watched over is to be aborted without a question, and when it must not be.

A guard is armed for one template of one workload. It acts on what the new pods do; whatever else becomes of the
workload, it acts on nothing and is disarmed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from ktui.kinds.registry import kind_of
from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS, Resource, resource_of
from ktui.model.workloads import Workload
from ktui.rollout.countdown import NOTHING_SEEN, Countdown, Seen, countdown, failures
from ktui.rollout.rollout import Phase, Rollout

_AT_REST: Final = (Phase.COMPLETE, Phase.SCALED_TO_ZERO)


class Armed(msgspec.Struct, frozen=True):
    """The very rollout that is watched over. How many pods it has may change: an autoscaler does that."""

    uid: str
    namespace: str
    name: str
    generation: int
    """Of the workload when it was armed: what is older tells nothing."""
    template: bytes
    """The digest of the pod template."""
    paused: bool
    resource: Resource = DEPLOYMENTS

    @property
    def reference(self) -> Reference:
        """What names it."""
        return Reference(self.name, self.resource)


class Move(StrEnum):
    """What to do about a rollout now."""

    KEEP = "keep"
    ABORT = "abort"
    DISARM = "disarm"
    """It is no longer the rollout that was watched."""
    OVER = "over"
    """It came to its end."""


class Judgement(msgspec.Struct, frozen=True):
    """What to do, and why, in a sentence without a full stop; nothing while it is only watched.

    `countdown` is what will be acted on, if it lasts, while it is watched.
    """

    move: Move
    reason: str = ""
    countdown: Countdown | None = None


_KEEP: Final = Judgement(Move.KEEP)


def arm(workload: Workload) -> Armed:
    """Watch over what that workload is rolling out."""
    meta, template = workload.metadata, workload.spec.template.digest
    paused = kind_of(workload).is_paused(workload)
    return Armed(meta.uid, meta.namespace, meta.name, meta.generation, template, paused, resource_of(workload))


def refuse_arm(rollout: Rollout) -> str:
    """Why there is nothing to watch over, in a sentence; nothing where there is."""
    if rollout.phase is Phase.DELETED:
        return "it is being deleted"
    if rollout.waits_for_deletion:
        return "the strategy is OnDelete: nothing rolls out by itself"
    if _is_over(rollout):
        return "nothing is being rolled out: there is nothing to go back from"
    if rollout.verdict.failed or failures(rollout):
        return "something has gone wrong already: abort it, or fix it first"
    return ""


def disowned(armed: Armed, workload: Workload) -> str:
    """Why that is not the rollout any more that is watched over; nothing where it is."""
    if workload.metadata.uid != armed.uid:
        return "it was deleted, and another one has its name now"
    if workload.metadata.deletion_timestamp is not None:
        return "it is being deleted"
    if workload.spec.template.digest != armed.template:
        return "its pod template was changed: that is another rollout"
    if kind_of(workload).is_paused(workload) and not armed.paused:
        return "it was paused: the person who paused it decides what happens next"
    return ""


def judge(
    armed: Armed,
    workload: Workload | None,
    rollout: Rollout | None,
    now: datetime,
    *,
    is_live: bool,
    first_seen: Seen = NOTHING_SEEN,
    granted: timedelta | None = None,
) -> Judgement:
    """What to do about the rollout as the streams tell it; None is a workload that is not there.

    While a link is not live, what is known is old, and what is not heard of proves nothing: it is kept. `first_seen`
    is what `countdown.seen` makes of the looks so far, this one included; `granted` replaces every patience.
    """
    if not is_live:
        return _KEEP
    if workload is None:
        return Judgement(Move.DISARM, "it was deleted")
    if workload.metadata.uid == armed.uid and workload.metadata.generation < armed.generation:
        return _KEEP
    if reason := disowned(armed, workload):
        return Judgement(Move.DISARM, reason)
    if rollout is None or not rollout.observed or rollout.generation != workload.metadata.generation:
        return _KEEP
    hold = rollout.hold
    if hold is not None and hold.disturbance is not None:
        return Judgement(Move.DISARM, f"someone else changed its hold: {hold.sentence}")
    wrong = failures(rollout)
    if _is_over(rollout) and not wrong:
        # Pods that crash are ready in between: then it is complete for kubectl, and over for nobody.
        return Judgement(Move.OVER, "it is complete")
    if rollout.verdict.failed:
        first = next(iter(wrong), None)
        return Judgement(Move.ABORT, first.sentence if first is not None else "its progress deadline has passed")
    waits = countdown(rollout, first_seen, granted)
    if waits is not None and waits.is_over(now):
        return Judgement(Move.ABORT, waits.cause.sentence)
    return Judgement(Move.KEEP, countdown=waits)


def _is_over(rollout: Rollout) -> bool:
    return rollout.settled or rollout.phase in _AT_REST
