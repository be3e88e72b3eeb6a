"""When a rollout that is being watched over is to be aborted without a question, and when it must not be.

A guard is armed for one template of one Deployment. It acts on what the new pods do; whatever else becomes of the
Deployment, it acts on nothing and is disarmed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from ktui.model.objects import Deployment
from ktui.rollout.cause import Cause, Kind
from ktui.rollout.rollout import Phase, Rollout

_OTHERS_FAULT: Final = frozenset({Kind.STOPPING, Kind.NODE})
"""What blocks without being the new revision's doing: going back would mend none of it."""

_AT_REST: Final = (Phase.COMPLETE, Phase.SCALED_TO_ZERO)


class Armed(msgspec.Struct, frozen=True):
    """The very rollout that is watched over. How many pods it has may change: an autoscaler does that."""

    uid: str
    namespace: str
    name: str
    generation: int
    """Of the Deployment when it was armed: what is older tells nothing."""
    template: bytes
    """The digest of the pod template."""
    paused: bool


class Move(StrEnum):
    """What to do about a rollout now."""

    KEEP = "keep"
    ABORT = "abort"
    DISARM = "disarm"
    """It is not the rollout any more that was watched over."""
    OVER = "over"
    """It came to its end."""


class Judgement(msgspec.Struct, frozen=True):
    """What to do, and why, in a sentence without a full stop; nothing where it is kept watching."""

    move: Move
    reason: str = ""


_KEEP: Final = Judgement(Move.KEEP)


def arm(deployment: Deployment) -> Armed:
    """Watch over what that Deployment is rolling out."""
    meta = deployment.metadata
    template = deployment.spec.template.digest
    return Armed(meta.uid, meta.namespace, meta.name, meta.generation, template, deployment.spec.paused)


def refuse_arm(rollout: Rollout) -> str:
    """Why there is nothing to watch over, in a sentence; nothing where there is."""
    if rollout.phase is Phase.DELETED:
        return "it is being deleted"
    if _is_over(rollout):
        return "nothing is being rolled out: there is nothing to go back from"
    if rollout.verdict.failed or failure(rollout) is not None:
        return "something has gone wrong already: abort it, or mend it first"
    return ""


def disowned(armed: Armed, deployment: Deployment) -> str:
    """Why that is not the rollout any more that is watched over; nothing where it is."""
    if deployment.metadata.uid != armed.uid:
        return "it was deleted, and another one has its name now"
    if deployment.metadata.deletion_timestamp is not None:
        return "it is being deleted"
    if deployment.spec.template.digest != armed.template:
        return "its pod template was changed: that is another rollout"
    if deployment.spec.paused and not armed.paused:
        return "it was paused: whoever did that decides what comes next"
    return ""


def judge(armed: Armed, deployment: Deployment | None, rollout: Rollout | None, *, is_live: bool) -> Judgement:
    """What to do about the rollout as the streams tell it; None is a Deployment that is not there.

    While a link is not live, what is known is old, and what is not heard of proves nothing: it is kept.
    """
    if not is_live:
        return _KEEP
    if deployment is None:
        return Judgement(Move.DISARM, "it was deleted")
    if deployment.metadata.uid == armed.uid and deployment.metadata.generation < armed.generation:
        return _KEEP
    if reason := disowned(armed, deployment):
        return Judgement(Move.DISARM, reason)
    if rollout is None or not rollout.observed or rollout.generation != deployment.metadata.generation:
        return _KEEP
    hold = rollout.hold
    if hold is not None and hold.disturbance is not None:
        return Judgement(Move.DISARM, f"somebody else had a hand in its hold: {hold.told}")
    if _is_over(rollout):
        return Judgement(Move.OVER, "it is complete")
    cause = failure(rollout)
    if cause is not None:
        return Judgement(Move.ABORT, cause.sentence)
    if rollout.verdict.failed:
        return Judgement(Move.ABORT, "its progress deadline has passed")
    return _KEEP


def failure(rollout: Rollout) -> Cause | None:
    """The first thing that is wrong with what is new and that waiting does not cure."""
    return next((cause for cause in rollout.causes if cause.blocking and cause.kind not in _OTHERS_FAULT), None)


def _is_over(rollout: Rollout) -> bool:
    return rollout.settled or rollout.phase in _AT_REST
