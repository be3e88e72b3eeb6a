"""The three patch types, by what they leave."""

import copy
import json
from typing import Any

import pytest

from ktui.sim.api.errors import ApiError
from ktui.sim.api.patch import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, apply_patch
from tests.sim.api.recorded import exchange, exchanges

JSON = dict[str, Any]


def _deployment(**pod_spec: Any) -> JSON:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "finalizers": ["a", "b"]},
        "spec": {"template": {"spec": pod_spec}},
    }


def _patched(current: JSON, patch: Any, content_type: str = STRATEGIC_PATCH) -> JSON:
    before = copy.deepcopy(current)
    result = apply_patch(content_type, current, json.dumps(patch).encode(), current["kind"])
    assert current == before, "the object that is patched must be left alone"
    return result


def _pod_spec(patch: JSON, **pod_spec: Any) -> JSON:
    patched: JSON = _patched(_deployment(**pod_spec), {"spec": {"template": {"spec": patch}}})
    spec: JSON = patched["spec"]["template"]["spec"]
    return spec


def test_the_recorded_patches_give_the_recorded_objects() -> None:
    current = exchange("get")["response"]["body"]
    compared = 0
    for pair in exchanges():
        request, response = pair["request"], pair["response"]
        if (
            request["method"] != "PATCH"
            or response["status"] != 200
            or not request["path"].partition("?")[0].endswith("/a")
        ):
            continue
        if "apply" in request["content_type"]:
            continue
        made = apply_patch(request["content_type"], current, json.dumps(request["body"]).encode(), "Deployment")
        assert made["spec"] == response["body"]["spec"]
        if "dryRun" not in request["path"]:
            current = response["body"]
        compared += 1
    assert compared == 3


def test_a_merge_patch_replaces_lists_and_drops_nulls() -> None:
    current = _deployment(containers=[{"name": "a"}], hostname="h")
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "b"}], "hostname": None}}}}
    assert _patched(current, patch, MERGE_PATCH)["spec"]["template"]["spec"] == {"containers": [{"name": "b"}]}


def test_a_strategic_patch_merges_containers_by_name_and_keeps_the_others() -> None:
    containers = [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]
    spec = _pod_spec({"containers": [{"name": "b", "image": "b:2"}]}, containers=containers)
    assert spec["containers"] == [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:2"}]


@pytest.mark.parametrize(
    ("field", "current", "patch", "wanted"),
    [
        ("env", [{"name": "A", "value": "1"}], [{"name": "A", "value": "2"}], [{"name": "A", "value": "2"}]),
        (
            "ports",
            [{"containerPort": 80, "name": "http"}],
            [{"containerPort": 81}],
            [{"containerPort": 81}, {"containerPort": 80, "name": "http"}],
        ),
        (
            "volumeMounts",
            [{"name": "v", "mountPath": "/a"}],
            [{"name": "w", "mountPath": "/a"}],
            [{"name": "w", "mountPath": "/a"}],
        ),
        ("command", ["a", "b"], ["c"], ["c"]),
        ("env", [{"name": "A", "value": "1"}], [{"$patch": "delete", "name": "A"}], []),
        (
            "env",
            [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
            [{"name": "C", "value": "3"}, {"$patch": "replace"}],
            [{"name": "C", "value": "3"}],
        ),
    ],
)
def test_each_list_of_a_container_merges_by_its_own_key(field: str, current: Any, patch: Any, wanted: Any) -> None:
    spec = _pod_spec({"containers": [{"name": "a", field: patch}]}, containers=[{"name": "a", field: current}])
    assert spec["containers"][0][field] == wanted


def test_tolerations_are_replaced_and_finalizers_are_a_set() -> None:
    assert _pod_spec({"tolerations": [{"key": "b"}]}, tolerations=[{"key": "a"}])["tolerations"] == [{"key": "b"}]
    added = _patched(_deployment(), {"metadata": {"finalizers": ["c", "a"]}})
    assert added["metadata"]["finalizers"] == ["c", "a", "b"]
    removed = _patched(_deployment(), {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})
    assert removed["metadata"]["finalizers"] == ["b"]


def test_directives_replace_objects_and_retain_keys() -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}
    current = _deployment()
    current["spec"]["strategy"] = strategy
    retained = _patched(current, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}})
    assert retained["spec"]["strategy"] == {"type": "Recreate"}
    replaced = _patched(current, {"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}})
    assert replaced["spec"]["strategy"] == {"type": "Recreate"}


def test_the_order_that_a_client_saw_is_kept() -> None:
    patch = {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        "containers": [{"name": "c", "image": "c:1"}, {"name": "a", "image": "a:2"}],
    }
    spec = _pod_spec(patch, containers=[{"name": "a"}, {"name": "b"}])
    assert [container["name"] for container in spec["containers"]] == ["c", "a", "b"]


def test_an_order_that_contradicts_the_list_is_refused() -> None:
    patch = {"$setElementOrder/finalizers": ["a", "b"], "finalizers": ["b", "a"]}
    with pytest.raises(ApiError, match="doesn't match"):
        _patched(_deployment(), {"metadata": patch})


def _refused(content_type: str, body: bytes) -> ApiError:
    with pytest.raises(ApiError) as refused:
        apply_patch(content_type, _deployment(), body, "Deployment")
    return refused.value


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "test", "path": "/metadata/name", "value": "other"}],
        [{"op": "test", "path": "/spec/paused", "value": True}],
        [{"op": "replace", "path": "/spec/none", "value": 1}],
        [{"op": "remove", "path": "/spec/none"}],
        [{"op": "add", "path": "/none/none", "value": 1}],
        [{"op": "remove", "path": ""}],
    ],
)
def test_a_json_patch_that_does_not_fit_is_rejected_in_the_recorded_words(patch: Any) -> None:
    recorded = exchange("patch: json patch, failing test")["response"]["body"]
    assert _refused(JSON_PATCH, json.dumps(patch).encode()).status == recorded


def test_other_types_are_refused_as_recorded() -> None:
    recorded = exchange("patch: unsupported media type")["response"]["body"]
    assert _refused("application/json", b"{}").status == recorded


@pytest.mark.parametrize("content_type", [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH])
def test_a_patch_that_is_no_json_is_a_bad_request(content_type: str) -> None:
    assert _refused(content_type, b"{").code == 400
    assert _refused(content_type, b'"word"').code == 400
