"""Watches rollouts go by, and says what is to be remembered of them. No clock and no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from ktui.figures.record import Outcome, Record, Sight
from ktui.rollout.diagnosis.cause import Kind
from ktui.rollout.rollout import Phase, Rollout

_LONGEST_SENTENCE: Final = 240


class _Watched(msgspec.Struct, frozen=True):
    """One workload as it was last seen: the record of its rollout, and since when that stands still."""

    record: Record
    template: bytes
    available: int
    """How many pods serve now."""
    had: int | None = None
    """How many did when the rollout began; None where that was not seen."""
    still_since: datetime | None = None


class Observer:
    """Is shown the rollouts of one scope as they change, and yields a record when one begins, goes wrong or ends.

    A rollout is a revision that the controller has numbered: what only a spec asks for has not begun. Whatever a
    complete rollout is asked for later (more pods, pods that were lost) is none.
    """

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._news: dict[tuple[str, int], Record] = {}
        self._still_before: set[str] = set()
        """Those that were changed while paused: their rollouts begin when they are resumed."""
        self.has_listed = False
        """Whether all that existed has been shown: the caller says so. What comes after that is new."""
        self.was_there: set[str] = set()
        """The uids of what existed too, but cannot be shown before more is known of it."""

    def observe(self, rollout: Rollout, now: datetime, tell: Callable[[], Sequence[Record]] = tuple) -> None:
        """Show a rollout as it is now. At the first look, `tell` is asked for what the cluster knows of its past."""
        if not is_numbered(rollout):
            if _stands_still(rollout):
                self._still_before.add(rollout.uid)
            return
        before = self._watched.get(rollout.uid)
        if before is None:
            records = tell()
            for record in records:
                self._note(record)
            over = next((each for each in records if each.revision == rollout.revision and each.is_over), None)
            is_new = self.has_listed and rollout.uid not in self.was_there
            seen = Sight.WATCHED if is_new else Sight.JOINED
            before = _Watched(over or self._begun(rollout, seen, now), rollout.template, rollout.progress.available)
        elif rollout.revision > before.record.revision and rollout.template != before.template:
            record = self._begun(rollout, Sight.WATCHED, now, before)
            self._gave_way(before, now, Outcome.ROLLED_BACK if record.is_rollback else Outcome.REPLACED)
            before = _Watched(record, rollout.template, rollout.progress.available, had=before.available)
        elif rollout.template != before.template:
            return
        self._watched[rollout.uid] = self._followed(before, rollout, now)

    def gone(self, uid: str, now: datetime) -> None:
        """That workload no longer exists."""
        self._still_before.discard(uid)
        self.was_there.discard(uid)
        before = self._watched.pop(uid, None)
        if before is not None:
            self._gave_way(before, now, Outcome.DELETED)

    def take(self) -> list[Record]:
        """What there is to be written down since this was last asked."""
        news, self._news = list(self._news.values()), {}
        return news

    def leave(self, now: datetime) -> list[Record]:
        """As `take`, at the end of watching: with what is known so far of the rollouts that still run."""
        for watched in self._watched.values():
            if not watched.record.is_over:
                self._note(_waited(watched, now))
        self._watched.clear()
        self._still_before.clear()
        self.was_there.clear()
        return self.take()

    # How a rollout goes

    def _begun(self, rollout: Rollout, sight: Sight, now: datetime, before: _Watched | None = None) -> Record:
        change = rollout.image_change
        gave_way = change[0] if change is not None else before.record.image if before is not None else ""
        was_still = rollout.uid in self._still_before
        self._still_before.discard(rollout.uid)
        record = Record(
            uid=rollout.uid,
            revision=rollout.revision,
            namespace=rollout.namespace,
            name=rollout.name,
            kind=rollout.kind,
            from_revision=before.record.revision if before is not None else rollout.previous_revision,
            image=change[1] if change is not None else rollout.image,
            from_image=gave_way if gave_way != rollout.image else "",
            sight=sight,
            is_rollback=rollout.came_back,
            deployed_by=rollout.by,
            started=now if was_still else rollout.started or (now if before is not None else None),
            desired=rollout.progress.desired,
        )
        self._note(record)
        return record

    def _gave_way(self, before: _Watched, now: datetime, outcome: Outcome) -> None:
        record = before.record
        if not record.is_over:
            ended = Outcome.FAILED if record.failed is not None else outcome
            self._note(replace(_waited(before, now), outcome=ended, finished=now))

    def _followed(self, before: _Watched, rollout: Rollout, now: datetime) -> _Watched:
        """With what this look adds. A rollout that is over is as it was."""
        if before.record.is_over or rollout.phase is Phase.DELETED:
            return replace(before, available=rollout.progress.available)
        still = _stands_still(rollout)
        record = before.record if still else _waited(before, now)
        still_since = (before.still_since or now) if still else None
        record = _measured(record, rollout, before.had)
        judged = _ended(_troubled(record, rollout, now), rollout)
        if (judged.outcome, judged.cause) != (record.outcome, record.cause):
            self._note(judged)
        return _Watched(judged, before.template, rollout.progress.available, before.had, still_since)

    def _note(self, record: Record) -> None:
        self._news[record.uid, record.revision] = record


def is_numbered(rollout: Rollout) -> bool:
    """Whether the revision's number is that of this template: a template that comes back first has its old one."""
    return rollout.observed and rollout.revision > max(0, rollout.previous_revision)


def _stands_still(rollout: Rollout) -> bool:
    return rollout.paused or (rollout.hold is not None and rollout.hold.is_real) or rollout.phase is Phase.HELD


def _waited(watched: _Watched, now: datetime) -> Record:
    """The record with the time added for which it has stood still."""
    if watched.still_since is None:
        return watched.record
    longer = max(0.0, (now - watched.still_since).total_seconds())
    return replace(watched.record, waited=watched.record.waited + longer)


def _measured(record: Record, rollout: Rollout, had: int | None) -> Record:
    """With the fewest pods so far, and how many were promised at that moment.

    A rollout cannot be blamed for pods that were missing before it began.
    """
    numbers, lowest = rollout.progress, rollout.lowest
    if lowest is None or (record.lowest is not None and lowest >= record.lowest):
        return replace(record, desired=numbers.desired) if numbers.desired != record.desired else record
    promised = numbers.promised if had is None else min(numbers.promised, had)
    return replace(record, lowest=lowest, promised=promised, desired=numbers.desired)


def _troubled(record: Record, rollout: Rollout, now: datetime) -> Record:
    if rollout.phase not in (Phase.STALLED, Phase.FAILED):
        return record
    failed = record.failed
    if failed is None and rollout.phase is Phase.FAILED:
        failed = min(rollout.since or now, now)
    first = next((cause for cause in rollout.causes if cause.blocking and not cause.remark), None)
    kind = first.kind if first is not None else Kind.DEADLINE
    # That the deadline passed is no cause once something is known to be behind it.
    if record.troubled is None or (record.cause == Kind.DEADLINE and kind is not Kind.DEADLINE):
        text = (first.lasting or first.sentence) if first is not None else rollout.verdict.line
        sentence = text[:_LONGEST_SENTENCE]
        record = replace(record, troubled=record.troubled or failed or now, cause=kind.value, sentence=sentence)
    return replace(record, failed=failed, outcome=Outcome.FAILED) if failed is not None else record


def _ended(record: Record, rollout: Rollout) -> Record:
    if rollout.finished is None:
        return record
    outcome = Outcome.LATE if record.failed is not None else Outcome.COMPLETE
    return replace(record, outcome=outcome, finished=rollout.finished)
