"""What a real kubelet, scheduler and containerd say (Kubernetes 1.36, containerd 1.6), and what ktui makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import pytest

from ktui.kinds.registry import rollout_of
from ktui.model.store import Store
from ktui.rollout.diagnosis.cause import Cause, Reason
from ktui.rollout.diagnosis.wording import LONGEST
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Phase, Rollout
from tests.causes import RECORDED
from tests.recorded import FOLDER, Note, clock, recording

REAL = "real-node"


class Look(NamedTuple):
    t: float
    now: datetime
    rollout: Rollout


@cache
def looks(name: str) -> tuple[tuple[Look, ...], tuple[Note, ...]]:
    """Each change of the workload in a recording, and what was run."""
    return tuple(_looks(name)), tuple(said for said in recording(f"{REAL}/{name}") if isinstance(said, Note))


def _looks(name: str) -> Iterator[Look]:
    store, tracks = Store(), dict[str, Track]()
    for said in recording(f"{REAL}/{name}"):
        if isinstance(said, Note):
            continue
        store.apply([said.change])
        now = clock(f"{REAL}/{name}") + timedelta(seconds=said.t)
        for uid in store.take_dirty():
            workload = store.workload(uid)
            if workload is not None:
                tracks[uid], rollout = rollout_of(store, workload, tracks.get(uid), now)
                yield Look(said.t, now, rollout)


def last_before_it_ends(name: str) -> Rollout:
    """How the workload stood when its trouble had lasted: before it was taken back, or what was missing was made."""
    seen, notes = looks(name)
    ends = ("$ kubectl rollout undo", "$ kubectl create configmap")
    end = next((note.t for note in notes if note.text.startswith(ends)), seen[-1].t + 1)
    return [each for each in seen if each.t < end][-1].rollout


SAYS = {each.recording: (each.reason, each.says) for each in RECORDED}
"""What is said first at the end of each change that goes wrong."""

CALM = ("healthy", "slow-start")
"""Nothing is wrong in these at any moment."""

NOT_YET = ("readiness-http",)
"""Over before anything decides: its deadline is far away."""


@pytest.mark.parametrize("name", SAYS)
def test_the_first_cause_is_the_right_one(name: str) -> None:
    cause = last_before_it_ends(name).causes[0]
    assert (cause.reason, cause.sentence) == SAYS[name]
    assert cause.try_next


def test_every_recording_is_held_against_what_is_said() -> None:
    recorded = {path.name.removesuffix(".jsonl.gz") for path in (FOLDER / REAL).glob("*.gz")}
    assert recorded == {*SAYS, *CALM, *NOT_YET}


def _all_causes() -> list[tuple[str, Look, Cause]]:
    names = [*SAYS, *CALM, *NOT_YET]
    return [(name, each, cause) for name in names for each in looks(name)[0] for cause in each.rollout.causes]


def test_a_sentence_is_short_and_holds_nothing_of_a_single_pod() -> None:
    said = {cause.sentence for _, _, cause in _all_causes()}
    assert said
    assert {sentence for sentence in said if len(sentence) > LONGEST} == set()
    # A StatefulSet that waits for a pod names it: it is to be deleted by its name.
    pods = {pod for _, _, cause in _all_causes() for pod in cause.pods if pod.startswith("web-")}
    assert pods
    assert {(pod, sentence) for pod in pods for sentence in said if pod in sentence} == set()


def test_each_cause_of_pods_has_its_reason_and_since_when() -> None:
    of_pods = [cause for _, _, cause in _all_causes() if cause.pods]
    assert of_pods
    assert [cause for cause in of_pods if cause.reason is Reason.OTHER or cause.since is None] == []


@pytest.mark.parametrize("name", CALM)
def test_no_alarm_is_raised_at_any_moment(name: str) -> None:
    seen, _ = looks(name)
    assert seen
    assert [each for each in seen if each.rollout.causes] == []
    assert {each.rollout.phase for each in seen} == {Phase.PROGRESSING, Phase.COMPLETE}


@pytest.mark.parametrize("name", ["crash", "init-crash", "oom", "liveness", "no-such-command"])
def test_a_loop_began_when_it_began_however_often_the_container_restarts(name: str) -> None:
    seen, notes = looks(name)
    end = next(note.t for note in notes if note.text.startswith("$ kubectl rollout undo"))
    since = [each.rollout.causes[0].since for each in seen if each.rollout.causes and each.t < end]
    known = [moment for moment in since if moment is not None]
    assert len(known) == len(since) > 5
    assert max(known) - min(known) <= timedelta(seconds=5)


@pytest.mark.parametrize("name", ["crash", "init-crash", "oom", "statefulset-broken-then-undone"])
def test_one_ending_alone_is_no_loop(name: str) -> None:
    first = next(each for each in looks(name)[0] if each.rollout.causes)
    assert not first.rollout.causes[0].blocking


def test_a_program_that_ends_in_order_when_its_probe_kills_it_is_known_at_the_first_kill() -> None:
    first = next(each.rollout for each in looks("liveness")[0] if each.rollout.causes)
    assert first.causes[0].sentence == "1 of 2 pods is restarted: its liveness probe fails, 1 restart, last 0s ago"
    assert first.causes[0].detail == "HTTP probe failed with statuscode: 404"
