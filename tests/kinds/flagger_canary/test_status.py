"""Flagger's phase, weight and numbers, over every recording, and what ktui makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.traffic import shares_of
from ktui.model.resources import HTTP_ROUTES
from ktui.model.routing import HTTPRoute
from ktui.rollout.rollout import Phase
from tests.kinds.flagger_canary import replay
from tests.recorded import decode


@pytest.mark.parametrize("name", replay.NAMES)
def test_at_every_moment_the_phase_and_the_numbers_are_those_of_the_controller(name: str) -> None:
    for moment in replay.played(name):
        status, shown = moment.canary.status, moment.rollout.controller
        assert shown is not None
        assert shown.phase == (status.phase or None)
        assert shown.step in (None, max(0, status.iterations))
        if not status.phase:
            assert shown.weight is None
        else:
            assert shown.weight == (status.canary_weight if moment.shares is None else min(moment.shares))
    last = replay.played(name)[-1].rollout.phase
    # If the analysis is skipped, Flagger says that it succeeded while the primary is still rolled out.
    is_early = name == "skip-analysis"
    assert last in (Phase.COMPLETE, Phase.FAILED, Phase.DELETED, *((Phase.PROGRESSING,) if is_early else ()))
    assert (last is Phase.FAILED) == (name == "webhook-rollback")


@pytest.mark.parametrize("name", replay.HEALTHY)
def test_where_nothing_goes_wrong_there_is_no_alarm(name: str) -> None:
    for moment in replay.played(name):
        assert moment.rollout.causes == (), moment.t
        assert moment.rollout.phase not in (Phase.FAILED, Phase.STALLED), moment.t


def _whys(name: str) -> list[str]:
    """What the overview says, one after another; numbers of pods that start left out."""
    found: list[str] = []
    for moment in replay.played(name):
        why = moment.rollout.why
        if why not in found[-1:] and " pod" not in why:
            found.append(why)
    return found


def test_an_analysis_by_weight_in_words() -> None:
    found = _whys("weights")
    told = [why for why in found if why.startswith("analysis")]
    assert told == [f"analysis: weight {weight} of 60" for weight in (0, 20, 40, 60)]
    assert found[-3:] == ["promotion: traffic goes back to the primary", "promoted: the canary is being stopped", ""]


def test_gates_in_words() -> None:
    waits = [why for why in _whys("gates") + _whys("gates-weights") if why.startswith("waits for approval")]
    assert list(dict.fromkeys(waits)) == [
        "waits for approval to begin: the gate start is shut",
        "waits for approval to promote: the gate promote is shut",
        "waits for approval of more traffic: the gate increase is shut (25% to the canary)",
        "waits for approval to promote: the gate promote is shut (50% to the canary)",
    ]


@pytest.mark.parametrize(
    ("name", "t", "phase", "why"),
    [
        ("suspend", 20.0, Phase.PAUSED, "suspended at weight 40 of 60, the canary serves 40%, the primary 60%"),
        ("suspend", 40.0, Phase.PAUSED, "changed while suspended: nothing is rolled out until it is resumed"),
        ("gates", 8.0, Phase.HELD, "waits for approval to begin: the gate start is shut"),
        ("undo-in-the-middle", 23.0, Phase.PROGRESSING, None),
        ("initialize", 8.0, Phase.COMPLETE, ""),
        ("weights", 7.5, Phase.PROGRESSING, "the controller has not seen the change yet"),
    ],
)
def test_one_look(name: str, t: float, phase: Phase, why: str | None) -> None:
    rollout = replay.moment(name, t).rollout
    assert rollout.phase is phase
    assert why is None or rollout.why == why


def test_a_target_at_zero_is_the_resting_state() -> None:
    rollout = replay.moment("promotion", replay.end("promotion")).rollout
    assert (rollout.phase, rollout.image, rollout.progress.new.available) == (Phase.COMPLETE, "web:1.1", 3)
    assert rollout.progress.old.existing == 0


def test_an_undo_in_the_middle_is_told_apart_from_the_analysis_after_it() -> None:
    told = [moment.rollout.why for moment in replay.played("undo-in-the-middle")]
    assert "analysis: iteration 3 of 6, with the template of the primary again" in told
    assert "analysis: iteration 3 of 6" in told


@pytest.mark.parametrize(
    ("name", "t", "words"),
    [
        ("weights", 16.5, "the canary serves 40%, the primary 60%"),
        ("ab-testing", 15.0, "the canary serves what matches, the primary the rest"),
        ("mirror", 16.0, "the primary serves with web:1.0"),
        ("mirror", 25.0, "the canary serves with web:1.1"),
        ("promotion-fails", 30.0, "the canary serves with web:1.1"),
        ("promotion-fails", 36.0, "the primary serves with web:1.0"),
        ("gates-weights", 25.0, "the canary serves 50%, the primary 50%"),
        ("primary-never-ready", 25.0, ""),
        ("delete-revert", 4.0, "the target serves with web:1.0"),
    ],
)
def test_who_serves_is_read_from_routes_services_and_pods(name: str, t: float, words: str) -> None:
    assert replay.moment(name, t).rollout.serves == words


def _route(*rules: list[tuple[str, int]]) -> HTTPRoute:
    backends = [{"backendRefs": [{"name": name, "weight": weight} for name, weight in rule]} for rule in rules]
    found = decode(HTTP_ROUTES, {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"rules": backends}})
    assert isinstance(found, HTTPRoute)
    return found


@pytest.mark.parametrize(
    ("rules", "shares"),
    [
        ([[("web-primary", 75), ("web-canary", 25)]], (25,)),
        ([[("web-primary", 3), ("web-canary", 1)], [("other", 1)]], (25,)),
        ([[("web-primary", 0), ("web-canary", 0)]], (0,)),
        ([[("web-primary", 1)], [("web-canary", 1)]], (0, 100)),
        ([], ()),
    ],
)
def test_shares_of_a_route(rules: list[list[tuple[str, int]]], shares: tuple[int, ...]) -> None:
    assert shares_of(_route(*rules), "web") == shares


@pytest.mark.parametrize(
    ("analysis", "weights", "iterations"),
    [
        ({"stepWeight": 20, "maxWeight": 60}, (20, 40, 60), 0),
        ({"stepWeight": 20, "maxWeight": 50}, (20, 40, 60), 0),
        ({"stepWeight": 50}, (50, 100), 0),
        ({"stepWeight": 80, "maxWeight": 50}, (80,), 0),
        ({"stepWeight": 30, "stepWeights": [10, 40]}, (30, 60), 0),
        ({"stepWeights": [1, 10, 150]}, (1, 10, 100), 0),
        ({"iterations": 5}, (), 5),
        ({}, (), 10),
    ],
)
def test_steps_of_an_analysis(analysis: dict[str, Any], weights: tuple[int, ...], iterations: int) -> None:
    made = replay.canary({"analysis": analysis})
    assert (made.weights, made.iterations) == (weights, iterations)


def test_plain_services_run_ten_iterations_whatever_the_weights() -> None:
    made = replay.canary({"provider": "kubernetes", "analysis": {"stepWeight": 10, "match": [{}]}})
    assert (made.iterations, made.strategy) == (10, "Blue/Green")


def test_the_older_name_of_an_analysis_and_none_at_all() -> None:
    older = replay.canary({"canaryAnalysis": {"interval": "1m30s", "threshold": 4, "iterations": 2, "match": [{}]}})
    assert (older.interval, older.threshold, older.strategy, older.skips_analysis) == (90.0, 4, "A/B testing", False)
    none = replay.canary()
    assert (none.interval, none.threshold, none.skips_analysis) == (60.0, 1, True)


@pytest.mark.parametrize(
    ("phase", "done", "failed"),
    [
        ("", False, False),
        ("Initializing", False, False),
        ("Initialized", True, False),
        ("Waiting", False, False),
        ("WaitingPromotion", False, False),
        ("Finalising", False, False),
        ("Succeeded", True, False),
        ("Failed", True, True),
        ("Terminating", False, False),
    ],
)
def test_the_verdict(phase: str, done: bool, failed: bool) -> None:
    judged = said.verdict(replay.canary(phase=phase))
    assert (judged.done, judged.failed) == (done, failed)


def test_a_condition_that_is_known_to_be_wrong_is_not_repeated() -> None:
    condition = {"type": "Promoted", "status": "False", "reason": "Failed", "message": "failed, scaled to zero."}
    assert (
        said.verdict(replay.canary(phase="Failed", conditions=[condition])).line == "Failed - failed, scaled to zero."
    )
    left = replay.canary(phase="Failed", conditions=[condition], canaryWeight=100)
    assert said.verdict(left).line == "Failed"


def test_the_verdict_waits_until_the_change_has_been_looked_at() -> None:
    before, after = replay.moment("weights", 7.5).rollout, replay.moment("weights", 10.5).rollout
    assert (before.verdict.done, before.observed) == (False, False)
    assert (after.verdict.line.partition(" ")[0], after.observed) == ("Progressing", True)
    failed = replay.moment("metric-rollback", 31.6).rollout
    assert (failed.verdict.failed, failed.phase) == (False, Phase.PROGRESSING)
