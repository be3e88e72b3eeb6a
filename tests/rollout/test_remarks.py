"""Policies that act on the pods of a Deployment: what is read of it, and when it is worth a remark."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kinds.deployment.quota_remarks import quota_remarks
from ktui.kube.policies import policies_in
from ktui.model.policies import Autoscaler, Budget, Policies, Quota, Selector
from ktui.model.reference import Reference
from ktui.rollout.diagnosis.policy_remarks import remarks
from tests.rollout.made import Made

JSON = dict[str, Any]
WEB = Reference("web")


def web(desired: int = 4, **status: Any) -> Made:
    made = Made("web:1.1", desired, replicas=desired, **status)
    made.raw["spec"]["template"]["metadata"] = {"labels": {"app": "web", "tier": "front"}}
    return made


def budget(allowed: int, healthy: int, needed: int) -> Budget:
    return Budget("b", Selector(), allowed=allowed, healthy=healthy, needed=needed, expected=4)


def said(policies: Policies, *, desired: int = 4, is_under_way: bool = True) -> list[str]:
    deployment = web(desired).deployment()
    found = remarks(deployment, policies, replicas=deployment.spec.desired, is_under_way=is_under_way)
    quotas = quota_remarks(deployment, policies.quotas) if is_under_way else ()
    return [cause.sentence for cause in (*found, *quotas)]


@pytest.mark.parametrize(
    ("autoscaler", "desired", "sentence"),
    [
        (Autoscaler("web", 2, 6, 4), 4, ""),
        (Autoscaler("web", 2, 6, 3), 4, "wants 3 (it keeps 2 to 6), and 4 are desired"),
        (Autoscaler("web", 2, 6), 9, "wants 6 (it keeps 2 to 6), and 9 are desired"),
        (Autoscaler("web", 2, 6), 1, "wants 2 (it keeps 2 to 6), and 1 is desired"),
        (Autoscaler("web", 2, 6, 4), 0, ""),
        (Autoscaler("web", 2, 6, 4, "no metrics"), 4, "cannot do its work: no metrics"),
    ],
)
def test_an_autoscaler_that_fights(autoscaler: Autoscaler, desired: int, sentence: str) -> None:
    found = said(Policies(autoscalers=(autoscaler,)), desired=desired)
    assert len(found) == bool(sentence)
    assert all(sentence in each for each in found)


def test_a_budget_is_worth_a_word_while_something_is_under_way_and_it_allows_nothing() -> None:
    tight, always = budget(0, 3, 3), budget(0, 4, 4)
    assert "(3 healthy, 3 needed)" in said(Policies(budgets=(tight,)))[0]
    assert "(all 4 are needed, always)" in said(Policies(budgets=(always,)))[0]
    assert said(Policies(budgets=(tight,)), is_under_way=False) == []
    assert said(Policies(budgets=(budget(1, 4, 3),))) == []


@pytest.mark.parametrize(
    ("hard", "used", "sentence"),
    [
        ({"pods": "4"}, {"pods": "4"}, "quota q has room for 0 pods (4 of 4 used), and the surge wants 1 more"),
        ({"pods": "10"}, {"pods": "4"}, ""),
        (
            {"limits.memory": "600Mi"},
            {"limits.memory": "512Mi"},
            "quota q has room for 0 pods (limits.memory 512Mi of 600Mi used), and the surge wants 1 more",
        ),
        ({"limits.memory": "1Gi"}, {"limits.memory": "512Mi"}, ""),
        # Nobody says how much CPU they take: not known is not short.
        ({"limits.cpu": "1"}, {"limits.cpu": "1"}, ""),
        ({"pods": "four", "services": "0"}, {}, ""),
    ],
)
def test_a_quota_that_has_no_room_for_the_surge(hard: JSON, used: JSON, sentence: str) -> None:
    assert said(Policies(quotas=(Quota("q", hard, used),))) == [sentence] * bool(sentence)


@pytest.mark.parametrize(
    ("raw", "covers"),
    [
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "api"}}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Odd"}]}, False),
    ],
)
def test_whose_pods_a_budget_covers(raw: JSON, covers: bool) -> None:
    budget = {"metadata": {"name": "b"}, "spec": {"selector": raw}, "status": {"expectedPods": 4}}
    found = policies_in(WEB, [], [budget], [])
    assert len(said(found)) == covers
    assert Selector().covers({})


def test_a_budget_without_a_selector_covers_nothing() -> None:
    assert policies_in(WEB, [], [{"metadata": {"name": "b"}, "spec": {}}], []).budgets == ()


def test_only_what_is_about_this_deployment_and_can_be_read() -> None:
    target = {"kind": "Deployment", "name": "web"}
    mine = {"metadata": {"name": "a"}, "spec": {"scaleTargetRef": target, "maxReplicas": 5}}
    idle = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics"}
    other = {"metadata": {"name": "b"}, "spec": {"scaleTargetRef": target | {"name": "api"}, "maxReplicas": 5}}
    quotas: list[Any] = [
        {"metadata": {"name": "q"}, "status": {"hard": {"pods": "9", "limits.cpu": "4"}, "used": {"pods": "8"}}},
        {"metadata": {"name": "odd"}, "status": {"hard": {"pods": "1k"}, "used": {"pods": "8"}}},
        {"metadata": {}},
        "no object at all",
    ]
    found = policies_in(WEB, [mine | {"status": {"conditions": [idle]}}, other], [], quotas)
    assert found.autoscalers == (Autoscaler("a", 1, 5, None, "no metrics"),)
    assert found.quotas == (
        Quota("q", {"pods": "9", "limits.cpu": "4"}, {"pods": "8"}),
        Quota("odd", {"pods": "1k"}, {"pods": "8"}),
    )
