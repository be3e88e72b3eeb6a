"""StatefulSets, DaemonSets, Services, quotas, budgets and autoscalers, in virtual time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.api.errors import ApiError
from ktui.sim.api.patch import MERGE_PATCH, STRATEGIC_PATCH
from ktui.sim.api.resources import PODS, of
from ktui.sim.controllers.common import DEPLOYMENTS, STATEFUL_SETS
from ktui.sim.deletion import Deletion
from ktui.sim.pod_subresources import evict
from tests.sim.deployments import deployment

JSON = dict[str, Any]


@pytest.fixture
def cluster() -> SimulatedCluster:
    return SimulatedCluster(seed=5)


def workload(kind: str, name: str, image: str, **spec: Any) -> JSON:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": image}]}},
            **spec,
        },
    }


def stateful(image: str = "registry.example/db:1", **spec: Any) -> JSON:
    return workload("StatefulSet", "db", image, **({"replicas": 3, "serviceName": "db"} | spec))


def images(cluster: SimulatedCluster) -> dict[str, str]:
    """The tag that each living pod runs."""
    return {
        pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"].rpartition(":")[2]
        for pod in cluster.list("pods")
        if "deletionTimestamp" not in pod["metadata"]
    }


def patch(cluster: SimulatedCluster, kind: str, name: str, body: JSON) -> None:
    resource = next(r for r in (DEPLOYMENTS, STATEFUL_SETS, of("apps", "daemonsets")) if r.plural == kind)
    raw = json.dumps(body).encode()
    cluster.api.patch(resource, "default", name, STRATEGIC_PATCH, raw, manager="test")


def new_image(name: str, image: str) -> JSON:
    return {"spec": {"template": {"spec": {"containers": [{"name": name, "image": image}]}}}}


def is_rolled_out(cluster: SimulatedCluster) -> object:
    found = cluster.get("statefulsets", "db")
    assert found is not None
    told = found["status"]
    seen = told.get("observedGeneration") == found["metadata"]["generation"]
    return (
        seen
        and told.get("readyReplicas") == found["spec"]["replicas"]
        and told["currentRevision"] == told["updateRevision"]
    )


def test_ordinals_come_one_after_another_and_go_from_the_last(cluster: SimulatedCluster) -> None:
    cluster.apply(stateful())
    cluster.run_for(1)
    assert list(images(cluster)) == ["db-0"]
    cluster.run_for(10)
    assert list(images(cluster)) == ["db-0", "db-1", "db-2"]
    patch(cluster, "statefulsets", "db", {"spec": {"replicas": 1}})
    cluster.run_for(0.1)
    assert list(images(cluster)) == ["db-0", "db-1"]
    cluster.run_for(10)
    assert list(images(cluster)) == ["db-0"]


def test_a_parallel_set_does_not_wait(cluster: SimulatedCluster) -> None:
    cluster.apply(stateful(podManagementPolicy="Parallel"))
    cluster.run_for(0.1)
    assert len(images(cluster)) == 3


def test_a_partition_holds_the_ordinals_below_it(cluster: SimulatedCluster) -> None:
    cluster.apply(stateful(replicas=4))
    cluster.wait_until(is_rolled_out, 30)
    held = {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 3}}}}
    patch(cluster, "statefulsets", "db", held)
    patch(cluster, "statefulsets", "db", new_image("db", "registry.example/db:2"))
    cluster.run_for(20)
    assert images(cluster) == {"db-0": "1", "db-1": "1", "db-2": "1", "db-3": "2"}
    cluster.api.delete(PODS, "default", "db-0")
    cluster.run_for(10)
    assert images(cluster)["db-0"] == "1"
    patch(cluster, "statefulsets", "db", {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}})
    cluster.wait_until(is_rolled_out, 60)
    assert set(images(cluster).values()) == {"2"}
    assert [
        revision["revision"] for revision in sorted(cluster.list("controllerrevisions"), key=lambda r: r["revision"])
    ] == [1, 2]


def test_on_delete_changes_only_what_is_deleted(cluster: SimulatedCluster) -> None:
    cluster.apply(stateful(updateStrategy={"type": "OnDelete"}))
    cluster.run_for(15)
    patch(cluster, "statefulsets", "db", new_image("db", "registry.example/db:2"))
    cluster.run_for(15)
    assert set(images(cluster).values()) == {"1"}
    cluster.api.delete(PODS, "default", "db-1")
    cluster.run_for(5)
    assert images(cluster) == {"db-0": "1", "db-1": "2", "db-2": "1"}


def test_a_broken_ordinal_stops_the_update_until_it_is_deleted(cluster: SimulatedCluster) -> None:
    cluster.apply(stateful())
    cluster.wait_until(is_rolled_out, 30)
    patch(cluster, "statefulsets", "db", new_image("db", "registry.example/db:nopull"))
    cluster.run_for(60)
    assert images(cluster) == {"db-0": "1", "db-1": "1", "db-2": "nopull"}
    patch(cluster, "statefulsets", "db", new_image("db", "registry.example/db:1"))
    cluster.run_for(60)
    assert images(cluster)["db-2"] == "nopull"
    cluster.api.delete(PODS, "default", "db-2")
    cluster.wait_until(is_rolled_out, 30)


def test_a_daemon_set_runs_on_each_node_and_updates_one_at_a_time(cluster: SimulatedCluster) -> None:
    cluster.apply(workload("DaemonSet", "agent", "registry.example/agent:1"))
    cluster.run_for(5)
    pods = cluster.list("pods")
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == ["node-1", "node-2", "node-3"]
    found = cluster.get("daemonsets", "agent")
    assert found is not None
    assert (found["status"]["desiredNumberScheduled"], found["status"]["numberAvailable"]) == (3, 3)
    patch(cluster, "daemonsets", "agent", new_image("agent", "registry.example/agent:2"))
    least = 3
    for _ in range(100):
        cluster.run_for(0.2)
        found = cluster.get("daemonsets", "agent")
        assert found is not None
        least = min(least, found["status"].get("numberAvailable", 0))
    assert least == 2
    assert set(images(cluster).values()) == {"2"}
    assert found["status"]["updatedNumberScheduled"] == 3


def test_endpoints_follow_the_selector_of_their_service(cluster: SimulatedCluster) -> None:
    for color in ("blue", "green"):
        made = deployment(name=color, replicas=2)
        cluster.apply(made)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop", "namespace": "default"},
        "spec": {"selector": {"app": "blue"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    cluster.apply(service)
    cluster.settle()
    assert targets(cluster) == {"blue"}
    cluster.api.patch(
        of("", "services"), "default", "shop", MERGE_PATCH, b'{"spec":{"selector":{"app":"green"}}}', manager="test"
    )
    cluster.run_for(0.1)
    assert targets(cluster) == {"green"}
    patch(cluster, "deployments", "green", {"spec": {"replicas": 0}})
    cluster.run_for(5)
    assert cluster.list("endpointslices")[0]["endpoints"] is None


def targets(cluster: SimulatedCluster) -> set[str]:
    """The Deployments whose ready pods get the traffic."""
    (found,) = cluster.list("endpointslices")
    assert found["ports"] == [{"name": "", "protocol": "TCP", "port": 8080}]
    return {e["targetRef"]["name"].split("-")[0] for e in found["endpoints"] if e["conditions"]["ready"]}


def test_a_quota_tells_what_is_used_and_refuses_the_rest(cluster: SimulatedCluster) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight", "namespace": "default"}}
    cluster.apply(quota | {"spec": {"hard": {"pods": "3", "requests.cpu": "25m"}}})
    cluster.apply(deployment(replicas=4))
    cluster.run_for(5)
    found = cluster.get("resourcequotas", "tight")
    assert found is not None
    assert found["status"] == {
        "hard": {"pods": "3", "requests.cpu": "25m"},
        "used": {"pods": "2", "requests.cpu": "20m"},
    }
    rs = cluster.list("replicasets")[0]
    assert rs["status"]["conditions"][0]["message"].endswith(
        "is forbidden: exceeded quota: tight, requested: requests.cpu=10m, used: requests.cpu=20m, "
        "limited: requests.cpu=25m"
    )


def test_a_budget_stops_evictions_that_it_has_no_room_for(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=2))
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
    }
    cluster.apply(budget | {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}})
    cluster.settle()
    cluster.run_for(1)
    found = cluster.get("poddisruptionbudgets", "web")
    assert found is not None
    assert (found["status"]["disruptionsAllowed"], found["status"]["expectedPods"]) == (1, 2)
    first, second = (pod["metadata"]["name"] for pod in cluster.list("pods"))
    evict(cluster.api, "default", first, Deletion())
    cluster.run_for(0.1)
    with pytest.raises(ApiError, match="would violate the pod's disruption budget") as refused:
        evict(cluster.api, "default", second, Deletion())
    assert refused.value.code == 429


def test_an_autoscaler_takes_a_manual_scale_back(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=4))
    cluster.settle()
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
    }
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6, "metrics": [metric]},
    }
    cluster.apply(autoscaler)
    cluster.run_for(20)
    patch(cluster, "deployments", "web", {"spec": {"replicas": 9}})
    cluster.run_for(20)
    found = cluster.get("deployments", "web")
    assert found is not None
    assert found["spec"]["replicas"] == 4
    told = cluster.get("horizontalpodautoscalers", "web")
    assert told is not None
    assert told["status"]["desiredReplicas"] == 4
    assert {c["type"]: c["status"] for c in told["status"]["conditions"]} == {
        "AbleToScale": "True", "ScalingActive": "True", "ScalingLimited": "False",
    }  # fmt: skip
    rescaled = [event["message"] for event in cluster.list("events") if event["reason"] == "SuccessfulRescale"]
    assert rescaled == ["New size: 4; reason: cpu resource utilization (percentage of request) below target"]
    patch(cluster, "deployments", "web", {"spec": {"replicas": 0}})
    cluster.run_for(20)
    found = cluster.get("deployments", "web")
    assert found is not None
    assert found["spec"]["replicas"] == 0


def test_the_pod_that_goes_first_is_the_one_that_serves_least(cluster: SimulatedCluster) -> None:
    made = deployment(replicas=3)
    cluster.apply(made)
    cluster.settle()
    cheap = cluster.list("pods")[1]["metadata"]["name"]
    cost = {"metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-5"}}}
    cluster.api.patch(PODS, "default", cheap, MERGE_PATCH, json.dumps(cost).encode(), manager="test")
    patch(cluster, "deployments", "web", {"spec": {"replicas": 2}})
    cluster.run_for(2)
    assert cheap not in images(cluster)
    patch(cluster, "deployments", "web", {"spec": {"replicas": 3}})
    cluster.run_for(0.3)
    newest = next(p["metadata"]["name"] for p in cluster.list("pods") if p["status"]["phase"] == "Pending")
    patch(cluster, "deployments", "web", {"spec": {"replicas": 2}})
    cluster.run_for(0.1)
    assert newest not in images(cluster)


@pytest.mark.parametrize(
    ("made", "kind", "said"),
    [
        (stateful(), "statefulsets", "Create Pod db-0 in StatefulSet db failed error: pods "),
        (workload("DaemonSet", "agent", "registry.example/agent:1"), "daemonsets", "Error creating: pods "),
    ],
)
def test_a_pod_that_is_refused_is_told_in_an_event_and_tried_again(
    cluster: SimulatedCluster, made: JSON, kind: str, said: str
) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight", "namespace": "default"}}
    cluster.apply({**quota, "spec": {"hard": {"pods": "0"}}})
    cluster.apply(made)
    cluster.run_for(10)
    failures = [event for event in cluster.list("events") if event["reason"] == "FailedCreate"]
    assert failures
    assert failures[0]["type"] == "Warning"
    assert failures[0]["message"].startswith(said)
    assert "exceeded quota: tight, requested: pods=1, used: pods=0, limited: pods=0" in failures[0]["message"]
    assert cluster.list(kind)[0]["status"]["observedGeneration"] == 1
    cluster.apply({**quota, "spec": {"hard": {"pods": "9"}}})
    cluster.run_for(60)
    assert len(cluster.list("pods")) == 3


def test_a_set_made_again_around_its_pods_with_one_claim_template_more_is_stuck() -> None:
    """Its pods may not be changed so: it tries again and again, and gets no further."""
    cluster = SimulatedCluster(seed=1)
    claims = [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]
    cluster.apply(stateful(volumeClaimTemplates=claims))
    cluster.run_for(30)
    assert [claim["metadata"]["name"] for claim in cluster.list("persistentvolumeclaims")] == [
        "data-db-0", "data-db-1", "data-db-2",
    ]  # fmt: skip
    cluster.api.delete(STATEFUL_SETS, "default", "db", Deletion(propagation="Orphan"))
    cluster.run_for(5)
    before = {pod["metadata"]["uid"] for pod in cluster.list("pods")}
    assert not any(pod["metadata"].get("ownerReferences") for pod in cluster.list("pods"))
    more = [*claims, {"metadata": {"name": "log"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]
    cluster.apply(stateful("registry.example/db:2", volumeClaimTemplates=more))
    cluster.run_for(60)
    assert {pod["metadata"]["uid"] for pod in cluster.list("pods")} == before
    assert all(pod["metadata"]["ownerReferences"][0]["name"] == "db" for pod in cluster.list("pods"))
    event = next(event for event in cluster.list("events") if event["reason"] == "FailedUpdate")
    assert event["message"].startswith('Update Pod db-0 in StatefulSet db failed error: Pod "db-0" is invalid: spec: ')
    assert event["count"] > 5
