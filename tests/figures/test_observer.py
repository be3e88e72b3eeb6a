"""What is remembered of every recording of a real control plane, from whichever moment on it is watched."""

from __future__ import annotations

import pytest

from ktui.figures.record import Outcome, Record, Sight
from tests.figures.replay import records
from tests.recorded import OF_DEPLOYMENTS, clock

STORIES: dict[str, list[str]] = {
    "rolling-update": ["1 complete", "2 complete"],
    "pause-resume": ["1 complete", "2 complete, stood still"],
    "crashloop-deadline-undo": ["1 complete", "2 failed: crash", "3 complete, roll back"],
    "image-pull-failure": ["1 complete", "2 failed: image", "3 complete, roll back"],
    "rollback-to-revision": ["1 complete", "2 complete", "3 complete", "4 complete", "5 complete, roll back"],
    "recreate": ["1 complete", "2 complete"],
    "quota-exceeded": ["1 complete", "2 failed: pods refused"],
    "blue-green-service": ["1 complete", "1 complete"],
    "restart": ["1 complete", "2 complete"],
    "delete-mid-rollout": ["1 complete", "2 deleted", "1 complete"],
    "min-ready-seconds": ["1 complete", "2 complete"],
    "unschedulable": ["1 complete", "2 failed: deadline", "3 complete, roll back"],
    "held-canary": [
        "1 complete", "2 complete, stood still", "3 rolled back, stood still", "4 complete, roll back",
    ],
}  # fmt: skip


def told(record: Record) -> str:
    parts = [f"{record.revision} {record.outcome}{f': {record.cause}' if record.cause else ''}"]
    parts += ["stood still"] * (record.waited > 0) + ["roll back"] * record.is_rollback
    return ", ".join(parts)


def last(name: str, **when: float) -> Record:
    return records(name, **when)[-1]


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_every_rollout_has_one_record_with_how_it_ended(name: str) -> None:
    found = records(name)
    assert [told(each) for each in found] == STORIES[name]
    assert {each.sight for each in found} == {Sight.WATCHED}
    assert len({(each.uid, each.revision) for each in found}) == len(found)


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_what_was_measured_makes_sense(name: str) -> None:
    for each in records(name):
        assert each.started is not None
        if each.completed:
            assert each.took is not None
            assert 0 < each.took < 20
        assert (each.duration is None) == (not each.completed or each.waited > 0)
        # Kubernetes keeps its promises in all of them.
        assert each.missing == 0
        if each.troubled is not None:
            assert each.started <= each.troubled
            assert each.sentence


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_whoever_comes_later_finds_the_same_rollouts_and_invents_none(name: str, share: float) -> None:
    whole = {(each.uid, each.revision): each for each in records(name)}
    end = max(each.finished or each.at or clock(name) for each in whole.values())
    begin = (end - clock(name)).total_seconds() * share
    for each in records(name, begin=begin):
        seen = whole[each.uid, each.revision]
        assert each.outcome in (seen.outcome, Outcome.OPEN)
        if each.sight is Sight.WATCHED:
            assert each.outcome is seen.outcome


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_whoever_leaves_early_claims_no_end(name: str) -> None:
    whole = {(each.uid, each.revision): each for each in records(name)}
    for each in records(name, end=3.0):
        assert each.outcome in (whole[each.uid, each.revision].outcome, Outcome.OPEN)


def test_what_the_cluster_tells_of_rollouts_that_nobody_saw() -> None:
    found = records("rollback-to-revision", begin=25.0)
    # Revision 2 came back as 5: the age of its ReplicaSet is that of 2, and when 5 began, nothing tells.
    assert [(each.revision, each.outcome, each.started is not None) for each in found] == [
        (1, Outcome.OPEN, True),
        (2, Outcome.OPEN, True),
        (3, Outcome.OPEN, True),
        (4, Outcome.OPEN, True),
        (5, Outcome.COMPLETE, False),
    ]
    assert {each.sight for each in found} == {Sight.INFERRED}
    assert [each.duration for each in found] == [None] * 5


def test_how_long_it_took_is_told_only_where_nothing_came_between() -> None:
    straight = last("rolling-update", begin=6.0)
    assert (straight.sight, straight.outcome) == (Sight.INFERRED, Outcome.COMPLETE)
    assert straight.took == pytest.approx(3.4, abs=1.5)
    # It was paused in between: the stamp of its end is there, but not how long it stood still.
    paused = last("pause-resume", begin=9.4)
    assert (paused.sight, paused.outcome, paused.finished) == (Sight.INFERRED, Outcome.COMPLETE, None)


def test_the_sentence_says_nothing_that_is_true_for_a_moment_only() -> None:
    crashed = records("crashloop-deadline-undo")[1]
    assert crashed.sentence == "2 of 2 new pods crash: exit 1, 1 restart"


def test_pods_that_a_canary_took_are_not_the_roll_backs_fault() -> None:
    back = last("held-canary")
    assert (back.lowest, back.promised, back.missing) == (5, 5, 0)
