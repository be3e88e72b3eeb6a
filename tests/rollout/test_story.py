"""Every recording replayed: the story that ktui tells of it, from the first moment to the last."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest

from ktui.kinds.registry import verdict
from ktui.rollout.diagnosis.cause import Kind
from ktui.rollout.rollout import Phase, Rollout
from tests.recorded import OF_DEPLOYMENTS
from tests.rollout.replay import Moment, moments, notes

STORIES: dict[str, list[str]] = {
    "rolling-update": ["progressing", "complete", "progressing", "complete"],
    "pause-resume": ["progressing", "complete", "progressing", "paused", "progressing", "complete"],
    "crashloop-deadline-undo": [
        "progressing", "complete", "progressing", "stalled", "failed", "progressing", "complete",
    ],
    "image-pull-failure": ["progressing", "complete", "progressing", "stalled", "failed", "progressing", "complete"],
    "rollback-to-revision": ["progressing", "complete"] * 5,
    "recreate": ["progressing", "complete", "progressing", "complete"],
    "quota-exceeded": ["progressing", "complete", "progressing", "stalled", "failed"],
    "restart": ["progressing", "complete", "progressing", "complete"],
    "delete-mid-rollout": ["progressing", "complete", "progressing", "deleted", "progressing", "complete"],
    "min-ready-seconds": ["progressing", "complete", "progressing", "complete"],
    # A cluster may still grow by itself: that no node takes a pod is said at once, but is no stall for a minute.
    "unschedulable": ["progressing", "complete", "progressing", "failed", "progressing", "complete"],
    "held-canary": ["progressing", "complete", "held", "progressing", "complete", "held", "progressing", "complete"],
}  # fmt: skip

HEALTHY = tuple(
    name
    for name in OF_DEPLOYMENTS
    if name not in ("crashloop-deadline-undo", "image-pull-failure", "quota-exceeded", "unschedulable")
)


def first(name: str, phase: Phase) -> Rollout:
    return next(m.rollout for m in moments(name) if m.rollout.phase is phase)


@pytest.mark.parametrize("name", STORIES)
def test_the_phases_come_in_order(name: str) -> None:
    assert [phase.value for phase, _ in groupby(m.rollout.phase for m in moments(name))] == STORIES[name]


def test_two_deployments_are_told_apart() -> None:
    told = {
        color: [
            p.value
            for p, _ in groupby(m.rollout.phase for m in moments("blue-green-service") if m.rollout.name == color)
        ]
        for color in ("shop-blue", "shop-green")
    }
    assert told == {
        "shop-blue": ["progressing", "complete", "progressing", "scaled to zero"],
        "shop-green": ["progressing", "complete"],
    }


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_healthy_is_given_a_cause(name: str) -> None:
    assert [m for m in moments(name) if m.rollout.causes] == []


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_a_rollout_that_has_come_to_its_end_or_only_begins_has_no_cause(name: str) -> None:
    for m in moments(name):
        if m.rollout.phase in (Phase.COMPLETE, Phase.SCALED_TO_ZERO) or not m.rollout.observed:
            assert m.rollout.causes == ()


@pytest.mark.parametrize(
    ("name", "phase", "why", "serving"),
    [
        (
            "crashloop-deadline-undo",
            Phase.STALLED,
            "2 of 2 new pods crash: exit 1, 1 restart, last 1s ago",
            "the old revision still serves with 3 of 4 pods",
        ),
        (
            "crashloop-deadline-undo",
            Phase.FAILED,
            "2 of 2 new pods crash: exit 1, 6 restarts, last 3s ago",
            "the old revision still serves with 3 of 4 pods",
        ),
        (
            "image-pull-failure",
            Phase.STALLED,
            "image web:nopull cannot be pulled: it is not in the registry (1 of 2 new pods)",
            "the old revision still serves with 3 of 4 pods",
        ),
        (
            "image-pull-failure",
            Phase.FAILED,
            "image web:nopull cannot be pulled: it is not in the registry (2 of 2 new pods)",
            "the old revision still serves with 3 of 4 pods",
        ),
        (
            "quota-exceeded",
            Phase.STALLED,
            "no more pods can be created: quota tight: 5 of 5 pods used, 1 needed",
            "the old revision still serves with 5 of 5 pods",
        ),
        (
            "quota-exceeded",
            Phase.FAILED,
            "no more pods can be created: quota tight: 5 of 5 pods used, 1 needed",
            "the old revision still serves with 5 of 5 pods",
        ),
        (
            "unschedulable",
            Phase.FAILED,
            "no node takes the new pod: less than 100m CPU free",
            "the old revision still serves with 3 of 3 pods",
        ),
        ("pause-resume", Phase.PAUSED, "paused with 4 of 8 pods new", ""),
        ("delete-mid-rollout", Phase.DELETED, "being deleted, 8 pods left", ""),
        ("rolling-update", Phase.COMPLETE, "", ""),
    ],
)
def test_what_is_said_at_the_moment_when_it_turns(name: str, phase: Phase, why: str, serving: str) -> None:
    rollout = first(name, phase)
    assert (rollout.why, rollout.serving) == (why, serving)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("crashloop-deadline-undo", {Kind.CRASH}),
        ("image-pull-failure", {Kind.IMAGE}),
        ("quota-exceeded", {Kind.FORBIDDEN}),
        ("unschedulable", {Kind.UNSCHEDULABLE}),
    ],
)
def test_what_fails_is_given_its_cause_and_no_other_and_nothing_is_left_of_it(name: str, kinds: set[Kind]) -> None:
    row = moments(name)
    first_cause = {m.rollout.causes[0].kind for m in row if m.rollout.causes}
    assert first_cause == kinds
    # That time runs out, or has, is said of the same trouble; nothing else is.
    assert {cause.kind for m in row for cause in m.rollout.causes} <= kinds | {Kind.DEADLINE}
    broken = next(i for i, m in enumerate(row) if m.rollout.causes)
    assert all(m.rollout.phase is not Phase.FAILED for m in row[:broken])
    after = [m for m in row if m.rollout.phase is Phase.FAILED][-1].t
    mended = [m for m in row if m.t > after and m.rollout.observed]
    assert not any(cause.blocking for m in mended for cause in m.rollout.causes)


def whys(name: str, phase: Phase) -> list[str]:
    return [why for why, _ in groupby(m.rollout.why for m in moments(name) if m.rollout.phase is phase)]


def test_what_a_canary_says_while_it_is_held() -> None:
    assert whys("held-canary", Phase.HELD) == [
        "canary of 2, 0 ready",
        "canary of 2, 1 ready",
        "canary of 2 held, all ready",
        "canary of 4, 2 ready",
        "canary of 4, 3 ready",
        "canary of 4 held, all ready",
        "canary of 3, 0 ready",
        "canary of 3, 1 ready",
        "canary of 3, 2 ready",
        "canary of 3 held, all ready",
    ]


def test_what_recreate_says_while_the_old_pods_stop() -> None:
    second = [m for m in moments("recreate") if m.rollout.image == "web:1.1"]
    said = [why for why, _ in groupby(m.rollout.why for m in second)]
    assert said[:7] == [
        "the controller has not seen the change yet",
        "4 old pods to stop first",
        "3 old pods to stop first",
        "2 old pods to stop first",
        "1 old pod to stop first",
        "beginning",
        "4 new pods starting",
    ]


def test_what_is_said_while_new_pods_are_ready_but_not_available() -> None:
    assert "2 new pods ready, but not yet for minReadySeconds" in whys("min-ready-seconds", Phase.PROGRESSING)


def rollouts(name: str) -> list[list[Moment]]:
    """The moments of each rollout in a recording: those of one template of one Deployment, in a row."""
    return [list(row) for _, row in groupby(moments(name), key=lambda m: (m.rollout.uid, m.track.template))]


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_the_lowest_availability_is_the_lowest_that_the_deployment_reported(name: str) -> None:
    for row in rollouts(name):
        over = [m for m in row if m.rollout.phase in (Phase.COMPLETE, Phase.DELETED)]
        under_way = row[: row.index(over[0])] if over else row
        reported = min(m.deployment.status.available_replicas for m in under_way)
        last = row[-1].rollout
        if last.previous_revision:
            assert last.lowest == reported
        else:
            assert last.lowest is None


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_the_guess_of_the_time_left_is_near_what_it_took(name: str) -> None:
    """Recorded pods take two seconds: a guess may be off by that, and may be as much again too long."""
    for row in rollouts(name):
        done = next((m.t for m in row if m.rollout.phase is Phase.COMPLETE), None)
        if done is None or row[-1].track.paused:
            continue
        for m in row:
            if m.rollout.seconds_left is not None:
                left = done - m.t
                assert left - 2.5 <= m.rollout.seconds_left <= 2 * left + 2.5, (m.t, done, m.rollout.seconds_left)


def test_there_is_a_guess_from_the_second_wave_of_a_rolling_update_on() -> None:
    second = [m.rollout for m in rollouts("rolling-update")[-1] if m.rollout.phase is Phase.PROGRESSING]
    waves = {
        is_second: [
            r.seconds_left for r in second if r.progress.old.existing and (r.progress.new.available > 3) is is_second
        ]
        for is_second in (False, True)
    }
    assert set(waves[False]) == {None}
    assert waves[True]
    assert None not in waves[True]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("rolling-update", [(0, 1, None), (1, 2, ("web:1.0", "web:1.1"))]),
        ("restart", [(0, 1, None), (1, 2, None)]),
        ("recreate", [(0, 1, None), (1, 2, ("web:1.0", "web:1.1"))]),
        (
            "crashloop-deadline-undo",
            [(0, 1, None), (1, 2, ("web:1.0", "web:crash")), (2, 3, ("web:crash", "web:1.0"))],
        ),
        (
            "rollback-to-revision",
            [
                (0, 1, None),
                (1, 2, ("web:1.0", "web:1.1")),
                (2, 3, ("web:1.1", "web:1.2")),
                (3, 4, ("web:1.2", "web:1.3")),
                (4, 5, ("web:1.3", "web:1.1")),
            ],
        ),
    ],
)
def test_what_gives_way_to_what(name: str, changes: list[tuple[int, int, tuple[str, str] | None]]) -> None:
    told = []
    for row in rollouts(name):
        under_way = [m.rollout for m in row if m.rollout.phase is not Phase.COMPLETE]
        images = {r.image_change for r in under_way}
        assert len(images) == 1
        told.append((under_way[-1].previous_revision, under_way[-1].revision, images.pop()))
        assert all(m.rollout.image_change is None for m in row if m.rollout.phase is Phase.COMPLETE)
    assert told == changes


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_every_rollout_knows_when_it_began_and_ended(name: str) -> None:
    for row in rollouts(name):
        track = row[-1].track
        assert track.started is not None
        if row[-1].rollout.phase is Phase.COMPLETE:
            assert track.took is not None
            seen = next(m.t for m in row if m.rollout.phase is Phase.COMPLETE) - row[0].t
            # The cluster's own stamps are whole seconds.
            assert abs(track.took - seen) < 1.1


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_the_capacity_curve_has_each_change_once_and_in_order(name: str) -> None:
    for row in rollouts(name):
        samples = row[-1].track.samples
        assert [s.at for s in samples] == sorted(s.at for s in samples)
        points = [(s.available, s.new_available) for s in samples]
        assert all(a != b for a, b in pairwise(points))


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_the_phase_agrees_with_kubectl(name: str) -> None:
    for m in moments(name):
        judged = verdict(m.deployment)
        if m.rollout.phase is Phase.COMPLETE:
            assert judged.done
            assert not judged.failed
        assert (m.rollout.phase is Phase.FAILED) == judged.failed


def test_a_pause_of_the_pace_is_not_held_against_it() -> None:
    resumed = next(note.t for note in notes("pause-resume") if note.text.endswith("rollout resume deployment/web"))
    after = [m.rollout.seconds_left for m in moments("pause-resume") if m.t > resumed]
    assert max(left for left in after if left is not None) < 4
