"""Who wrote which fields, from `managedFields`: in words, the most telling first."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.redaction import MASK
from ktui.rollout.writings import Writing, writings

OWNED = {
    "f:metadata": {"f:annotations": {".": {}, "f:kubernetes.io/change-cause": {}, "f:team": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:template": {
            "f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}, "f:args": {}}}, "f:volumes": {}}
        },
    },
}


def an_object(*entries: dict[str, Any], **annotations: str) -> dict[str, Any]:
    meta = {"name": "web", "namespace": "shop", "uid": "u", "annotations": annotations, "managedFields": list(entries)}
    return {"metadata": meta, "spec": {"template": {"metadata": {"annotations": annotations}}}}


def entry(manager: str, fields: object = OWNED, **more: object) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "time": "2026-11-23T12:00:00Z",
        "fieldsV1": fields,
    } | more


def one(raw: dict[str, Any]) -> Writing:
    (found,) = writings(raw, "deployments")
    return found


def test_fields_are_paths_and_the_most_telling_come_first() -> None:
    found = one(an_object(entry("kubectl-set")))
    assert (found.namespace, found.name, found.uid, found.resource) == ("shop", "web", "u", "deployments")
    assert found.fields == (
        "spec.template.spec.containers[web].image",
        "spec.replicas",
        "spec.template.spec.containers[web].args",
        "spec.template.spec.volumes",
        "metadata.annotations.team",
        "metadata.annotations[kubernetes.io/change-cause]",
    )
    assert found.summary(2) == "containers[web].image, replicas and 4 more"
    assert found.summary(9).endswith("annotations[kubernetes.io/change-cause]")


def test_annotations_that_it_owns_say_what_was_done_without_secrets() -> None:
    raw = an_object(entry("kubectl"), **{"kubernetes.io/change-cause": "deploy token=hunter2hunter2"})
    assert one(raw).notes == (f"change-cause deploy token={MASK}",)
    name, at = "kubectl.kubernetes.io/restartedAt", "2026-11-23T11:59:00Z"
    restarted: dict[str, Any] = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {f"f:{name}": {}}}}}}
    raw = an_object(entry("kubectl-rollout", restarted), **{name: at})
    assert one(raw).summary() == f"restarted at {at}"


def test_the_tool_is_named_and_status_is_no_writing() -> None:
    argo, controller = entry("argocd-controller"), entry("kube-controller-manager", subresource="status")
    numbered: dict[str, Any] = {"f:annotations": {"f:deployment.kubernetes.io/revision": {}}}
    revision = {"f:metadata": numbered, "f:status": {"f:replicas": {}}}
    found = writings(an_object(argo, controller, entry("kube-controller-manager", revision)), "deployments")
    assert [(each.tool, each.manager) for each in found] == [("Argo CD", "argocd-controller")]


def test_the_newest_is_the_last_and_an_unknown_time_the_first() -> None:
    early, late = entry("a", time="2026-11-23T10:00:00Z"), entry("b", time="2026-11-23T11:00:00Z")
    found = writings(an_object(late, entry("c", time=None), early), "deployments")
    assert [each.manager for each in found] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"metadata": []},
        {"metadata": {"managedFields": "x", "labels": 3}},
        an_object({"manager": 3, "fieldsV1": [], "time": 4}),
        an_object(entry("x", {"f:spec": 3, "k:{": {}, "": {}})),
        an_object(entry("x", {"k:[1]": {"f:a": {}}})),
    ],
)
def test_what_does_not_fit_is_left_out(raw: dict[str, Any]) -> None:
    assert all(isinstance(each, Writing) for each in writings(raw, "deployments"))


def test_hostile_names_are_clean() -> None:
    found = one(an_object(entry("evil\x1b]0;x\x07\n", {"f:spec": {"f:\x1b[2J": {}}})))
    assert all(text.isprintable() for text in (found.manager, found.tool, *found.fields, found.summary()))


@pytest.mark.parametrize("deep", [600, 100_000])
def test_keys_of_any_depth_are_a_path(deep: int) -> None:
    key = 'k:{"name":' + "[" * deep + "]" * deep + "}"
    (path,) = one(an_object(entry("kubectl", {"f:spec": {key: {}}}))).fields
    assert path.startswith('spec[{"name":[[[')
