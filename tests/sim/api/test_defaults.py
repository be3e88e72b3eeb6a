"""Defaults, against the objects that the real API server made of what clients sent."""

import copy
import json
from typing import Any

import pytest

from ktui.sim.api import defaults
from tests.sim.api.recorded import SCENARIOS, Write, every_write, exchanges, writes

JSON = dict[str, Any]
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ALLOCATED = ("clusterIP", "clusterIPs", "nodeName")


def _sent(write: Write) -> JSON | None:
    """What kubectl apply sent to create the object."""
    sent = write.new["metadata"].get("annotations", {}).get(LAST_APPLIED)
    if write.old is not None or sent is None or write.new["kind"] == "ControllerRevision":
        return None
    decoded: JSON = json.loads(sent)
    return decoded


def _without_allocated(spec: JSON) -> JSON:
    return {field: value for field, value in spec.items() if field not in ALLOCATED}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_kubectl_applied_is_filled_in_as_the_real_server_does(scenario: str) -> None:
    applied = [(sent, write.new) for write in writes(scenario) if (sent := _sent(write)) is not None]
    assert applied
    for sent, stored in applied:
        made = defaults.default(stored["kind"], copy.deepcopy(sent))
        assert made["spec"] == _without_allocated(stored["spec"])


def test_a_pod_of_a_recorded_template_becomes_the_recorded_pod() -> None:
    templates: dict[str, JSON] = {}
    compared = 0
    for write in every_write():
        if write.new["kind"] in ("ReplicaSet", "DaemonSet"):
            templates[write.new["metadata"]["uid"]] = write.new["spec"]["template"]["spec"]
        if write.new["kind"] != "Pod" or write.old is not None or "affinity" in write.new["spec"]:
            continue
        template = templates.get(write.new["metadata"]["ownerReferences"][0]["uid"])
        if template is None:
            continue
        pod = {"metadata": {"name": "p"}, "spec": copy.deepcopy(template)}
        assert defaults.default("Pod", pod)["spec"] == _without_allocated(write.new["spec"])
        assert pod["status"]["qosClass"] == write.new["status"]["qosClass"]
        compared += 1
    assert compared > 50


def test_the_exchanges_that_create_give_the_recorded_object() -> None:
    for pair in exchanges():
        body = pair["request"]["body"]
        if pair["response"]["status"] != 201 or "review" in pair["request"]["path"]:
            continue
        kind = pair["response"]["body"]["kind"]
        made = defaults.default(kind, copy.deepcopy(body))
        assert made["spec"] == pair["response"]["body"]["spec"]
        assert made["metadata"].get("labels") == pair["response"]["body"]["metadata"].get("labels")


def test_defaults_are_the_same_the_second_time() -> None:
    for write in every_write():
        again = defaults.default(write.new["kind"], copy.deepcopy(write.new))
        if write.new["kind"] == "Pod":
            assert again["spec"] == write.new["spec"]
        else:
            assert again == write.new, write.label


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.25", "IfNotPresent"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1.25", "IfNotPresent"),
        ("nginx@sha256:0123", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    pod = defaults.default("Pod", {"metadata": {}, "spec": {"containers": [{"name": "c", "image": image}]}})
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
        ({"limits": {"nvidia.com/gpu": "1"}}, "BestEffort"),
    ],
)
def test_the_quality_of_service_follows_requests_and_limits(resources: JSON, quality: str) -> None:
    pod = {"metadata": {}, "spec": {"containers": [{"name": "c", "image": "x:1", "resources": resources}]}}
    assert defaults.default("Pod", pod)["status"]["qosClass"] == quality


def test_a_secrets_plain_values_are_encoded_and_not_kept() -> None:
    secret = {"metadata": {}, "data": {"a": "eA==", "b": "eA=="}, "stringData": {"b": "y"}}
    made = defaults.default("Secret", secret)
    assert made == {"metadata": {}, "data": {"a": "eA==", "b": "eQ=="}, "type": "Opaque"}


def test_probes_and_ports_and_volumes_are_filled_in() -> None:
    container = {
        "name": "c",
        "image": "x:1",
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"httpGet": {"port": 80}},
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
    }
    volumes = [{"name": "a", "configMap": {"name": "a"}}, {"name": "b"}]
    spec = defaults.default("Pod", {"metadata": {}, "spec": {"containers": [container], "volumes": volumes}})["spec"]
    made = spec["containers"][0]
    assert made["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert made["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert made["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert spec["volumes"] == [
        {"name": "a", "configMap": {"name": "a", "defaultMode": 420}},
        {"name": "b", "emptyDir": {}},
    ]
