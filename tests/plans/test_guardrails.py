"""Guardrails: which rules apply to what, what they forbid, and what is said of a mistake in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ktui.kinds.argo_rollout.resources import ROLLOUTS
from ktui.model.resources import DEPLOYMENTS, SERVICES, STATEFULSETS, Resource
from ktui.plans.guardrails import Place, Rules, unknown_kinds
from ktui.plans.guardrails import read_rules as read
from ktui.plans.request import Action

NOW = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)
"""A Friday."""


def read_rules(tables: list[dict[str, Any]]) -> Rules:
    return read(tables, ZoneInfo)


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
    assert bool(rules.refuse(Action.RESTART, where, now=NOW)) is meets


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
    refused = read_rules(tables).refuse(action, place(), now=NOW)
    assert (refused.reason if refused else "") == reason


def test_each_of_the_objects_that_an_action_is_about_has_to_allow_it() -> None:
    rules = read_rules([{"workload": "rollout/*", "deny": ["restart"]}])
    assert rules.refuse(Action.RESTART, place(), now=NOW) is None
    assert rules.refuse(Action.RESTART, place(), place(ROLLOUTS), now=NOW) is not None


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"readonly": True}, 'there is no key "readonly"; available: context, namespace, workload, read_only'),
        ({"deny": ["restrat"]}, 'there is no action "restrat"; available: pause, resume, canary'),
        ({"deny": "restart"}, '"deny" does not fit: Expected `array`, got `str`'),
        ({"read_only": "yes"}, '"read_only" does not fit: Expected `bool`, got `str`'),
        ({"context": "prod"}, "it forbids nothing: give read_only, deny, hours"),
        ({"confirm": "yes"}, '"confirm" is "yes"; it can only be "name"'),
        ({"require": "ticket"}, '"require" is "ticket"; it can only be "change-cause"'),
        ({"at_once": -1}, '"at_once" is -1; it is a number of workloads'),
        ({"hours": "Mon-Fri 09:00-17:00"}, '"hours" and "timezone" go together: give both'),
        ({"timezone": "UTC", "read_only": True}, '"hours" and "timezone" go together: give both'),
        ({"hours": "09:00-17:00", "timezone": "Mars/X"}, 'this machine knows no time zone "Mars/X"'),
        ({"hours": "09:00-17:00", "timezone": "../x"}, 'this machine knows no time zone "../x"'),
        ({"hours": "nine to five", "timezone": "UTC"}, '"hours" is "nine to five": write Mon-Fri 09:00-17:00'),
        ({"hours": "Mon-Fry 09:00-17:00", "timezone": "UTC"}, '"hours" is "Mon-Fry 09:00-17:00": "fry" is not a day'),
        ({"hours": "09:00-25:00", "timezone": "UTC"}, '"hours" is "09:00-25:00": "25:00" is not a time of the day'),
        ({"hours": "09:60-17:00", "timezone": "UTC"}, '"hours" is "09:60-17:00": "09:60" is not a time of the day'),
        ({"hours": "24:00-17:00", "timezone": "UTC"}, '"hours" is "24:00-17:00": a time begins at 23:59'),
        ({"badge": "PROD", "colour": "pink"}, '"colour" is "pink"; available: red, yellow, green, blue'),
        ({"colour": "red", "read_only": True}, '"colour" is that of a badge: give "badge" too'),
        ({"badge": "a badge that is too long"}, '"badge" is a word of at most 12 characters'),
        ({"badge": "PROD", "workload": "cart"}, 'a badge is about a context: leave "namespace" and "workload" out'),
        ({"opening": {}}, 'there is no key "opening"'),
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


@pytest.mark.parametrize(
    ("hours", "zone", "now", "are_open"),
    [
        ("Mon-Fri 09:00-17:00", "UTC", "2026-11-27T09:00", True),
        ("Mon-Fri 09:00-17:00", "UTC", "2026-11-27T08:59", False),
        ("Mon-Fri 09:00-17:00", "UTC", "2026-11-27T17:00", False),
        ("Mon-Fri 09:00-17:00", "UTC", "2026-11-28T12:00", False),
        ("Mon-Fri 09:00-17:00", "Asia/Tokyo", "2026-11-27T00:00", True),
        ("Mon-Fri 09:00-17:00", "Asia/Tokyo", "2026-11-26T23:59", False),
        ("Mon-Fri 09:00-17:00", "Europe/Berlin", "2026-07-01T07:00", True),
        ("Mon-Fri 09:00-17:00", "Europe/Berlin", "2026-12-01T07:59", False),
        ("Mon-Thu 09:00-17:00, Fri 09:00-12:00", "UTC", "2026-11-27T12:30", False),
        ("mon-thu 09:00-17:00, fri 09:00-13:00", "UTC", "2026-11-27T12:30", True),
        ("Fri 22:00-06:00", "UTC", "2026-11-27T23:00", True),
        ("Fri 22:00-06:00", "UTC", "2026-11-28T05:59", True),
        ("Fri 22:00-06:00", "UTC", "2026-11-27T05:59", False),
        ("Sun 22:00-06:00", "UTC", "2026-11-30T05:59", True),
        ("Sat-Mon 00:00-24:00", "UTC", "2026-11-29T23:59", True),
        ("Sat-Mon 00:00-24:00", "UTC", "2026-12-01T00:00", False),
        ("09:00-17:00", "UTC", "2026-11-29T10:00", True),
    ],
)
def test_hours_are_those_of_the_zone(hours: str, zone: str, now: str, are_open: bool) -> None:
    rules = read_rules([{"hours": hours, "timezone": zone}])
    refused = rules.refuse(Action.SCALE, place(), now=datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (refused is None) is are_open
    if refused is not None:
        assert refused.reason == f"rule 1 of config.toml allows actions only {hours} ({zone}) here"


@pytest.mark.parametrize(
    ("context", "badge"),
    [("prod-eu", ("PROD", "red")), ("prod-test", ("TEST", "blue")), ("kind", None), ("", None)],
)
def test_the_first_rule_with_a_badge_marks_a_context(context: str, badge: tuple[str, str] | None) -> None:
    tables = [{"context": "*test", "badge": "TEST", "colour": "blue"}, {"context": "prod*", "badge": "PROD"}]
    rules = read_rules([{"read_only": True, "context": "prod*"}, *tables])
    assert rules.badge(context) == badge
