"""What ktui records of one rollout, and how two records of the same rollout are merged (docs/report.md)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class Outcome(StrEnum):
    """How a rollout ended, as far as ktui knows."""

    OPEN = "not seen to its end"
    """It was running when ktui last saw it, or it ended while ktui did not watch."""
    COMPLETE = "complete"
    LATE = "late"
    """Complete, but after its progress deadline had passed: a pipeline that waited for it has failed."""
    FAILED = "failed"
    """The progress deadline has passed, and it did not complete after that."""
    ROLLED_BACK = "rolled back"
    """An earlier template came back before it was complete."""
    REPLACED = "replaced"
    """A newer template came before it was complete."""
    DELETED = "deleted"


class Sight(StrEnum):
    """How much of a rollout ktui saw, from least to most. The values are in files and in the JSON report: they stay."""

    INFERRED = "told"
    """It was over when ktui started; ktui takes what the cluster still has of it."""
    JOINED = "joined"
    """It was running when ktui started; the cluster recorded when it began."""
    WATCHED = "watched"
    """ktui saw it begin."""


_SIGHTS: Final = tuple(Sight)

_UNDECIDED: Final = frozenset({Outcome.OPEN, Outcome.FAILED})


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout. Times have a time zone, durations are seconds; None means unknown or not applicable.

    There is one per uid and revision: a rollback gives a template a new number, so it is a rollout of its own.
    """

    uid: str
    revision: int
    namespace: str
    name: str
    kind: str = "Deployment"
    """`Deployment`, `StatefulSet` or `DaemonSet`."""
    from_revision: int = 0
    """The revision that it replaced; 0 if there was none or it is unknown."""
    image: str = ""
    from_image: str = ""
    """The image that was replaced; empty if the image did not change."""
    sight: Sight = Sight.INFERRED
    outcome: Outcome = Outcome.OPEN
    is_rollback: bool = False
    """It brought an earlier template back."""
    deployed_by: str = ""
    """The tool that deployed it, from the object's labels and annotations."""
    started: datetime | None = None
    finished: datetime | None = None
    """When it was complete or replaced. A passed deadline does not finish it: it may still complete."""
    troubled: datetime | None = None
    """When it first had a problem that waiting does not fix, or its deadline passed."""
    failed: datetime | None = None
    """When its deadline passed."""
    cause: str = ""
    """The kind of its first problem: `crash`, `image` (docs/causes.md)."""
    sentence: str = ""
    """The sentence that the screen showed for it."""
    waited: float = 0.0
    """Seconds that it was paused, or held as a canary."""
    lowest: int | None = None
    """The fewest available pods while ktui watched."""
    promised: int | None = None
    """The guaranteed minimum at that moment, but not more than the pods that were available before the rollout."""
    desired: int = 0

    @property
    def at(self) -> datetime | None:
        """The start, or the best known substitute."""
        return self.started or self.troubled or self.finished

    @property
    def is_over(self) -> bool:
        """Whether its outcome is final. A failed rollout can still complete until another one replaces it."""
        return self.outcome not in _UNDECIDED or self.finished is not None

    @property
    def succeeded(self) -> bool | None:
        """Whether it counts as a success; None if it is not counted or unknown.

        A rollout that a newer one replaced failed only if it had a problem.
        """
        match self.outcome:
            case Outcome.COMPLETE:
                return True
            case Outcome.LATE | Outcome.FAILED | Outcome.ROLLED_BACK:
                return False
            case Outcome.REPLACED if self.troubled is not None:
                return False
            case _:
                return None

    @property
    def completed(self) -> bool:
        """Whether it completed, within its deadline or not."""
        return self.outcome in (Outcome.COMPLETE, Outcome.LATE)

    @property
    def took(self) -> float | None:
        """Seconds from start to end, without pauses and holds; None if either is unknown."""
        if self.started is None or self.finished is None:
            return None
        took = (self.finished - self.started).total_seconds() - self.waited
        # Negative if the clocks of the cluster and of this machine differ by more than the duration.
        return took if took >= 0 else None

    @property
    def duration(self) -> float | None:
        """The duration if it can be compared with others: complete, never paused or held, with desired pods."""
        return self.took if self.completed and not self.waited and self.desired else None

    @property
    def missing(self) -> int:
        """How many pods below the guaranteed minimum were available at the worst moment."""
        return max(0, self.promised - self.lowest) if self.lowest is not None and self.promised is not None else 0


def merged(one: Record, other: Record) -> Record:
    """Two records of the same rollout as one: the one that saw more wins, and what only the other knows is kept.

    The order of the two makes no difference.
    """
    more, less = (one, other) if _weight(one) >= _weight(other) else (other, one)
    ended = more if more.outcome is not Outcome.OPEN else less
    low = min((each for each in (more, less) if each.lowest is not None), key=_capacity, default=more)
    trouble = min(
        (each for each in (more, less) if each.troubled is not None),
        key=lambda each: _stamp(each.troubled),
        default=more,
    )
    seen = max(one, other, key=lambda each: _SIGHTS.index(each.sight))
    return msgspec.structs.replace(
        more,
        sight=seen.sight,
        started=seen.started or more.started or less.started,
        from_revision=more.from_revision or less.from_revision,
        image=more.image or less.image,
        from_image=more.from_image or less.from_image,
        deployed_by=more.deployed_by or less.deployed_by,
        is_rollback=more.is_rollback or less.is_rollback,
        outcome=Outcome.LATE if ended.outcome is Outcome.COMPLETE and (one.failed or other.failed) else ended.outcome,
        finished=ended.finished,
        failed=more.failed or less.failed,
        troubled=trouble.troubled,
        cause=trouble.cause,
        sentence=trouble.sentence,
        waited=max(one.waited, other.waited),
        lowest=low.lowest,
        promised=low.promised,
        desired=more.desired or less.desired,
    )


def _weight(record: Record) -> tuple[bool, bool, int]:
    """A record with the end outweighs one without; then the one that saw more of the start."""
    return record.is_over, record.outcome is not Outcome.OPEN, _SIGHTS.index(record.sight)


def _capacity(record: Record) -> tuple[int, int]:
    return record.lowest or 0, -(record.promised or 0)


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
