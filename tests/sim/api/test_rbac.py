"""Users and their rights, against the recorded reviews."""

from typing import Any

import pytest

from ktui.sim.api import rbac
from ktui.sim.api.errors import ApiError
from tests.sim.api.recorded import exchange

JSON = dict[str, Any]
DEVELOPER = rbac.developer("shop")
DIRECTORY = rbac.Directory(
    {"a": rbac.ADMIN, "v": rbac.VIEWER, "d": DEVELOPER, "s": rbac.stranger("stranger")},
)


@pytest.mark.parametrize(
    ("user", "verb", "asked", "may"),
    [
        (rbac.ADMIN, "delete", ("apps", "deployments", "shop"), True),
        (rbac.ADMIN, "get", ("made.up", "things", ""), True),
        (rbac.VIEWER, "list", ("apps", "deployments", ""), True),
        (rbac.VIEWER, "watch", ("", "pods", "shop"), True),
        (rbac.VIEWER, "get", ("", "pods/log", "shop"), True),
        (rbac.VIEWER, "patch", ("apps", "deployments", "shop"), False),
        (rbac.VIEWER, "list", ("", "secrets", "shop"), False),
        (rbac.VIEWER, "create", ("authorization.k8s.io", "selfsubjectaccessreviews", ""), True),
        (DEVELOPER, "patch", ("apps", "deployments/scale", "shop"), True),
        (DEVELOPER, "patch", ("apps", "deployments", "other"), False),
        (DEVELOPER, "list", ("apps", "deployments", ""), False),
        (DEVELOPER, "list", ("", "nodes", ""), False),
        (rbac.ANONYMOUS, "list", ("", "pods", "shop"), False),
    ],
)
def test_who_may_do_what(user: rbac.User, verb: str, asked: tuple[str, str, str], may: bool) -> None:
    group, resource, namespace = asked
    assert rbac.allowed(user, verb, group, resource, namespace=namespace) is may


def test_a_rule_may_be_limited_to_names() -> None:
    rule = rbac.Rule(("get",), ("",), ("configmaps",), names=("settings",))
    user = rbac.User("narrow", rules=(rule,))
    assert rbac.allowed(user, "get", "", "configmaps", namespace="shop", name="settings")
    assert not rbac.allowed(user, "get", "", "configmaps", namespace="shop", name="others")


@pytest.mark.parametrize(("user", "note"), [(rbac.ADMIN, "as admin"), (rbac.stranger("viewer"), "as viewer")])
def test_access_reviews_are_answered_as_recorded(user: rbac.User, note: str) -> None:
    pair = exchange(f"SelfSubjectAccessReview {note}")
    recorded = pair["response"]["body"]
    recorded["metadata"].pop("managedFields", None)
    assert rbac.access_review(user, pair["request"]["body"]) == recorded


def _sorted(review: JSON) -> JSON:
    status = review["status"]
    return review | {"status": {key: sorted(rules, key=str) if rules else rules for key, rules in status.items()}}


def test_rules_reviews_are_answered_as_recorded() -> None:
    pair = exchange("SelfSubjectRulesReview as viewer")
    told = rbac.rules_review(rbac.stranger("viewer"), pair["request"]["body"])
    assert _sorted(told) == _sorted(pair["response"]["body"])
    everything = rbac.rules_review(rbac.ADMIN, {"spec": {"namespace": "shop"}})["status"]
    assert everything["resourceRules"][0] == {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    elsewhere = rbac.rules_review(DEVELOPER, {"spec": {"namespace": "other"}})["status"]
    assert {group for rule in elsewhere["resourceRules"] for group in rule["apiGroups"]} == {
        "authorization.k8s.io",
        "authentication.k8s.io",
    }


def test_an_access_review_knows_subresources_and_paths() -> None:
    def may(user: rbac.User, **spec: JSON) -> bool:
        return bool(rbac.access_review(user, {"spec": spec})["status"]["allowed"])

    scale = {"verb": "patch", "group": "apps", "resource": "deployments", "subresource": "scale", "namespace": "shop"}
    assert may(DEVELOPER, resourceAttributes=scale)
    assert not may(rbac.VIEWER, resourceAttributes=scale)
    assert may(rbac.VIEWER, nonResourceAttributes={"path": "/apis", "verb": "get"})
    assert not may(rbac.ANONYMOUS, nonResourceAttributes={"path": "/apis", "verb": "get"})
    assert may(rbac.ANONYMOUS, nonResourceAttributes={"path": "/readyz", "verb": "get"})
    assert may(rbac.ADMIN, nonResourceAttributes={"path": "/metrics", "verb": "get"})


def test_a_token_names_a_user_and_a_wrong_one_nobody() -> None:
    assert DIRECTORY.user("Bearer v") is rbac.VIEWER
    assert DIRECTORY.user(None) is rbac.ANONYMOUS
    for header in ("Bearer wrong", "Basic v", "v"):
        with pytest.raises(ApiError) as refused:
            DIRECTORY.user(header)
        assert refused.value.code == 401


def test_only_who_may_impersonate_can_be_someone_else() -> None:
    assert DIRECTORY.impersonated(rbac.ADMIN, None) is rbac.ADMIN
    assert DIRECTORY.impersonated(rbac.ADMIN, "viewer") is rbac.VIEWER
    assert DIRECTORY.impersonated(rbac.ADMIN, "system:anonymous") is rbac.ANONYMOUS
    assert DIRECTORY.impersonated(rbac.ADMIN, "nobody-knows").rules == rbac.stranger("x").rules
    root = DIRECTORY.impersonated(rbac.ADMIN, "root", ("system:masters",))
    assert rbac.allowed(root, "delete", "", "nodes")
    with pytest.raises(ApiError) as refused:
        DIRECTORY.impersonated(rbac.VIEWER, "admin")
    assert refused.value.message == (
        'users "admin" is forbidden: User "viewer" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )


def test_whoami_names_the_user_and_the_groups() -> None:
    assert rbac.self_review(rbac.ADMIN)["status"]["userInfo"] == {
        "username": "admin",
        "groups": ["system:masters", "system:authenticated"],
    }
