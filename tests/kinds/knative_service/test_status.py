"""The columns of `kubectl get ksvc`, shares of traffic and phases, over every recording."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.registry import rollout_of
from ktui.rollout.rollout import Phase
from tests.kinds.knative_service import replay

ROW = re.compile(r"service\.serving\.knative\.dev/web +\S+ +\S+ +(?:\S+ +)?(True|False|Unknown) *(\S*)$")
SLACK = 0.4
"""Seconds: kubectl read before it printed."""


@pytest.mark.parametrize("name", replay.OF_SERVICES)
def test_phase_and_message_are_the_columns_of_the_condition_at_every_moment(name: str) -> None:
    for each in replay.seen(name):
        conditions = {one["type"]: one for one in each.raw.get("status", {}).get("conditions", ())}
        ready = conditions.get("Ready", {})
        told = each.rollout.controller
        assert told is not None
        assert (told.phase, told.message) == (ready.get("status"), ready.get("reason") or None), each.t
        assert told.step is told.steps is None


@pytest.mark.parametrize("name", replay.OF_SERVICES)
def test_they_are_what_kubectl_printed(name: str) -> None:
    shown = [(t, found) for t, line in replay.printed(name) if (found := ROW.match(line))]
    for t, found in shown:
        told = {
            (each.rollout.controller.phase, each.rollout.controller.message or "")
            for each in replay.seen(name)
            if each.rollout.controller is not None and t - 2 <= each.t <= t
        }
        last = replay.at(name, t).rollout.controller
        assert last is not None
        assert (found[1], found[2]) in {*told, (last.phase, last.message or "")}, (t, found[0])


@pytest.mark.parametrize("name", replay.OF_SERVICES)
def test_shares_and_weight_are_those_of_the_status(name: str) -> None:
    for each in replay.seen(name):
        status = each.raw.get("status", {})
        traffic, newest = status.get("traffic", ()), status.get("latestCreatedRevisionName")
        told = each.rollout.controller
        assert told is not None
        weight = sum(one.get("percent", 0) for one in traffic if one["revisionName"] == newest)
        assert told.weight == (weight if newest else None), each.t


@pytest.mark.parametrize("name", replay.HEALTHY)
def test_what_goes_well_raises_no_alarm(name: str) -> None:
    found = replay.seen(name)
    assert not {Phase.FAILED, Phase.STALLED, Phase.PAUSED} & {each.rollout.phase for each in found}
    assert not [cause for each in found for cause in each.rollout.causes if cause.blocking]


@pytest.mark.parametrize("name", replay.NAMES)
def test_the_deployments_underneath_have_no_row_of_their_own(name: str) -> None:
    last = ""
    for step, store in replay.fed(name):
        services = [each for each in store.workloads() if isinstance(each, KnativeService)]
        shown = [each for each in store.shown() if not isinstance(each, KnativeService)]
        if services and services[0].metadata.deletion_timestamp is None:
            assert not shown, step.t
        last = type(shown[0]).__name__ if shown else ""
    # Where there is no Service, there is nothing to fold them into.
    assert last == ("Deployment" if name == "ksvc-route-of-its-own" else last)


@pytest.mark.parametrize(
    ("name", "t", "phase", "why"),
    [
        ("ksvc-first-revision", 99, Phase.COMPLETE, ""),
        ("ksvc-scale-to-zero", 20, Phase.SCALED_TO_ZERO, "asleep: no requests, no pods; the next request starts one"),
        ("ksvc-traffic-split", 14, Phase.HELD, "revision 1 gets 90 % of the traffic, revision 2 10 %"),
        (
            "ksvc-roll-back",
            30,
            Phase.HELD,
            "revision 3 is ready, not released: promote gives it traffic; revision 1 serves 100 %",
        ),
        (
            "ksvc-missing-target",
            18,
            Phase.PROGRESSING,
            "the traffic waits for revision 2, which is not ready; revision 1 serves 100 %",
        ),
        (
            "ksvc-gradual-rollout",
            11.5,
            Phase.PROGRESSING,
            "gradual rollout: revision 2 has 19 %, revision 1 81 %, about 18s left",
        ),
        (
            "ksvc-gradual-rollout",
            22.0,
            Phase.PROGRESSING,
            "gradual rollout: revision 2 has 64 %, revision 1 36 %, about 8s left; revision 3 joins when it is ready",
        ),
    ],
)
def test_the_phase_and_what_is_said(name: str, t: float, phase: Phase, why: str) -> None:
    found = replay.at(name, t).rollout
    assert (found.phase, found.why) == (phase, why)


def test_the_time_left_of_a_gradual_rollout_comes_down_to_its_end() -> None:
    left = [(each.t, each.rollout.seconds_left) for each in replay.seen("ksvc-gradual-rollout") if 23 < each.t < 45.5]
    known = [(t, seconds) for t, seconds in left if seconds]
    assert all(abs(seconds - (45.7 - t)) < 3 for t, seconds in known), known
    assert len(known) > 30


def test_another_clock_than_the_controllers_does_not_make_the_time_left_wild() -> None:
    each = replay.at("ksvc-gradual-rollout", 11.5)
    store, service = replay.store_at("ksvc-gradual-rollout", 11.5)
    for hours in (-30, 30):
        _, found = rollout_of(store, service, None, each.now + timedelta(hours=hours))
        assert found.seconds_left is not None
        assert 16 <= found.seconds_left <= 18


@pytest.mark.parametrize("name", ["ksvc-new-image", "ksvc-crash", "ksvc-first-fails"])
def test_waiting_is_over_when_kubectl_would_stop_or_never_would(name: str) -> None:
    for each in replay.seen(name):
        verdict, told = each.rollout.verdict, each.rollout.controller
        assert told is not None
        if verdict.done and not verdict.failed:
            assert verdict.line == "service.serving.knative.dev/web condition met"
        assert not verdict.failed or (told.phase == "False" and each.rollout.observed)
        assert not verdict.done or told.phase in ("True", "False")


def test_a_condition_that_tells_of_the_template_before_is_no_failure() -> None:
    stale = [each for each in replay.seen("ksvc-first-fails") if 7.1 < each.t < 7.35]
    assert {each.rollout.controller.phase for each in stale if each.rollout.controller} == {"False"}
    assert not any(each.rollout.verdict.failed for each in stale)
    assert {each.rollout.phase for each in stale} == {Phase.PROGRESSING}


def test_a_failed_revision_stays_failed_while_it_is_scaled_to_zero_and_up_again() -> None:
    found = [each for each in replay.seen("ksvc-nopull") if 19 < each.t < 76]
    unknown = [each for each in found if each.rollout.controller and each.rollout.controller.phase == "Unknown"]
    assert unknown
    assert {each.rollout.phase for each in found} == {Phase.FAILED}
