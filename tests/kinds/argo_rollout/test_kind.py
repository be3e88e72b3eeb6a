"""The kind behind the registry: every recording through a store, as a screen and a command would ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import msgspec
import pytest

from ktui.kinds.argo_rollout import status
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.resources import ANALYSIS_RUNS, EXPERIMENTS, ROLLOUTS
from ktui.kinds.argo_rollout.steps import ladder
from ktui.kinds.planning import known, offers
from ktui.kinds.registry import detail_of, history_of, revisions_of, rollout_of, timeline_of
from ktui.model.changes import Gone, Listed, Put
from ktui.model.resources import EVENTS, PODS, REPLICASETS, SERVICES, Resource
from ktui.model.store import Store
from ktui.rollout.history import writer
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Phase, Rollout
from tests.kinds.argo_rollout import replay
from tests.recorded import decode

RESOURCES: dict[str, Resource] = {
    resource.plural: resource
    for resource in (ROLLOUTS, ANALYSIS_RUNS, EXPERIMENTS, REPLICASETS, PODS, EVENTS, SERVICES)
}


class Seen(NamedTuple):
    """The Rollout at `t` seconds, after a change of something that belongs to it."""

    t: float
    now: datetime
    workload: ArgoRollout
    track: Track
    rollout: Rollout


def fed(name: str, until: float = 1e9) -> Iterator[tuple[float, Store]]:
    """The store after each change of the recording."""
    store = Store()
    store.apply([Listed(SERVICES)])
    for step in replay.steps(name):
        resource = RESOURCES.get(step.plural)
        if resource is None or step.t > until:
            continue
        gone = step.obj is None
        store.apply([Gone(resource, step.uid) if gone else Put(resource, decode(resource, step.obj or {}))])
        yield step.t, store


@cache
def played(name: str) -> tuple[tuple[Seen, ...], Store]:
    found: list[Seen] = []
    track: Track | None = None
    store = Store()
    for t, store in fed(name):
        now = replay.clock(name) + timedelta(seconds=t)
        for uid in store.take_dirty():
            workload = store.workload(uid)
            if isinstance(workload, ArgoRollout):
                track, rollout = rollout_of(store, workload, track, now)
                found.append(Seen(t, now, workload, track, rollout))
    return tuple(found), store


@pytest.mark.parametrize("name", replay.NAMES)
def test_each_look_has_the_plugins_words_and_numbers(name: str) -> None:
    seen, store = played(name)
    assert seen
    for each in seen:
        said = status.said(each.workload)
        controller = each.rollout.controller
        assert controller is not None
        assert (controller.phase, controller.message or "") == said
        assert each.rollout.verdict == status.verdict(each.workload)
        if each.workload.spec.strategy.canary is None:
            assert (controller.step, controller.steps, controller.weight) == (None, None, None)
    last = seen[-1]
    steps = ladder(last.workload, store.replicasets(last.workload.metadata.uid), last.now)
    if steps is not None and last.rollout.controller is not None:
        assert last.rollout.controller.weight == steps.actual_weight


@pytest.mark.parametrize("name", replay.HEALTHY)
def test_what_goes_well_raises_no_alarm_and_ends_complete(name: str) -> None:
    seen, _ = played(name)
    assert {each.rollout.phase for each in seen} <= {Phase.PROGRESSING, Phase.HELD, Phase.COMPLETE}
    assert seen[-1].rollout.phase is Phase.COMPLETE
    assert not any(each.rollout.causes for each in seen)


@pytest.mark.parametrize("name", replay.NAMES)
def test_every_screen_has_something_to_show(name: str) -> None:
    seen, store = played(name)
    last = seen[-1]
    detail = detail_of(store, last.workload, last.track, last.now)
    assert detail.rollout.uid == last.workload.metadata.uid
    assert detail.sections
    assert detail.events
    history = history_of(store, last.workload)
    numbers = [each.number for each in history.revisions]
    assert numbers == sorted(numbers, reverse=True)
    assert history.current is not None
    timeline = timeline_of(store, last.workload)
    assert [moment.at for moment in timeline] == sorted(moment.at for moment in timeline)
    assert sum(each.is_current for each in revisions_of(store, last.workload)) == 1
    assert any(offer.open for offer in offers(known(store, last.workload)))


def _sections(name: str, at: float) -> dict[str, list[str]]:
    store = Store()
    for _, store in fed(name, at):  # noqa: B007 - the last one counts
        pass
    (workload,) = (each for each in store.workloads() if isinstance(each, ArgoRollout))
    now = replay.clock(name) + timedelta(seconds=at)
    track, _ = rollout_of(store, workload, None, now)
    found = detail_of(store, workload, track, now).sections
    return {each.title: [f"{line.tone} {line.text} {line.note}".strip() for line in each.lines] for each in found}


def test_a_canary_is_a_ladder_with_the_current_step_marked() -> None:
    assert _sections("canary-steps", 11.0) == {
        "Steps 1/6: 20% set, 20% of the pods now": [
            "good setWeight: 20",
            "now pause paused until promoted",
            "plain setWeight: 50",
            "plain pause: 5s",
            "plain setWeight: 80",
            "plain pause: 3s",
        ]
    }


def test_a_pause_with_a_length_has_the_time_left() -> None:
    (lines,) = _sections("canary-steps", 15.4).values()
    assert lines[0] == "good setWeight: 20 · pause · setWeight: 50"
    assert lines[1].startswith("now pause: 5s paused, continues in ")


def test_blue_green_has_both_sides_and_the_countdown() -> None:
    (lines,) = _sections("blue-green-auto", 12.0).values()
    assert lines[0].startswith("good active  web-active  revision 1, 3 of 3 pods available")
    assert "the preview is promoted in " in lines[1]
    (lines,) = _sections("blue-green-auto", 17.0).values()
    assert lines[-1].startswith("plain revision 1 keeps 3 pods for ")


def test_an_analysis_has_each_metric_with_counts_value_condition_and_limit() -> None:
    found = _sections("analysis-failed", 14.0)
    (title,) = (title for title in found if title.startswith("Analysis "))
    assert title.endswith(": Failed")
    assert found[title][0] == "bad error-rate: 2 failed of 5, last 0.4 against result < 0.05 at most 1 may fail"


def test_what_it_waits_for_is_said_in_a_row() -> None:
    whys = {each.rollout.why for each in played("canary-steps")[0]}
    assert "step 1/6, paused until promoted (20% now)" in whys
    assert any(why.startswith("step 2/6, setWeight: 50 (") for why in whys)
    assert any(why.startswith("step 3/6, paused, continues in ") for why in whys)
    analysing = {each.rollout.why for each in played("analysis-error")[0]}
    assert any(why.startswith("step 1/2, analysis runs: error-rate ") for why in analysing)


def test_two_pauses_at_once_are_both_named() -> None:
    seen, store = played("canary-steps")
    at_pause = next(each for each in seen if each.rollout.why == "step 1/6, paused until promoted (20% now)")
    spec = msgspec.structs.replace(at_pause.workload.spec, paused=True)
    paused = msgspec.structs.replace(at_pause.workload, spec=spec)
    _, rollout = rollout_of(store, paused, at_pause.track, at_pause.now)
    assert rollout.phase is Phase.PAUSED
    assert rollout.why.startswith("paused as a whole (spec.paused); step 1/6, paused until promoted")


@pytest.mark.parametrize(
    ("name", "at", "serving"),
    [
        ("blue-green-manual", 34.0, "revision 2 serves with 3 of 3 pods"),
        ("istio-weights", 30.0, "revision 2 serves with 4 of 4 pods"),
        ("canary-abort-retry-undo", 15.0, "the old revision still serves with"),
    ],
)
def test_pods_without_traffic_do_not_serve(name: str, at: float, serving: str) -> None:
    last = [each for each in played(name)[0] if each.t <= at][-1].rollout
    assert last.causes
    assert last.progress.available >= last.progress.desired
    assert last.serving.startswith(serving)


def test_an_analysis_of_an_experiment_makes_its_rollout_be_looked_at_again() -> None:
    seen, _ = played("experiment")
    runs = [step.t for step in replay.steps("experiment") if step.plural == "analysisruns"]
    assert set(runs) <= {each.t for each in seen}


def test_who_changed_it_is_the_person_and_not_the_controller_that_writes_it_back() -> None:
    seen, _ = played("canary-steps")
    assert (seen[0].rollout.written_by, seen[-1].rollout.written_by) == (
        "kubectl-client-side-apply",
        "kubectl-argo-rollouts",
    )
    (raw,) = replay.objects_at("canary-steps", 25.0)["rollouts"].values()
    found = writer(raw)
    assert found is not None
    assert found.manager == "kubectl-argo-rollouts"


def test_a_pause_counts_from_when_it_began_and_not_from_the_rollout() -> None:
    found, _ = played("pause-restart-scale")
    paused = [each for each in found if each.rollout.phase is Phase.PAUSED and each.t > 3]
    assert {each.rollout.since for each in paused} == {datetime(2026, 11, 28, 14, 21, 34, tzinfo=UTC)}
