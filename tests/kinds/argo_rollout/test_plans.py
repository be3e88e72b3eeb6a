"""What is sent to a Rollout: what the plugin sent in the recordings, with tests before it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest

from ktui.kinds.argo_rollout.plans.offers import offers
from ktui.kinds.argo_rollout.plans.rollback import EPHEMERAL, own_template
from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Action,
    Pause,
    Promote,
    Request,
    Restart,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
)
from tests.kinds.argo_rollout import replay
from tests.kinds.argo_rollout.operator import of, subject
from tests.kinds.argo_rollout.replay import JSON
from tests.plans.planned import planned, refused

FULL = Promote("100%")


def image(tag: str) -> SetImage:
    return SetImage((("web", f"registry.example/shop/web:{tag}"),))


PLAYED = [
    ("canary-steps", 11.145, Promote()),
    ("canary-abort-retry-undo", 9.922, Abort()),
    ("canary-abort-retry-undo", 15.54, Retry()),
    ("canary-abort-retry-undo", 21.686, Promote()),
    ("canary-abort-retry-undo", 27.664, Abort()),
    ("canary-abort-retry-undo", 34.315, image("1.0")),
    ("canary-abort-retry-undo", 44.271, FULL),
    ("blue-green-manual", 11.822, Promote()),
    ("blue-green-manual", 29.898, Abort()),
    ("blue-green-manual", 34.603, RollBack()),
    ("analysis-error", 37.392, RollBack(2)),
    ("degraded-deadline", 12.387, RollBack()),
    ("pause-restart-scale", 2.372, Pause()),
    ("pause-restart-scale", 2.95, image("1.1")),
    ("pause-restart-scale", 7.443, Resume()),
    ("istio-weights", 12.303, Promote()),
    ("istio-weights", 26.927, Abort()),
    ("workload-ref", 19.008, Promote()),
]


def _next(name: str, at: float) -> JSON:
    """The Rollout as the server had it once it had taken what was sent then."""
    (now,) = replay.objects_at(name, at)["rollouts"].values()
    return next(
        step.obj
        for step in replay.steps(name)
        if step.t > at and step.plural == "rollouts" and step.obj is not None and _meant(step.obj) != _meant(now)
    )


def _meant(raw: JSON) -> JSON:
    return {"spec": raw["spec"], "status": {key: value for key, value in raw["status"].items() if value}}


def _sent(plan: Plan) -> JSON:
    """The object after both patches, with their tests."""
    made: JSON = deepcopy(plan.before)
    for patch in (plan.patch, plan.then):
        made = jsonpatch.apply_patch(made, [dict(operation) for operation in patch])
    assert made == plan.after
    return made


@pytest.mark.parametrize(("name", "at", "request_"), PLAYED)
def test_the_patch_makes_of_it_what_the_plugin_made(name: str, at: float, request_: Request) -> None:
    made = planned(request_, subject(name, at))
    ours, theirs = _meant(_sent(made)), _meant(_next(name, at))
    assert ours["spec"] == theirs["spec"]
    if made.subresource == "status":
        # The controller's own answer may have come with it: what the plugin changed is what counts.
        changed = {operation["path"].split("/")[2] for operation in made.patch if operation["op"] != "test"}
        assert {key: ours["status"].get(key) for key in changed} == {key: theirs["status"].get(key) for key in changed}
        assert ours["spec"] == _meant(made.before)["spec"]


def merged(plan: Plan) -> tuple[JSON, JSON]:
    """The two patches as the plugin writes them: merge patches of status and spec."""

    def merge(operations: Any) -> JSON:
        body: JSON = {}
        for operation in operations:
            if operation["op"] == "test":
                continue
            *parents, last = operation["path"].split("/")[1:]
            place = body
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = None if operation["op"] == "remove" else operation["value"]
        return body

    return merge(plan.patch), merge(plan.then)


@pytest.mark.parametrize(
    ("name", "at", "request_", "body"),
    [
        ("canary-steps", 11.145, Promote(), {"status": {"pauseConditions": None}}),
        ("analysis-error", 17, Promote(), {"status": {"currentStepIndex": 2}}),
        ("analysis-error", 17, Promote(skip=True), {"status": {"currentStepIndex": 2}}),
        ("canary-steps", 11.145, FULL, {"status": {"promoteFull": True}}),
        ("canary-steps", 11.145, Pause(), {"spec": {"paused": True}}),
        ("canary-steps", 11.145, Abort(), {"status": {"abort": True}}),
        ("canary-abort-retry-undo", 15.54, Retry(), {"status": {"abort": False}}),
        (
            "analysis-inconclusive",
            14.866,
            Promote(),
            {"status": {"pauseConditions": None, "controllerPause": False, "currentStepIndex": 2}},
        ),
    ],
)
def test_the_bodies_are_the_plugins_own(name: str, at: float, request_: Request, body: JSON) -> None:
    made = planned(request_, subject(name, at))
    assert merged(made) == (body, {})
    assert made.subresource == ("status" if "status" in body else "")


@pytest.mark.parametrize(("name", "at", "request_"), PLAYED)
def test_the_patch_fails_on_anything_but_what_was_seen(name: str, at: float, request_: Request) -> None:
    made = planned(request_, subject(name, at))
    for member in ("uid", "generation"):
        other = deepcopy(made.before)
        other["metadata"][member] = "another" if member == "uid" else 99
        with pytest.raises(jsonpatch.JsonPatchTestFailed):
            jsonpatch.apply_patch(other, [dict(operation) for operation in made.patch])


def test_a_promotion_is_of_the_pause_that_was_seen() -> None:
    made = planned(Promote(), subject("canary-steps", 11.145))
    other = deepcopy(made.before)
    other["status"]["pauseConditions"][0]["startTime"] = "2030-01-01T00:00:00Z"
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(other, [dict(operation) for operation in made.patch])


def test_a_restart_is_a_time_in_the_spec() -> None:
    made = planned(Restart(), subject("pause-restart-scale", 14.787))
    body, _ = merged(made)
    assert body["spec"].keys() == {"restartAt"}
    recorded = _next("pause-restart-scale", 14.787)["spec"]["restartAt"]
    assert len(body["spec"]["restartAt"]) == len(recorded)
    assert "no new revision" in " ".join(made.effects)


def test_scaling_goes_through_the_subresource_scale() -> None:
    made = planned(Scale(6), subject("pause-restart-scale", 25.035))
    assert (made.subresource, made.after["spec"]) == ("scale", {"replicas": 6})


def test_an_analysis_is_terminated_by_its_own_object() -> None:
    on = subject("analysis-background", 13.0)
    made = planned(Terminate(), on)
    assert made.path.endswith(f"/analysisruns/{made.target.name}")
    assert merged(made) == ({"spec": {"terminate": True}}, {})
    assert "could be named" not in refused(Terminate("nothing"), on)
    assert refused(Terminate(), subject("canary-steps", 11.0)) == "no analysis runs"


# The traps (CASES 80 to 84)


def test_an_unready_canary_is_promoted_in_full_only_after_a_second_question() -> None:
    ready = planned(FULL, subject("canary-steps", 11.145))
    assert (ready.insist, [each for each in ready.warnings if "not ready" in each]) == ("", [])
    unready = planned(FULL, subject("degraded-deadline", 11))
    assert unready.warnings[0] == "1 of 1 pod of revision 2 is not ready."
    assert unready.insist.startswith("Only 0 of 4 pods that are desired are ready in revision 2")


def test_after_a_full_promotion_was_asked_for_an_abort_is_a_rollback_and_says_why() -> None:
    on = subject("canary-steps", 11.145, promoteFull=True)
    made = planned(Abort(), on)
    assert made.subresource == ""
    assert made.title == "Abort Argo Rollout canary-steps/web: roll back to revision 1 (web:1.0)"
    assert "the controller then ignores an abort" in made.warnings[0]
    (only,) = (operation for operation in made.patch if operation["op"] != "test")
    assert only["path"] == "/spec/template"
    assert refused(FULL, on).startswith("a full promotion was already requested")


def test_what_stays_after_an_abort_is_said_before_it() -> None:
    made = planned(Abort(), subject("istio-weights", 26.927))
    assert made.effects[1] == "1 pod of revision 3 stays for 30s (abortScaleDownDelaySeconds)."
    made = planned(Abort(), subject("canary-steps", 11.145))
    assert made.effects[1] == "2 pods of revision 2 are stopped as they are replaced."


@pytest.mark.parametrize(("delay", "said"), [(None, "is stopped as it is replaced."), (20, "stays for 20s")])
def test_a_canary_gives_way_at_once_where_the_stable_side_has_to_come_back(delay: int | None, said: str) -> None:
    """`dynamicStableScale`, unless a delay is asked for."""
    there = deepcopy(replay.objects_at("istio-weights", 26.927))
    (raw,) = there["rollouts"].values()
    raw["spec"]["strategy"]["canary"] |= {"dynamicStableScale": True, "abortScaleDownDelaySeconds": delay}
    made = planned(Abort(), of(raw, there, replay.moment("istio-weights", 26.927).now))
    assert made.effects[1].startswith(f"1 pod of revision 3 {said}")


@pytest.mark.parametrize(
    ("name", "at", "why"),
    [
        ("canary-steps", 4.5, "nothing to abort: revision 1 is complete; a rollback goes to an earlier one"),
        ("canary-abort-retry-undo", 15, "nothing to abort: it was aborted already; retry it, or roll back"),
        ("canary-steps", 1.9, "nothing to abort: "),
    ],
)
def test_where_nothing_is_rolled_out_there_is_nothing_to_abort(name: str, at: float, why: str) -> None:
    on = subject(name, at)
    assert refused(Abort(), on).startswith(why)
    assert not next(each for each in offers(on) if each.action is Action.ABORT).open


def _paused_twice() -> Any:
    there = replay.objects_at("canary-steps", 11.0)
    (raw,) = there["rollouts"].values()
    paused = {**raw, "spec": {**raw["spec"], "paused": True}}
    return of(paused, there, replay.moment("canary-steps", 11.0).now)


def test_a_pause_of_the_whole_and_one_at_a_step_are_two_things() -> None:
    on = _paused_twice()
    promoted = planned(Promote(), on)
    assert merged(promoted) == ({"status": {"pauseConditions": None}}, {"spec": {"paused": False}})
    assert "It is also paused as a whole (spec.paused): both end." in promoted.effects[1]
    resumed = planned(Resume(), on)
    assert merged(resumed) == ({"spec": {"paused": False}}, {})
    assert "It still waits at step 2 (pause) until it is promoted." in resumed.effects[0]
    _sent(promoted)


# Refusals and words


@pytest.mark.parametrize(
    ("name", "at", "request_", "why"),
    [
        ("canary-steps", 4.5, Promote(), "nothing to promote: revision 1 is complete"),
        ("canary-abort-retry-undo", 15, Promote(), "nothing to promote: it was aborted; retry it, or roll back"),
        ("canary-steps", 4.5, Retry(), "nothing to retry: it was not aborted"),
        ("canary-steps", 4.5, Resume(), 'rollouts.argoproj.io "web" is not paused'),
        ("canary-steps", 11, Resume(), 'rollouts.argoproj.io "web" waits at one of its own steps: promote it'),
        ("pause-restart-scale", 2.6, Pause(), 'rollouts.argoproj.io "web" is already paused'),
        ("canary-steps", 11, Promote("25%"), "its steps say how far it goes: promote it by one step, or to 100%"),
        ("blue-green-manual", 11, Promote(skip=True), "Cannot skip steps of a bluegreen rollout. Run without a flags"),
        ("canary-steps", 4.5, RollBack(), 'no revision found for rollout "web"'),
        ("canary-abort-retry-undo", 49.33, RollBack(1), "unable to find specified revision 1 in history"),
        ("canary-steps", 25, RollBack(2), "skipped rollback (current template already matches revision 2)"),
        ("canary-steps", 25, image("1.1"), 'nothing to change: rollout "web" runs web=registry.example/shop/web:1.1'),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(name: str, at: float, request_: Request, why: str) -> None:
    assert refused(request_, subject(name, at)).startswith(why)


def test_a_plan_says_what_comes_next() -> None:
    made = planned(Promote(), subject("canary-steps", 11.145))
    assert made.title == "Promote Argo Rollout canary-steps/web past step 2"
    assert made.effects == (
        "The pause at step 2 ends.",
        "Next: setWeight: 50, pause: 5s, setWeight: 80, pause: 3s. "
        "Then revision 2 (web:1.1) gets all pods, and becomes the stable one.",
    )
    assert made.commands == ("kubectl argo rollouts promote web -n canary-steps",)
    assert made.undo.request == Abort()


def test_it_is_the_new_revision_that_gets_all_pods_in_the_end() -> None:
    there = deepcopy(replay.objects_at("canary-steps", 25.0))
    (raw,) = there["rollouts"].values()
    del raw["spec"]["strategy"]["canary"]["steps"][1]  # the only pause without an end
    made = planned(image("1.2"), of(raw, there, replay.moment("canary-steps", 25.0).now))
    assert made.effects[-1].endswith("Then the new revision gets all pods, and becomes the stable one.")


def test_a_rollback_to_what_is_stable_skips_the_steps_and_another_one_does_not() -> None:
    stable = planned(RollBack(), subject("canary-steps", 11.145))
    assert stable.effects[0].endswith("(web:1.0) is stable and still serves, so all steps are skipped.")
    other = planned(RollBack(2), subject("analysis-error", 37.392))
    assert "is rolled out like any other update" in other.effects[0]


def test_the_template_of_a_deployment_is_changed_there() -> None:
    on = subject("workload-ref", 18.0)
    back = planned(RollBack(1), on)
    assert back.title == "Roll back Argo Rollout workload-ref/web to revision 1 (web:1.0)"
    assert back.path.endswith("/deployments/web")
    assert back.after["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/shop/web:1.0"
    assert "The template is that of the Deployment web, which is changed." in back.effects
    made = planned(image("3"), on)
    assert made.path.endswith("/deployments/web")
    assert made.commands == ("kubectl -n workload-ref set image deployment/web web=registry.example/shop/web:3",)


def test_what_the_controller_put_into_a_template_does_not_come_back_with_it() -> None:
    template = {"metadata": {"labels": {"app": "web", "role": "canary", "rollouts-pod-template-hash": "x"}}, "spec": {}}
    kept = {"metadata": {"annotations": {EPHEMERAL: '{"labels":{"role":"canary"}}'}}, "spec": {"template": template}}
    assert own_template(kept)["metadata"] == {"labels": {"app": "web"}}
    broken = {**kept, "metadata": {"annotations": {EPHEMERAL: "no JSON"}}}
    assert own_template(broken)["metadata"] == {"labels": {"app": "web", "role": "canary"}}


@pytest.mark.parametrize("name", replay.NAMES)
def test_what_is_offered_can_be_planned_and_what_is_not_says_why(name: str) -> None:
    simple: dict[Action, Request] = {
        Action.PAUSE: Pause(),
        Action.RESUME: Resume(),
        Action.PROMOTE: FULL,
        Action.ROLLBACK: RollBack(),
        Action.ABORT: Abort(),
        Action.RETRY: Retry(),
        Action.RESTART: Restart(),
    }
    (first, *_) = (step.t for step in replay.steps(name) if step.plural == "rollouts")
    for at in (first, *(each.begun for each in replay.printed(name)), replay.end(name)):
        on = subject(name, max(at, first))
        for offer in offers(on):
            if offer.action not in simple:
                continue
            if not offer.open:
                assert refused(simple[offer.action], on) == offer.why_not
            else:
                planned(simple[offer.action], on)
