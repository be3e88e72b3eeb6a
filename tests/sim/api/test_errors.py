"""Refusals, word for word as the recorded exchanges have them."""

from typing import Any

import pytest

from ktui.sim.api import errors, rbac
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import of
from tests.sim.api.recorded import exchange

JSON = dict[str, Any]
DEPLOYMENTS, PODS = of("apps", "deployments"), of("", "pods")
VIEWER = rbac.stranger("viewer")


def _denied(user: rbac.User, verb: str, name: str = "") -> ApiError:
    return rbac.denied(user, verb, DEPLOYMENTS, namespace="exchanges", name=name)


@pytest.mark.parametrize(
    ("note", "error"),
    [
        ("create: already exists", errors.already_exists(DEPLOYMENTS, "a")),
        ("get: not found", errors.not_found(DEPLOYMENTS, "none")),
        ("pod log, no node", errors.not_found(PODS, "a-56db6db79-8w92w")),
        ("patch: stale resourceVersion", errors.conflict(DEPLOYMENTS, "a")),
        ("put: stale", errors.conflict(DEPLOYMENTS, "c")),
        ("patch: json patch, failing test", errors.rejected_patch()),
        ("patch: unsupported media type", errors.unsupported_media_type()),
        ("401 bad token", errors.unauthorized()),
        ("403 anonymous", _denied(rbac.ANONYMOUS, "list")),
        ("403 viewer without role", _denied(VIEWER, "list")),
        ("403 viewer patch", _denied(VIEWER, "patch", "a")),
        ("403 viewer watch", _denied(VIEWER, "watch")),
        ("list: exact old version", errors.expired()),
        ("method not allowed", errors.method_not_allowed()),
    ],
)
def test_a_refusal_is_worded_as_recorded(note: str, error: ApiError) -> None:
    response = exchange(note)["response"]
    assert (error.code, error.status) == (response["status"], response["body"])


def test_a_watch_from_too_long_ago_ends_with_the_recorded_event() -> None:
    (event,) = exchange("watch: resourceVersion=1 on deployments")["response"]["stream"]
    assert event == {"type": "ERROR", "object": errors.too_old(1, 527).status}


def test_what_is_not_simulated_says_so() -> None:
    refused = errors.not_simulated("attach")
    assert (refused.code, refused.message) == (501, "not simulated: attach")


def test_a_refusal_may_say_when_to_come_back() -> None:
    assert errors.too_many_requests("slow down", 3).retry_after == 3
    assert errors.too_large(9, 5).status["details"]["retryAfterSeconds"] == 1


def test_conflicts_of_an_apply_are_grouped_by_manager() -> None:
    several = errors.apply_conflict([('"b"', ".spec.y"), ('"a"', ".spec.x"), ('"b"', ".spec.w")])
    told = 'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.x conflicts with "b":\n- .spec.w\n- .spec.y'
    assert several.message == told
    two = errors.apply_conflict([('"a"', ".spec.y"), ('"a"', ".spec.x")])
    assert two.message == 'Apply failed with 2 conflicts: conflicts with "a":\n- .spec.x\n- .spec.y'


def test_a_forbidden_path_and_a_cluster_scoped_resource() -> None:
    assert rbac.path_denied(rbac.ANONYMOUS, "get", "/apis").message == (
        'forbidden: User "system:anonymous" cannot get path "/apis"'
    )
    nodes = rbac.denied(VIEWER, "list", of("", "nodes"), namespace="")
    assert nodes.message == (
        'nodes is forbidden: User "viewer" cannot list resource "nodes" in API group "" at the cluster scope'
    )
    scale = rbac.denied(VIEWER, "patch", DEPLOYMENTS, namespace="shop", name="web", subresource="scale")
    assert 'cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"' in scale.message
