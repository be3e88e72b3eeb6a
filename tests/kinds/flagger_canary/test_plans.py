"""What is sent to a Canary or its target: what the recordings show, with tests before it, and what is said of it."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jsonpatch
import pytest

from ktui.kinds.flagger_canary.kind import FlaggerCanaryKind
from ktui.kinds.flagger_canary.plans.rollback import SCALE_TO_ZERO, at_rest_as_now, rollback_revision
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.guardrails import read_rules
from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Canary,
    Pause,
    Promote,
    Repair,
    Request,
    Restart,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
)
from tests.kinds.flagger_canary.operator import objects_at, on
from tests.plans.planned import planned, refused

JSON = dict[str, Any]


def image(tag: str) -> SetImage:
    return SetImage((("web", f"registry.example/shop/web:{tag}"),))


def merged(plan: Plan) -> JSON:
    """The patch as a merge patch, as the README has it."""
    body: JSON = {}
    for operation in plan.patch:
        if operation["op"] == "test":
            continue
        *parents, last = operation["path"].split("/")[1:]
        place = body
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = operation["value"]
    return body


@pytest.mark.parametrize(
    ("name", "at", "request_", "body"),
    [
        ("suspend", 17.0, Pause(), {"spec": {"suspend": True}}),
        ("suspend", 24.0, Resume(), {"spec": {"suspend": False}}),
        ("skip-analysis", 19.5, Promote(), {"spec": {"skipAnalysis": True}}),
        ("skip-analysis", 19.5, Promote("100%"), {"spec": {"skipAnalysis": True}}),
        ("skip-analysis", 12.0, Repair(), {"spec": {"skipAnalysis": False}}),
    ],
)
def test_the_bodies_are_those_of_the_readme(name: str, at: float, request_: Request, body: JSON) -> None:
    made = planned(request_, on(name, at))
    assert merged(made) == body
    assert made.target.resource.plural == "canaries"
    tests = [operation["path"] for operation in made.patch if operation["op"] == "test"]
    assert tests == ["/metadata/uid", "/metadata/generation"]


def _template_after(name: str, at: float) -> JSON:
    """The target's template as the scenario made it next."""
    now = _target(name, at)["spec"]["template"]
    for seconds in range(1, 40):
        after: JSON = _target(name, at + seconds / 4)["spec"]["template"]
        if after != now:
            return after
    raise AssertionError("nothing changed")


def _target(name: str, at: float) -> JSON:
    return next(each for each in objects_at(name, at)["deployments"] if each["metadata"]["name"] == "web")


@pytest.mark.parametrize(
    ("name", "at", "request_"),
    [
        ("weights", 6.9, image("1.1")),
        ("undo-in-the-middle", 13.2, RollBack()),
        ("webhook-rollback", 27.8, image("1.0")),
        ("promotion-fails", 31.6, image("1.2")),
    ],
)
def test_the_target_gets_the_template_that_kubectl_gave_it(name: str, at: float, request_: Request) -> None:
    made = planned(request_, on(name, at))
    assert (made.target.resource, made.target.name) == (DEPLOYMENTS, "web")
    sent = jsonpatch.apply_patch(deepcopy(made.before), [dict(operation) for operation in made.patch])
    assert sent == made.after
    assert sent["spec"]["template"] == _template_after(name, at)
    assert sent["spec"]["replicas"] == _target(name, at)["spec"]["replicas"]


def test_a_rollback_in_the_middle_says_that_it_does_not_abort() -> None:
    made = planned(RollBack(), on("undo-in-the-middle", 13.2))
    assert made.title.endswith("to revision 1 (web:1.0)")
    assert made.effects[0] == (
        "This does not abort the analysis: the primary has that template, so for Flagger it is no new one."
    )
    assert made.effects[2].endswith("promotes the old template, and then analyses it again.")
    assert made.warnings[0] == "To stop it at once: suspend it."


def test_what_stops_an_analysis_sooner_names_gates_hooks_and_traffic() -> None:
    webhooks = [
        {"name": "back", "type": "rollback", "url": "x"},
        {"name": "go", "type": "confirm-promotion", "url": "x"},
    ]
    analysis = {"stepWeight": 20, "maxWeight": 60, "interval": "3s", "webhooks": webhooks}
    found = refused(Abort(), on("weights", 16.5, spec={"analysis": analysis}))
    assert found == (
        "Flagger has no abort. What stops it sooner: let the rollback hook back answer 200, "
        "which rolls it back within 3s; "
        "or shut the gate go, which keeps it from being promoted; "
        "or suspend it, with 40% of the traffic left on the canary"
    )


@pytest.mark.parametrize(
    ("name", "at", "request_", "words"),
    [
        ("weights", 25.0, Abort(), "it is being promoted, which Flagger takes to its end: roll back after that"),
        ("weights", 6.9, Abort(), "nothing to abort: nothing is being rolled out"),
        ("weights", 6.9, Promote(), 'nothing to promote: canary "web" is not analysing anything'),
        ("weights", 25.0, Promote(), 'canary "web" is being promoted already'),
        ("weights", 16.0, Promote("25%"), "all that can be done is to skip it, which promotes in full"),
        ("skip-analysis", 12.0, Promote(), 'canary "web" skips its analysis already'),
        ("weights", 6.9, Repair(), "nothing to repair: its analysis is not skipped"),
        ("weights", 6.9, RollBack(), 'no revision found for "web"'),
        ("weights", 16.0, RollBack(7), "unable to find specified revision 7 in history"),
        ("weights", 16.0, RollBack(2), "skipped rollback (current template already matches revision 2)"),
        ("weights", 6.9, image("1.0"), 'nothing to change: deployment "web" runs web='),
        ("weights", 6.9, SetImage((("db", "x:1"),)), 'unable to find container named "db"'),
        ("weights", 6.9, Retry(), "nothing to retry: it has not failed"),
        ("webhook-rollback", 33.0, Retry(), "nothing to retry: the target has the template that is promoted"),
        ("weights", 6.9, Scale(5), "its primary serves: scale that workload"),
        ("weights", 6.9, Terminate(), "its analysis cannot be ended"),
        ("weights", 6.9, Canary(), "its analysis says how a canary goes"),
        ("suspend", 20.0, Pause(), 'canary "web" is suspended already'),
        ("weights", 6.9, Resume(), 'canary "web" is not suspended'),
        ("edits-by-hand", 3.0, image("1.1"), "its target deployment/web does not exist"),
        ("edits-by-hand", 3.0, RollBack(), "no revision found: the target deployment/web is not there"),
    ],
)
def test_what_is_refused(name: str, at: float, request_: Request, words: str) -> None:
    assert words in refused(request_, on(name, at))


def test_a_target_of_another_kind_is_changed_there() -> None:
    target = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "web"}
    subject = on("weights", 6.9, spec={"targetRef": target})
    assert refused(image("1.1"), subject) == "its target is service/web: change it there"
    assert planned(Pause(), subject).done == "suspended"


@pytest.mark.parametrize(
    ("name", "at", "request_", "effect"),
    [
        (
            "weights",
            6.9,
            image("1.1"),
            "Flagger begins an analysis within 3s; until it is promoted, the primary serves with web:1.0.",
        ),
        (
            "weights",
            6.9,
            image("1.1"),
            "Weights 20, 40, 60%, one every 3s; 3 failed checks bring the old revision back.",
        ),
        (
            "gates",
            5.5,
            image("1.1"),
            "Flagger begins an analysis within 3s once the gate start is open; until it is promoted, "
            "the primary serves with web:1.0.",
        ),
        (
            "gates",
            5.5,
            image("1.1"),
            "Blue/Green: 3 iterations, one every 3s; 3 failed checks bring the old revision back; "
            "it is promoted once the gate promote is open.",
        ),
        ("suspend", 20.0, image("1.3"), "It is suspended: nothing begins until it is resumed."),
        (
            "skip-analysis",
            4.5,
            image("1.1"),
            "Its analysis is skipped: Flagger gives it to the primary within 3s, as a rolling update.",
        ),
        (
            "suspend",
            17.0,
            Pause(),
            "It stops where it is at weight 40 of 60: the canary serves 40%, the primary 60% for as long as it is "
            "suspended.",
        ),
        (
            "suspend",
            40.0,
            Resume(),
            "The target was changed while it was suspended: Flagger begins with that at its next look.",
        ),
        (
            "metric-rollback",
            29.0,
            RollBack(),
            "The phase stays Failed until a template comes that is neither of the two.",
        ),
        (
            "promotion-fails",
            30.0,
            RollBack(1),
            "It is what was promoted last, so for Flagger it is no new revision: the phase stays Failed.",
        ),
        (
            "promotion-fails",
            30.0,
            RollBack(1),
            "The canary's pods, which serve 100%, are replaced by revision 1 (web:1.0) at once, as a rolling update.",
        ),
    ],
)
def test_what_it_says_will_happen(name: str, at: float, request_: Request, effect: str) -> None:
    assert effect in planned(request_, on(name, at)).effects


@pytest.mark.parametrize(
    ("name", "at", "request_", "warning"),
    [
        (
            "weights",
            16.5,
            image("1.2"),
            "web:1.1 is being analysed (weight 40 of 60): this replaces it. All traffic goes back to the primary, "
            "and the analysis begins again.",
        ),
        (
            "weights",
            16.5,
            image("1.0"),
            "It does not abort the analysis, which continues with the old image, promotes it, and then begins again. "
            "To stop it at once: suspend it, with 40% of the traffic left on the canary.",
        ),
        (
            "promotion-fails",
            30.0,
            image("1.2"),
            "web-primary is not ready: Flagger rolls this back at once, and all traffic goes to the primary. "
            "Fix the primary first.",
        ),
        ("gates", 30.0, Promote(), "It goes past promote: these gates are no longer asked."),
        ("gates", 8.0, Promote(), "It still waits for the gate start: Flagger asks that before anything else."),
        ("metric-rollback", 21.0, Promote(), "2 of 3 checks failed so far, at weight 50 of 75."),
    ],
)
def test_what_it_warns_of(name: str, at: float, request_: Request, warning: str) -> None:
    assert warning in planned(request_, on(name, at)).warnings


@pytest.mark.parametrize(
    ("name", "at", "words"),
    [
        ("gates", 30.0, "The gate promote is shut: someone is to decide about this promotion."),
        ("metric-rollback", 21.0, "Checks of it fail."),
        ("weights", 16.5, ""),
    ],
)
def test_a_promotion_past_a_gate_or_a_failed_check_is_asked_about_twice(name: str, at: float, words: str) -> None:
    assert planned(Promote(), on(name, at)).insist == words


@pytest.mark.parametrize("request_", [Restart(), Retry()])
def test_a_restart_is_another_template_and_so_is_a_retry(request_: Request) -> None:
    made = planned(request_, on("metric-rollback", 29.0))
    (changed,) = [operation for operation in made.patch if operation["op"] != "test"]
    assert changed["path"].startswith("/spec/template/metadata/annotations")
    assert "Flagger begins an analysis within 3s" in made.effects[0]


def test_a_rollback_goes_to_what_the_primary_has() -> None:
    assert rollback_revision(on("metric-rollback", 21.0)) == 1
    assert rollback_revision(on("metric-rollback", 57.0)) == 2


def test_what_keeps_a_daemonset_at_zero_is_no_part_of_its_template() -> None:
    zero = {SCALE_TO_ZERO: "true"}
    at_zero = {"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd", **zero}}}}}
    going: JSON = {"spec": {"template": {"spec": {}}}}
    plain: JSON = {"spec": {"containers": []}}
    assert at_rest_as_now(deepcopy(plain), at_zero) == {"spec": {"containers": [], "nodeSelector": zero}}
    assert at_rest_as_now(deepcopy(plain), going) == plain
    assert at_rest_as_now({"spec": {"nodeSelector": {"a": "b", **zero}}}, going) == {
        "spec": {"nodeSelector": {"a": "b"}}
    }


def test_what_a_plan_reads_besides() -> None:
    raw = objects_at("weights", 6.9)["canaries"][0]
    assert {(resource.plural, name) for resource, name in FlaggerCanaryKind().also(raw)} == {
        ("deployments", "web"),
        ("deployments", "web-primary"),
        ("services", "web"),
        ("services", "web-primary"),
        ("services", "web-canary"),
        ("httproutes", "web"),
    }


@pytest.mark.parametrize("workload", ["canary/web", "deploy/web"])
def test_a_guardrail_about_the_canary_or_its_target_forbids_what_changes_the_target(workload: str) -> None:
    made = planned(image("1.1"), on("weights", 6.9))
    assert made.target.resource is DEPLOYMENTS
    rules = read_rules([{"workload": workload, "deny": ["set-image"]}], ZoneInfo)
    assert rules.refuse_plan(made, "prod", datetime(2026, 11, 27, tzinfo=UTC)) is not None
