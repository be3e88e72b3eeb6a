"""Tables, against the recorded one and by what kubectl would print."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ktui.sim.api import tables
from ktui.sim.api.ages import age, human
from ktui.sim.api.resources import RESOURCES, of
from tests.sim.api.recorded import every_write, exchange

JSON = dict[str, Any]
NOW = datetime(2026, 11, 23, 13, 0, 36, tzinfo=UTC)


def _cells(group: str, plural: str, obj: JSON, now: datetime = NOW) -> list[Any]:
    (row,) = tables.table(of(group, plural), [obj], {}, now)["rows"]
    cells: list[Any] = row["cells"]
    return cells


def test_the_recorded_pods_give_the_recorded_table() -> None:
    pods = exchange("list: labelSelector")["response"]["body"]
    recorded = exchange("list as Table")["response"]["body"]
    made = tables.table(of("", "pods"), pods["items"], pods["metadata"], NOW)
    assert [row["cells"] for row in made["rows"]] == [row["cells"] for row in recorded["rows"]]
    assert [row["object"] for row in made["rows"]] == [row["object"] for row in recorded["rows"]]
    shape = ("name", "type", "format", "priority")
    assert [[column[field] for field in shape] for column in made["columnDefinitions"]] == [
        [column[field] for field in shape] for column in recorded["columnDefinitions"]
    ]


def test_the_recorded_metadata_is_made_of_the_recorded_object() -> None:
    recorded = exchange("list as PartialObjectMetadata")["response"]["body"]
    deployment = exchange("get")["response"]["body"]
    assert tables.partial_list([deployment], recorded["metadata"]) == recorded


def test_every_recorded_object_and_every_resource_has_a_row() -> None:
    plurals = {(resource.api_version, resource.kind): resource for resource in RESOURCES}
    for write in every_write():
        resource = plurals[write.new["apiVersion"], write.new["kind"]]
        (row,) = tables.table(resource, [write.new], {}, NOW)["rows"]
        assert len(row["cells"]) == len(tables.table(resource, [], {}, NOW)["columnDefinitions"])


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, ""),
        ("application/json", ""),
        ("*/*", ""),
        (
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
            "Table",
        ),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", ""),
        ("application/vnd.kubernetes.protobuf,application/json", ""),
        ("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "PartialObjectMetadataList"),
    ],
)
def test_the_form_is_the_first_that_can_be_served(accept: str | None, form: str) -> None:
    assert tables.wants(accept) == form


def test_a_deployments_row() -> None:
    deployment = exchange("get")["response"]["body"]
    cells = _cells("apps", "deployments", deployment)
    assert cells == ["a", "2/2", 2, 2, "4s", "c", "registry.example/x:1", "app=a"]
    headings = tables.table(of("apps", "deployments"), [], {}, NOW)["columnDefinitions"]
    shown = [heading["name"] for heading in headings if heading["priority"] == 0]
    assert shown == ["Name", "Ready", "Up-to-date", "Available", "Age"]


def _pod(*containers: JSON, phase: str = "Running", **status: Any) -> JSON:
    names = [{"name": f"c{index}"} for index in range(len(containers))]
    told = [
        {"name": f"c{index}", "restartCount": 0, "ready": False, "state": {}, **container}
        for index, container in enumerate(containers)
    ]
    return {
        "metadata": {"name": "p", "creationTimestamp": "2026-11-23T13:00:06Z"},
        "spec": {"containers": names},
        "status": {"phase": phase, "containerStatuses": told, **status},
    }


RUNNING: JSON = {"ready": True, "state": {"running": {}}}


@pytest.mark.parametrize(
    ("pod", "ready", "status", "restarts"),
    [
        (_pod(RUNNING), "1/1", "Running", "0"),
        (_pod(RUNNING, {"state": {"running": {}}}), "1/2", "Running", "0"),
        (
            _pod({"state": {"waiting": {"reason": "ContainerCreating"}}}, phase="Pending"),
            "0/1",
            "ContainerCreating",
            "0",
        ),
        (_pod({"state": {"waiting": {"reason": "ImagePullBackOff"}}}, phase="Pending"), "0/1", "ImagePullBackOff", "0"),
        (
            _pod(
                {
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "restartCount": 3,
                    "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-11-23T13:00:21Z"}},
                }
            ),
            "0/1",
            "CrashLoopBackOff",
            "3 (15s ago)",
        ),
        (_pod({"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}), "0/1", "OOMKilled", "0"),
        (_pod({"state": {"terminated": {"exitCode": 2}}}), "0/1", "ExitCode:2", "0"),
        (_pod({"state": {"terminated": {"exitCode": 0, "signal": 9}}}), "0/1", "Signal:9", "0"),
        (
            _pod({"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}, phase="Succeeded"),
            "0/1",
            "Completed",
            "0",
        ),
        (
            _pod({"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}, RUNNING),
            "1/2",
            "NotReady",
            "0",
        ),
        (_pod(phase="Failed", reason="Evicted"), "0/0", "Evicted", "0"),
    ],
)
def test_a_pod_is_summed_up_as_kubectl_does(pod: JSON, ready: str, status: str, restarts: str) -> None:
    assert _cells("", "pods", pod)[1:4] == [ready, status, restarts]


def _with_init(*inits: JSON, sidecars: int = 0, mains: JSON = RUNNING) -> JSON:
    pod = _pod(mains, phase="Pending")
    names = [{"name": f"i{index}", "image": "x"} for index in range(len(inits))]
    for name in names[:sidecars]:
        name["restartPolicy"] = "Always"
    pod["spec"]["initContainers"] = names
    pod["status"]["initContainerStatuses"] = [
        {"name": f"i{index}", "restartCount": 0, "ready": False, "state": {}, **init}
        for index, init in enumerate(inits)
    ]
    return pod


DONE: JSON = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
WAITING: JSON = {"state": {"waiting": {"reason": "PodInitializing"}}}


@pytest.mark.parametrize(
    ("pod", "ready", "status"),
    [
        (_with_init(DONE, {"state": {"running": {}}}, mains=WAITING), "0/1", "Init:1/2"),
        (_with_init({"state": {"terminated": {"exitCode": 1, "reason": "Error"}}}, mains=WAITING), "0/1", "Init:Error"),
        (_with_init({"state": {"terminated": {"exitCode": 3}}}, mains=WAITING), "0/1", "Init:ExitCode:3"),
        (_with_init({"state": {"waiting": {"reason": "ErrImagePull"}}}, mains=WAITING), "0/1", "Init:ErrImagePull"),
        (_with_init({"started": True, "ready": True, "state": {"running": {}}}, sidecars=1), "2/2", "Pending"),
        (_with_init({"started": False, "state": {"running": {}}}, sidecars=1, mains=WAITING), "0/2", "Init:0/1"),
        (_with_init(DONE), "1/1", "Pending"),
    ],
)
def test_init_containers_come_first(pod: JSON, ready: str, status: str) -> None:
    assert _cells("", "pods", pod)[1:3] == [ready, status]


def test_a_pod_that_is_deleted_is_terminating_unless_it_has_ended() -> None:
    pod = _pod(RUNNING)
    pod["metadata"]["deletionTimestamp"] = "2026-11-23T13:00:40Z"
    assert _cells("", "pods", pod)[2] == "Terminating"
    ended = copy.deepcopy(pod)
    ended["status"] |= {"phase": "Failed", "containerStatuses": []}
    assert _cells("", "pods", ended)[2] == "Failed"
    lost = copy.deepcopy(pod)
    lost["status"]["reason"] = "NodeLost"
    assert _cells("", "pods", lost)[2] == "Unknown"


def test_pods_that_have_ended_are_marked_so_that_kubectl_can_hide_them() -> None:
    (row,) = tables.table(of("", "pods"), [_pod(phase="Succeeded")], {}, NOW)["rows"]
    assert row["conditions"][0] | {"message": ""} == {
        "type": "Completed",
        "status": "True",
        "reason": "Succeeded",
        "message": "",
    }


def test_objects_ride_along_as_asked() -> None:
    pod = _pod(RUNNING)
    for include, kind in (("None", None), ("Metadata", "PartialObjectMetadata"), ("Object", None)):
        (row,) = tables.table(of("", "pods"), [pod], {}, NOW, include_object=include)["rows"]
        assert row.get("object", {}).get("kind") == kind
        assert ("object" in row) is (include != "None")
    assert tables.table(of("", "pods"), [], {}, NOW, headers=False)["columnDefinitions"] == []


def test_an_event_tells_when_it_was_last_seen() -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p"},
        "reason": "BackOff",
        "message": "Back-off\n",
        "type": "Warning",
        "count": 4,
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": "2026-11-23T12:50:36Z",
        "lastTimestamp": "2026-11-23T13:00:06Z",
    }
    cells = _cells("", "events", event)
    assert cells == ["30s", "Warning", "BackOff", "pod/p", "", "kubelet, node-1", "Back-off", "10m", 4, "e"]


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        ({"type": "ClusterIP", "clusterIP": "10.0.0.1", "ports": [{"port": 80}]}, {}, ["10.0.0.1", "<none>", "80/TCP"]),
        (
            {
                "type": "LoadBalancer",
                "clusterIP": "10.0.0.1",
                "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}],
            },
            {},
            ["10.0.0.1", "<pending>", "80:30080/TCP"],
        ),
        ({"type": "ExternalName", "externalName": "example.com"}, {}, ["<none>", "example.com", "<none>"]),
    ],
)
def test_a_services_addresses_and_ports(spec: JSON, status: JSON, shown: list[str]) -> None:
    service = {"metadata": {"name": "s"}, "spec": spec, "status": status}
    assert _cells("", "services", service)[2:5] == shown


def test_an_autoscalers_targets() -> None:
    target = {"type": "Utilization", "averageUtilization": 80}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": target}}
    spec = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [metric],
    }
    autoscaler: JSON = {"metadata": {"name": "h"}, "spec": spec, "status": {"currentReplicas": 2}}
    cells = _cells("autoscaling", "horizontalpodautoscalers", autoscaler)
    assert cells[1:6] == ["Deployment/web", "cpu: <unknown>/80%", "1", 5, 2]
    current = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 42}}}
    autoscaler["status"]["currentMetrics"] = [current]
    assert _cells("autoscaling", "horizontalpodautoscalers", autoscaler)[2] == "cpu: 42%/80%"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 61, "3h1m"),
        (8 * 3600 + 61, "8h"),
        (2 * 86400, "2d"),
        (2 * 86400 + 3601, "2d1h"),
        (8 * 86400 + 3601, "8d"),
        (365 * 86400, "365d"),
        (2 * 365 * 86400 + 86400, "2y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_ages_are_told_as_kubectl_tells_them(seconds: int, shown: str) -> None:
    assert human(seconds) == shown
    if seconds >= 0:
        assert age((NOW - timedelta(seconds=seconds)).isoformat(), NOW) == shown


def test_an_age_that_nobody_knows() -> None:
    assert age(None, NOW) == "<unknown>"
