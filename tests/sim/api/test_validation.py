"""What is refused, in the words of the real API server."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ktui.sim.api import defaults, errors
from ktui.sim.api.resources import of
from ktui.sim.api.validation import validate
from tests.sim.api.recorded import every_write, exchange

JSON = dict[str, Any]
Change = Callable[[JSON], None]
DEPLOYMENTS = of("apps", "deployments")


def _deployment() -> JSON:
    obj = {
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "x:1"}]},
            },
        },
    }
    return defaults.default("Deployment", obj)


def _told(kind_group: tuple[str, str], obj: JSON, old: JSON | None = None) -> list[str]:
    return [f"{cause.field}: {cause.message}" for cause in validate(of(*kind_group), obj, old)]


def _after(change: Change) -> list[str]:
    obj = _deployment()
    change(obj)
    return _told(("apps", "deployments"), obj)


def _container(obj: JSON) -> JSON:
    container: JSON = obj["spec"]["template"]["spec"]["containers"][0]
    return container


def test_everything_that_the_real_server_stored_is_valid() -> None:
    groups = {"apps/v1": "apps", "v1": "", "discovery.k8s.io/v1": "discovery.k8s.io"}
    plurals = {"Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets"}
    plurals |= {"DaemonSet": "daemonsets", "Pod": "pods", "Service": "services", "EndpointSlice": "endpointslices"}
    for write in every_write():
        if plural := plurals.get(write.new["kind"]):
            obj = defaults.default(write.new["kind"], copy.deepcopy(write.new))
            assert _told((groups[obj["apiVersion"]], plural), obj) == [], write.label


def test_the_recorded_faults_are_told_in_the_recorded_words() -> None:
    pair = exchange("create: invalid")
    sent = defaults.default("Deployment", pair["request"]["body"])
    refused = errors.invalid(DEPLOYMENTS, "bad", validate(DEPLOYMENTS, sent))
    assert refused.status == pair["response"]["body"]


@pytest.mark.parametrize("note", ["patch: invalid value", "patch: selector immutable"])
def test_the_recorded_updates_are_refused_in_the_recorded_words(note: str) -> None:
    pair = exchange(note)
    old = exchange("get")["response"]["body"]
    new = copy.deepcopy(old)
    new["spec"] |= pair["request"]["body"]["spec"]
    assert errors.invalid(DEPLOYMENTS, "a", validate(DEPLOYMENTS, new, old)).status == pair["response"]["body"]


def _set(**spec: Any) -> Change:
    return lambda obj: obj["spec"].update(spec)


def _rolling(surge: Any, unavailable: Any) -> Change:
    amounts = {"maxSurge": surge, "maxUnavailable": unavailable}
    return lambda obj: obj["spec"]["strategy"].update(rollingUpdate=amounts)


def _with_container(**fields: Any) -> Change:
    return lambda obj: _container(obj).update(fields)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            _set(minReadySeconds=600),
            "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
        ),
        (
            _rolling(0, "0%"),
            'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
        ),
        (
            _rolling(1, "150%"),
            'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
        ),
        (
            _set(strategy={"type": "Recreate", "rollingUpdate": {}}),
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            _set(strategy={"type": "Canary"}),
            'spec.strategy.type: Unsupported value: "Canary": supported values: "Recreate", "RollingUpdate"',
        ),
        (_set(selector=None), "spec.selector: Required value"),
        (_with_container(image=""), "spec.template.spec.containers[0].image: Required value"),
        (_with_container(name=""), "spec.template.spec.containers[0].name: Required value"),
        (
            _with_container(imagePullPolicy="Sometimes"),
            'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": '
            'supported values: "Always", "IfNotPresent", "Never"',
        ),
        (
            _with_container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
            'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            _with_container(ports=[{"containerPort": 70000, "protocol": "TCP"}]),
            "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: "
            "must be between 1 and 65535, inclusive",
        ),
        (
            _with_container(readinessProbe={"periodSeconds": 1}),
            "spec.template.spec.containers[0].readinessProbe: Required value: must specify a handler type",
        ),
        (
            _with_container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
            'spec.template.spec.containers[0].resources.requests: Invalid value: "2": '
            "must be less than or equal to cpu limit of 1",
        ),
        (
            lambda obj: obj["spec"]["template"]["spec"]["containers"].append(dict(_container(obj))),
            'spec.template.spec.containers[1].name: Duplicate value: "c"',
        ),
        (
            lambda obj: obj["spec"]["template"]["spec"].update(restartPolicy="Never"),
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
        (
            lambda obj: obj["metadata"].update(name="Web_1"),
            'metadata.name: Invalid value: "Web_1": a lowercase RFC 1123 subdomain must consist of lower case '
            "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
            "'example.com', regex used for validation is "
            r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        (lambda obj: obj["metadata"].pop("name"), "metadata.name: Required value: name or generateName is required"),
    ],
)
def test_what_is_wrong_with_a_deployment_is_told(change: Change, told: str) -> None:
    assert _after(change) == [told]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ({"-a": "b"}, "name part must consist of alphanumeric characters"),
        ({"a": "b c"}, "a valid label must be an empty string or consist of alphanumeric characters"),
        ({"/a": "b"}, "prefix part must be non-empty"),
        ({"a": "x" * 64}, "must be no more than 63 characters"),
    ],
)
def test_what_is_wrong_with_a_label_is_told(label: JSON, words: str) -> None:
    (told,) = _after(lambda obj: obj["metadata"].update(labels=label))
    assert words in told


def _defaulted(kind: str, spec: JSON) -> JSON:
    return defaults.default(kind, {"metadata": {"name": "x"}, "spec": spec})


def test_services_need_ports_and_keep_their_address() -> None:
    service = _defaulted("Service", {})
    assert _told(("", "services"), service) == ["spec.ports: Required value"]
    service = _defaulted("Service", {"clusterIP": "10.0.0.1", "ports": [{"port": 80}]})
    assert _told(("", "services"), service) == []
    moved = copy.deepcopy(service)
    moved["spec"]["clusterIP"] = "10.0.0.2"
    (told,) = _told(("", "services"), moved, service)
    assert "may not change once set" in told


def test_a_stateful_sets_other_fields_are_fixed() -> None:
    old = _defaulted("StatefulSet", {**_deployment()["spec"], "serviceName": "db"})
    new = copy.deepcopy(old)
    new["spec"]["replicas"] = 4
    assert _told(("apps", "statefulsets"), new, old) == []
    new["spec"]["serviceName"] = "other"
    (told,) = _told(("apps", "statefulsets"), new, old)
    assert told.startswith("spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals'")


def test_autoscalers_and_budgets_make_sense() -> None:
    target = {"kind": "Deployment", "name": "web"}
    autoscaler = _defaulted("HorizontalPodAutoscaler", {"minReplicas": 3, "maxReplicas": 2, "scaleTargetRef": target})
    assert _told(("autoscaling", "horizontalpodautoscalers"), autoscaler) == [
        "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"
    ]
    budget = _defaulted("PodDisruptionBudget", {"minAvailable": 1, "maxUnavailable": 1})
    (told,) = _told(("policy", "poddisruptionbudgets"), budget)
    assert told.endswith("minAvailable and maxUnavailable cannot be both set")


def test_a_running_pods_image_may_change_and_nothing_else() -> None:
    old = _defaulted("Pod", {"containers": [{"name": "c", "image": "x:1"}]})
    new = copy.deepcopy(old)
    new["spec"]["containers"][0]["image"] = "x:2"
    assert _told(("", "pods"), new, old) == []
    new["spec"]["hostNetwork"] = True
    (told,) = _told(("", "pods"), new, old)
    assert told.startswith("spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`")
