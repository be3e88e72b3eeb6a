"""Why a Rollout is not well, over every recording: the right cause at its end, and none where nothing is wrong."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.kinds.argo_rollout.aborts import leftovers
from ktui.kinds.argo_rollout.causes import diagnose
from ktui.rollout.diagnosis.cause import Cause, Reason
from tests.kinds.argo_rollout import replay
from tests.kinds.argo_rollout.replay import Moment


def causes(moment: Moment, **known: Any) -> tuple[Cause, ...]:
    situation = msgspec.structs.replace(moment.situation, **known)
    return diagnose(situation, moment.now, moment.events_of)


def _sentences(moment: Moment, **known: Any) -> list[str]:
    return [cause.sentence for cause in causes(moment, **known)]


ABORTED = "aborted: revision 1 (web:1.0) serves, the spec still has revision 2 (web:1.1)"


@pytest.mark.parametrize(
    ("name", "at", "reason", "sentence"),
    [
        ("analysis-failed", 14, Reason.ANALYSIS_FAILED, "analysis failed: error-rate was 0.4 against result < 0.05"),
        ("analysis-error", 28.8, Reason.ANALYSIS_ERROR, "analysis broke: error-rate could not be measured, 3 times in"),
        ("analysis-inconclusive", 14, Reason.ANALYSIS_INCONCLUSIVE, "analysis is inconclusive: error-rate was"),
        ("invalid-spec", 5, Reason.SPEC_INVALID, "invalid spec: steps[0].setWeight 120: SetWeight needs to be between"),
        (
            "invalid-spec",
            15,
            Reason.REFERENCE_MISSING,
            "the Service no-such-service, which the spec names, does not exist",
        ),
        ("quota", 22, Reason.QUOTA_FULL, "no more pods can be created: quota pods: 4 of 4 pods used"),
        ("degraded-deadline", 12, Reason.IMAGE_NOT_FOUND, "image web:nopull cannot be pulled"),
        ("deadline-abort", 17, Reason.DEADLINE_PASSED, "aborted by its controller: no progress within its deadline"),
        ("canary-abort-retry-undo", 15, Reason.ABORTED, ABORTED),
        (
            "blue-green-manual",
            34,
            Reason.ABORTED,
            "aborted: revision 2 (web:1.1) serves, the spec still has revision 3 (web:1.2)",
        ),
    ],
)
def test_the_first_cause_is_the_right_one(name: str, at: float, reason: Reason, sentence: str) -> None:
    first = causes(replay.moment(name, at))[0]
    assert (first.reason, first.sentence[: len(sentence)]) == (reason, sentence)
    assert first.try_next


@pytest.mark.parametrize("name", replay.HEALTHY)
def test_no_alarm_where_nothing_is_wrong(name: str) -> None:
    assert {sentence for moment in replay.moments(name) for sentence in _sentences(moment)} == set()


@pytest.mark.parametrize("name", replay.NAMES)
def test_nothing_is_wrong_any_more_with_what_has_become_healthy(name: str) -> None:
    for moment in replay.moments(name):
        if moment.rollout.status.phase == "Healthy" and moment.rollout.observed:
            assert _sentences(moment) == [], moment.t


def test_a_deadline_is_said_after_what_explains_it() -> None:
    found = causes(replay.moment("quota", 22))
    assert [cause.reason for cause in found] == [Reason.QUOTA_FULL, Reason.DEADLINE_PASSED]
    assert all(cause.blocking for cause in found)


def test_where_services_cannot_be_listed_the_missing_one_is_named_as_a_guess() -> None:
    moment = replay.moment("invalid-spec", 15)
    assert _sentences(moment, services=None) == []
    later = moment._replace(now=moment.now.replace(year=moment.now.year + 1))
    (found,) = causes(later, services=None)
    assert found.reason is Reason.NOT_OBSERVED
    assert "no-such-service" in found.try_next


def test_a_virtual_service_that_is_not_listed_is_named_as_a_guess_too() -> None:
    moment = replay.moment("istio-weights", 3.25)
    later = moment._replace(now=moment.now.replace(year=moment.now.year + 1))
    unseen = later._replace(there={**later.there, "virtualservices": {}})
    (found,) = causes(unseen, routes=unseen.routes(knows_all=False))
    assert found.try_next.startswith("check that the VirtualService web exists, which the spec names")


def test_a_change_that_no_controller_takes_over_is_a_trouble_of_the_controller() -> None:
    moment = replay.moment("invalid-spec", 15)
    later = moment._replace(now=moment.now.replace(year=moment.now.year + 1))
    (found,) = causes(later, services=frozenset({"no-such-service"}))
    assert "the controller of Argo Rollouts runs" in found.try_next


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            'The Rollout "web" is invalid: spec.strategy.canary.trafficRouting.istio.virtualService.name: Invalid '
            'value: "web": virtualservices.networking.istio.io "web" not found',
            "the VirtualService web, which the spec names, does not exist",
        ),
        (
            'The Rollout "web" is invalid: spec.strategy.blueGreen.activeService: Invalid value: "active": '
            'service "active" not found',
            "the Service active, which the spec names, does not exist",
        ),
        (
            'The Rollout "web" is invalid: spec.strategy.canary.steps[0].analysis.templates: Invalid value: '
            "\"errors\": AnalysisTemplate 'errors' not found",
            "the AnalysisTemplate errors, which the spec names, does not exist",
        ),
    ],
)
def test_what_the_controller_says_is_missing_is_named(message: str, said: str) -> None:
    base = replay.moment("invalid-spec", 5)
    (condition,) = base.rollout.status.conditions
    broken = msgspec.structs.replace(condition, message=message)
    status = msgspec.structs.replace(base.rollout.status, conditions=(broken,))
    (found,) = causes(base._replace(rollout=msgspec.structs.replace(base.rollout, status=status)))
    assert (found.sentence, found.reason) == (said, Reason.REFERENCE_MISSING)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            'strategy.canary.trafficRouting.istio.virtualService.name: Invalid value: "web": Istio VirtualService has '
            "invalid HTTP routes. Error: HTTP Route 'primary' is not found in the defined Virtual Service.",
            "virtualService.name: HTTP Route 'primary' is not found in the defined…",
        ),
        (
            'strategy.strategy: Invalid value: "blueGreen: true canary: true": Multiple Strategies can not be listed',
            "strategy: Multiple Strategies can not be listed",
        ),
        (
            "strategy.canary.steps[0].setWeight: Invalid value: 120: SetWeight needs to be between 0 and 100",
            "canary.steps[0].setWeight 120: SetWeight needs to be between 0 and 100",
        ),
    ],
)
def test_an_invalid_spec_says_the_reason_before_all(message: str, said: str) -> None:
    base = replay.moment("invalid-spec", 5)
    (condition,) = base.rollout.status.conditions
    broken = msgspec.structs.replace(condition, message=f'The Rollout "web" is invalid: spec.{message}')
    status = msgspec.structs.replace(base.rollout.status, conditions=(broken,))
    (found,) = causes(base._replace(rollout=msgspec.structs.replace(base.rollout, status=status)))
    assert (found.sentence, found.reason) == (f"invalid spec: {said}", Reason.SPEC_INVALID)


def test_a_replicaset_that_cannot_be_made_is_the_cause() -> None:
    """As the controller writes it, and as for a Deployment."""
    moment = replay.moment("canary-steps", 5)
    denied = 'admission webhook "policy.example" denied the request: no images of that registry'
    conditions = tuple(
        msgspec.structs.replace(
            each,
            status="False",
            reason="ReplicaSetCreateError",
            message=f'Failed to create new replica set "web-1": {denied}',
        )
        for each in moment.rollout.status.conditions
        if each.type == "Progressing"
    )
    status = msgspec.structs.replace(moment.rollout.status, phase="Progressing", conditions=conditions)
    (found,) = causes(moment._replace(rollout=msgspec.structs.replace(moment.rollout, status=status)))
    assert found.sentence.startswith("the new ReplicaSet cannot be made: webhook policy.example")
    assert found.blocking


def test_after_an_abort_what_still_runs_and_still_gets_traffic_is_said_until_it_is_over() -> None:
    found = [leftovers(moment.situation, moment.now) for moment in replay.moments("istio-weights", 26.9)]
    assert found[1] == "1 pod of revision 3 still runs, and 5 of 100 of the traffic still go to it"
    assert found[-1].startswith("1 pod of revision 3 still runs, for ")
    gone = [leftovers(moment.situation, moment.now) for moment in replay.moments("canary-abort-retry-undo", 27.8, 34)]
    assert gone[1].startswith("3 pods of revision 2 still run")
    assert gone[-1] == ""


def test_a_retry_makes_the_failed_analysis_history() -> None:
    moment = replay.moment("analysis-failed", 14)
    status = msgspec.structs.replace(moment.rollout.status, abort=False, aborted_at=None, phase="Progressing")
    assert _sentences(moment._replace(rollout=msgspec.structs.replace(moment.rollout, status=status))) == []
