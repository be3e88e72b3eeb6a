"""The hold of a canary: what is written on the Deployment, what is really there, and who else had a hand in it.

A hold is real where `minReadySeconds` says so, whatever is written (docs/semantics.md, Hold a canary). What ktui writes
beside it is the annotation `ktui.dev/hold`. The Deployment controller copies that to the canary's ReplicaSet and
never takes it away there: from the copies one sees what someone else did, and a record that was lost comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from ktui.model import reading
from ktui.model.objects import HOLD_SECONDS, NO_DEADLINE, Deployment, ReplicaSet
from ktui.rollout import images, revisions, steps, strategy
from ktui.text import clean, count

ANNOTATION: Final = "ktui.dev/hold"
VERSION: Final = 1

_MOST_STEPS: Final = 100


class Saved(msgspec.Struct, frozen=True, rename="camel"):
    """The settings as they were before the hold, as the API wrote them; what was absent stays absent."""

    min_ready_seconds: int | UnsetType = UNSET
    progress_deadline_seconds: int | UnsetType = UNSET
    strategy: dict[str, Any] | UnsetType = UNSET


class Back(msgspec.Struct, frozen=True, rename="camel"):
    """The revision to go back to."""

    revision: int
    replica_set: str


class Record(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the annotation says.

    `revision` is the canary's own number, which no later one has, and so tells which of two records is the newer.
    `pods`, of `replicas` desired ones, and the two settings are those of the present `step`, counted from 0.
    """

    version: int = VERSION
    step: int
    pods: int
    replicas: int
    max_surge: int
    max_unavailable: int
    steps: steps.Steps
    surge: bool
    since: datetime
    by: str
    revision: int
    back: Back
    saved: Saved

    def __post_init__(self) -> None:
        if not 0 <= self.step < len(self.steps) <= _MOST_STEPS:
            raise ValueError("the step is none of the steps")


class Disturbance(StrEnum):
    """What someone else did to a hold."""

    BY_HAND = "held by hand"
    LOST = "record lost"
    CHANGED = "settings changed"
    SCALED = "scaled"
    REPLACED = "canary replaced"
    UNDONE = "rolled back"
    REVERTED = "old template applied"
    ENDED = "ended by hand"
    LEFT_BEHIND = "settings left behind"
    STALE = "record left behind"
    NEWER = "of a newer ktui"


class Repair(StrEnum):
    """What makes record and settings agree with what is there. Neither changes which template runs."""

    RECORD = "record"
    """The hold goes on as it is now, and that is written down."""
    TIDY = "tidy"
    """The hold is over: the saved settings come back, and the record goes."""


_REPAIRS: Final = {
    Disturbance.BY_HAND: Repair.RECORD,
    Disturbance.LOST: Repair.RECORD,
    Disturbance.CHANGED: Repair.RECORD,
    Disturbance.SCALED: Repair.RECORD,
    Disturbance.REPLACED: Repair.RECORD,
    Disturbance.UNDONE: Repair.TIDY,
    Disturbance.REVERTED: Repair.TIDY,
    Disturbance.ENDED: Repair.TIDY,
    Disturbance.LEFT_BEHIND: Repair.TIDY,
    Disturbance.STALE: Repair.TIDY,
}

OVER: Final = frozenset(each for each, repair in _REPAIRS.items() if repair is Repair.TIDY)
"""The disturbances after which there is not a canary any more."""


class Hold(msgspec.Struct, frozen=True):
    """A hold as it is now. Texts are clean.

    `record` is the newest that was found, on the Deployment or on a ReplicaSet; None where nothing is known.
    """

    record: Record | None
    is_real: bool
    """Whether `minReadySeconds` still holds it."""
    pods: int
    """New pods that the canary's ReplicaSet asks for; before it is there, those that are on record."""
    desired: int
    disturbance: Disturbance | None = None
    told: str = ""
    """The disturbance in one sentence."""

    @property
    def repair(self) -> Repair | None:
        """The one safe thing to do about the disturbance."""
        return _REPAIRS.get(self.disturbance) if self.disturbance is not None else None

    @property
    def remedy(self) -> str:
        """What the repair comes to, for a person; nothing where there is none."""
        if self.repair is None:
            return ""
        if self.repair is Repair.RECORD:
            return "repairs it: the hold goes on as it is, and that is written down"
        if self.disturbance is Disturbance.STALE:
            return "repairs it: the record goes, and nothing else changes"
        return "repairs it: the settings of before the hold come back"

    @property
    def is_known(self) -> bool:
        """Whether it can be taken to its next step: there is a canary, and a record of it."""
        return (
            self.is_real
            and self.record is not None
            and self.disturbance in (None, Disturbance.CHANGED, Disturbance.SCALED)
        )

    @property
    def size(self) -> str:
        """`2 of 12`."""
        return f"{self.pods} of {self.desired}"

    @property
    def step(self) -> str:
        """`step 1 of 3`; nothing where there is but one before everything."""
        return steps.place(self.record.steps, self.record.step) if self.record is not None else ""

    @property
    def by(self) -> str:
        """Who began it; nothing where that is not known."""
        return clean(self.record.by) if self.record is not None else ""

    @property
    def next_step(self) -> int:
        """The index of the step that comes next."""
        assert self.record is not None
        return steps.following(self.record.steps, self.desired, self.pods)

    @property
    def next_pods(self) -> int | None:
        """How many pods the next step has; None for all of them."""
        assert self.record is not None
        step = self.record.steps[self.next_step]
        return None if steps.is_full(step, self.desired) else steps.in_pods(step, self.desired)


_record: Final = msgspec.json.Decoder(Record)


def read(text: str | None) -> Record | None:
    """The record that an annotation holds; None where there is none, or it is not one that this ktui can read."""
    if text is None:
        return None
    try:
        record = reading.read(_record, text)
    except reading.NotRead:
        return None
    return record if record.version == VERSION else None


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
        disturbance, told = _not_held(deployment, written)
        return Hold(written, False, pods, desired, disturbance, told)
    record = _newest(replicasets, written)
    if now is None or not deployment.observed:
        return Hold(record, True, pods if now is not None or record is None else record.pods, desired)
    if text is not None and written is None and _is_newer(text):
        told = "this canary is held by a newer ktui: update ktui to read its record"
        return Hold(None, True, pods, desired, Disturbance.NEWER, told)
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
        return Disturbance.REPLACED, f"someone put {image} in the canary's place: {pods} of it held"
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
