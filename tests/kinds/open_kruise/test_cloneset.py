"""CloneSets over their recordings: phase, cause, numbers and verdict at each moment, whichever version is served."""

from __future__ import annotations

from itertools import groupby

import pytest

from ktui.kinds.cloneset.objects import CLONESETS, CloneSet
from ktui.kinds.open_kruise.strategy import kept
from ktui.kinds.registry import detail_of, history_of, rollout_of, timeline_of, verdict
from ktui.rollout.diagnosis.cause import Kind
from ktui.rollout.rollout import Phase, Rollout
from tests.kinds.open_kruise import replay

NAMES = [name for name in replay.NAMES if name.startswith("cloneset-")]
HEALTHY = [name for name in NAMES if "fail" not in name]

PHASES = {
    "cloneset-partition": "progressing complete " * 2 + "progressing held " * 2 + "progressing complete",
    "cloneset-paused": "progressing complete progressing paused progressing complete",
    "cloneset-on-delete": "progressing paused progressing complete",
    "cloneset-in-place-fails": "progressing complete progressing failed progressing complete",
    "cloneset-failing-undo": "progressing complete progressing stalled failed progressing complete",
}


@pytest.mark.parametrize("name", PHASES)
def test_the_phases_in_their_order(name: str) -> None:
    assert (
        " ".join(phase for phase, _ in groupby(seen.phase for _, seen in replay.followed(name, CLONESETS)))
        == PHASES[name]
    )


@pytest.mark.parametrize("name", HEALTHY)
def test_no_alarm_where_nothing_goes_wrong(name: str) -> None:
    for t, seen in replay.followed(name, CLONESETS):
        assert not [cause for cause in seen.causes if cause.blocking], (t, seen.causes)
        assert not [cause for cause in seen.causes if cause.kind is not Kind.PAUSED], (t, seen.causes)


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_are_those_that_kubectl_printed(name: str) -> None:
    compared = 0
    for t, line in replay.notes(name):
        cells = line.split()
        if len(cells) != 8 or cells[0] != "web" or not cells[1].isdecimal():
            continue
        desired, updated, updated_ready, _, ready, total = map(int, cells[1:7])
        near = [seen.progress for _, seen in _around(name, t)]
        wanted = (desired, updated, updated_ready, ready, total)
        found = [(n.desired, n.new.existing, n.new.ready, n.ready, n.new.existing + n.old.existing) for n in near]
        assert wanted in found, (t, wanted, found)
        compared += 1
    assert compared


def _around(name: str, t: float) -> list[tuple[float, Rollout]]:
    times = sorted({t - 0.35, *(step.t for step in replay.steps(name) if t - 0.35 <= step.t <= t)})
    return [(at, replay.rollout(name, at, CLONESETS)) for at in times]


@pytest.mark.parametrize(
    ("name", "t"), [("cloneset-partition", 9.0), ("cloneset-paused", 6.0), ("cloneset-in-place", 8.9)]
)
def test_both_versions_say_the_same(name: str, t: float) -> None:
    assert replay.rollout(name, t, CLONESETS) == replay.rollout(name, t, CLONESETS, clonesets="v1alpha1")


@pytest.mark.parametrize(
    ("partition", "desired", "stay"),
    [
        (None, 5, 0),
        (3, 5, 3),
        ("20%", 5, 1),
        (9, 5, 5),
        ("99%", 10, 9),
        ("1%", 10, 1),
        ("100%", 10, 10),
        ("50%", 1, 1),
        ("0%", 5, 0),
        ("33%", 0, 0),
    ],
)
def test_a_partition_is_how_many_stay_old(partition: int | str | None, desired: int, stay: int) -> None:
    assert kept(partition, desired) == stay


@pytest.mark.parametrize(
    ("name", "t", "line", "done"),
    [
        (
            "cloneset-partition",
            4.2,
            "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...",
            False,
        ),
        ("cloneset-partition", 9.0, "partitioned roll out complete: 2 new pods have been updated...", True),
        ("cloneset-partition", 20.0, "CloneSet rolling update complete 5 pods at revision web-6fd455dbfc...", True),
        ("cloneset-paused", 3.19, "Waiting for CloneSet spec update to be observed...", False),
        (
            "cloneset-paused",
            6.0,
            'Waiting for cloneset "web" rollout to finish: 2 out of 4 new replicas have been updated...',
            False,
        ),
        ("cloneset-failing-undo", 20.0, 'cloneset "web" exceeded its progress deadline', True),
        ("cloneset-failing-undo", 25.0, "Waiting for 2 pods to be ready...", False),
    ],
)
def test_the_verdict_at_moments(name: str, t: float, line: str, done: bool) -> None:
    store, _ = replay.at(name, t)
    judged = verdict(replay.workload(store, CLONESETS))
    assert (judged.line, judged.done) == (line, done)


def test_a_deadline_that_passed_for_the_revision_before_says_nothing_of_this_one() -> None:
    after_undo = replay.rollout("cloneset-failing-undo", 25.0, CLONESETS)
    assert after_undo.controller is not None
    assert after_undo.controller.phase == "ProgressDeadlineExceeded"
    assert "web-85db449874" not in (after_undo.controller.message or "")
    assert after_undo.phase is Phase.PROGRESSING


def test_a_conflict_that_stays_in_the_status_is_no_alarm() -> None:
    store, now = replay.at("cloneset-partition", 20.0)
    workload = replay.workload(store, CLONESETS)
    assert isinstance(workload, CloneSet)
    assert [(c.type, c.status) for c in workload.status.conditions] == [("FailedUpdate", "True")]
    assert rollout_of(store, workload, None, now)[1].phase is Phase.COMPLETE


def test_the_controllers_words_are_there_with_a_deadline_alone() -> None:
    paused = replay.rollout("cloneset-paused", 6.0, CLONESETS).controller
    assert paused is not None
    assert (paused.phase, paused.message, paused.step, paused.weight) == (
        "CloneSetPaused",
        "CloneSet is paused",
        None,
        None,
    )
    without = replay.rollout("cloneset-partition", 9.0, CLONESETS).controller
    assert without is not None
    assert without.phase is None


def test_an_update_in_place_is_told_apart() -> None:
    seen = replay.rollout("cloneset-in-place", 4.7, CLONESETS)
    assert seen.why == "1 pod is being updated in place"
    assert not seen.causes, "a container that was stopped for its new image has not crashed"
    assert _page("cloneset-in-place", 17.0)[1] == "4 pods of the newest revision updated in place"
    assert not any("updated in place" in line for line in _page("cloneset-in-place", 30.0)), "made again for the change"
    assert _page("cloneset-partition", 12.0)[-1] == "partition 1 (20%): 1 pod stays as before"


def _page(name: str, t: float) -> list[str]:
    store, now = replay.at(name, t)
    workload = replay.workload(store, CLONESETS)
    track, _ = rollout_of(store, workload, None, now)
    (section,) = detail_of(store, workload, track, now).sections
    return [line.text for line in section.lines]


def test_history_and_timeline() -> None:
    store, _ = replay.at("cloneset-failing-undo", 30.0)
    workload = replay.workload(store, CLONESETS)
    past = history_of(store, workload)
    assert [(each.number, each.images[0].short, each.is_current) for each in past.revisions] == [
        (3, "web:1.0", True),
        (2, "web:crash", False),
    ]
    assert any("web:crash" in moment.text for moment in timeline_of(store, workload))
