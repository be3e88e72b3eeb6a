"""The two sides of a rollout, its pace and its guess of the time left."""

from __future__ import annotations

import heapq
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.progress import Progress, Sample, Side, Track, seconds_left
from ktui.rollout.rollout import troubled_since
from tests.rollout.made import NOW, Made


def rolling(desired: int, new: int, old: int) -> Made:
    """A rolling update with so many new pods available, and so many old ones left."""
    made = Made("web:1.1", desired, replicas=new + old, updatedReplicas=new, availableReplicas=new + old)
    made.revision(1, "web:1.0", old, ready=old, age=9000)
    return made.revision(2, "web:1.1", new, ready=new, age=0)


def test_both_sides_are_counted_from_the_replicasets() -> None:
    made = Made("web:1.2", 10, replicas=99, availableReplicas=99)
    made.revision(1, "web:1.0", 2, ready=1, age=9000, wanted=1, terminatingReplicas=1)
    made.revision(2, "web:1.1", 3, ready=3, age=8000, terminatingReplicas=0)
    made.revision(3, "web:1.2", 6, ready=4, available=2, wanted=8, terminatingReplicas=0)
    numbers = made.situation().progress
    assert numbers == Progress(
        desired=10,
        new=Side(wanted=8, existing=6, ready=4, available=2, terminating=0),
        old=Side(wanted=4, existing=5, ready=4, available=4, terminating=1),
        surge=3,
        unavailable=2,
        promised=8,
        goal=10,
    )
    assert (numbers.available, numbers.ready, numbers.share) == (6, 8, 0.2)


def played(steps: list[tuple[float, int, int]], desired: int) -> tuple[Track, Progress, float]:
    """The track after these moments: seconds, new pods available, old pods left; the first saw revision 1 alone."""
    made = Made("web:1.0", desired, replicas=desired, updatedReplicas=desired, availableReplicas=desired)
    made.revision(1, "web:1.0", desired, ready=desired, age=9000)
    track = made.track(later=-1)
    at = 0.0
    for at, new, old in steps:
        made = rolling(desired, new, old)
        track = made.track(track, later=at)
    return track, made.situation().progress, at


def test_a_rollout_that_begins_under_our_eyes_begins_now() -> None:
    track, _, _ = played([(0, 0, 4)], 4)
    assert track.started == NOW
    assert track.samples == (Sample(NOW, 4, 0),)
    assert (track.finished, track.took) == (None, None)


def test_a_revision_that_came_back_did_so_after_the_youngest_was_made() -> None:
    """The condition stays True from one rollout to the next, and keeps the time of its last turn."""
    made = Made("web:1.0", 4, replicas=4, updatedReplicas=2, availableReplicas=4)
    made.condition("Progressing", "True", "ReplicaSetUpdated", since=1500)
    made.revision(3, "web:1.0", 2, ready=2, age=9000, former="1")
    made.revision(2, "web:2.0", 2, ready=2, age=60)
    assert made.track().started == NOW - timedelta(seconds=60)


def test_the_lowest_point_is_kept_with_its_time_and_what_comes_after_the_end_is_no_part_of_it() -> None:
    track, _, _ = played([(0, 0, 4), (5, 0, 3), (9, 1, 3), (20, 4, 0)], 4)
    assert track.lowest == Sample(NOW + timedelta(seconds=5), 3, 0)
    assert track.took == 20
    lost = rolling(4, 4, 0)
    lost.raw["status"]["availableReplicas"] = 1
    later = lost.track(track, later=400)
    assert later.lowest == track.lowest
    assert later.samples[-1].available == 1
    assert later.disturbed == NOW + timedelta(seconds=400)


def test_trouble_lasts_since_the_earliest_of_its_signs() -> None:
    """Pods that crash again and again are missing since a second ago; the trouble is older."""
    track, _, _ = played([(0, 0, 4), (5, 0, 3), (9, 1, 3), (20, 4, 0)], 4)
    lost = rolling(4, 4, 0)
    lost.raw["status"]["availableReplicas"] = 1
    missing = lost.track(track, later=400)
    loop, wait = NOW + timedelta(seconds=150), NOW + timedelta(seconds=30)
    causes = (
        Cause(Kind.CRASH, "3 of 4 pods crash", blocking=True, since=NOW + timedelta(seconds=399)),
        Cause(Kind.CRASH, "4 of 4 pods restarted", blocking=True, since=loop),
        Cause(Kind.NOT_READY, "1 of 4 pods waits", blocking=False, since=wait),
    )
    assert troubled_since(missing, causes) == loop
    assert troubled_since(missing, causes[:1]) == NOW + timedelta(seconds=399)
    assert troubled_since(missing, ()) == NOW + timedelta(seconds=400)
    assert troubled_since(track, ()) is None


def test_without_any_gain_there_is_no_guess() -> None:
    track, numbers, at = played([(0, 0, 4), (30, 0, 3)], 4)
    assert seconds_left(track, numbers, NOW + timedelta(seconds=at)) is None


def test_one_wave_is_no_pace() -> None:
    """The first pods wait for an image, the next ones find it there."""
    track, numbers, _ = played([(0, 0, 8), (200, 2, 6), (201, 4, 4)], 8)
    assert seconds_left(track, numbers, NOW + timedelta(seconds=202)) is None


def test_a_guess_that_does_not_come_true_is_withdrawn() -> None:
    """100 pods, 25 at once: two waves took 40 s, so the next is there in 20 s, and nobody knows once it is overdue."""
    samples = tuple(Sample(NOW + timedelta(seconds=at), 100, new) for at, new in ((0, 0), (20, 25), (40, 50)))
    numbers = Progress(100, Side(50, 50, 50, 50), Side(0, 50), 25, 0, 100, 100)
    track = Track(b"", NOW, samples[0], samples, samples[0])
    guesses = [seconds_left(track, numbers, NOW + timedelta(seconds=at)) for at in (40, 50, 70, 71, 300)]
    assert guesses == [40, 30, 10, None, None]


def test_when_all_is_there_nothing_is_left() -> None:
    track, numbers, _ = played([(0, 0, 4), (10, 2, 2), (20, 4, 2)], 4)
    assert seconds_left(track, numbers, NOW + timedelta(seconds=20)) == 0


def test_the_end_of_a_hold_is_a_new_beginning_of_the_pace() -> None:
    made = rolling(20, 0, 20).revision(2, "web:1.1", 4, ready=4, available=0, age=600)
    made.spec(minReadySeconds=2147483646)
    held = made.track()
    assert (held.paused, seconds_left(held, made.situation().progress, NOW)) == (
        True,
        None,
    )
    made.spec(minReadySeconds=0)
    promoted = made.track(held, later=100)
    assert promoted.pace_from == Sample(NOW + timedelta(seconds=100), 20, 4)


def test_the_curve_stays_short_and_keeps_its_ends() -> None:
    track, _, _ = played([(n, n % 7, 40) for n in range(2000)], 40)
    assert len(track.samples) <= 240
    assert track.samples[-1].at == NOW + timedelta(seconds=1999)
    assert track.samples[0].at < NOW + timedelta(seconds=5)


def test_another_template_is_another_rollout() -> None:
    track, _, _ = played([(0, 0, 4), (5, 2, 2)], 4)
    back = Made("web:1.0", 4, replicas=4, updatedReplicas=2, availableReplicas=4)
    back.revision(1, "web:1.0", 2, ready=2, age=9000).revision(2, "web:1.1", 2, ready=2)
    undone = back.track(track, later=9)
    assert undone.started == NOW + timedelta(seconds=9)
    assert len(undone.samples) == 1
    # What the old revision still has is not pace.
    assert undone.pace_from == Sample(NOW + timedelta(seconds=9), 4, 2)


def test_the_new_replicaset_may_come_later_than_the_deployment() -> None:
    made = Made("web:1.1", 4)
    alone = made.track()
    assert alone.started is None
    made.revision(1, "web:1.1", 4, age=3)
    assert made.track(alone, later=1).started == NOW - timedelta(seconds=3)


def available_at(desired: int, window: int, start: float, jitter: float, random: Any) -> list[float]:
    """When each new pod becomes available, where so many start at once and take about as long each."""
    free = [0.0] * window
    done = []
    for _ in range(desired):
        done.append(free[0] + start * random.uniform(1 - jitter, 1 + jitter))
        heapq.heapreplace(free, done[-1])
    return sorted(done)


@given(
    desired=st.integers(4, 120),
    window=st.integers(1, 40),
    start=st.floats(5, 60),
    jitter=st.floats(0, 0.5),
    random=st.randoms(use_true_random=False),
)
def test_the_guess_is_of_the_right_size_from_the_second_wave_on(
    desired: int, window: int, start: float, jitter: float, random: Any
) -> None:
    """It may be off by as long as two pods take to start, and by as much again as it really takes."""
    done = available_at(desired, window, start, jitter, random)
    samples = [Sample(NOW, desired, 0)]
    for new, seconds in enumerate(done, start=1):
        now = NOW + timedelta(seconds=seconds)
        samples.append(Sample(now, desired, new))
        track = Track(b"", NOW, samples[0], tuple(samples), samples[0])
        side = Side(new, new, new, new)
        guess = seconds_left(track, Progress(desired, side, Side(0, desired - new), window, 0, desired, desired), now)
        left = done[-1] - seconds
        assert (guess is None) == (new <= window and new < desired)
        assert guess is None or left / 2.5 - start <= guess <= 2 * left + 2 * start


def test_the_first_pod_of_a_wave_stands_for_the_wave() -> None:
    """100 pods, 25 at once, 20 s each: two waves are still to come when the first pod of the second is there."""
    first, second = Sample(NOW + timedelta(seconds=20), 100, 25), Sample(NOW + timedelta(seconds=40), 100, 26)
    samples = (Sample(NOW, 100, 0), first, second)
    numbers = Progress(100, Side(26, 26, 26, 26), Side(0, 74), 25, 0, 100, 100)
    track = Track(b"", NOW, samples[0], samples, samples[0])
    assert seconds_left(track, numbers, NOW + timedelta(seconds=40)) == 40


def test_what_was_complete_when_it_was_first_seen_did_not_end_just_now() -> None:
    """Deployments are listed before their ReplicaSets."""
    made = Made("web:1.1", 2, replicas=2, updatedReplicas=2, availableReplicas=2)
    made.condition("Progressing", "True", "NewReplicaSetAvailable", since=3600)
    alone = made.track()
    made.revision(1, "web:1.1", 2, ready=2, age=3610)
    complete = made.track(alone, later=1)
    assert (complete.finished, complete.took) == (NOW - timedelta(hours=1), 10)
