"""What metrics.k8s.io tells of the simulated pods: when, how much, and how that moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.config import new_client_from_config
from kubernetes.utils.quantity import parse_quantity

from ktui.sim import SimulatedCluster

JSON = dict[str, Any]
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MI = 2**20


class Metered:
    """A cluster whose time stands still but for `advance`, and what its metrics say to the official client."""

    def __init__(self, cluster: SimulatedCluster, kubeconfig: Path) -> None:
        self.cluster = cluster
        self._client = new_client_from_config(str(kubeconfig))
        self._objects: Any = client.CustomObjectsApi(self._client)

    def advance(self, seconds: float) -> None:
        kernel = self.cluster.kernel
        self.cluster.call(lambda: kernel.run_until(kernel.now + seconds))

    def deploy(self, name: str, image: str, *, annotations: JSON | None = None, **resources: JSON) -> None:
        labels = {"app": name}
        container = {"name": "main", "image": f"registry.example/{image}", "resources": resources}
        pod = {"metadata": {"labels": labels, "annotations": annotations or {}}, "spec": {"containers": [container]}}
        self.cluster.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": "shop"},
                "spec": {"replicas": 4, "selector": {"matchLabels": labels}, "template": pod},
            }
        )

    def items(self, selector: str = "") -> list[JSON]:
        found: JSON = self._objects.list_namespaced_custom_object(
            "metrics.k8s.io", "v1beta1", "shop", "pods", label_selector=selector
        )
        items: list[JSON] = found["items"]
        return items

    def used(self, name: str, what: str) -> list[float]:
        return [float(parse_quantity(item["containers"][0]["usage"][what])) for item in self.items(f"app={name}")]

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def metered(tmp_path: Path) -> Iterator[Metered]:
    cluster = SimulatedCluster(seed=3, start=START)
    with cluster.serving():
        cluster.pause()
        metered = Metered(cluster, cluster.write_kubeconfig(tmp_path / "kubeconfig"))
        yield metered
        metered.close()


REQUESTS = {"cpu": "100m", "memory": "200Mi"}


def test_a_pod_is_measured_once_it_has_run_for_a_window(metered: Metered) -> None:
    metered.advance(3)
    metered.deploy("web", "web:1.0", requests=REQUESTS)
    metered.advance(20)
    assert metered.items() == []
    metered.advance(20)
    assert len(metered.items("app=web")) == 4
    assert metered.items("app=other") == []
    (stamp,) = {item["timestamp"] for item in metered.items()}
    assert datetime.fromisoformat(stamp) == START + timedelta(seconds=30)
    assert {item["window"] for item in metered.items()} == {"15s"}


def test_usage_is_a_share_of_the_request_that_moves_a_little(metered: Metered) -> None:
    metered.deploy("web", "web:1.0", requests=REQUESTS)
    metered.advance(60)
    before = metered.used("web", "memory")
    assert before == metered.used("web", "memory")
    assert all(0.35 * 200 * MI < each < 0.9 * 200 * MI for each in before)
    metered.advance(15)
    after = metered.used("web", "memory")
    assert after != before
    assert all(abs(now - then) < 0.1 * then for now, then in zip(after, before, strict=True))


def test_what_a_fate_says_and_never_more_than_the_limit(metered: Metered) -> None:
    told = {"sim.ktui/memory": "240Mi", "sim.ktui/cpu": "many"}
    metered.deploy("web", "web:1.0", annotations=told, requests=REQUESTS, limits={"memory": "256Mi"})
    metered.deploy("greedy", "web:1.0", annotations=told | {"sim.ktui/memory": "1Gi"}, limits={"memory": "256Mi"})
    metered.advance(60)
    assert all(abs(each - 240 * MI) < 20 * MI for each in metered.used("web", "memory"))
    assert all(each < 256 * MI for each in metered.used("greedy", "memory"))
    assert all(each < 0.1 for each in metered.used("web", "cpu"))
