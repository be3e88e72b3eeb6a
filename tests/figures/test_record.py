"""Two accounts of one rollout become one, whichever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ktui.figures.record import Outcome, Record, Sight, merged

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

times = st.none() | st.integers(0, 600).map(lambda seconds: NOON + timedelta(seconds=seconds))
accounts = st.builds(
    Record,
    uid=st.just("u"),
    revision=st.just(2),
    namespace=st.just("shop"),
    name=st.just("cart"),
    sight=st.sampled_from(Sight),
    outcome=st.sampled_from(Outcome),
    started=times,
    finished=times,
    troubled=times,
    failed=times,
    lowest=st.none() | st.integers(0, 4),
    promised=st.integers(0, 4),
    waited=st.floats(0, 100),
)


def record(**members: Any) -> Record:
    return Record(uid="u", revision=2, namespace="shop", name="cart", **members)


@given(accounts)
def test_an_account_adds_nothing_to_itself(one: Record) -> None:
    again = merged(one, one)
    assert again == (replace(one, outcome=again.outcome))


@given(accounts, accounts)
def test_nothing_that_was_known_is_lost(one: Record, other: Record) -> None:
    both = merged(one, other)
    assert (both.outcome is Outcome.OPEN) == (one.outcome is other.outcome is Outcome.OPEN)
    assert (both.troubled is None) == (one.troubled is other.troubled is None)
    assert (both.lowest is None) == (one.lowest is other.lowest is None)
    assert (both.started is None) == (one.started is other.started is None)
    lows = [each.lowest for each in (one, other) if each.lowest is not None]
    assert both.lowest == min(lows, default=None)


@given(accounts, accounts)
def test_the_order_makes_no_difference_to_what_was_measured(one: Record, other: Record) -> None:
    forth, back = merged(one, other), merged(other, one)
    assert (forth.lowest, forth.troubled, forth.waited, forth.sight) == (
        back.lowest, back.troubled, back.waited, back.sight,
    )  # fmt: skip


def test_one_saw_it_begin_and_the_other_saw_it_end() -> None:
    began = record(sight=Sight.WATCHED, started=NOON, lowest=3, promised=3)
    ended = record(
        sight=Sight.JOINED, started=NOON - timedelta(seconds=1), outcome=Outcome.COMPLETE, lowest=2, promised=3,
        finished=NOON + timedelta(seconds=40),
    )  # fmt: skip
    both = merged(began, ended)
    assert (both.outcome, both.took, both.sight, both.missing) == (Outcome.COMPLETE, 40.0, Sight.WATCHED, 1)


def test_what_the_cluster_tells_later_does_not_undo_what_was_seen() -> None:
    failed = record(sight=Sight.WATCHED, outcome=Outcome.FAILED, started=NOON, failed=NOON, cause="crash")
    assert merged(failed, record(started=NOON)).outcome is Outcome.FAILED
    # It completed after all, while nobody watched.
    assert merged(failed, record(started=NOON, outcome=Outcome.COMPLETE)).outcome is Outcome.LATE


@pytest.mark.parametrize(
    ("outcome", "troubled", "succeeded"),
    [
        (Outcome.COMPLETE, None, True),
        (Outcome.COMPLETE, NOON, True),
        (Outcome.LATE, NOON, False),
        (Outcome.FAILED, NOON, False),
        (Outcome.ROLLED_BACK, None, False),
        (Outcome.REPLACED, None, None),
        (Outcome.REPLACED, NOON, False),
        (Outcome.DELETED, None, None),
        (Outcome.OPEN, None, None),
    ],
)
def test_what_counts_as_a_success(outcome: Outcome, troubled: datetime | None, succeeded: bool | None) -> None:
    assert record(outcome=outcome, troubled=troubled).succeeded is succeeded
