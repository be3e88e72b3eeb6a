"""Argo Rollouts on a simulated cluster: the stories of the recordings, and the rules that they stand on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.controllers.argo import metrics, sizes
from ktui.sim.controllers.argo.rollout import duration_seconds
from tests.sim.argo import SCENARIOS, Player, analysis, canary, rollout, service
from tests.sim.argo_recordings import conditions, reasons, recorded, story
from tests.sim.kubectl import Kubectl

JSON = dict[str, Any]
_RACES = {("Progressing", "True", "FoundNewReplicaSet", 'Found new replica set "web-*"')}
"""The real controller sometimes does not see its own ReplicaSet at once."""
_UNTOLD = {
    "experiment": {"AnalysisRunPending", "AnalysisRunRunning", "AnalysisRunSuccessful"},
    "istio-weights": {"RolloutAborted"},
}
"""Events that are not told here: of the analyses of an Experiment, and what comes after 25 events about one object."""


@pytest.fixture(scope="module")
def played() -> dict[str, Player]:
    """Each scenario, once for all tests."""
    found = {}
    for name, act in SCENARIOS.items():
        found[name] = Player()
        act(found[name])
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_story_of_a_recording_comes_out(played: dict[str, Player], name: str) -> None:
    """The same phases, messages, steps and weights, in order; the same conditions, word for word."""
    theirs, ours = recorded(name), played[name].seen
    assert story(ours) == story(theirs)
    assert conditions(ours) == conditions(theirs) - _RACES or name == "quota"
    told = {reason for _, reason in reasons(played[name].cluster.list("events"))}
    wanted = {reason for _, reason in reasons(recorded(name, "Event"))}
    assert wanted - told <= _UNTOLD.get(name, set())


def test_fields_are_written_as_the_real_controller_writes_them(played: dict[str, Player]) -> None:
    """The same fields of the status at the end, and the same annotations and labels of ReplicaSets."""
    for name in SCENARIOS:
        ours, theirs = played[name].rollout(), recorded(name)[-1]
        assert ours["status"].keys() == theirs["status"].keys(), name
        assert _revision(ours) == _revision(theirs), name
    ours_set = played["analysis-error"].replica_sets()[4]["metadata"]
    assert ours_set["annotations"]["rollout.argoproj.io/revision-history"] == "2"
    assert ours_set["annotations"]["rollout.argoproj.io/desired-replicas"] == "5"
    assert ours_set["labels"].keys() == {"app", "rollouts-pod-template-hash"}


def _revision(obj: JSON) -> str:
    return str(obj["metadata"]["annotations"]["rollout.argoproj.io/revision"])


def test_who_writes_what_is_owned_as_recorded(played: dict[str, Player]) -> None:
    def entries(obj: JSON) -> dict[tuple[str, str], JSON]:
        found = obj["metadata"]["managedFields"]
        return {(each["manager"], each.get("subresource", "")): each["fieldsV1"] for each in found}

    ours, theirs = (entries(each) for each in (played["canary-steps"].rollout(), recorded("canary-steps")[-1]))
    for writer in (("rollouts-controller", ""), ("kubectl-argo-rollouts", "")):
        assert ours[writer]["f:spec"] == theirs[writer]["f:spec"]
    assert ("rollouts-controller", "status") in ours


def test_an_analysis_run_says_what_it_measured(played: dict[str, Player]) -> None:
    def told(run: JSON) -> JSON:
        status: JSON = json.loads(json.dumps(run["status"]))
        for result in status["metricResults"]:
            for measurement in result["measurements"]:
                del measurement["startedAt"], measurement["finishedAt"]
        return {name: value for name, value in status.items() if not name.endswith("At")}

    for name in ("analysis-failed", "analysis-inconclusive"):
        (ours,) = played[name].cluster.list("analysisruns")
        theirs = recorded(name, "AnalysisRun")[-1]
        assert told(ours) == told(theirs)
        assert ours["metadata"]["annotations"] == theirs["metadata"]["annotations"]
        assert ours["metadata"]["labels"].keys() == theirs["metadata"]["labels"].keys()


def test_an_abort_with_a_router_is_quiet_afterwards(played: dict[str, Player]) -> None:
    """The real controller moves the Service of the canary there and back; here nothing is written without need."""
    play = played["istio-weights"]
    before = play.api.storage.number
    play.run(5)
    assert play.api.storage.number == before


def test_nothing_is_written_about_a_healthy_rollout(played: dict[str, Player]) -> None:
    for name in ("canary-steps", "blue-green-auto", "workload-ref"):
        played[name].run(5)  # the last old pod stops
        before = played[name].api.storage.number
        played[name].run(60)
        assert played[name].api.storage.number == before, name


def test_deleting_a_rollout_takes_its_pods_along() -> None:
    play = Player("argo")
    play.apply(rollout(canary(), 2))
    play.until("Healthy")
    play.api.delete(play.rollouts, "default", "web")
    play.run(5)
    assert play.cluster.list("pods") == play.cluster.list("replicasets") == []


def _referring(api_version: str, kind: str) -> JSON:
    made = rollout(canary(), workloadRef={"apiVersion": api_version, "kind": kind, "name": "none"})
    del made["spec"]["template"]
    return made


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (rollout({}), ".spec.strategy.canary or .spec.strategy.blueGreen"),
        (rollout({"blueGreen": {"activeService": "none"}}), 'Service: Invalid value: "none": service "none" not found'),
        (rollout(canary({"analysis": {"templates": [{"templateName": "none"}]}})), "AnalysisTemplate 'none' not found"),
        (rollout(canary(maxSurge=0, maxUnavailable=0)), "MaxSurge and MaxUnavailable both can not be zero"),
        (rollout(canary({"setCanaryScale": {"replicas": 1}})), "SetCanaryScale requires TrafficRouting to be set"),
        (rollout(canary(), selector={"matchLabels": {"app": "other"}}), "`selector` does not match template `labels`"),
        (_referring("apps/v1", "Deployment"), 'deployments.apps "none" not found'),
        (_referring("batch/v1", "Job"), "workload of type batch/Job is not supported"),
    ],
)  # fmt: skip
def test_a_spec_that_is_not_accepted_is_degraded_and_says_why(broken: JSON, words: str) -> None:
    play = Player("argo")
    play.apply(broken)
    play.run(1)
    assert play.status()["phase"] == "Degraded"
    assert play.status()["message"].startswith('InvalidSpec: The Rollout "web" is invalid: ')
    assert words in play.status()["message"]
    assert play.cluster.list("replicasets") == []


def test_analyses_before_and_after_a_switch() -> None:
    play = Player("argo")
    checked = {"templates": [{"templateName": "errors"}]}
    strategy = {"activeService": "web-active", "prePromotionAnalysis": checked, "postPromotionAnalysis": checked}
    play.apply(service("web-active"), analysis("/0.01,0.4", count=1, successCondition="result < 0.05"))
    play.apply(rollout({"blueGreen": strategy}, 2))
    play.until("Healthy")
    play.image("1.1")
    play.run(10)
    assert play.status()["phase"] == "Healthy"
    named = [run["metadata"]["name"].rpartition("-")[2] for run in play.cluster.list("analysisruns")]
    assert sorted(named) == ["post", "pre"]
    play.apply(analysis("/bad", count=1, successCondition="result < 0.05"))
    play.image("1.2")
    play.run(10)
    assert "Blue/green pre-promotion analysis phase error/failed" in play.status()["message"]
    active = play.cluster.get("services", "web-active")
    assert active is not None
    assert active["spec"]["selector"]["rollouts-pod-template-hash"] == play.status()["stableRS"]


def test_a_rollback_within_the_window_skips_the_steps() -> None:
    play = Player("argo")
    play.apply(rollout(canary({"setWeight": 50}, {"pause": {}}), 2, rollbackWindow={"revisions": 1}))
    play.until("Healthy")
    play.run(2)
    play.image("1.1")
    play.run(5)
    play.promote_fully()
    play.until("Healthy")
    play.image("1.0")
    play.run(10)
    assert (play.status()["phase"], play.status()["currentStepIndex"]) == ("Healthy", 2)


@pytest.mark.parametrize(
    ("replicas", "weight", "surge", "pods"),
    [(10, 20, 3, (2, 8)), (3, 50, 0, (2, 1)), (4, 25, 1, (1, 3)), (1, 5, 1, (1, 1)), (1, 5, 0, (0, 1)),
     (5, 100, 2, (5, 0)), (5, 0, 2, (0, 5)), (0, 50, 1, (0, 0)), (10, 1, 0, (1, 9))],
)  # fmt: skip
def test_weights_come_out_in_whole_pods(replicas: int, weight: int, surge: int, pods: tuple[int, int]) -> None:
    assert sizes.split(replicas, weight, 100, surge) == pods


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [("result < 0.05", 0.01, True), ("result[0] >= 0.95", [0.9], False),
     ("len(result) == 0 || result[0] > 1", [], True), ("!(result > 1) && result != 2", 0.5, True),
     ("default(result, 0) < 1", 0.5, True), ("isNaN(result)", 1.0, False)],
)  # fmt: skip
def test_conditions_of_metrics(condition: str, value: Any, holds: bool) -> None:
    assert metrics.holds(condition, value) is holds


@pytest.mark.parametrize("condition", ["", "result.__class__", "open('x')", "result <", "result[3]", "9 ** 9 > 1"])
def test_a_condition_that_is_none_is_an_error_of_the_measurement(condition: str) -> None:
    with pytest.raises(metrics.NoValueError):
        metrics.holds(condition, [1.0])


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1h30m", 5400), (30, 30), ("45", 45), ("500ms", 0.5), ("?", 0)]
)
def test_durations(text: str | int, seconds: float) -> None:
    assert duration_seconds(text) == seconds


def test_kubectl_sees_it_and_steers_it(tmp_path: Path) -> None:
    cluster = SimulatedCluster(speed=20.0)
    cluster.install("argo")
    cluster.apply(rollout(canary({"setWeight": 50}, {"pause": {}}), 2))
    with cluster.serving():
        kubectl = Kubectl(cluster.write_kubeconfig(tmp_path / "admin"), tmp_path, "default")
        kubectl.ok("wait", "rollout/web", "--for=jsonpath={.status.phase}=Healthy", "--timeout=60s")
        patch = (
            '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"registry.example/shop/web:2"}]'
        )
        kubectl.ok("patch", "rollout", "web", "--type=json", "-p", patch)
        kubectl.ok("wait", "rollout/web", "--for=jsonpath={.status.phase}=Paused", "--timeout=60s")
        assert kubectl.ok("get", "rollouts").split()[-6:-1] == ["web", "2", "2", "1", "2"]
        body = '{"status":{"pauseConditions":null}}'
        kubectl.ok("patch", "rollout", "web", "--type=merge", "--subresource=status", "-p", body)
        kubectl.ok("wait", "rollout/web", "--for=jsonpath={.status.phase}=Healthy", "--timeout=60s")


def test_the_demo_has_one_in_each_state() -> None:
    cluster = SimulatedCluster(seed=1)
    cluster.load("argo")
    told = {
        each["metadata"]["name"]: (each["status"]["phase"], each["status"].get("message", ""))
        for each in cluster.list("rollouts")
    }
    assert told["catalog"] == told["payments"] == told["suggest"] == ("Paused", "CanaryPauseStep")
    assert told["storefront"] == ("Paused", "BlueGreenPause")
    assert told["cart"] == ("Degraded", "RolloutAborted: Rollout aborted update to revision 2")
    assert 'Metric "error-rate" assessed Failed due to failed (2) > failureLimit (1)' in told["checkout"][1]
    assert told["search"] == ("Healthy", "")
    assert {each["metadata"]["name"]: each["spec"]["replicas"] for each in cluster.list("deployments")} == {
        "indexer": 4, "mailer": 2, "suggest": 0,
    }  # fmt: skip
