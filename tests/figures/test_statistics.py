"""The figures against plain oracles, and the calendar."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.figures import period
from ktui.figures.bars import bars, gathered
from ktui.figures.record import Outcome, Record, Sight
from ktui.figures.statistics import by_service, figures, lengths

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def record(minutes_ago: float, took: float | None = None, **members: Any) -> Record:
    """A rollout of shop/cart that began so long ago; complete where it took so many seconds."""
    started = NOW - timedelta(minutes=minutes_ago)
    made: dict[str, Any] = {
        "uid": members.get("name", "cart"),
        "revision": int(100_000 - minutes_ago),
        "namespace": "shop",
        "name": "cart",
        "started": started,
        "sight": Sight.WATCHED,
        "desired": 4,
    }
    if took is not None:
        made |= {"outcome": Outcome.COMPLETE, "finished": started + timedelta(seconds=took)}
    return Record(**(made | members))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200))
def test_median_and_p95_are_those_of_the_oracle(values: list[float]) -> None:
    found = lengths(values)
    assert found.median == statistics.median(values)
    assert found.longest == max(values)
    assert found.p95 in values
    # Nearest rank: at least 95 % are no longer, and of no shorter one that is so.
    assert sum(value <= found.p95 for value in values) >= 0.95 * len(values)
    shorter = [value for value in values if value < found.p95]
    assert len(shorter) < 0.95 * len(values)


@given(st.lists(st.sampled_from(Outcome), max_size=60))
def test_every_rollout_is_counted_once(outcomes: list[Outcome]) -> None:
    made = [record(each + 1, outcome=outcome) for each, outcome in enumerate(outcomes)]
    found = figures(made, NOW - WEEK, NOW, UTC)
    assert found.changes == len(made) == sum(found.outcomes.values()) == sum(step.changes for step in found.steps)
    assert found.succeeded == outcomes.count(Outcome.COMPLETE)
    assert found.failed == sum(map(outcomes.count, (Outcome.LATE, Outcome.FAILED, Outcome.ROLLED_BACK)))
    assert (found.success_rate is None) == (found.ended == 0)


def test_nothing_is_told_from_nothing() -> None:
    found = figures([], NOW - WEEK, NOW, UTC)
    assert (found.success_rate, found.durations.median, found.recoveries.p95, found.unrecovered) == (
        None,
        None,
        None,
        0,
    )
    assert len(found.steps) == 8


def test_durations_are_of_rollouts_that_compare() -> None:
    made = [
        record(50, 40.0),
        record(40, 60.0, outcome=Outcome.LATE, failed=NOW),
        record(30, 900.0, waited=800.0),
        record(20, 0.0, desired=0),
        record(10, 5.0, outcome=Outcome.ROLLED_BACK),
    ]
    found = figures(made, NOW - WEEK, NOW, UTC)
    assert (found.durations.count, found.durations.median, found.recent) == (2, 50.0, (40.0, 60.0))
    assert found.paused_or_held == 1


def test_a_service_recovers_with_the_next_rollout_that_completes() -> None:
    def at(minutes: float) -> datetime:
        return NOW - timedelta(minutes=minutes)

    made = [
        # Two in a row go wrong: it is one trouble, of 20 minutes.
        record(60, troubled=at(59), failed=at(50), outcome=Outcome.FAILED, finished=at(48)),
        record(48, troubled=at(47), outcome=Outcome.ROLLED_BACK, finished=at(40)),
        record(40, 60.0, is_rollback=True),
        # It came good by itself.
        record(30, 240.0, troubled=at(29)),
        # Another service is in trouble still.
        record(5, name="api", troubled=at(4)),
    ]
    found = figures(made, NOW - WEEK, NOW, UTC)
    assert (found.recoveries.count, found.recoveries.longest, found.unrecovered) == (2, 20 * 60, 1)
    assert found.recoveries.median == (20 * 60 + 180) / 2
    assert found.rollbacks == 1


def test_the_worst_service_comes_first_with_its_commonest_cause() -> None:
    made = [
        *(record(each, 10.0, name="steady") for each in range(1, 20)),
        *(record(each, outcome=Outcome.FAILED, troubled=NOW, cause="crash", sentence="n") for each in (31, 32)),
        record(33, outcome=Outcome.FAILED, troubled=NOW, cause="image", sentence="i"),
        record(34, outcome=Outcome.FAILED, troubled=NOW, cause="oom", sentence="o", name="often", uid="o"),
        record(35, 10.0, name="often"),
    ]
    found = by_service(made, NOW - WEEK, NOW, UTC)
    assert [service.name for service, _ in found] == ["cart", "often", "steady"]
    assert [(each.cause, each.count) for each in found[0][1].troubles] == [("crash", 2), ("image", 1)]


def test_too_few_pods_are_told_the_worst_first() -> None:
    made = [
        record(30, 10.0, lowest=3, promised=3),
        record(20, 10.0, lowest=2, promised=3, name="slightly"),
        record(10, 10.0, lowest=0, promised=4, name="badly"),
        record(5, 10.0),
    ]
    found = figures(made, NOW - WEEK, NOW, UTC)
    assert found.watched_lows == 3
    assert [each.name for each in found.breaches] == ["badly", "slightly"]


# The calendar


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]
)
@pytest.mark.parametrize("until", ["2026-03-30T09:00", "2026-10-26T09:00", "2026-11-02T09:00", "2018-11-05T02:00"])
def test_days_are_those_of_the_zone_whatever_the_clocks_do(zone: str, until: str) -> None:
    here = ZoneInfo(zone)
    end = datetime.fromisoformat(until).replace(tzinfo=here)
    made = [
        Record(uid="u", revision=n, namespace="shop", name="cart", started=end - timedelta(minutes=30 * n))
        for n in range(1, 48 * 7)
    ]
    steps = figures(made, end - WEEK, end, here).steps
    days = [step.begins.astimezone(here).date() for step in steps]
    assert days == sorted(set(days))
    assert days[-1] - days[0] == timedelta(days=len(days) - 1)
    for step in steps:
        oracle = [each for each in made if each.started and each.started.astimezone(here).date() == step.begins.date()]
        assert step.changes == len(oracle)


@pytest.mark.parametrize("until", ["2026-10-25T04:30", "2026-03-29T04:30", "2026-11-23T12:00"])
def test_a_short_period_is_told_by_the_hour_and_an_hour_that_comes_twice_is_two(until: str) -> None:
    here = ZoneInfo("Europe/Berlin")
    end = datetime.fromisoformat(until).replace(tzinfo=here).astimezone(UTC)
    made = [
        Record(uid="u", revision=n, namespace="shop", name="cart", started=end - timedelta(minutes=20 * n))
        for n in range(1, 72)
    ]
    steps = figures(made, end - timedelta(days=1), end, here).steps
    assert [step.changes for step in steps[1:-1]] == [3] * 23
    assert len({step.begins.astimezone(UTC) for step in steps}) == len(steps) == 25


def test_the_zone_of_the_machine_is_used_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        late = record(0, started=datetime(2026, 11, 22, 16, 0, tzinfo=UTC))
        steps = figures([late], NOW - WEEK, NOW).steps
        (step,) = (step for step in steps if step.changes)
        assert step.begins.isoformat() == "2026-11-23T00:00:00+09:00"
        assert period.since("2026-11-23", NOW).isoformat() == "2026-11-23T00:00:00+09:00"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("24h", NOW - timedelta(days=1)),
        ("7d", NOW - WEEK),
        ("2w", NOW - 2 * WEEK),
        (" 2026-11-01 ", datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_since(text: str, begins: datetime) -> None:
    assert period.since(text, NOW, UTC) == begins


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "1y", "999999w", "2026-13-01", "2027-01-01", "0h", "٣d"])
def test_since_what(text: str) -> None:
    with pytest.raises(ValueError, match=r"is neither|is not in the past"):
        period.since(text, NOW, UTC)


def test_bars() -> None:
    assert bars([0, 1, 2, 4]) == "·▃▅█"
    assert bars([0, 1, 2, 4], highest=8) == "·▂▃▅", "rows that are compared share a scale"
    assert bars([]) == ""
    assert gathered([1, 2, 3, 4, 5], 3) == [1, 5, 9]
    assert gathered([1, 2], 3) == [1, 2]
