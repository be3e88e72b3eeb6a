"""The Service shop/shop with two sides of three pods each, as manifests, and the official client as the witness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes

from ktui.sim import SimulatedCluster

JSON = dict[str, Any]


def deployment(colour: str, image: str = "shop:1.0", *, replicas: int = 3, **labels: str) -> JSON:
    """`shop-COLOUR`, whose pods have `app` and `color` as labels, and whatever else is given."""
    own = {"app": "shop", "color": colour, **labels}
    container = {"name": "shop", "image": f"registry.example/shop/{image}", "ports": [{"containerPort": 8080}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"shop-{colour}", "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": own},
            "template": {"metadata": {"labels": own}, "spec": {"containers": [container]}},
        },
    }


def service(colour: str = "blue", name: str = "shop", **spec: Any) -> JSON:
    """It selects `app=shop` and that colour."""
    ports = [{"port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"app": "shop", "color": colour}, "ports": ports, **spec},
    }


def ingress(host: str = "shop.example", name: str = "shop") -> JSON:
    backend = {"service": {"name": name, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"rules": [{"host": host, "http": {"paths": paths}}]},
    }


def make_pair(cluster: SimulatedCluster, green: str = "shop:2.0", *, replicas: int = 3) -> None:
    """blue has the traffic; green runs that image."""
    cluster.apply(deployment("blue"))
    cluster.apply(deployment("green", green, replicas=replicas))
    cluster.apply(service())


class ServiceWitness:
    """The official client: what a Service selects, and the pods that its endpoints are."""

    def __init__(self, kubeconfig: Path) -> None:
        self._client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._core: Any = kubernetes.client.CoreV1Api(self._client)
        self._discovery: Any = kubernetes.client.DiscoveryV1Api(self._client)
        self.apps: Any = kubernetes.client.AppsV1Api(self._client)

    def service(self, name: str = "shop") -> Any:
        return self._core.read_namespaced_service(name, "shop")

    def colour(self, name: str = "shop") -> str:
        return str(self.service(name).spec.selector["color"])

    def select(self, colour: str) -> None:
        self._core.patch_namespaced_service("shop", "shop", {"spec": {"selector": {"color": colour}}})

    def delete(self) -> None:
        self._core.delete_namespaced_service("shop", "shop", _preload_content=False)

    def annotate(self, annotations: dict[str, str]) -> None:
        self._core.patch_namespaced_service("shop", "shop", {"metadata": {"annotations": annotations}})

    def endpoints(self, name: str = "shop") -> list[str]:
        """The Deployments whose pods are ready endpoints, one entry a pod, sorted."""
        selector = f"kubernetes.io/service-name={name}"
        slices = self._discovery.list_namespaced_endpoint_slice("shop", label_selector=selector).items
        ready = [each for one in slices for each in one.endpoints or () if each.conditions.ready]
        return sorted(each.target_ref.name.rsplit("-", 2)[0] for each in ready)

    def replicas(self, colour: str) -> int:
        return int(self.apps.read_namespaced_deployment(f"shop-{colour}", "shop").spec.replicas)

    def close(self) -> None:
        self._client.close()
