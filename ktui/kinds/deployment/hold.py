"""The hold of a canary that is really there, and who else had a hand in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import msgspec

from ktui.kinds.deployment import revisions, strategy
from ktui.model import reading
from ktui.model.objects import HOLD_SECONDS, NO_DEADLINE, Deployment, ReplicaSet
from ktui.rollout import images
from ktui.rollout.held import VERSION
from ktui.rollout.hold import ANNOTATION, Disturbance, Hold, Record, read
from ktui.text import clean, count


def hold_of(deployment: Deployment, replicasets: Sequence[ReplicaSet]) -> Hold | None:
    """The hold that is there, or what is left of one; None where there is nothing of the kind.

    While the controller has not seen the last change, nothing is called a disturbance: what it does comes first.
    """
    text = deployment.metadata.annotations.get(ANNOTATION)
    if text is None and not strategy.held(deployment):
        return None
    written = read(text)
    now = revisions.current(deployment, replicasets)
    desired = deployment.spec.desired
    pods = now.spec.desired if now is not None else 0
    if not strategy.held(deployment):
        disturbance, words = _not_held(deployment, written)
        return Hold(written, False, pods, desired, disturbance, words)
    record = _newest(replicasets, written)
    if now is None or not deployment.observed:
        return Hold(record, True, pods if now is not None or record is None else record.pods, desired)
    if text is not None and written is None and _is_newer(text):
        words = "this canary is held by a newer ktui: update ktui to read its record"
        return Hold(None, True, pods, desired, Disturbance.NEWER, words)
    found = _disturbance(deployment, now, written, record, count(pods, "pod"))
    return Hold(record, True, pods, desired, *found) if found is not None else Hold(record, True, pods, desired)


def back_of(record: Record, replicasets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet that a hold goes back to, if it is still there."""
    return next((rs for rs in replicasets if rs.metadata.name == record.back.replica_set), None)


def _newest(replicasets: Sequence[ReplicaSet], written: Record | None) -> Record | None:
    """The newest record of this hold, on the Deployment or as a copy; those of holds that are over do not count.

    The revisions that a hold went through are the newest ones, for as long as they have its minReadySeconds: an old
    ReplicaSet keeps its own (docs/semantics.md, Arithmetic). A copy counts on the canary that it is about: a revision
    that came back may have one from a former life.
    """
    ordered = revisions.newest_first(replicasets)
    through = list(takewhile(lambda rs: rs.spec.min_ready_seconds == HOLD_SECONDS, ordered))
    found = [(rs, read(rs.metadata.annotations.get(ANNOTATION))) for rs in through]
    known = [record for rs, record in found if record is not None and record.revision == revisions.revision(rs)]
    if written is not None and not _is_over(written, ordered, through):
        known.insert(0, written)  # of two with the same number the first counts: copies lag behind
    return max(known, key=lambda record: record.revision, default=None)


def _is_over(record: Record, replicasets: Sequence[ReplicaSet], through: Sequence[ReplicaSet]) -> bool:
    """Whether the canary that a record is about is there, but none of this hold."""
    canaries = [
        rs for rs in replicasets if record.revision in (revisions.revision(rs), *revisions.former_revisions(rs))
    ]
    return bool(canaries) and not any(rs in through for rs in canaries)


def _is_newer(text: str) -> bool:
    try:
        return reading.read(_versioned, text).version > VERSION
    except reading.NotRead:
        return False


class _Versioned(msgspec.Struct):
    version: int = 0


_versioned: Final = msgspec.json.Decoder(_Versioned)


def _not_held(deployment: Deployment, written: Record | None) -> tuple[Disturbance, str]:
    """An annotation without a hold. Only a hold turns the deadline off and means to turn it on again."""
    if (
        written is not None
        and deployment.spec.progress_deadline_seconds == NO_DEADLINE
        and written.saved.progress_deadline_seconds != NO_DEADLINE
    ):
        return (
            Disturbance.ENDED,
            "someone ended the hold of a canary by its minReadySeconds; its other settings are still in force",
        )
    return Disturbance.STALE, "the record of a canary's hold was left behind; nothing is held"


def _disturbance(
    deployment: Deployment, now: ReplicaSet, written: Record | None, record: Record | None, pods: str
) -> tuple[Disturbance, str] | None:
    """What is different from what the newest record says; None where nothing is."""
    image = clean(images.of_template(deployment.spec.template))
    number = revisions.revision(now)
    desired = deployment.spec.desired
    if record is None:
        if now.spec.desired >= desired > 1:
            return (
                Disturbance.LEFT_BEHIND,
                "nothing is left to hold, but no new pod counts as available until the hold is ended",
            )
        return Disturbance.BY_HAND, f"canary of {pods} held, but not by ktui: the settings before it are not known"
    if number < record.revision:
        return None
    if number > record.revision:
        # Only a rollback takes the record along, and only from it a revision has former numbers.
        if written != record and revisions.former_revisions(now):
            return (
                Disturbance.UNDONE,
                f"someone rolled the canary back to {image}, and the hold's settings stayed: "
                "no pod counts as available",
            )
        if now.metadata.name == record.back.replica_set:
            return (
                Disturbance.REVERTED,
                f"someone applied {image} again, and the hold's settings stayed: no pod counts as available",
            )
        return Disturbance.REPLACED, f"someone replaced the canary by {image}: {pods} of it held"
    if written != record:
        return Disturbance.LOST, f"canary of {pods} held, but its record is gone from the Deployment"
    limits = strategy.bounds(deployment)
    if (limits.surge, limits.unavailable) != (record.max_surge, min(record.max_unavailable, desired)):
        return (
            Disturbance.CHANGED,
            f"someone changed the hold's settings to surge {limits.surge_text} and unavailable "
            f"{limits.unavailable_text}: canary of {pods} instead of {record.pods}",
        )
    if desired != record.replicas and now.spec.desired != record.pods:
        return (
            Disturbance.SCALED,
            f"scaled from {record.replicas} to {desired} while held: the canary went from {record.pods} to {pods}",
        )
    return None
