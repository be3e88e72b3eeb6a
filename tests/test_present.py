"""The time that something is worked out for notes until when that stays true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from ktui.kinds.registry import rollout_of
from ktui.model.store import Store
from ktui.present import Present, Validity
from ktui.rollout.progress import Track
from ktui.text import age
from tests.recorded import OF_DEPLOYMENTS, SETS, Note, clock, recording

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


def ago(**amount: float) -> datetime:
    return NOW - timedelta(**amount)


@pytest.mark.parametrize(
    ("since", "stays"),
    [
        (ago(seconds=12.25), 0.75),
        (ago(minutes=12, seconds=20), 40),
        (ago(hours=9, minutes=15), 45 * 60),
        (ago(days=20, hours=20), 4 * 3600),
        (NOW + timedelta(seconds=3), 4),
    ],
)
def test_an_age_stays_true_until_it_is_told_in_other_words(since: datetime, stays: float) -> None:
    now = Present.at(NOW)
    assert age(since, now) == age(since, NOW)
    assert now.validity == Validity(NOW, NOW + timedelta(seconds=stays))
    assert age(since, NOW + timedelta(seconds=stays)) != age(since, NOW)


def test_the_first_of_several_to_change_counts() -> None:
    now = Present.at(NOW)
    age(ago(days=3), now)
    age(ago(minutes=30, seconds=50), now)
    age(ago(hours=5), now)
    assert now.lasts == 10


def test_a_comparison_stays_true_until_that_time_has_come() -> None:
    then, past = NOW + timedelta(seconds=90), ago(days=1)
    now = Present.at(NOW)
    assert now < then
    assert now.lasts == 90
    now = Present.at(NOW)
    assert now <= then
    assert now.lasts == 90
    now = Present.at(NOW)
    assert then > now
    assert then >= now
    assert now.lasts == 90
    assert past < now
    assert now.lasts == 90


def test_what_is_worked_out_from_it_otherwise_stays_true_for_a_second() -> None:
    earlier, left, later = Present.at(NOW), Present.at(NOW), Present.at(NOW)
    assert earlier - timedelta(days=1) == ago(days=1)
    assert NOW - left == timedelta()
    assert later + timedelta(days=1) == NOW + timedelta(days=1)
    assert [each.lasts for each in (earlier, left, later)] == [1, 1, 1]


def test_a_part_notes_for_the_whole() -> None:
    whole = Present.at(NOW)
    whole.note(50)
    part = Present.at(whole)
    part.note(70)
    assert (part.lasts, whole.lasts) == (70, 50)
    part.note(20)
    assert (part.lasts, whole.lasts) == (20, 20)


def test_a_clock_that_was_put_back_ends_it() -> None:
    validity = Validity(NOW, NOW + timedelta(seconds=10))
    assert [validity.holds(NOW + timedelta(seconds=after)) for after in (-1, 0, 9, 10)] == [False, True, True, False]


@pytest.mark.parametrize("name", [*OF_DEPLOYMENTS, SETS])
def test_a_rollout_stays_as_it_is_until_its_present_says_so(name: str) -> None:
    store, asked = Store(), 0
    tracks: dict[str, Track] = {}
    for said in recording(name):
        if isinstance(said, Note):
            continue
        store.apply([said.change])
        now = clock(name) + timedelta(seconds=said.t)
        for workload in list(map(store.workload, store.take_dirty())):
            if workload is None:
                continue
            uid, present = workload.metadata.uid, Present.at(now)
            tracks[uid], rollout = rollout_of(store, workload, tracks.get(uid), present)
            assert msgspec.to_builtins([tracks[uid], rollout]), "what is kept has plain times"
            at_last = present.validity.until - timedelta(milliseconds=1)
            then = rollout_of(store, workload, tracks[uid], at_last)[1]
            # How long it may still take is a guess, and is rounded.
            assert (then.seconds_left or 0) - (rollout.seconds_left or 0) <= 1
            assert replace(then, seconds_left=rollout.seconds_left) == rollout
            asked += present.lasts > 1
    assert asked
