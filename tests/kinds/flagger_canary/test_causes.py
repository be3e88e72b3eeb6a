"""Why a Canary is not well, at moments of the recordings and in made-up ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.kinds.flagger_canary.messages import Sort, newest_first, report
from ktui.kinds.flagger_canary.objects import Canary
from ktui.model.changes import Listed, Put
from ktui.model.resources import DEPLOYMENTS, EVENTS, REPLICASETS
from ktui.model.store import Store
from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.rollout import Phase, Rollout
from tests.kinds.flagger_canary import replay
from tests.recorded import decode, event

NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)
NOTHING_SERVES = "nothing serves: no pod of web-primary is ready"


@pytest.mark.parametrize(
    ("name", "t", "causes"),
    [
        ("metric-rollback", 21.0, ["2 of 3 failed checks: success rate 87.50% < 99%"]),
        ("metric-rollback", 29.0, ["rolled back after 3 failed checks: success rate 87.50% < 99%"]),
        ("metric-rollback", 39.0, ["1 of 3 failed checks: no values for the metric request-success-rate"]),
        ("metric-rollback", 43.0, []),
        ("webhook-rollback", 24.0, ["rolled back after 2 failed checks: the rollout hook acceptance failed: POST…"]),
        ("pre-rollout-fails", 15.0, ["2 of 4 failed checks: the pre-rollout hook smoke-test failed: Forbidden"]),
        ("deadline", 22.0, ["rolled back: the canary was not ready within its deadline of 12s"]),
        ("edits-by-hand", 3.0, ["the Deployment web, which the spec names, does not exist"]),
        (
            "deadline",
            12.0,
            ["image web:nopull cannot be pulled: it is not in the registry (2 of 2 canary pods)"],
        ),
        (
            "primary-never-ready",
            18.0,
            [
                NOTHING_SERVES,
                "initialization failed: web-primary never got ready",
                "image web:nopull cannot be pulled: it is not in the registry (2 of 2 primary pods)",
            ],
        ),
        ("primary-never-ready", 35.0, ["initialization failed: web-primary never got ready"]),
        (
            "promotion-fails",
            30.0,
            [
                "the promotion failed, the canary serves: web-primary is not ready",
                "image web:nopull cannot be pulled: it is not in the registry (the primary pod)",
            ],
        ),
        ("promotion-fails", 43.5, ["rolled back at once: web-primary was not ready"]),
        ("webhook-rollback", 52.0, ["rolled back after 2 failed checks: the rollout hook acceptance failed: POST…"]),
    ],
)
def test_the_cause(name: str, t: float, causes: list[str]) -> None:
    assert replay.moment(name, t).causes == causes


@pytest.mark.parametrize("name", [name for name in replay.NAMES if name not in ("webhook-rollback", "delete-revert")])
def test_no_cause_is_left_at_the_end(name: str) -> None:
    assert replay.moment(name, replay.end(name)).causes == []


@pytest.mark.parametrize(
    ("t", "helps"),
    [
        (30.0, "fix web-primary first: a template that comes before is rolled back at once"),
        (36.0, "fix web-primary first: until it is ready, each template is rolled back at once"),
        (44.8, "fix it, and change the pod template: the same one does not start again"),
    ],
)
def test_after_a_failed_promotion_it_says_what_the_next_image_meets(t: float, helps: str) -> None:
    assert replay.moment("promotion-fails", t).rollout.causes[0].try_next.startswith(helps)


def test_a_failure_with_the_promoted_template_back_needs_nothing() -> None:
    assert replay.moment("webhook-rollback", 33.0).rollout.causes[0].try_next.startswith("nothing: the target has the")


# Made up


def _workload(name: str, ready: int, image: str = "web:1.0", *, desired: int = 2, **meta: Any) -> Put:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image}]}}
    conditions = []
    if ready < desired:
        early = "2026-01-01T00:00:00Z"
        conditions = [{"type": "Available", "status": "False", "lastUpdateTime": early, "lastTransitionTime": early}]
    counts = {"replicas": desired, "updatedReplicas": desired, "availableReplicas": ready, "readyReplicas": ready}
    raw = {
        "metadata": {"name": name, "namespace": "shop", "uid": name, "generation": 1, **meta},
        "spec": {"replicas": desired, "selector": {"matchLabels": labels}, "template": template},
        "status": {"observedGeneration": 1, **counts, "conditions": conditions},
    }
    return Put(DEPLOYMENTS, decode(DEPLOYMENTS, raw))


def _rest(**spec: Any) -> Canary:
    seen = "2026-01-01T00:30:00Z"
    promoted = {"type": "Promoted", "status": "True", "reason": "Succeeded", "lastTransitionTime": seen}
    return replay.canary(
        {"analysis": {"interval": "10s"}, **spec}, phase="Succeeded", lastTransitionTime=seen, conditions=[promoted]
    )


def _looked(canary: Canary, *changes: Put) -> Rollout:
    store = Store()
    store.apply([*changes, Listed(DEPLOYMENTS), Listed(REPLICASETS)])
    return replay.looked(store, NOW, canary)


def _event(message: str, at: str = "2026-01-01T00:59:58Z", kind: str = "Warning") -> Put:
    about = {"kind": "Canary", "uid": "c", "name": "web"}
    meta = {"name": message[:9], "namespace": "shop", "uid": message}
    raw = {"metadata": meta, "involvedObject": about, "type": kind, "reason": "Synced", "message": message}
    return Put(EVENTS, event({**raw, "lastTimestamp": at, "firstTimestamp": at, "count": 1}))


def test_a_primary_that_loses_its_pods_at_rest_is_at_the_top() -> None:
    found = _looked(_rest(), _workload("web-primary", 0), _workload("web", 0, desired=0))
    assert (found.phase, found.why) == (Phase.STALLED, NOTHING_SERVES)
    well = _looked(_rest(), _workload("web-primary", 2), _workload("web", 0, desired=0))
    assert (well.phase, well.why) == (Phase.COMPLETE, "")


def test_a_primary_that_is_not_ready_holds_the_next_revision() -> None:
    going = replay.canary(
        {"analysis": {"iterations": 3}}, phase="Progressing", lastTransitionTime="2026-01-01T00:30:00Z"
    )
    found = _looked(going, _workload("web-primary", 1), _workload("web", 2, "web:1.1"))
    assert found.why == "the primary holds it: web-primary has 1 of 2 pods ready"
    assert found.phase is Phase.STALLED
    assert found.causes[0].try_next.startswith("get web-primary ready first")


def test_a_change_that_flagger_does_not_look_at() -> None:
    managed = [
        {
            "manager": "kubectl-set",
            "operation": "Update",
            "time": "2026-01-01T00:40:00Z",
            "fieldsV1": {"f:spec": {"f:template": {}}},
        }
    ]
    target = _workload("web", 0, "web:1.1", desired=0, managedFields=managed)
    found = _looked(_rest(), _workload("web-primary", 2), target)
    assert (found.causes[0].reason, found.phase) == (Reason.NOT_OBSERVED, Phase.STALLED)
    assert found.why == "Flagger has not looked at the change for 20m"
    suspended = _looked(_rest(suspend=True), _workload("web-primary", 2), target)
    assert (suspended.causes, suspended.phase) == ((), Phase.PAUSED)


def test_a_phase_that_nobody_knows_is_said_to_be_so() -> None:
    odd = replay.canary({"analysis": {"interval": "10s"}}, phase="Quantum")
    found = _looked(odd, _workload("web-primary", 2), _workload("web", 2))
    assert (found.phase, found.why) == (Phase.PROGRESSING, "its phase is Quantum, which ktui does not know")


def test_two_controllers_of_one_workload() -> None:
    source = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    other = decode(
        ROLLOUTS, {"metadata": {"name": "r", "namespace": "shop", "uid": "r"}, "spec": {"workloadRef": source}}
    )
    found = _looked(_rest(), _workload("web-primary", 2), _workload("web", 0, desired=0), Put(ROLLOUTS, other))
    assert [cause.sentence for cause in found.causes] == [
        "rollout.argoproj.io/r rolls out web too: both change it, and the one that writes last wins"
    ]
    assert found.phase is Phase.COMPLETE


def test_a_gitops_tool_that_keeps_pods_of_the_target() -> None:
    labels = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
    target = _workload("web", 2, annotations=labels)
    (cause,) = _looked(_rest(), _workload("web-primary", 2), target).causes
    assert cause.sentence == "Argo CD (shop) keeps 2 pods of web, which Flagger scales to 0 at rest"
    assert (cause.remark, cause.blocking) == (True, False)


def test_what_flagger_stops_at_is_passed_on_in_its_words() -> None:
    text = "deployment web.shop spec.selector.matchLabels must contain one of [app name]"
    going = replay.canary({"analysis": {"interval": "10s", "iterations": 3}}, phase="Initializing")
    found = _looked(going, _workload("web", 2), _event(text))
    assert found.why == f"Flagger: {text}"
    assert not found.causes[0].blocking
    assert _looked(going, _workload("web", 2), _event(text, at="2026-01-01T00:50:00Z")).causes == ()


@pytest.mark.parametrize(
    ("text", "sort", "words"),
    [
        ("Halt web.shop advancement request duration 1.5s > 500ms", Sort.CHECK, "request duration 1.5s > 500ms"),
        ("Halt web.shop advancement error rate 12.00 > 5", Sort.CHECK, "error rate 12.00 > 5"),
        ("Halt advancement no values found for custom metric: latency: no values", Sort.MEASURE, "metric latency"),
        ("Halt advancement no values found for istio metric p99 probably web.shop …", Sort.MEASURE, "metric p99"),
        ("Metric query failed for latency: 500", Sort.MEASURE, "Metric query failed for latency: 500"),
        ("Rolling back web.shop manual webhook invoked", Sort.ROLLBACK, "a rollback hook requested it"),
        ("(combined from similar events): Advance web.shop canary weight 30", Sort.MOVED, "30% of the traffic"),
        ("canary damonset web.shop not ready with retryable true: waiting for it", Sort.WAITS, "waiting for it"),
        ("something new", Sort.OTHER, "something new"),
        ("x" * 100_000, Sort.OTHER, "xxx"),
    ],
)
def test_an_event_in_words(text: str, sort: Sort, words: str) -> None:
    found = report(event({"metadata": {"name": "e", "uid": "e"}, "message": text, "type": "Warning"}))
    assert found.sort is sort
    assert words in found.words


def test_reports_of_the_same_second_are_in_the_order_of_their_versions() -> None:
    def made(version: str) -> Any:
        meta = {"name": version, "uid": version, "resourceVersion": version}
        return event({"metadata": meta, "message": version, "lastTimestamp": "2026-01-01T00:00:00Z"})

    assert [each.whole for each in newest_first([made("9"), made("10"), made("8")])] == ["10", "9", "8"]


def test_a_rollback_that_a_hook_asked_for() -> None:
    failed = "2026-01-01T00:59:00Z"
    condition = {"type": "Promoted", "status": "False", "reason": "Failed", "lastTransitionTime": failed}
    made = replay.canary(
        {"analysis": {"iterations": 3}},
        phase="Failed",
        conditions=[condition],
        lastTransitionTime=failed,
        lastAppliedSpec="b",
        lastPromotedSpec="a",
    )
    text = "Rolling back web.shop manual webhook invoked"
    found = _looked(made, _workload("web-primary", 2), _workload("web", 0, desired=0), _event(text, failed))
    assert found.why == "rolled back: a rollback hook requested it"
    silent = _looked(made, _workload("web-primary", 2), _workload("web", 0, desired=0))
    assert silent.why == "rolled back: no event that tells why is left"
