"""What is remembered of one rollout, and how two accounts of the same one become one (docs/report.md)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class Outcome(StrEnum):
    """How a rollout ended, or what is known of it."""

    OPEN = "not seen to its end"
    """It was under way when it was last seen; or it is over, and nobody was there to see how."""
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
    """How much of a rollout ktui saw; the one that is named later saw more."""

    TOLD = "told"
    """It was over before ktui looked: this is what the cluster still reported of it."""
    JOINED = "joined"
    """It was under way when ktui began to watch; the cluster recorded when it began."""
    WATCHED = "watched"
    """ktui saw it begin."""


_SIGHTS: Final = tuple(Sight)

_UNDECIDED: Final = frozenset({Outcome.OPEN, Outcome.FAILED})


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout. Times are aware of their zone, lengths of it are seconds; None is unknown, or was not so.

    It is one per uid and revision: a rollback gives a template a new number, and is a rollout of its own.
    """

    uid: str
    revision: int
    namespace: str
    name: str
    kind: str = "Deployment"
    """`Deployment`, `StatefulSet` or `DaemonSet`."""
    from_revision: int = 0
    """The revision that it took the place of; 0 where there was none, or it is not known."""
    image: str = ""
    from_image: str = ""
    """The image that gave way, where another one took its place."""
    sight: Sight = Sight.TOLD
    outcome: Outcome = Outcome.OPEN
    is_rollback: bool = False
    """An earlier template came back with it."""
    deployed_by: str = ""
    """The tool that the object's own marks name."""
    started: datetime | None = None
    finished: datetime | None = None
    """When it was complete, or gave way; not when its deadline passed, for it may complete after that."""
    troubled: datetime | None = None
    """When something first stood in its way that waiting does not cure, or its deadline passed."""
    failed: datetime | None = None
    """When its deadline passed."""
    cause: str = ""
    """The kind of what stood in its way first: `crash`, `image` (docs/causes.md)."""
    sentence: str = ""
    """The same in words, as they were then."""
    waited: float = 0.0
    """For how long it was paused, or held as a canary."""
    lowest: int | None = None
    """The fewest pods that were available, as far as it was watched."""
    promised: int | None = None
    """How many were to be available at all times, at the moment of the fewest; no more than there were before it."""
    desired: int = 0

    @property
    def at(self) -> datetime | None:
        """When it was: its beginning, else the best that is known."""
        return self.started or self.troubled or self.finished

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come of it: what has failed may yet complete, until something else comes."""
        return self.outcome not in _UNDECIDED or self.finished is not None

    @property
    def succeeded(self) -> bool | None:
        """Whether it was a success; None where it was neither that nor a failure, or nobody knows.

        A rollout that a newer one replaced has failed only if something was wrong with it.
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
        """Whether it was complete in the end, in time or not."""
        return self.outcome in (Outcome.COMPLETE, Outcome.LATE)

    @property
    def took(self) -> float | None:
        """Seconds from its beginning to its end, without what it stood still; None where either is unknown."""
        if self.started is None or self.finished is None:
            return None
        took = (self.finished - self.started).total_seconds() - self.waited
        # Where the clocks of the cluster and of this machine disagree by more than it took, there is no telling.
        return took if took >= 0 else None

    @property
    def duration(self) -> float | None:
        """How long it took, where that compares with others: complete, never paused or held, with pods to replace."""
        return self.took if self.completed and not self.waited and self.desired else None

    @property
    def missing(self) -> int:
        """How many pods fewer than promised were available at the worst moment."""
        return max(0, self.promised - self.lowest) if self.lowest is not None and self.promised is not None else 0


def merged(one: Record, other: Record) -> Record:
    """Two accounts of the same rollout as one: who saw more has the word, and what only one knows is kept.

    The order of the two makes no difference to what was measured.
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
    """Who saw its end knows more than who did not, and then who saw more of its beginning."""
    return record.is_over, record.outcome is not Outcome.OPEN, _SIGHTS.index(record.sight)


def _capacity(record: Record) -> tuple[int, int]:
    return record.lowest or 0, -(record.promised or 0)


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
