"""The hold of a canary: what is written on the Deployment, what is really there, and who else had a hand in it.

A hold is real where `minReadySeconds` says so, whatever is written (docs/semantics.md, Hold a canary). What ktui writes
beside it is the annotation `ktui.dev/hold`. The Deployment controller copies that to the canary's ReplicaSet and
never takes it away there: from the copies one sees what someone else did, and a record that was lost comes back.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from ktui.rollout import steps
from ktui.rollout.held import MOST_STEPS, VERSION, Held, read_record

ANNOTATION: Final = "ktui.dev/hold"


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
        if not 0 <= self.step < len(self.steps) <= MOST_STEPS:
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


class Hold(Held, msgspec.Struct, frozen=True):
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
    sentence: str = ""
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
            return "repairs it: the hold continues as it is, with a new record"
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


_record: Final = msgspec.json.Decoder(Record)


def read(text: str | None) -> Record | None:
    """The record that an annotation holds; None where there is none, or it is not one that this ktui can read."""
    return read_record(_record, text)
