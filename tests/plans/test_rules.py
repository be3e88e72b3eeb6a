"""Guardrails: which rules meet what, what they forbid, and what is said of a mistake in them."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.model.resources import DEPLOYMENTS, SERVICES, STATEFULSETS, Resource
from ktui.plans.request import Action
from ktui.plans.rules import Place, read_rules, unknown_kinds


def place(
    resource: Resource = DEPLOYMENTS, name: str = "cart", *, context: str = "prod-eu", namespace: str = "shop"
) -> Place:
    return Place(context, namespace, resource, name)


@pytest.mark.parametrize(
    ("scope", "where", "meets"),
    [
        ({}, place(), True),
        ({"context": "prod-*"}, place(), True),
        ({"context": "prod-*"}, place(context="staging"), False),
        ({"context": "prod-*", "workload": "sts/x"}, Place("prod-eu", ""), True),
        ({"context": "prod-*"}, Place("", "shop"), True),
        ({"context": "prod"}, place(), False),
        ({"context": "Prod-*"}, place(), False),
        ({"namespace": "sh?p"}, place(), True),
        ({"namespace": "kube-*"}, place(), False),
        ({"context": "prod-*", "namespace": "shop", "workload": "cart"}, place(), True),
        ({"context": "prod-*", "namespace": "pay", "workload": "cart"}, place(), False),
        ({"workload": "cart"}, place(), True),
        ({"workload": "cart"}, place(STATEFULSETS), True),
        ({"workload": "car"}, place(), False),
        ({"workload": "c*"}, place(), True),
        ({"workload": "[ab]*"}, place(), False),
        ({"workload": "deploy/cart"}, place(), True),
        ({"workload": "Deployment/cart"}, place(), True),
        ({"workload": "deployments.apps/c*"}, place(), True),
        ({"workload": "deploy/cart"}, place(STATEFULSETS), False),
        ({"workload": "sts/*"}, place(STATEFULSETS), True),
        ({"workload": "*/cart"}, place(STATEFULSETS), True),
        ({"workload": "stateful*/cart"}, place(STATEFULSETS), True),
        ({"workload": "service/cart"}, place(), False),
        ({"workload": "svc/cart"}, place(SERVICES), True),
        ({"workload": "rollout.argoproj.io/cart"}, place(ROLLOUTS), True),
    ],
    ids=str,
)
def test_a_rule_is_about_what_all_of_its_globs_match(scope: dict[str, str], where: Place, meets: bool) -> None:
    rules = read_rules([{**scope, "read_only": True}])
    assert bool(rules.refuse(Action.RESTART, where)) is meets


@pytest.mark.parametrize(
    ("tables", "action", "reason"),
    [
        ([], Action.RESTART, ""),
        ([{"read_only": True}], Action.PAUSE, "rule 1 of config.toml allows no action here"),
        (
            [{"read_only": True, "reason": "frozen."}],
            Action.PAUSE,
            "rule 1 of config.toml allows no action here: frozen",
        ),
        ([{"deny": ["scale", "restart"]}], Action.PAUSE, ""),
        ([{"deny": ["scale", "restart"]}], Action.RESTART, "rule 1 of config.toml denies restart here"),
        (
            [{"deny": ["scale"]}, {"deny": ["restart"], "reason": "use the pipeline"}],
            Action.RESTART,
            "rule 2 of config.toml denies restart here: use the pipeline",
        ),
        ([{"deny": ["scale"], "reason": "a\x1b[2Jb"}], Action.SCALE, "rule 1 of config.toml denies scale here: a␛[2Jb"),
    ],
)
def test_what_one_of_the_rules_forbids_is_refused_with_its_reason(
    tables: list[dict[str, Any]], action: Action, reason: str
) -> None:
    refused = read_rules(tables).refuse(action, place())
    assert (refused.reason if refused else "") == reason


def test_each_of_the_objects_that_an_action_is_about_has_to_allow_it() -> None:
    rules = read_rules([{"workload": "rollout/*", "deny": ["restart"]}])
    assert rules.refuse(Action.RESTART, place()) is None
    assert rules.refuse(Action.RESTART, place(), place(ROLLOUTS)) is not None


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"readonly": True}, 'there is no key "readonly"; available: context, namespace, workload, read_only'),
        ({"deny": ["restrat"]}, 'there is no action "restrat"; available: pause, resume, canary'),
        ({"deny": "restart"}, '"deny" does not fit: Expected `array`, got `str`'),
        ({"read_only": "yes"}, '"read_only" does not fit: Expected `bool`, got `str`'),
        ({"context": "prod"}, "it forbids nothing: give read_only or deny"),
        ({"context": "", "read_only": True}, '"context" is not a glob: leave it out to mean all'),
        ({"workload": "deploy/", "read_only": True}, '"workload" is not a glob: leave it out to mean all'),
    ],
)
def test_a_mistake_is_said_in_one_sentence_with_the_number_of_the_rule(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^rule 2: ") as caught:
        read_rules([{"read_only": True}, table])
    assert str(caught.value).startswith(f"rule 2: {sentence}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("workload", "known"),
    [("deploy/*", True), ("*/cart", True), ("cart", True), ("svc/x", True), ("deploymnet/x", False)],
)
def test_a_kind_that_does_not_exist_is_found(workload: str, known: bool) -> None:
    found = list(unknown_kinds(read_rules([{"workload": workload, "read_only": True}]), (DEPLOYMENTS, SERVICES)))
    assert found == ([] if known else [f'rule 1: no kind is called "deploymnet" (in workload = "{workload}")'])
