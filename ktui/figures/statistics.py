"""The figures of the report, computed from records (docs/report.md). Pure: period and time zone are arguments."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from math import ceil
from typing import Final, NamedTuple

import msgspec

from ktui.figures.record import Outcome, Record, Sight

DAY: Final = timedelta(days=1)
SHORT: Final = 2 * DAY
"""Periods up to this long are shown by the hour."""

_KEPT_DURATIONS: Final = 24
"""How many recent durations of a service are shown as bars."""


class Service(NamedTuple):
    """A namespace, kind and name, even if the object was deleted and created again."""

    namespace: str
    kind: str
    name: str


class Lengths(msgspec.Struct, frozen=True):
    """Statistics of durations, in seconds; None if there are none."""

    count: int = 0
    median: float | None = None
    """With an even count, the mean of the two middle ones."""
    p95: float | None = None
    """Nearest rank: the shortest that covers at least 95 %. With fewer than 20, the longest."""
    longest: float | None = None


class Step(msgspec.Struct, frozen=True):
    """A part of the period: a local day, or an hour where the period is short."""

    begins: datetime
    changes: int = 0
    failures: int = 0


class Trouble(msgspec.Struct, frozen=True):
    """A cause, how often it occurred, and its most recent sentence."""

    cause: str
    count: int
    sentence: str


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some rollouts that began in a period."""

    changes: int
    """How many rollouts began: new templates, restarts and rollbacks."""
    inferred: int
    """How many of them ktui did not see, but inferred from the cluster later."""
    steps: tuple[Step, ...]
    """The period from its beginning to its end, without gaps."""
    changes_a_day: float
    outcomes: dict[Outcome, int]
    """How many had each outcome; outcomes that no rollout had are left out."""
    succeeded: int
    failed: int
    durations: Lengths
    """Of completed rollouts, without those that were paused or held, or had no desired pods."""
    paused_or_held: int
    """How many completed rollouts are left out because they were paused or held."""
    recoveries: Lengths
    """From the first problem of a service to the next completion of one of its rollouts."""
    unrecovered: int
    """How many services still have a problem."""
    rollbacks: int
    watched_lows: int
    """For how many rollouts the lowest availability is known."""
    breaches: tuple[Record, ...]
    """Rollouts in which fewer pods were available than the guaranteed minimum, worst first."""
    troubles: tuple[Trouble, ...]
    """The causes of problems, most frequent first."""
    recent: tuple[float, ...]
    """The most recent durations, in order."""

    @property
    def ended(self) -> int:
        """How many count as success or failure."""
        return self.succeeded + self.failed

    @property
    def success_rate(self) -> float | None:
        """Successes ÷ (successes + failures), 0 to 1; None if there is neither."""
        return self.succeeded / self.ended if self.ended else None


def figures(records: Iterable[Record], since: datetime, until: datetime, zone: tzinfo | None = None) -> Figures:
    """The figures of the rollouts that began at or after `since`; `until` is now. A start after `until` (a clock that
    is ahead) counts as now.

    Days are those of `zone`; None is the zone of this machine. Records without a time are left out.
    """
    known = sorted(_within(records, since), key=_began)
    recovered, unrecovered = _recoveries(known)
    durations = [each.duration for each in known if each.duration is not None]
    lows = [each for each in known if each.lowest is not None]
    return Figures(
        changes=len(known),
        inferred=sum(each.sight is Sight.INFERRED for each in known),
        steps=_steps(known, since, until, zone),
        changes_a_day=len(known) / max((until - since) / DAY, 1 / 24),
        outcomes=dict(Counter(each.outcome for each in known)),
        succeeded=sum(each.succeeded is True for each in known),
        failed=sum(each.succeeded is False for each in known),
        durations=lengths(durations),
        paused_or_held=sum(each.completed and each.waited > 0 for each in known),
        recoveries=lengths(recovered),
        unrecovered=unrecovered,
        rollbacks=sum(each.is_rollback for each in known),
        watched_lows=len(lows),
        breaches=tuple(sorted((each for each in lows if each.missing), key=lambda each: -_share_missing(each))),
        troubles=_troubles(known),
        recent=tuple(durations[-_KEPT_DURATIONS:]),
    )


def by_service(
    records: Iterable[Record], since: datetime, until: datetime, zone: tzinfo | None = None
) -> list[tuple[Service, Figures]]:
    """The figures of each service, worst first.

    Ordered by number of failures, then failure rate, then unrecovered problems, then time to recover, then changes.
    """
    services: defaultdict[Service, list[Record]] = defaultdict(list)
    for record in _within(records, since):
        services[Service(record.namespace, record.kind, record.name)].append(record)
    found = [(service, figures(its, since, until, zone)) for service, its in services.items()]
    return sorted(found, key=lambda each: (*_badness(each[1]), each[0]))


def lengths(values: Sequence[float]) -> Lengths:
    """The statistics of these durations."""
    if not values:
        return Lengths()
    ordered = sorted(values)
    rank = ceil(0.95 * len(ordered))
    return Lengths(len(ordered), statistics.median(ordered), ordered[rank - 1], ordered[-1])


def _within(records: Iterable[Record], since: datetime) -> list[Record]:
    return [each for each in records if each.at is not None and since <= each.at]


def _began(record: Record) -> tuple[datetime, int]:
    assert record.at is not None
    return record.at, record.revision


def _badness(of: Figures) -> tuple[float, ...]:
    rate = of.failed / of.ended if of.ended else 0.0
    return -of.failed, -rate, -of.unrecovered, -(of.recoveries.median or 0.0), -of.changes


def _share_missing(record: Record) -> float:
    return record.missing / (record.promised or 1)


def _troubles(records: Sequence[Record]) -> tuple[Trouble, ...]:
    """Each with its most recent sentence."""
    counted = Counter(each.cause for each in records if each.cause)
    newest = {each.cause: each.sentence for each in records if each.cause}
    return tuple(Trouble(cause, count, newest[cause]) for cause, count in counted.most_common())


def _recoveries(records: Sequence[Record]) -> tuple[list[float], int]:
    """How long each problem of a service lasted, in seconds, and how many services still have one."""
    moments: defaultdict[Service, list[tuple[datetime, bool]]] = defaultdict(list)
    for each in records:
        service = Service(each.namespace, each.kind, each.name)
        if each.troubled is not None:
            moments[service].append((each.troubled, True))
        if each.completed and each.finished is not None:
            moments[service].append((each.finished, False))
    lasted, open_ones = [], 0
    for its in moments.values():
        since: datetime | None = None
        for at, is_trouble in sorted(its):
            if is_trouble:
                since = since or at
            elif since is not None:
                lasted.append((at - since).total_seconds())
                since = None
        open_ones += since is not None
    return lasted, open_ones


def _steps(records: Sequence[Record], since: datetime, until: datetime, zone: tzinfo | None) -> tuple[Step, ...]:
    """Local calendar days of that zone, correct across clock changes; hours if the period is short."""
    is_short = until - since <= SHORT
    place = _hour if is_short else _day
    walked = _moments(since, until, timedelta(hours=1) if is_short else DAY / 2)
    counts = {place(at, zone): [0, 0] for at in walked}
    for each in records:
        changes = counts[place(min(_began(each)[0], until), zone)]
        changes[0] += 1
        changes[1] += each.succeeded is False
    return tuple(Step(begins.astimezone(zone), *counts[begins]) for begins in sorted(counts))


def _moments(since: datetime, until: datetime, apart: timedelta) -> Iterator[datetime]:
    """Moments from start to end, close enough that every step contains one."""
    at = since
    while at < until:
        yield at
        at += apart
    yield until


def _hour(at: datetime, zone: tzinfo | None) -> datetime:
    return at.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def _day(at: datetime, zone: tzinfo | None) -> datetime:
    midnight = datetime.combine(at.astimezone(zone).date(), time(), tzinfo=zone)
    return midnight.astimezone(UTC)
