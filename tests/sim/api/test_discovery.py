"""Discovery and OpenAPI: the recorded document, and what kubectl reads from the others."""

from typing import Any

import pytest

from ktui.sim.api import conversion, discovery, openapi
from ktui.sim.api.resources import BUILT_IN, RESOURCES, of
from tests.sim.api.recorded import exchange

JSON = dict[str, Any]


def test_the_apps_group_is_told_as_recorded() -> None:
    assert discovery.resource_list(BUILT_IN, "apps", "v1") == exchange("discovery: apis/apps/v1")["response"]["body"]


def test_every_group_version_and_resource_can_be_discovered() -> None:
    listed = {
        group["name"]: [version["version"] for version in group["versions"]]
        for group in discovery.group_list(BUILT_IN)["groups"]
    }
    assert listed == {group: list(versions) for group, versions in BUILT_IN.groups()}
    assert listed["autoscaling"] == ["v2", "v1"]
    for resource in RESOURCES:
        told = discovery.resource_list(BUILT_IN, resource.group, resource.version)
        assert told is not None
        assert resource.plural in {entry["name"] for entry in told["resources"]}
    assert discovery.group(BUILT_IN, "apps") is not None
    assert discovery.group(BUILT_IN, "made.up") is None
    assert discovery.resource_list(BUILT_IN, "made.up", "v1") is None
    assert discovery.core_versions()["versions"] == ["v1"]


def test_the_aggregated_documents_hold_the_same() -> None:
    core, others = discovery.aggregated(BUILT_IN, core=True), discovery.aggregated(BUILT_IN, core=False)
    assert [group["metadata"]["name"] for group in core["items"]] == [""]
    found = {
        (group["metadata"]["name"], version["version"], resource["resource"])
        for document in (core, others)
        for group in document["items"]
        for version in group["versions"]
        for resource in version["resources"]
    }
    assert found == {(resource.group, resource.version, resource.plural) for resource in RESOURCES}
    assert discovery.wants_aggregated(f"{discovery.AGGREGATED},application/json")
    assert not discovery.wants_aggregated("application/json")
    assert not discovery.wants_aggregated(discovery.AGGREGATED.replace("v=v2", "v=v2beta1"))
    assert not discovery.wants_aggregated(None)


def test_resources_are_found_by_path_and_by_kind() -> None:
    assert BUILT_IN.find("apps", "v1", "deployments") is of("apps", "deployments")
    assert BUILT_IN.find("apps", "v1", "nothing") is None
    assert BUILT_IN.by_kind("autoscaling/v1", "HorizontalPodAutoscaler") is BUILT_IN.find(
        "autoscaling", "v1", "horizontalpodautoscalers"
    )
    with pytest.raises(KeyError):
        of("", "nothing")
    scale = of("apps", "deployments").subresource("scale")
    assert scale is not None
    assert scale.kind == "Scale"


def test_the_openapi_index_leads_to_documents_that_resolve() -> None:
    for path in openapi.index(BUILT_IN)["paths"]:
        document = openapi.document(BUILT_IN, path)
        assert document is not None
        schemas = document["components"]["schemas"]
        assert _references(document) <= {f"#/components/schemas/{name}" for name in schemas}
    assert openapi.document(BUILT_IN, "apis/made.up/v1") is None


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(_references, value.values()))
    if isinstance(value, list):
        return set().union(*map(_references, value))
    return set()


def test_kubectl_learns_that_the_server_validates_fields_and_how_lists_merge() -> None:
    document = openapi.document(BUILT_IN, "apis/apps/v1")
    assert document is not None
    patch = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert "fieldValidation" in {parameter["name"] for parameter in patch["parameters"]}
    pod_spec = document["components"]["schemas"]["io.k8s.api.PodSpec"]["properties"]
    assert pod_spec["containers"]["x-kubernetes-patch-merge-key"] == "name"
    assert pod_spec["tolerations"]["x-kubernetes-list-type"] == "atomic"
    assert openapi.swagger(BUILT_IN)["definitions"]["io.k8s.api.Deployment"]["x-kubernetes-group-version-kind"]


AUTOSCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "maxReplicas": 5,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
            },
            {
                "type": "Resource",
                "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 60}},
            },
        ],
    },
    "status": {"currentReplicas": 2, "desiredReplicas": 2},
}


def test_an_autoscaler_survives_the_way_to_its_old_version_and_back() -> None:
    old = BUILT_IN.find("autoscaling", "v1", "horizontalpodautoscalers")
    assert old is not None
    served = conversion.to_served(old, AUTOSCALER)
    assert served["apiVersion"] == "autoscaling/v1"
    assert served["spec"]["targetCPUUtilizationPercentage"] == 70
    back = conversion.to_stored(old, served)
    assert back["spec"] == AUTOSCALER["spec"]
    assert conversion.to_served(of("autoscaling", "horizontalpodautoscalers"), AUTOSCALER) is AUTOSCALER


def test_an_event_has_other_names_in_its_own_group() -> None:
    events = of("events.k8s.io", "events")
    stored = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "involvedObject": {"name": "p"},
        "message": "m",
        "source": {},
        "count": 2,
    }
    served = conversion.to_served(events, stored)
    assert (served["regarding"], served["note"], served["deprecatedCount"]) == ({"name": "p"}, "m", 2)
    assert conversion.to_stored(events, served) == stored
