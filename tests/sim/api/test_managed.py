"""managedFields and server-side apply, against every write that the real control plane recorded."""

import copy
from typing import Any

import pytest

from ktui.sim.api import defaults, managed
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import BUILT_IN, of
from tests.sim.api.recorded import SCENARIOS, Write, exchange, writes

JSON = dict[str, Any]
NOW = "2026-11-23T13:00:36Z"
DEPLOYMENTS = of("apps", "deployments")


def _entries(obj: JSON) -> list[JSON]:
    entries = obj["metadata"].get("managedFields") or []
    timeless = [{key: value for key, value in entry.items() if key != "time"} for entry in entries]
    return sorted(timeless, key=str)


def _is_outside_the_rules(write: Write) -> bool:
    """Binding a pod, marking for deletion and scaling to nothing are no writes that someone owns."""
    if write.old is None:
        return len(_entries(write.new)) != 1
    bound = "nodeName" in write.new.get("spec", {}) and "nodeName" not in write.old.get("spec", {})
    finalizers = [obj["metadata"].get("finalizers") for obj in (write.old, write.new)]
    emptied = write.new.get("spec", {}).get("replicas") == 0 != write.old.get("spec", {}).get("replicas")
    return bound or finalizers[0] != finalizers[1] or emptied


def _candidates(write: Write) -> list[JSON]:
    old = (write.old or {"metadata": {}})["metadata"].get("managedFields") or []
    entries = [*(write.new["metadata"].get("managedFields") or []), *old]
    return [entry for entry in entries if entry["operation"] == "Update"]


def _recorded_by(write: Write, entry: JSON) -> list[JSON]:
    new = copy.deepcopy(write.new)
    del new["metadata"]["managedFields"]
    resource = BUILT_IN.by_kind(new["apiVersion"], new["kind"])
    assert resource is not None
    managed.record(resource, write.old, new, entry["manager"], entry["time"], subresource=entry.get("subresource", ""))
    return _entries(new)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_recorded_write_is_owned_as_the_real_server_has_it(scenario: str) -> None:
    checked = [write for write in writes(scenario) if not _is_outside_the_rules(write)]
    assert checked
    for write in checked:
        wanted = _entries(write.new)
        assert any(_recorded_by(write, entry) == wanted for entry in _candidates(write)), write.label


def test_a_status_write_is_owned_as_if_the_whole_object_had_been_looked_at() -> None:
    for write in writes("rolling-update"):
        if write.old is None or write.old.get("status") == write.new.get("status"):
            continue
        if write.old.get("spec") != write.new.get("spec"):
            continue
        resource = BUILT_IN.by_kind(write.new["apiVersion"], write.new["kind"])
        assert resource is not None
        whole = copy.deepcopy(write.new)
        del whole["metadata"]["managedFields"]
        managed.record(resource, write.old, whole, "writer", NOW, subresource="status")
        assert managed.status_entry(resource, write.old, write.new, "writer", NOW) == whole["metadata"]["managedFields"]


def test_the_recorded_apply_gives_the_recorded_object() -> None:
    pair = exchange("server-side apply")
    wanted = pair["response"]["body"]
    before = exchange("patch: json patch")["response"]["body"]
    before["status"] = wanted["status"]
    before["metadata"]["managedFields"] = [
        entry for entry in before["metadata"]["managedFields"] if entry["manager"] == "Python"
    ]
    applied = managed.apply(DEPLOYMENTS, before, pair["request"]["body"], "ktui", NOW, force=True)
    assert applied["spec"] == wanted["spec"]
    mine = [entry for entry in wanted["metadata"]["managedFields"] if entry["manager"] in ("ktui", "Python")]
    assert applied["metadata"]["managedFields"] == mine


def _applied(**spec: Any) -> JSON:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def _created(manager: str, **spec: Any) -> JSON:
    obj = defaults.default("Deployment", _applied(**spec))
    managed.record(DEPLOYMENTS, None, obj, manager, NOW)
    return obj


def test_applying_what_someone_else_owns_is_a_conflict_that_names_them() -> None:
    current = _created("kubectl-create", replicas=3)
    with pytest.raises(ApiError) as refused:
        managed.apply(DEPLOYMENTS, current, _applied(replicas=5), "ktui", NOW)
    told = 'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas'
    assert (refused.value.code, refused.value.reason, refused.value.message) == (409, "Conflict", told)
    assert refused.value.status["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-create" using apps/v1',
            "field": ".spec.replicas",
        }
    ]


def test_the_same_value_is_shared_and_no_conflict() -> None:
    current = _created("kubectl-create", replicas=3)
    applied = managed.apply(DEPLOYMENTS, current, _applied(replicas=3), "ktui", NOW)
    owners = {entry["manager"] for entry in applied["metadata"]["managedFields"]}
    assert owners == {"kubectl-create", "ktui"}


def test_what_a_manager_no_longer_applies_is_removed_where_nobody_else_owns_it() -> None:
    container = {"name": "c", "image": "x:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    template = {"metadata": {"labels": {"app": "web", "tier": "front"}}, "spec": {"containers": [container]}}
    first = managed.apply(DEPLOYMENTS, None, _applied(template=template, minReadySeconds=3), "ktui", NOW)
    fewer = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{**container, "env": [{"name": "B", "value": "2"}]}]},
    }
    second = managed.apply(DEPLOYMENTS, first, _applied(template=fewer), "ktui", NOW)
    assert second["spec"] == {"template": fewer}


def test_an_item_stays_where_someone_else_owns_a_part_of_it() -> None:
    def template(**container: Any) -> JSON:
        return {"spec": {"containers": [{"name": "c", **container}]}}

    first = managed.apply(DEPLOYMENTS, None, _applied(template=template(image="x:1", tty=True)), "ktui", NOW)
    both = managed.apply(DEPLOYMENTS, first, _applied(template=template(image="x:1")), "other", NOW)
    left = managed.apply(DEPLOYMENTS, both, _applied(replicas=1), "ktui", NOW)
    assert left["spec"] == {"replicas": 1, "template": template(image="x:1")}


def test_an_applied_status_is_left_alone() -> None:
    applied = {**_applied(replicas=3), "status": {"replicas": 9}}
    made = managed.apply(DEPLOYMENTS, None, applied, "ktui", NOW)
    assert "status" not in made
    assert made["metadata"]["managedFields"][0]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


def test_a_client_can_change_and_reset_who_owns_what() -> None:
    old = _created("kubectl-client-side-apply", replicas=3)
    moved = copy.deepcopy(old)
    moved["metadata"]["managedFields"][0]["manager"] = "kubectl"
    managed.record(DEPLOYMENTS, old, moved, "kubectl", NOW)
    assert [entry["manager"] for entry in moved["metadata"]["managedFields"]] == ["kubectl"]
    reset = copy.deepcopy(old)
    reset["metadata"]["managedFields"] = [{}]
    managed.record(DEPLOYMENTS, old, reset, "kubectl", NOW)
    assert "managedFields" not in reset["metadata"]


def test_applying_again_changes_nothing() -> None:
    first = managed.apply(DEPLOYMENTS, None, _applied(replicas=3), "ktui", NOW)
    assert managed.apply(DEPLOYMENTS, first, _applied(replicas=3), "ktui", "2026-11-23T14:00:00Z") == first
