"""Rollouts over their recordings: what the controller says, what ktui says, one row for Rollout and workload."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

import pytest

from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS, KruiseRollout
from ktui.kinds.planning import offers, plan
from ktui.kinds.registry import detail_of, history_of, rollout_of, timeline_of
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Request,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
)
from ktui.rollout.revisions import Refusal
from ktui.rollout.rollout import Phase
from tests.kinds.open_kruise import replay
from tests.recorded import decode

NAMES = [name for name in replay.NAMES if name.startswith("rollout-")]
HEALTHY = [name for name in NAMES if "fail" not in name]

PHASES = {
    "rollout-partition-steps": "complete progressing held progressing complete",
    "rollout-undo": "complete progressing held progressing complete",
    "rollout-failing": "complete progressing stalled progressing held progressing complete",
    "rollout-blue-green": "complete progressing held progressing held progressing complete",
    "rollout-of-statefulset": "complete progressing held progressing held progressing complete",
    "rollout-jump-pause": "complete progressing held paused progressing held progressing complete",
    "rollout-disable-delete": "complete progressing held " + "progressing complete " * 2 + "progressing held deleted",
}


@pytest.mark.parametrize("name", PHASES)
def test_the_phases_in_their_order(name: str) -> None:
    seen = [each.phase for _, each in replay.followed(name, KRUISE_ROLLOUTS)]
    assert " ".join(phase for phase, _ in groupby(seen)) == PHASES[name]


@pytest.mark.parametrize("name", NAMES)
def test_phase_message_and_step_are_the_controllers_at_every_moment(name: str) -> None:
    for t, seen in replay.followed(name, KRUISE_ROLLOUTS):
        (raw,) = replay.objects_at(name, t, "/apis/rollouts.kruise.io/v1beta1/rollouts").values()
        status = raw.get("status") or {}
        inner = status.get("canaryStatus") or status.get("blueGreenStatus") or {}
        told = seen.controller
        assert told is not None
        assert told.phase == (status.get("phase") or None), t
        assert told.message == (status.get("message") or None), t
        assert told.step == inner.get("currentStepIndex"), t
        strategy = raw["spec"]["strategy"]
        assert told.steps == len((strategy.get("canary") or strategy.get("blueGreen"))["steps"]), t


@pytest.mark.parametrize("name", NAMES)
def test_what_kubectl_printed_of_it(name: str) -> None:
    compared = 0
    for t, line in replay.notes(name):
        found = re.match(
            r"web +(Healthy|Progressing|Disabled|Disabling|Terminating) +(\d+) +(Before\w+|Step\w+|Completed)", line
        )
        if found is None:
            continue
        near = [replay.rollout(name, at, KRUISE_ROLLOUTS).controller for at in _times(name, t)]
        assert (found[1], int(found[2])) in [(each.phase, each.step) for each in near if each is not None], (t, line)
        compared += 1
    assert compared


def _times(name: str, t: float) -> list[float]:
    return sorted({t - 0.6, *(step.t for step in replay.steps(name) if t - 0.6 <= step.t <= t)})


@pytest.mark.parametrize("name", HEALTHY)
def test_no_alarm_where_nothing_goes_wrong(name: str) -> None:
    for t, seen in replay.followed(name, KRUISE_ROLLOUTS):
        assert not [cause for cause in seen.causes if cause.blocking], (t, seen.causes)
        assert seen.phase not in (Phase.FAILED, Phase.STALLED), t


@pytest.mark.parametrize("name", NAMES)
def test_one_row_for_one_thing(name: str) -> None:
    for part in (0.3, 0.5, 0.7):
        store, _ = replay.at(name, replay.end(name) * part)
        assert [type(each).__name__ for each in store.shown()] == ["KruiseRollout"], "the second Deployment too"


def test_its_row_is_called_after_it_and_not_after_its_workload() -> None:
    assert replay.rollout("rollout-of-statefulset", 28.0, KRUISE_ROLLOUTS).label == "ro/web"


def test_deleted_in_the_middle_its_row_says_that_the_pods_stay() -> None:
    seen = [each for _, each in replay.followed("rollout-disable-delete", KRUISE_ROLLOUTS)]
    deleted = {each.why for each in seen if each.phase is Phase.DELETED}
    assert deleted == {"the Rollout is being deleted: its workload rolls out in full"}


def test_a_disabled_one_says_so_while_it_rolls_out_and_at_rest() -> None:
    said = "its Rollout is disabled: the workload rolls out by itself, without steps"
    rows = [replay.rollout("rollout-disable-delete", t, KRUISE_ROLLOUTS) for t in (18.5, 22.0, 27.0)]
    assert [each.why for each in rows] == [said] * 3
    assert [each.phase for each in rows] == [Phase.PROGRESSING, Phase.PROGRESSING, Phase.COMPLETE]


def test_the_cause_is_that_of_the_pods_of_the_step() -> None:
    seen = replay.rollout("rollout-failing", 25.0, KRUISE_ROLLOUTS)
    assert seen.phase is Phase.STALLED
    assert seen.why.startswith("image web:nopull cannot be pulled: it is not in the registry (2 of 2 new pods)")


@pytest.mark.parametrize(
    ("t", "weight"), [(8.0, None), (14.0, 0), (19.0, 0), (33.0, 10), (40.0, 10), (45.0, 40), (48.0, 40), (52.0, None)]
)
def test_the_weight_is_that_of_the_traffic(t: float, weight: int | None) -> None:
    told = replay.rollout("rollout-traffic", t, KRUISE_ROLLOUTS).controller
    assert told is not None
    assert told.weight == weight


@pytest.mark.parametrize(
    ("name", "t", "why"),
    [
        ("rollout-partition-steps", 17.0, "step 1 of 3 (20% of the pods): waits for approval"),
        ("rollout-partition-steps", 28.0, "step 2 of 3 (50% of the pods): waits 3s more"),
        ("rollout-traffic", 33.0, "step 1 of 3 (10% of the traffic, 1 pod): waits for approval"),
        ("rollout-traffic", 20.0, "step 1 of 3 (10% of the traffic, 1 pod): traffic is being switched"),
        ("rollout-undo", 19.0, "cancelled: it goes back to the revision of before"),
        ("rollout-scaled", 1.0, "waits for deployment/web, which is not there, or may not be listed"),
        ("rollout-jump-pause", 20.0, "paused with 1 of 8 pods new"),
    ],
)
def test_what_it_waits_for(name: str, t: float, why: str) -> None:
    assert replay.rollout(name, t, KRUISE_ROLLOUTS).why == why


def test_a_pause_counts_from_when_it_began() -> None:
    store, _ = replay.at("rollout-jump-pause", 20.0)
    (workload,) = [each for each in store.workloads() if isinstance(each, KruiseRollout)]
    (progressing,) = [each for each in workload.status.conditions if each.reason == "Paused"]
    assert replay.rollout("rollout-jump-pause", 20.0, KRUISE_ROLLOUTS).since == progressing.last_update_time


def test_a_step_that_is_history_is_not_waited_at() -> None:
    seen = replay.rollout("rollout-undo", 24.0, KRUISE_ROLLOUTS)
    assert seen.phase is Phase.COMPLETE
    assert seen.why == ""
    assert seen.controller is not None
    assert (seen.controller.phase, seen.controller.step) == ("Healthy", 1)


def test_a_blue_green_deployment_has_ready_pods_and_says_why_none_is_available() -> None:
    name, t = "rollout-blue-green", 22.0
    seen = replay.rollout(name, t, KRUISE_ROLLOUTS)
    assert (seen.progress.new.ready, seen.progress.old.ready, seen.progress.available) == (4, 4, 8)
    assert seen.phase is Phase.HELD
    store, now = replay.at(name, t)
    workload = replay.workload(store, KRUISE_ROLLOUTS)
    page = detail_of(store, workload, rollout_of(store, workload, None, now)[0], now)
    lines = [line.text for section in page.sections for line in section.lines]
    assert "no pod counts as available meanwhile: ready ones do" in lines
    assert page.sections[0].title == "Steps 2/2"
    assert page.strategy == "BlueGreen"
    assert page.deadline_seconds is None, "none passes while the Rollout holds the Deployment"


def test_the_second_deployment_of_a_canary_is_part_of_it() -> None:
    name, t = "rollout-canary-deployment", 17.0
    seen = replay.rollout(name, t, KRUISE_ROLLOUTS)
    assert (seen.progress.new.ready, seen.progress.old.ready, seen.progress.desired) == (3, 5, 5)


def test_history_and_timeline_are_those_of_the_workload() -> None:
    store, _ = replay.at("rollout-undo", 24.0)
    workload = replay.workload(store, KRUISE_ROLLOUTS)
    past = history_of(store, workload)
    assert (past.kind, past.name) == ("Rollout", "web")
    assert [each.number for each in past.revisions] == [3, 2]
    told = [moment.text for moment in timeline_of(store, workload)]
    assert any("cancelled" in text for text in told)
    assert any("step(1)" in text for text in told)


def _planned(name: str, t: float, request: Request) -> Plan:
    made = plan(request, replay.acted_on(name, t, KRUISE_ROLLOUTS))
    assert isinstance(made, Plan), made
    return made


def _changes(made: Plan) -> list[tuple[str, Any]]:
    return [(each["path"], each.get("value")) for each in made.patch if each["op"] != "test"]


@pytest.mark.parametrize(
    ("name", "t", "request_", "path", "value", "subresource"),
    [
        ("rollout-jump-pause", 16.3, Promote(), "/status/canaryStatus/currentStepState", "StepReady", "status"),
        ("rollout-blue-green", 15.0, Promote(), "/status/blueGreenStatus/currentStepState", "StepReady", "status"),
        ("rollout-jump-pause", 30.6, Promote("4"), "/status/canaryStatus/nextStepIndex", 4, "status"),
        ("rollout-jump-pause", 30.6, Promote("100%"), "/status/canaryStatus/nextStepIndex", 4, "status"),
        ("rollout-jump-pause", 16.3, Promote("2"), "/status/canaryStatus/currentStepState", "StepReady", "status"),
        ("rollout-jump-pause", 16.3, Pause(), "/spec/strategy/paused", True, ""),
        ("rollout-jump-pause", 20.0, Resume(), "/spec/strategy/paused", False, ""),
        ("rollout-disable-delete", 17.0, Terminate(), "/spec/disabled", True, ""),
        ("rollout-disable-delete", 27.0, Retry(), "/spec/disabled", False, ""),
    ],
)
def test_the_patches_are_those_of_the_recordings(  # noqa: PLR0917
    name: str, t: float, request_: Request, path: str, value: Any, subresource: str
) -> None:
    made = _planned(name, t, request_)
    assert _changes(made) == [(path, value)]
    assert made.subresource == subresource
    assert made.target.resource is KRUISE_ROLLOUTS


def test_disabling_in_the_middle_is_asked_about_twice() -> None:
    assert "the NEW version (web:1.1) goes to all pods" in _planned("rollout-disable-delete", 17.0, Terminate()).insist
    assert not _planned("rollout-disable-delete", 4.0, Terminate()).insist


def test_an_abort_writes_the_stable_template_to_the_deployment() -> None:
    made = _planned("rollout-undo", 16.0, Abort())
    assert made.path == "/apis/apps/v1/namespaces/rollout-undo/deployments/web"
    (template,) = [value for path, value in _changes(made) if path == "/spec/template"]
    assert template["spec"]["containers"][0]["image"] == "registry.example/shop/web:1.0"
    assert not any("paused" in path for path, _ in _changes(made)), "the Rollout's webhook does that"
    assert "Succeeded False: cancelled, not broken" in made.effects[-1]
    assert "rollout undo" not in made.commands[0], "kubectl refuses to undo what is paused"


def test_another_image_goes_to_the_workload_and_through_the_steps() -> None:
    made = _planned("rollout-partition-steps", 4.0, SetImage((("web", ":2.0"),)))
    assert _changes(made) == [("/spec/template/spec/containers/0/image", "registry.example/shop/web:2.0")]
    assert made.effects[-2:] == (
        "The Rollout takes it through its steps: 20% of the pods; 50% of the pods; 100% of the pods.",
        "At step 1: it waits for approval there.",
    )
    assert _planned("rollout-scaled", 30.0, Scale(10)).subresource == "scale"


@pytest.mark.parametrize(
    ("name", "t", "request_", "reason"),
    [
        ("rollout-partition-steps", 4.0, Promote(), "nothing to promote: no rollout is running"),
        ("rollout-partition-steps", 4.0, Abort(), "nothing to abort: no rollout is running"),
        ("rollout-jump-pause", 20.0, Promote(), "it is paused: resume it first"),
        ("rollout-jump-pause", 20.0, Pause(), 'rollouts.rollouts.kruise.io "web" is already paused'),
        ("rollout-jump-pause", 16.3, Promote("1"), "it is at step 1 already"),
        ("rollout-jump-pause", 16.3, Promote("9"), "it has no step 9: there are 4"),
        ("rollout-jump-pause", 16.3, Promote("50%"), "its steps say how far it goes"),
        ("rollout-blue-green", 15.0, SetImage((("web", ":3"),)), "a blue-green rollout is running"),
        ("rollout-undo", 19.0, Abort(), "nothing to abort: it goes back"),
        ("rollout-partition-steps", 17.0, Canary(images=(("web", ":3"),)), "its steps are the canary"),
        ("rollout-scaled", 1.0, RollBack(), "its workload deployment/web is not there"),
    ],
)
def test_what_is_refused(name: str, t: float, request_: Request, reason: str) -> None:
    made = plan(request_, replay.acted_on(name, t, KRUISE_ROLLOUTS))
    assert isinstance(made, Refusal), made
    assert made.reason.startswith(reason)


@pytest.mark.parametrize("request_", [Pause(), Resume(), Promote(), RollBack(1), Abort()])
def test_the_course_of_a_deployment_that_a_rollout_holds_is_not_steered_by_itself(request_: Request) -> None:
    subject = replay.acted_on("rollout-partition-steps", 17.0, DEPLOYMENTS)
    made = plan(request_, subject)
    assert isinstance(made, Refusal), made
    assert made.reason.startswith("rollout.rollouts.kruise.io/web holds it, and takes back what is done to it here")
    assert {offer.action.value for offer in offers(subject) if offer.open} == {"set-image", "scale"}


def test_the_older_version_of_the_api() -> None:
    raw = {
        "metadata": {"name": "web", "namespace": "shop", "uid": "1", "generation": 1},
        "spec": {
            "objectRef": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
            "strategy": {
                "canary": {
                    "steps": [{"weight": 5, "pause": {}}, {"weight": 40, "replicas": "50%", "pause": {"duration": 60}}],
                    "trafficRoutings": [{"service": "web"}],
                }
            },
        },
        "status": {
            "observedGeneration": 1,
            "phase": "Progressing",
            "canaryStatus": {"currentStepIndex": 2, "currentStepState": "StepUpgrade", "nextStepIndex": -1},
            "conditions": [{"type": "Progressing", "status": "True", "reason": "InRolling"}],
        },
    }
    rollout = decode(KRUISE_ROLLOUTS, raw)
    assert isinstance(rollout, KruiseRollout)
    assert [(each.group, each.kind, each.name) for each in rollout.claims] == [("apps", "Deployment", "web")]
    assert steps.place(rollout) == "step 2 of 2 (40% of the traffic, 50% of the pods)"
    assert steps.weight(rollout) == 5
    assert steps.replicas_of(rollout.spec.strategy.style.steps[0]) == "5%"
