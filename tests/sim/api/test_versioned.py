"""Generations, statuses and scales, against what the real control plane recorded."""

import copy
from typing import Any

import pytest

from ktui.sim.api import versioned
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import BUILT_IN, of
from tests.sim.api.recorded import SCENARIOS, exchange, writes

JSON = dict[str, Any]
DEPLOYMENTS = of("apps", "deployments")
COUNTED_BY_DELETION = "deletionTimestamp"


def _is_one_write(old: JSON, new: JSON) -> bool:
    """A watch may tell of two writes in one event; marking for deletion counts as well."""
    counted = [obj["metadata"].get("generation") or 0 for obj in (old, new)]
    marked = [COUNTED_BY_DELETION in obj["metadata"] for obj in (old, new)]
    bound = old.get("spec", {}).get("nodeName") != new.get("spec", {}).get("nodeName")
    return counted[1] - counted[0] <= 1 and marked[0] == marked[1] and not bound


def _is_status_write(old: JSON, new: JSON) -> bool:
    """The controller notes the revision of a Deployment through ``/status``."""
    revisions = [obj["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision") for obj in (old, new)]
    return old.get("status") != new.get("status") or revisions[0] != revisions[1]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_generation_counts_what_the_real_server_counts(scenario: str) -> None:
    for write in writes(scenario):
        if write.old is None or not _is_one_write(write.old, write.new):
            continue
        resource = BUILT_IN.by_kind(write.new["apiVersion"], write.new["kind"])
        assert resource is not None
        new = copy.deepcopy(write.new)
        if resource.kind == "Deployment" and _is_status_write(write.old, write.new):
            versioned.prepare_status_update(resource, write.old, new)
            assert new["metadata"]["generation"] == write.old["metadata"]["generation"]
            continue
        versioned.prepare_update(resource, write.old, new)
        assert new["metadata"].get("generation") == write.new["metadata"].get("generation"), write.label


def test_a_write_of_the_main_resource_cannot_touch_the_status_nor_the_other_way_round() -> None:
    old = exchange("get")["response"]["body"]
    new = copy.deepcopy(old)
    new["spec"]["replicas"], new["status"]["replicas"] = 7, 99
    new["metadata"]["uid"] = "of someone else"
    updated = versioned.prepare_update(DEPLOYMENTS, old, copy.deepcopy(new))
    assert (updated["spec"]["replicas"], updated["status"], updated["metadata"]["generation"]) == (7, old["status"], 2)
    assert updated["metadata"]["uid"] == old["metadata"]["uid"]
    reported = versioned.prepare_status_update(DEPLOYMENTS, old, copy.deepcopy(new))
    assert (reported["spec"], reported["status"]["replicas"]) == (old["spec"], 99)
    assert reported["metadata"]["generation"] == 1


def test_a_deployments_annotations_count_and_its_labels_do_not() -> None:
    old = exchange("get")["response"]["body"]
    annotated, labelled = copy.deepcopy(old), copy.deepcopy(old)
    annotated["metadata"]["annotations"]["kubernetes.io/change-cause"] = "release 5"
    labelled["metadata"]["labels"] = {"team": "shop"}
    assert versioned.prepare_update(DEPLOYMENTS, old, annotated)["metadata"]["generation"] == 2
    assert versioned.prepare_update(DEPLOYMENTS, old, labelled)["metadata"]["generation"] == 1


def test_a_create_drops_what_only_the_server_sets() -> None:
    sent = exchange("get")["response"]["body"]
    created = versioned.prepare_create(DEPLOYMENTS, sent)
    assert created["metadata"]["generation"] == 1
    assert created["status"] == {}
    assert not {"uid", "creationTimestamp"} & created["metadata"].keys()


def test_a_scale_shows_and_sets_the_replicas() -> None:
    shown = exchange("scale: get")["response"]["body"]
    deployment = exchange("get")["response"]["body"]
    deployment["metadata"] |= {field: shown["metadata"][field] for field in ("name", "uid", "resourceVersion")}
    deployment["spec"]["selector"] = {"matchLabels": {"app": "b"}}
    assert versioned.scale_of(DEPLOYMENTS, deployment) == shown
    scaled = versioned.apply_scale(DEPLOYMENTS, deployment, {"spec": {"replicas": 4}})
    assert (scaled["spec"]["replicas"], deployment["spec"]["replicas"]) == (4, 2)
    assert versioned.apply_scale(DEPLOYMENTS, deployment, {"spec": {}})["spec"]["replicas"] == 0


@pytest.mark.parametrize(
    ("scale", "code", "words"),
    [
        ({"spec": {"replicas": -1}}, 422, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        ({"metadata": {"name": "z"}, "spec": {"replicas": 1}}, 400, "does not match the name on the URL"),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused(scale: JSON, code: int, words: str) -> None:
    deployment = exchange("get")["response"]["body"]
    with pytest.raises(ApiError, match=words) as refused:
        versioned.apply_scale(DEPLOYMENTS, deployment, scale)
    assert refused.value.code == code
