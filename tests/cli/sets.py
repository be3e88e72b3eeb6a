"""The StatefulSet shop/db and the DaemonSet shop/agent on a simulated cluster, and the official client as a witness."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes

from ktui.sim import SimulatedCluster

JSON = dict[str, Any]
KUBECTL = Path(sys.executable).with_name("kubectl")
REGISTRY = "registry.example/shop"


def manifest(kind: str, name: str, tag: str, **spec: Any) -> JSON:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": f"{REGISTRY}/{name}:{tag}"}]},
            },
            **spec,
        },
    }


class Sets:
    """The official client for what is not a Deployment."""

    def __init__(self, kubeconfig: Path, cluster: SimulatedCluster) -> None:
        self.kubeconfig = kubeconfig
        self.cluster = cluster
        self._client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._apps: Any = kubernetes.client.AppsV1Api(self._client)

    def patch(self, name: str, spec: JSON) -> None:
        """Change the spec of `db` or `agent`."""
        one = self._apps.patch_namespaced_daemon_set if name == "agent" else self._apps.patch_namespaced_stateful_set
        one(name, "shop", {"spec": spec})

    def image(self, name: str, tag: str, **spec: Any) -> None:
        """Another image, and whatever else in the same patch."""
        container = {"name": name, "image": f"{REGISTRY}/{name}:{tag}"}
        self.patch(name, {"template": {"spec": {"containers": [container]}}, **spec})

    def is_observed(self, name: str) -> bool:
        """Whether its controller has seen the spec as it is now."""
        raw = next(each for each in _all(self.cluster) if each["metadata"]["name"] == name)
        return bool(raw["status"]["observedGeneration"] == raw["metadata"]["generation"])

    def settle(self) -> None:
        """Wait until all is rolled out as far as it is to be."""
        self.cluster.wait_until(lambda cluster: all(_is_settled(each) for each in _all(cluster)), 30)

    def pods(self, name: str) -> list[str]:
        """The tags of the images of its pods, by the names of the pods."""
        pods = sorted(self.cluster.list("pods", "shop"), key=lambda pod: str(pod["metadata"]["name"]))
        mine = [pod for pod in pods if pod["metadata"]["labels"]["app"] == name]
        return [pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in mine]

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What kubectl says."""
        return subprocess.run([*self._kubectl(), *arguments], capture_output=True, text=True, check=False)

    def kubectl_process(self, *arguments: str) -> subprocess.Popen[str]:
        """kubectl, running."""
        return subprocess.Popen(
            [*self._kubectl(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        self._client.close()

    def _kubectl(self) -> list[str]:
        return [str(KUBECTL), "--kubeconfig", str(self.kubeconfig), "-n", "shop"]


def _all(cluster: SimulatedCluster) -> list[JSON]:
    return [*cluster.list("statefulsets", "shop"), *cluster.list("daemonsets", "shop")]


def _is_settled(raw: JSON) -> bool:
    status = raw["status"]
    if status.get("observedGeneration", 0) < raw["metadata"]["generation"]:
        return False
    if raw["kind"] == "DaemonSet":
        wanted = status["desiredNumberScheduled"]
        return bool(status.get("updatedNumberScheduled", 0) == status.get("numberAvailable", 0) == wanted > 0)
    rolling = raw["spec"]["updateStrategy"].get("rollingUpdate") or {}
    wanted = raw["spec"]["replicas"]
    is_new = status.get("updatedReplicas", 0) >= wanted - rolling.get("partition", 0)
    return bool(is_new and status.get("readyReplicas", 0) == wanted)


def crash_looping(cluster: SimulatedCluster) -> bool:
    """Whether a pod has crashed again and again, and waits now: as it runs, it is ready for a moment."""
    return any(
        status["restartCount"] > 1 and (status["state"].get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        for pod in cluster.list("pods", "shop")
        for status in pod["status"].get("containerStatuses") or ()
    )
