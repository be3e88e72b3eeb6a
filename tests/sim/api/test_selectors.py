"""Selectors, by what they match and how they fail."""

from typing import Any

import pytest

from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import of
from ktui.sim.api.selectors import field_selector, format_selector, label_selector, object_selector

JSON = dict[str, Any]
PODS, EVENTS, DEPLOYMENTS = of("", "pods"), of("", "events"), of("apps", "deployments")


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        ("", {}, True),
        ("app=web", {"app": "web"}, True),
        ("app==web", {"app": "api"}, False),
        ("app!=web", {"app": "api"}, True),
        ("app!=web", {}, True),
        ("app", {"app": ""}, True),
        ("app", {}, False),
        ("!app", {}, True),
        ("!app", {"app": "x"}, False),
        ("app in (web, api)", {"app": "api"}, True),
        ("app in (web,api)", {}, False),
        ("app notin (web,api)", {}, True),
        ("app notin (web)", {"app": "web"}, False),
        ("app=web,tier in (front),!old", {"app": "web", "tier": "front"}, True),
        ("app=web,tier", {"app": "web"}, False),
        ("app=", {"app": ""}, True),
        ("n>3", {"n": "4"}, True),
        ("n<3", {"n": "4"}, False),
        ("n>3", {"n": "x"}, False),
        ("app.kubernetes.io/name = web", {"app.kubernetes.io/name": "web"}, True),
        ("in=notin", {"in": "notin"}, True),
    ],
)
def test_a_label_selector_matches_what_kubernetes_matches(selector: str, labels: JSON, matches: bool) -> None:
    assert label_selector(selector)(labels) is matches


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"),
        ("=web", "found '=', expected: !, identifier, or 'end of string'"),
        ("app=web,", "found '', expected: identifier after ','"),
        ("app=web)", "found ')', expected: ',' or 'end of string'"),
        ("app in (a", "found '', expected: ',' or ')'"),
        ("app=(", "found '(', expected: identifier"),
        ("-a=b", 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of'),
        ("app=-b", 'unable to parse requirement: values[0][app]: Invalid value: "-b": a valid label must be'),
        ("n>x", "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
    ],
)
def test_a_label_selector_that_cannot_be_read_is_a_bad_request(selector: str, words: str) -> None:
    with pytest.raises(ApiError) as refused:
        label_selector(selector)
    assert refused.value.code == 400
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("metadata.name=a", True),
        ("metadata.name!=a", False),
        ("metadata.namespace==shop,metadata.name=a", True),
        ("status.phase=Running", True),
        ("spec.nodeName=", False),
        ("spec.nodeName=node-1,status.phase!=Running", False),
        ("spec.hostNetwork=false", True),
        ("", True),
    ],
)
def test_a_field_selector_of_pods(selector: str, matches: bool) -> None:
    pod = {
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"nodeName": "node-1"},
        "status": {"phase": "Running"},
    }
    assert field_selector(selector, PODS)(pod) is matches


def test_events_are_found_by_what_they_are_about() -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "a", "uid": "1"},
        "reason": "Failed",
        "type": "Warning",
        "source": {"component": "kubelet"},
    }
    found = field_selector("involvedObject.uid=1,involvedObject.kind=Pod,type=Warning,source=kubelet", EVENTS)
    assert found(event)
    assert not field_selector("involvedObject.name=b", EVENTS)(event)


@pytest.mark.parametrize(
    ("selector", "resource", "words"),
    [
        (
            "spec.replicas=1",
            DEPLOYMENTS,
            '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("spec.image=x", PODS, "field label not supported: spec.image"),
        ("nonsense", PODS, "invalid selector: 'nonsense'; can't understand 'nonsense'"),
    ],
)
def test_a_field_that_cannot_be_selected_by_is_a_bad_request(selector: str, resource: Any, words: str) -> None:
    with pytest.raises(ApiError) as refused:
        field_selector(selector, resource)
    assert (refused.value.code, refused.value.message) == (400, words)


@pytest.mark.parametrize(
    ("selector", "text", "labels"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2", {"a": "1", "b": "2"}),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["y", "x"]}]}, "a in (x,y)", {"a": "x"}),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a", {"a": ""}),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "!a", {}),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}, "a notin (x)", {}),
        ({}, "", {"any": "thing"}),
    ],
)
def test_an_objects_selector_matches_and_is_told_as_text(selector: JSON, text: str, labels: JSON) -> None:
    assert object_selector(selector)(labels)
    assert format_selector(selector) == text
    assert label_selector(text)(labels)


def test_no_selector_selects_nothing() -> None:
    assert not object_selector(None)({"a": "b"})
    assert format_selector(None) == ""
