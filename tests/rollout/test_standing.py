"""Which revision was the last good one: what serves, what is remembered, and what the numbers tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ktui.rollout.track_record import Account, Candidate, Standing, last_good, outcome_mark, standings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COMPLETE, FAILED = Account(Standing.COMPLETE), Account(Standing.FAILED, NOW - timedelta(minutes=25), "3 of 3 crash.")


def chosen(candidates: list[Candidate], remembered: dict[int, Account] | None = None) -> int:
    found = last_good(candidates, remembered or {})
    return found.number if found is not None else 0


def test_what_serves_comes_before_what_is_newer() -> None:
    two_bad = [Candidate(32, is_current=True), Candidate(31), Candidate(30, available=3)]
    assert chosen(two_bad) == 30
    assert chosen(two_bad, {31: COMPLETE}) == 30
    assert chosen(two_bad, {30: FAILED}) == 30  # there is nothing that does better


def test_a_crash_loop_that_is_up_for_a_moment_does_not_serve() -> None:
    back = [Candidate(6, (4,), 5, is_current=True), Candidate(5, available=1), Candidate(3)]
    assert chosen(back) == 3
    assert chosen(back, {5: FAILED}) == 3


def test_what_failed_is_passed_over() -> None:
    fixed_forward = [Candidate(6, available=4, is_current=True), Candidate(5), Candidate(4), Candidate(3)]
    assert chosen(fixed_forward) == 5
    assert chosen(fixed_forward, {5: FAILED}) == 4
    assert chosen(fixed_forward, {5: FAILED, 4: FAILED}) == 3


def test_a_revision_that_an_earlier_one_took_the_place_of_is_passed_over_unless_it_was_complete() -> None:
    back = [Candidate(6, (2, 4), 4, is_current=True), Candidate(5), Candidate(3), Candidate(1)]
    assert chosen(back) == 1
    assert standings(back, {})[5].standing is standings(back, {})[3].standing is Standing.ABANDONED
    assert chosen(back, {3: COMPLETE}) == 3
    unnumbered = [Candidate(6, available=4, is_current=True, came_back=True), Candidate(5), Candidate(3)]
    assert chosen(unnumbered) == 3


def test_where_all_are_bad_the_newest_is_left() -> None:
    assert chosen([Candidate(3, (1,), 4, is_current=True), Candidate(2)]) == 2
    assert chosen([Candidate(3, available=4, is_current=True)]) == 0
    assert chosen([Candidate(3, is_current=True), Candidate(0, available=4)]) == 0


def test_what_is_remembered_under_a_former_number_counts_and_the_newest_counts_most() -> None:
    came_back = [Candidate(7, available=4, is_current=True), Candidate(6, (4,)), Candidate(3)]
    assert chosen(came_back, {4: FAILED}) == 3
    assert chosen(came_back, {4: FAILED, 6: COMPLETE}) == 6


def test_it_is_told_in_a_sentence() -> None:
    assert FAILED.sentence(5, NOW) == "Revision 5 failed 25m ago: 3 of 3 crash"
    assert Account(Standing.ABANDONED).sentence(5, NOW) == "Revision 5 was rolled back: an earlier revision replaced it"
    assert (outcome_mark(FAILED), outcome_mark(COMPLETE)) == ("failed", "")


@given(
    st.lists(
        st.builds(Candidate, st.integers(0, 6), st.just(()), st.integers(0, 3), st.booleans()),
        unique_by=lambda each: each.number,
    ),
    st.dictionaries(st.integers(0, 6), st.builds(Account, st.sampled_from(Standing))),
)
def test_it_is_another_revision_with_a_number_and_never_a_bad_one_where_there_is_a_better(
    candidates: list[Candidate], remembered: dict[int, Account]
) -> None:
    others = [each for each in candidates if each.number and not each.is_current]
    found, known = last_good(candidates, remembered), standings(candidates, remembered)
    assert (found is None) == (not others)
    if found is not None:
        assert found in others
        assert not known[found.number].is_bad or all(known[each.number].is_bad for each in others)


def test_how_long_a_rollout_took_is_known_of_what_serves_too() -> None:
    remembered = {3: Account(Standing.COMPLETE, NOW, took=14.0)}
    candidates = [Candidate(3, available=6), Candidate(4, is_current=True)]
    known = standings(candidates, remembered)
    assert (known[3].standing, known[3].took) == (Standing.SERVES, 14.0)


def test_how_long_it_took_before_it_came_back_says_nothing_of_the_rollout_that_runs_now() -> None:
    took = Account(Standing.COMPLETE, took=10)
    came_back = [Candidate(6, (4,), 5, is_current=True), Candidate(5), Candidate(3, (1,))]
    known = standings(came_back, {4: took, 1: took})
    assert (known[6].took, known[3].took) == (None, 10)
    assert standings(came_back, {4: took, 6: took})[6].took == 10
