"""What the controllers do, in virtual time: the cases that the recorded scenarios do not reach."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.api.resources import NAMESPACES
from ktui.sim.controllers.common import DEPLOYMENTS
from ktui.sim.deletion import Deletion
from tests.sim.deployments import deployment, rolling

JSON = dict[str, Any]
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.fixture
def cluster() -> SimulatedCluster:
    return SimulatedCluster(seed=7)


def change(cluster: SimulatedCluster, **spec: Any) -> None:
    found = cluster.get("deployments", "web")
    assert found is not None
    cluster.apply(found | {"spec": found["spec"] | spec})


def set_image(cluster: SimulatedCluster, image: str) -> None:
    cluster.apply(deployment(image) | {"spec": _with_image(cluster, image)})


def _with_image(cluster: SimulatedCluster, image: str) -> JSON:
    found = cluster.get("deployments", "web")
    assert found is not None
    template = found["spec"]["template"]
    container = template["spec"]["containers"][0] | {"image": image}
    spec: JSON = found["spec"] | {"template": template | {"spec": template["spec"] | {"containers": [container]}}}
    return spec


def status(cluster: SimulatedCluster) -> JSON:
    found = cluster.get("deployments", "web")
    assert found is not None
    told: JSON = found["status"]
    return told


def sizes(cluster: SimulatedCluster) -> dict[str, int]:
    """The wanted replicas by image."""
    return {
        rs["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]: rs["spec"]["replicas"]
        for rs in cluster.list("replicasets", "default")
    }


def revisions(cluster: SimulatedCluster) -> dict[str, str]:
    return {
        rs["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]: rs["metadata"]["annotations"][
            "deployment.kubernetes.io/revision"
        ]
        for rs in cluster.list("replicasets", "default")
    }


def test_scaling_in_mid_rollout_spreads_in_proportion(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=10, strategy=rolling(3, 2)))
    cluster.settle()
    set_image(cluster, "registry.example/web:nopull")
    cluster.run_for(5)
    assert sizes(cluster) == {"1.0": 8, "nopull": 5}
    change(cluster, replicas=15)
    cluster.run_for(5)
    assert sizes(cluster) == {"1.0": 11, "nopull": 7}  # 8 and 5 of 13 become 11 and 7 of 18, as in the Kubernetes docs


def test_a_rollover_gives_up_the_revision_in_between(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=6))
    cluster.settle()
    set_image(cluster, "registry.example/web:slow")
    cluster.run_for(2)
    assert sizes(cluster)["slow"] > 0
    set_image(cluster, "registry.example/web:2.0")
    cluster.run_for(30)
    assert sizes(cluster) == {"1.0": 0, "slow": 0, "2.0": 6}
    assert revisions(cluster) == {"1.0": "1", "slow": "2", "2.0": "3"}


def test_the_history_keeps_as_many_old_revisions_as_its_limit(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=1, revisionHistoryLimit=2))
    cluster.settle()
    for minor in range(1, 5):
        set_image(cluster, f"registry.example/web:1.{minor}")
        cluster.run_for(10)
    assert revisions(cluster) == {"1.2": "3", "1.3": "4", "1.4": "5"}


def test_a_way_back_renumbers_the_revision_and_remembers_its_former_number(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=1))
    cluster.settle()
    for image in ("2.0", "1.0", "2.0", "1.0"):
        set_image(cluster, f"registry.example/web:{image}")
        cluster.run_for(10)
    assert revisions(cluster) == {"1.0": "5", "2.0": "4"}
    history = {
        rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: rs["metadata"]["annotations"].get(
            "deployment.kubernetes.io/revision-history"
        )
        for rs in cluster.list("replicasets", "default")
    }
    assert history == {"5": "1,3", "4": "2"}


def test_a_taken_name_makes_the_hash_differ(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=1))
    cluster.settle()
    first = cluster.list("replicasets", "default")[0]
    other = SimulatedCluster(seed=1)
    impostor = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": first["metadata"]["name"], "namespace": "default"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "other"}},
            "template": {
                "metadata": {"labels": {"app": "other"}},
                "spec": {"containers": [{"name": "other", "image": "other:1"}]},
            },
        },
    }
    other.apply(impostor)
    other.apply(deployment(replicas=1))
    other.settle()
    found = other.get("deployments", "web")
    assert found is not None
    assert found["status"]["collisionCount"] == 1
    assert len(other.list("replicasets", "default")) == 2


def test_orphans_that_match_are_adopted(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=2))
    cluster.settle()
    before = {pod["metadata"]["name"] for pod in cluster.list("pods")}
    delete(cluster, "web", "Orphan")
    cluster.run_for(1)
    assert cluster.get("deployments", "web") is None
    assert "ownerReferences" not in cluster.list("replicasets")[0]["metadata"]
    cluster.apply(deployment(replicas=2))
    cluster.settle()
    assert {pod["metadata"]["name"] for pod in cluster.list("pods")} == before
    assert cluster.list("replicasets")[0]["metadata"]["ownerReferences"][0]["name"] == "web"


def delete(cluster: SimulatedCluster, name: str, propagation: str) -> None:
    cluster.api.delete(DEPLOYMENTS, "default", name, Deletion(propagation))


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_a_deleted_deployment_takes_its_pods_with_it(cluster: SimulatedCluster, propagation: str) -> None:
    cluster.apply(deployment(replicas=3))
    cluster.settle()
    delete(cluster, "web", propagation)
    assert (cluster.get("deployments", "web") is None) is (propagation == "Background")
    cluster.run_for(5)
    for kind in ("deployments", "replicasets", "pods"):
        assert cluster.list(kind) == []


def test_a_namespace_goes_once_it_is_empty(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(namespace="shop", replicas=2))
    cluster.settle()
    cluster.api.delete(NAMESPACES, "", "shop")
    found = cluster.get("namespaces", "shop")
    assert found is not None
    assert found["status"]["phase"] == "Terminating"
    cluster.run_for(10)
    assert cluster.get("namespaces", "shop") is None
    assert cluster.list("pods", "shop") == []


def test_a_deadline_passes_also_while_nothing_happens(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment("registry.example/web:nopull", progressDeadlineSeconds=30))
    cluster.run_for(25)
    assert reason(cluster) == "ReplicaSetUpdated"
    cluster.run_for(10)
    assert reason(cluster) == "ProgressDeadlineExceeded"


def reason(cluster: SimulatedCluster) -> str:
    return next(str(c["reason"]) for c in status(cluster)["conditions"] if c["type"] == "Progressing")


def test_a_pause_after_the_deadline_leaves_it_exceeded(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment("registry.example/web:nopull", progressDeadlineSeconds=5))
    cluster.run_for(10)
    change(cluster, paused=True)
    cluster.run_for(5)
    assert reason(cluster) == "ProgressDeadlineExceeded"


def test_min_ready_seconds_alone_makes_no_revision(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=2))
    cluster.settle()
    change(cluster, minReadySeconds=60)
    cluster.run_for(1)
    assert status(cluster).get("availableReplicas", 0) == 0
    assert status(cluster)["readyReplicas"] == 2
    assert revisions(cluster) == {"1.0": "1"}
    cluster.run_for(70)
    assert status(cluster)["availableReplicas"] == 2


def test_annotations_reach_the_replica_set_and_stay_there(cluster: SimulatedCluster) -> None:
    made = deployment(replicas=1)
    made["metadata"]["annotations"] = {"team": "shop", LAST_APPLIED: "{}"}
    cluster.apply(made)
    cluster.settle()
    rs = cluster.list("replicasets")[0]
    assert rs["metadata"]["annotations"]["team"] == "shop"
    assert LAST_APPLIED not in rs["metadata"]["annotations"]


def test_a_crash_loop_backs_off_for_longer_each_time(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment("registry.example/web:crash", replicas=1))
    cluster.run_for(8)
    state = container(cluster)
    assert state["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert state["state"]["waiting"]["message"].startswith("back-off 10s restarting failed container=web pod=web-")
    assert state["lastState"]["terminated"]["exitCode"] == 1
    restarts = state["restartCount"]
    cluster.run_for(30 * 60)
    told = container(cluster)
    assert told["restartCount"] - restarts in range(8, 14)
    cluster.wait_until(lambda cluster: "waiting" in container(cluster)["state"], 60)
    assert container(cluster)["state"]["waiting"]["message"].startswith("back-off 5m0s restarting")


def container(cluster: SimulatedCluster) -> JSON:
    found: JSON = cluster.list("pods")[0]["status"]["containerStatuses"][0]
    return found


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"sim.ktui/fate": "oom", "sim.ktui/run-seconds": "5"}, ("Running", "CrashLoopBackOff", "OOMKilled")),
        ({"sim.ktui/fate": "complete"}, ("Running", "CrashLoopBackOff", "Completed")),
        ({"sim.ktui/fate": "unlive", "sim.ktui/run-seconds": "5"}, ("Running", "CrashLoopBackOff", "Error")),
    ],
)
def test_a_fate_in_the_annotations(
    cluster: SimulatedCluster, annotations: dict[str, str], expected: tuple[str, str, str]
) -> None:
    made = deployment(replicas=1)
    made["spec"]["template"]["metadata"]["annotations"] = annotations
    cluster.apply(made)
    cluster.wait_until(lambda cluster: cluster.list("pods") != [] and waiting(cluster) == "CrashLoopBackOff", 120)
    pod = cluster.list("pods")[0]
    assert (
        pod["status"]["phase"],
        waiting(cluster),
        container(cluster)["lastState"]["terminated"]["reason"],
    ) == expected


def waiting(cluster: SimulatedCluster) -> str:
    states = cluster.list("pods")[0]["status"].get("containerStatuses") or [{"state": {}}]
    return str(states[0]["state"].get("waiting", {}).get("reason", ""))


def test_a_pod_that_never_gets_ready(cluster: SimulatedCluster) -> None:
    made = deployment(replicas=1)
    made["spec"]["template"]["metadata"]["annotations"] = {"sim.ktui/fate": "unready"}
    cluster.apply(made)
    cluster.run_for(60)
    told = container(cluster)
    assert (told["ready"], told["started"], "running" in told["state"]) == (False, True, True)
    unhealthy = next(event for event in cluster.list("events") if event["reason"] == "Unhealthy")
    assert unhealthy["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
    assert unhealthy["count"] >= 5


def test_an_evicted_pod_stays_as_failed_and_is_replaced(cluster: SimulatedCluster) -> None:
    made = deployment(replicas=1)
    made["spec"]["template"]["metadata"]["annotations"] = {
        "sim.ktui/fate": "evicted", "sim.ktui/run-seconds": "30",
    }  # fmt: skip
    cluster.apply(made)
    cluster.run_for(40)
    phases = sorted((pod["status"]["phase"], pod["status"].get("reason", "")) for pod in cluster.list("pods"))
    assert phases == [("Failed", "Evicted"), ("Running", "")]


def test_init_containers_run_one_by_one_and_sidecars_stay(cluster: SimulatedCluster) -> None:
    made = deployment(replicas=1)
    made["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "migrate", "image": "registry.example/migrate:1"},
        {"name": "proxy", "image": "registry.example/proxy:1", "restartPolicy": "Always"},
    ]
    cluster.apply(made)
    cluster.run_for(0.4)
    first = cluster.list("pods")[0]
    assert first["status"]["phase"] == "Pending"
    assert [c["state"] for c in first["status"]["containerStatuses"]] == [{"waiting": {"reason": "PodInitializing"}}]
    cluster.settle()
    inits = cluster.list("pods")[0]["status"]["initContainerStatuses"]
    assert [next(iter(c["state"])) for c in inits] == ["terminated", "running"]


def test_a_pod_that_fits_nowhere_waits_for_room() -> None:
    cluster = SimulatedCluster(seed=1, nodes=1)
    for name in ("first", "second"):
        made = deployment(name=name, replicas=1)
        made["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "20"}}
        cluster.apply(made)
        cluster.run_for(5)
    pending = [pod for pod in cluster.list("pods") if pod["status"]["phase"] == "Pending"]
    assert len(pending) == 1
    scheduled = pending[0]["status"]["conditions"][0]
    assert scheduled["reason"] == "Unschedulable"
    assert scheduled["message"].startswith("0/1 nodes are available: 1 Insufficient cpu.")
    delete(cluster, "first", "Background")
    cluster.run_for(10)
    assert [pod["status"]["phase"] for pod in cluster.list("pods")] == ["Running"]


def test_a_scale_in_the_middle_of_a_rollout_is_noted_on_every_active_replica_set(cluster: SimulatedCluster) -> None:
    cluster.apply(deployment(replicas=10, strategy=rolling("25%", "25%")))
    cluster.settle()
    set_image(cluster, "registry.example/web:nopull")
    cluster.run_for(15)
    # From 10 to 11 the new one keeps its five, and is written all the same.
    change(cluster, replicas=11)
    cluster.run_for(5)
    assert noted(cluster) == {"1.0": (9, "11", "14"), "nopull": (5, "11", "14")}
    # What does not change the number that is wanted is not noted (deployment/sync.go: scaleReplicaSet).
    change(cluster, strategy=rolling(2, "25%"))
    cluster.run_for(5)
    assert noted(cluster) == {"1.0": (9, "11", "14"), "nopull": (5, "11", "14")}


def noted(cluster: SimulatedCluster) -> dict[str, tuple[int, str, str]]:
    """Of each ReplicaSet by image: its size, and what its annotations say is wanted, and at most."""
    return {
        rs["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]: (
            rs["spec"]["replicas"],
            rs["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"],
            rs["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"],
        )
        for rs in cluster.list("replicasets", "default")
    }
