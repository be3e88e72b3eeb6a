"""What holds at every moment, whatever is rolled out: bounds, determinism, and an hour of random operations."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ktui.sim import SimulatedCluster
from ktui.sim.api.resources import PODS
from ktui.sim.controllers.common import REPLICA_SETS, controller_of, is_active, is_ready
from ktui.sim.controllers.sizes import max_surge, max_unavailable
from ktui.sim.storage import Change
from tests.sim.deployments import deployment, rolling

JSON = dict[str, Any]
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AMOUNTS = st.one_of(st.integers(0, 6), st.sampled_from(["0%", "10%", "25%", "50%", "100%"]))


@settings(max_examples=15, deadline=None)
@given(
    replicas=st.integers(1, 12),
    surge=AMOUNTS,
    unavailable=AMOUNTS,
    min_ready=st.integers(0, 3),
    seed=st.integers(0, 1000),
)
def test_a_rollout_of_good_images_keeps_within_its_bounds(
    replicas: int, surge: int | str, unavailable: int | str, min_ready: int, seed: int
) -> None:
    if str(surge).rstrip("%") == "0" and str(unavailable).rstrip("%") == "0":
        surge = 1  # the API server refuses both to be 0
    cluster = SimulatedCluster(seed=seed)
    spec: JSON = {"strategy": rolling(surge, unavailable), "minReadySeconds": min_ready}
    cluster.apply(deployment(replicas=replicas, **spec))
    cluster.settle(120)
    cluster.run_for(5)
    watcher = Bounds(cluster)
    cluster.apply(deployment("registry.example/web:2.0", replicas=replicas, **spec))
    cluster.run_for(0.1)
    cluster.settle(300)
    cluster.run_for(5)
    assert watcher.breaches == []
    assert len(cluster.list("pods")) == replicas


class Bounds:
    """Looks at the Deployment `web` after each change: at what its ReplicaSets ask for, and at the pods that serve.

    ReplicaSets act on their own, so that for some milliseconds there may be more pods than they ask for in sum.
    """

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.breaches: list[str] = []
        self._cluster = cluster
        cluster.api.bucket(PODS).listen(self._look)
        cluster.api.bucket(REPLICA_SETS).listen(self._look)

    def _look(self, change: Change) -> None:
        found = self._cluster.get("deployments", "web")
        assert found is not None
        pods = [pod for pod in self._cluster.list("pods") if is_active(pod)]
        goal = found["spec"]["replicas"]
        asked = sum(rs["spec"]["replicas"] for rs in self._cluster.list("replicasets"))
        if asked > goal + max_surge(found):
            self.breaches.append(f"{asked} asked for of {goal} and {max_surge(found)} more at {change.number}")
        ready = sum(is_ready(pod) for pod in pods)
        if ready < goal - max_unavailable(found):
            self.breaches.append(f"{ready} ready of {goal} less {max_unavailable(found)} at {change.number}")


def history(seed: int) -> str:
    """A digest of every object, after a stretch of the demo."""
    cluster = SimulatedCluster(seed=seed, start=START)
    cluster.load("demo", history="10m")
    cluster.run_for(120)
    digest = hashlib.sha256()
    for kind in ("deployments", "replicasets", "pods", "events"):
        digest.update(json.dumps(cluster.list(kind)).encode())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_history_and_another_one_another() -> None:
    first = history(1)
    assert history(1) == first
    assert history(2) != first


IMAGES = ("1.0", "1.1", "1.2", "2.0", "crash", "nopull", "slow", "unschedulable")


class Chaos:
    """Does something to one of some Deployments every now and then."""

    def __init__(self, cluster: SimulatedCluster, names: list[str], seed: int) -> None:
        self._cluster = cluster
        self._names = names
        self._chance = random.Random(seed)

    def strike(self) -> None:
        name = self._chance.choice(self._names)
        found = self._cluster.get("deployments", name)
        assert found is not None
        action = self._chance.choice((self._image, self._image, self._scale, self._pause, self._resume, self._kill))
        action(found)

    def _write(self, found: JSON, **spec: Any) -> None:
        self._cluster.apply(found | {"spec": found["spec"] | spec})

    def _image(self, found: JSON) -> None:
        self.set_image(found, self._chance.choice(IMAGES))

    def set_image(self, found: JSON, tag: str) -> None:
        template = found["spec"]["template"]
        container = template["spec"]["containers"][0] | {"image": f"registry.example/web:{tag}"}
        self._write(found, template=template | {"spec": template["spec"] | {"containers": [container]}})

    def _scale(self, found: JSON) -> None:
        self._write(found, replicas=self._chance.randint(0, 12))

    def _pause(self, found: JSON) -> None:
        self._write(found, paused=True)

    def _resume(self, found: JSON) -> None:
        self._write(found, paused=False)

    def _kill(self, found: JSON) -> None:
        pods = [p for p in self._cluster.list("pods") if p["metadata"]["labels"]["app"] == found["metadata"]["name"]]
        if pods:
            self._cluster.api.delete(PODS, "default", self._chance.choice(pods)["metadata"]["name"])

    def calm(self) -> None:
        for name in self._names:
            found = self._cluster.get("deployments", name)
            assert found is not None
            self._resume(found)
            found = self._cluster.get("deployments", name)
            assert found is not None
            self.set_image(found, "3.0")


def test_an_hour_of_random_operations_leaves_everything_in_order() -> None:
    cluster = SimulatedCluster(seed=11)
    names = [f"web-{number}" for number in range(6)]
    for number, name in enumerate(names):
        spec = {"strategy": rolling("25%", "25%")} if number else {"strategy": {"type": "Recreate"}}
        cluster.apply(deployment(name=name, progressDeadlineSeconds=60, revisionHistoryLimit=3, **spec))
    chaos = Chaos(cluster, names, seed=4)
    planned = []
    for _ in range(360):
        chaos.strike()
        cluster.run_for(10)
        assert_consistent(cluster)
        planned.append(cluster.kernel.planned)
    chaos.calm()
    cluster.run_for(900)
    assert_consistent(cluster)
    for found in cluster.list("deployments"):
        assert_complete(cluster, found)
    assert max(planned[-60:]) < 2 * max(planned[60:120]) + 200  # nothing piles up
    cluster.run_for(2 * 3600)
    assert cluster.list("events") == []


def assert_consistent(cluster: SimulatedCluster) -> None:
    """What must hold between any two events."""
    replica_sets = {rs["metadata"]["uid"]: rs for rs in cluster.list("replicasets")}
    pods = cluster.list("pods")
    for pod in pods:
        owner = controller_of(pod)
        assert owner is not None
        assert owner["uid"] in replica_sets
        assert cluster.plane.kubelet.worker(pod["metadata"]["uid"]) is not None or not pod["spec"].get("nodeName")
    for uid, rs in replica_sets.items():
        indexed = {pod["metadata"]["name"] for pod in cluster.plane.pods.of(uid)}
        assert indexed == {pod["metadata"]["name"] for pod in pods if controller_of(pod)["uid"] == uid}  # type: ignore[index]
        assert rs["status"].get("readyReplicas", 0) <= rs["status"]["replicas"]
    for node in cluster.plane.scheduler.nodes:
        placed = {pod["metadata"]["uid"] for pod in pods if pod["spec"].get("nodeName") == node.name}
        assert set(node.used) == placed
    for found in cluster.list("deployments"):
        owned = [rs for rs in replica_sets.values() if controller_of(rs)["uid"] == found["metadata"]["uid"]]  # type: ignore[index]
        revisions = [rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for rs in owned]
        assert len(set(revisions)) == len(revisions)
        desired = [rs["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] for rs in owned]
        if all(number == str(found["spec"]["replicas"]) for number in desired):
            most = found["spec"]["replicas"] + max_surge(found)
            assert sum(rs["spec"]["replicas"] for rs in owned) <= most


def assert_complete(cluster: SimulatedCluster, found: JSON) -> None:
    goal, told = found["spec"]["replicas"], found["status"]
    assert told["observedGeneration"] == found["metadata"]["generation"]
    assert [told.get(count, 0) for count in ("replicas", "updatedReplicas", "availableReplicas")] == [goal] * 3
    assert told["terminatingReplicas"] == 0
    uid = found["metadata"]["uid"]
    owned = [rs for rs in cluster.list("replicasets") if controller_of(rs)["uid"] == uid]  # type: ignore[index]
    assert sorted(rs["spec"]["replicas"] for rs in owned)[:-1] == [0] * (len(owned) - 1)
    assert len(owned) <= found["spec"]["revisionHistoryLimit"] + 1
