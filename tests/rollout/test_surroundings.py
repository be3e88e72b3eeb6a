"""What stands around a Deployment: what is read of it, and when it is worth a remark."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kube.surroundings import surroundings
from ktui.rollout.capacity.quota import Quota
from ktui.rollout.capacity.remarks import Autoscaler, Budget, Selector, Surroundings, remarks
from tests.rollout.made import Made

JSON = dict[str, Any]


def web(desired: int = 4, **status: Any) -> Made:
    made = Made("web:1.1", desired, replicas=desired, **status)
    made.raw["spec"]["template"]["metadata"] = {"labels": {"app": "web", "tier": "front"}}
    return made


def said(around: Surroundings, *, desired: int = 4, is_under_way: bool = True) -> list[str]:
    return [cause.sentence for cause in remarks(web(desired).deployment(), around, is_under_way=is_under_way)]


@pytest.mark.parametrize(
    ("autoscaler", "desired", "sentence"),
    [
        (Autoscaler("web", 2, 6, 4), 4, ""),
        (Autoscaler("web", 2, 6, 3), 4, "wants 3 (it keeps 2 to 6), and 4 pods are asked for"),
        (Autoscaler("web", 2, 6), 9, "wants 6 (it keeps 2 to 6), and 9 pods are asked for"),
        (Autoscaler("web", 2, 6), 1, "wants 2 (it keeps 2 to 6), and 1 pod are asked for"),
        (Autoscaler("web", 2, 6, 4), 0, ""),
        (Autoscaler("web", 2, 6, 4, "no metrics"), 4, "cannot do its work: no metrics"),
    ],
)
def test_an_autoscaler_that_fights(autoscaler: Autoscaler, desired: int, sentence: str) -> None:
    found = said(Surroundings(autoscalers=(autoscaler,)), desired=desired)
    assert len(found) == bool(sentence)
    assert all(sentence.replace("1 pod are", "1 pod is") in each for each in found)


def test_a_budget_is_worth_a_word_while_something_is_under_way_and_it_allows_nothing() -> None:
    tight, always = Budget("b", 0, 3, 3, 4), Budget("b", 0, 4, 4, 4)
    assert "(3 healthy, 3 needed)" in said(Surroundings(budgets=(tight,)))[0]
    assert "(all 4 are needed, always)" in said(Surroundings(budgets=(always,)))[0]
    assert said(Surroundings(budgets=(tight,)), is_under_way=False) == []
    assert said(Surroundings(budgets=(Budget("b", 1, 4, 3, 4),))) == []


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
    assert said(Surroundings(quotas=(Quota("q", hard, used),))) == [sentence] * bool(sentence)


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
    found = surroundings(web().deployment(), [], [budget], [])
    assert len(found.budgets) == covers
    assert Selector().covers({})


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
    found = surroundings(web().deployment(), [mine | {"status": {"conditions": [idle]}}, other], [], quotas)
    assert found.autoscalers == (Autoscaler("a", 1, 5, None, "no metrics"),)
    assert found.quotas == (
        Quota("q", {"pods": "9", "limits.cpu": "4"}, {"pods": "8"}),
        Quota("odd", {"pods": "1k"}, {"pods": "8"}),
    )
