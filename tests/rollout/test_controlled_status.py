"""ktui's verdict on StatefulSets and DaemonSets against what kubectl printed, and the phases of their recording."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest

from ktui.kinds.registry import rollout_of, verdict
from ktui.model.changes import Put
from ktui.model.resources import DAEMONSETS, PODS, STATEFULSETS
from ktui.model.store import Store
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Phase, Rollout
from ktui.rollout.status import Verdict
from tests.recorded import SETS, Note, Said, decode, recording
from tests.rollout.test_status import Run, aligned, printed, states

OF_DB = ("Waiting for partitioned roll out", "partitioned roll out complete", "Waiting for ")
OF_AGENT = ('Waiting for daemon set "agent"', 'daemon set "agent"')


def runs(beginnings: tuple[str, ...]) -> Iterator[Run]:
    """The runs of `rollout status` whose lines begin so; the last line of each is the one that ends it."""
    run = Run([])
    for note in (said for said in recording(SETS) if isinstance(said, Note)):
        if note.text.startswith(beginnings):
            run.lines.append(note)
        if run.lines and ("complete" in note.text or "successfully" in note.text):
            # A single line may stand for several states that say the same.
            run.watched = len(run.lines) > 1
            yield run
            run = Run([])
    assert not run.lines


@pytest.mark.parametrize(("name", "beginnings", "expected"), [("db", OF_DB, 4), ("agent", OF_AGENT, 2)])
def test_the_verdict_gives_the_lines_that_kubectl_printed(
    name: str, beginnings: tuple[str, ...], expected: int
) -> None:
    """Each run is the verdicts of a row of recorded states without a gap, as for Deployments."""
    found, known, seen = list(runs(beginnings)), states(SETS, name), 0
    assert len(found) == expected
    for run in found:
        start = aligned(run, known, seen)
        judged = [verdict(state) for _, state in known[start : start + len(run.lines)]]
        assert [printed(each) for each in judged] == run.texts
        assert [each.done for each in judged] == [False] * (len(judged) - 1) + [True]
        assert not any(each.failed for each in judged)
        seen = start + len(run.lines) - 1


def statefulset(**changes: Any) -> Any:
    """A StatefulSet that is complete, but for the changes: of metadata, spec and status by their prefix."""
    raw: dict[str, Any] = {
        "metadata": {"name": "db", "uid": "u", "generation": 4},
        "spec": {
            "replicas": 3,
            "template": {"spec": {"containers": []}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        },
        "status": {
            "observedGeneration": 4,
            "replicas": 3,
            "readyReplicas": 3,
            "updatedReplicas": 3,
            "currentReplicas": 3,
            "currentRevision": "db-1",
            "updateRevision": "db-1",
        },
    }
    return decode(STATEFULSETS, changed(raw, changes))


def daemonset(**changes: Any) -> Any:
    raw: dict[str, Any] = {
        "metadata": {"name": "agent", "uid": "u", "generation": 4},
        "spec": {"template": {"spec": {"containers": []}}, "updateStrategy": {"type": "RollingUpdate"}},
        "status": {
            "observedGeneration": 4,
            "desiredNumberScheduled": 3,
            "updatedNumberScheduled": 3,
            "numberAvailable": 3,
        },
    }
    return decode(DAEMONSETS, changed(raw, changes))


def changed(raw: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for path, value in changes.items():
        part, _, key = path.partition("_")
        raw[part][key] = value
    return raw


def partition(number: int | None) -> dict[str, Any]:
    return {"type": "RollingUpdate", "rollingUpdate": {} if number is None else {"partition": number}}


ON_DELETE = {"type": "OnDelete"}
REFUSED = Verdict(
    "rollout status is only available for RollingUpdate strategy type", done=True, failed=True, is_judged=False
)
UNSEEN = Verdict("Waiting for statefulset spec update to be observed...")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict("partitioned roll out complete: 3 new pods have been updated...", done=True)),
        # The strategy comes first of all, even where nothing has been observed.
        ({"spec_updateStrategy": ON_DELETE}, REFUSED),
        ({"spec_updateStrategy": ON_DELETE, "metadata_generation": 5}, REFUSED),
        ({"metadata_generation": 5}, UNSEEN),
        ({"status_observedGeneration": 0, "metadata_generation": 0}, UNSEEN),
        ({"status_readyReplicas": 1, "status_updatedReplicas": 0}, Verdict("Waiting for 2 pods to be ready...")),
        (
            {"status_updatedReplicas": 1},
            Verdict("Waiting for partitioned roll out to finish: 1 out of 3 new pods have been updated..."),
        ),
        (
            {"spec_updateStrategy": partition(1), "status_updatedReplicas": 1},
            Verdict("Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated..."),
        ),
        (
            {"spec_updateStrategy": partition(2), "status_updatedReplicas": 1},
            Verdict("partitioned roll out complete: 1 new pods have been updated...", done=True),
        ),
        (
            {"spec_updateStrategy": partition(9), "status_updatedReplicas": 0},
            Verdict("partitioned roll out complete: 0 new pods have been updated...", done=True),
        ),
        # Without a partition there is nothing to compare with, as before the API server has filled it in.
        (
            {"spec_updateStrategy": partition(None), "status_updatedReplicas": 0},
            Verdict("partitioned roll out complete: 0 new pods have been updated...", done=True),
        ),
        (
            {"spec_updateStrategy": {"type": "RollingUpdate"}, "status_updateRevision": "db-2"},
            Verdict("waiting for statefulset rolling update to complete 3 pods at revision db-2..."),
        ),
        (
            {"spec_updateStrategy": {"type": "RollingUpdate"}},
            Verdict("statefulset rolling update complete 3 pods at revision db-1...", done=True),
        ),
        ({"spec_replicas": None, "status_readyReplicas": 0, "status_updatedReplicas": 0}, None),
    ],
)
def test_each_rule_of_a_statefulset_in_its_order(changes: dict[str, Any], expected: Verdict | None) -> None:
    complete = Verdict("partitioned roll out complete: 0 new pods have been updated...", done=True)
    assert verdict(statefulset(**changes)) == (expected or complete)


FINISH = 'Waiting for daemon set "agent" rollout to finish: '


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict('daemon set "agent" successfully rolled out', done=True)),
        ({"spec_updateStrategy": ON_DELETE, "metadata_generation": 5}, REFUSED),
        ({"metadata_generation": 5}, Verdict("Waiting for daemon set spec update to be observed...")),
        (
            {"status_updatedNumberScheduled": 1, "status_numberAvailable": 1},
            Verdict(f"{FINISH}1 out of 3 new pods have been updated..."),
        ),
        ({"status_numberAvailable": 2}, Verdict(f"{FINISH}2 of 3 updated pods are available...")),
        ({"status_desiredNumberScheduled": 0}, Verdict('daemon set "agent" successfully rolled out', done=True)),
    ],
)
def test_each_rule_of_a_daemonset_in_its_order(changes: dict[str, Any], expected: Verdict) -> None:
    assert verdict(daemonset(**changes)) == expected


def test_a_name_that_plays_tricks_is_shown_and_not_obeyed() -> None:
    line = verdict(daemonset(metadata_name="\x1b[2Jagent", status_numberAvailable=0)).line
    assert line.isprintable()
    stranger = statefulset(spec_updateStrategy={"type": "RollingUpdate"}, status_currentRevision="\x1b[2J")
    assert verdict(stranger).line.isprintable()


# The recording as a whole


def seen(name: str, *, without_pods: bool = False) -> list[tuple[float, Rollout]]:
    """What ktui shows of that workload with every change in the recording."""
    store, track, shown = Store(), None, []
    said_all = [said for said in recording(SETS) if isinstance(said, Said)]
    first = next(said for said in said_all if isinstance(said.change, Put))
    assert isinstance(first.change, Put)
    created = first.change.object.metadata.creation_timestamp
    assert created is not None
    for said in said_all:
        if without_pods and getattr(said.change, "resource", None) is PODS:
            continue
        store.apply([said.change])
        now = created + timedelta(seconds=said.t - first.t)
        for uid in store.take_dirty():
            workload = store.workload(uid)
            if workload is None or workload.metadata.name != name:
                continue
            track, rollout = rollout_of(store, workload, track, now)
            shown.append((said.t, rollout))
    return shown


def phases(shown: list[tuple[float, Rollout]]) -> list[str]:
    return [phase for phase, _ in groupby(rollout.phase.value for _, rollout in shown)]


@pytest.mark.parametrize("without_pods", [False, True])
def test_the_recording_is_told_in_phases_and_nothing_is_called_trouble(without_pods: bool) -> None:
    """Rolled out; a partition holds one of four; the partition goes; rolled back: no alarm anywhere."""
    shown = seen("db", without_pods=without_pods)
    ends = ["progressing", "complete"]
    assert phases(shown) == [*ends, "progressing", "held", *ends, *ends]
    assert [rollout.causes for _, rollout in shown if rollout.causes] == []


def test_a_daemonset_without_nodes_says_so() -> None:
    shown = seen("agent")
    assert phases(shown) == ["progressing", "scaled to zero", "progressing", "scaled to zero"]
    assert shown[-1][1].why == "no node should run it"


def test_new_pods_only_grow_while_it_is_rolled_out() -> None:
    """The status lags behind the pods, and counts those that stop: a number that goes back and forth is no progress."""
    for template, moments in groupby((rollout for _, rollout in seen("db")), key=lambda rollout: rollout.image):
        news = [rollout.progress.new.available for rollout in moments if rollout.phase is not Phase.COMPLETE]
        assert news == sorted(news), template


def test_the_held_partition_is_told_and_what_gives_way_to_what() -> None:
    held = [rollout for _, rollout in seen("db") if rollout.phase is Phase.HELD]
    assert [why for why, _ in groupby(rollout.why for rollout in held)] == [
        "canary of 1, 0 ready",
        "canary of 1 held, ready",
    ]
    assert {rollout.image_change for rollout in held} == {("db:1", "db:2")}
    last = held[-1]
    assert (last.revision, last.previous_revision) == (2, 1)
    assert (last.progress.new.wanted, last.progress.old.wanted, last.progress.promised) == (1, 3, 3)


def test_how_long_it_takes_is_guessed_in_whole_seconds_and_low_points_are_kept() -> None:
    shown = seen("db")
    guesses = {rollout.seconds_left for _, rollout in shown if rollout.seconds_left is not None}
    assert guesses
    assert all(guess == int(guess) for guess in guesses)
    assert shown[-1][1].lowest == 3


def test_the_rolled_back_revision_is_a_rollout_of_its_own() -> None:
    back = seen("db")[-1][1]
    assert (back.revision, back.previous_revision, back.image) == (3, 2, "db:1")
    assert back.started is not None
    assert back.finished is not None
    assert 8 < (back.finished - back.started).total_seconds() < 12


def test_a_look_without_a_past_tells_the_same_numbers() -> None:
    """What a command sees that looks once, at the end of the recording."""
    store, track = Store(), None
    changes = [said.change for said in recording(SETS) if isinstance(said, Said)]
    store.apply(changes)
    workload = next(known for known in store.workloads() if known.metadata.name == "db")
    last = seen("db")[-1][1]
    assert last.finished is not None
    new_track: Track
    new_track, once = rollout_of(store, workload, track, last.finished + timedelta(seconds=5))
    assert (once.phase, once.progress, once.revision) == (Phase.COMPLETE, last.progress, last.revision)
    # Its revision is older than its rollout: the youngest pod is what tells when that was.
    assert once.finished is not None
    assert abs((once.finished - last.finished).total_seconds()) < 3
    assert new_track.lowest.available == 4


def test_a_roll_back_seen_without_pods_was_not_over_before_the_newest_of_all_revisions_was_made() -> None:
    store = Store()
    changes = [said.change for said in recording(SETS) if isinstance(said, Said)]
    store.apply([change for change in changes if not (isinstance(change, Put) and change.resource is PODS)])
    workload = next(known for known in store.workloads() if known.metadata.name == "db")
    last = seen("db")[-1][1]
    assert last.started is not None
    assert last.finished is not None
    _, once = rollout_of(store, workload, None, last.finished + timedelta(seconds=5))
    assert once.phase is Phase.COMPLETE
    assert once.finished is not None
    assert timedelta(0) < last.finished - once.finished < timedelta(seconds=60)
