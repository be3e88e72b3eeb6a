"""One rollout with everything that the detail screen shows: revisions with their pods, conditions, events, capacity.

All text in here is fit for a screen: on one line, and without characters that move, hide or reorder.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from heapq import nlargest
from typing import Final

import msgspec

from ktui.model.events import Event
from ktui.model.objects import Condition
from ktui.redaction import redact_message
from ktui.rollout.bounds import Bounds
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.podstatus import PodState
from ktui.rollout.progress import Sample
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import DEADLINE_EXCEEDED
from ktui.text import clean

EVENTS_SHOWN: Final = 200
"""How many events a detail holds, the newest ones."""

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
"""Before anything that a cluster tells of: what has no time is the oldest."""


class Revision(msgspec.Struct, frozen=True):
    """One revision: a ReplicaSet or a ControllerRevision, its numbers and its pods.

    `pods` are in the order in which they were made, those that are stopping included, so that each keeps its place.
    """

    number: int
    uid: str
    name: str
    images: tuple[str, ...]
    created: datetime | None
    change_cause: str
    wanted: int
    existing: int
    ready: int
    available: int
    min_ready_seconds: int
    former: tuple[int, ...]
    """The numbers that it had before rollbacks gave it this one."""
    is_current: bool
    pods: tuple[PodState, ...]
    note: str = ""
    """What only its kind tells of a revision: its share of the traffic, its tags."""


class ConditionRow(msgspec.Struct, frozen=True):
    """A condition of the workload; `is_bad` where it tells of something wrong."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None
    is_bad: bool


class EventRow(msgspec.Struct, frozen=True):
    """Something that happened to the workload, to one of its revisions or to one of their pods."""

    uid: str
    at: datetime | None
    kind: str
    name: str
    """The name of what it happened to, without what it shares with its owner's: `…x2k7p`."""
    reason: str
    message: str
    count: int
    is_warning: bool


class Capacity(msgspec.Struct, frozen=True):
    """How many pods were available over the rollout, against how many were promised."""

    samples: tuple[Sample, ...]
    promised: int
    desired: int


class Tone(StrEnum):
    """How a line of a section is meant."""

    PLAIN = "plain"
    GOOD = "good"
    """Done, or as it should be."""
    NOW = "now"
    """What is going on."""
    WAIT = "wait"
    """What someone has to decide."""
    BAD = "bad"


class SectionLine(msgspec.Struct, frozen=True):
    """One line that a kind tells of itself, and what stands beside it."""

    text: str
    tone: Tone = Tone.PLAIN
    note: str = ""


class Section(msgspec.Struct, frozen=True):
    """Something that only this kind of workload has: the steps of a canary, an analysis."""

    title: str
    lines: tuple[SectionLine, ...]


class Detail(msgspec.Struct, frozen=True):
    """A rollout in full. Equal ones look the same on the screen."""

    rollout: Rollout
    created: datetime | None
    strategy: str
    """`RollingUpdate`, `Recreate` or `OnDelete`."""
    bounds: Bounds
    min_ready_seconds: int
    deadline_seconds: int | None
    """None where there is no deadline."""
    revisions: tuple[Revision, ...]
    """The newest first."""
    conditions: tuple[ConditionRow, ...]
    events: tuple[EventRow, ...]
    """The newest first."""
    capacity: Capacity
    remarks: tuple[Cause, ...] = ()
    """What is worth knowing of the policies that act on its pods, if they were read."""
    sections: tuple[Section, ...] = ()
    """What only its kind has, the most telling first."""
    partition: int = 0
    """Of a StatefulSet: pods with an ordinal below it stay as they are."""


def condition_row(condition: Condition) -> ConditionRow:
    """A condition as it is shown."""
    return ConditionRow(
        type=clean(condition.type),
        status=clean(condition.status),
        reason=clean(condition.reason),
        message=clean(redact_message(condition.message)),
        since=condition.last_transition_time,
        is_bad=_is_bad(condition),
    )


def _is_bad(condition: Condition) -> bool:
    match condition.type:
        case "Available":
            return condition.status == "False"
        case "Progressing":
            return condition.status == "False" or condition.reason == DEADLINE_EXCEEDED
        case "ReplicaFailure":
            return condition.status == "True"
        case _:
            return False


def newest_events(found: Iterable[tuple[Event, str]]) -> tuple[EventRow, ...]:
    """The newest of these events, each with the name that its object's begins with (empty for none)."""
    newest = nlargest(EVENTS_SHOWN, found, key=lambda pair: (pair[0].last_seen or LONG_AGO, pair[0].metadata.name))
    return tuple(_event(event, owner) for event, owner in newest)


def _event(event: Event, owner: str) -> EventRow:
    about = event.involved_object
    name = clean(about.name)
    prefix = f"{owner}-"
    return EventRow(
        uid=event.metadata.uid,
        at=event.last_seen,
        kind=clean(about.kind),
        name=f"…{name.removeprefix(prefix)}" if owner and name.startswith(prefix) else name,
        reason=clean(event.reason),
        message=clean(redact_message(event.message)),
        count=event.times,
        is_warning=event.type == "Warning",
    )
