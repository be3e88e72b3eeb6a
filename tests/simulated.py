"""The Deployment shop/cart on a simulated cluster, and the official client as the witness of what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import kubernetes

from ktui.sim import Request, SimulatedCluster

JSON = dict[str, Any]
OLD = "registry.example/shop/cart:4.9"
NEW = "registry.example/shop/cart:5.0"
STUCK = "registry.example/shop/cart:nopull"
CRASHING = "registry.example/shop/cart:crash"


class Witness:
    """The official client, for what is there and what happened to it."""

    def __init__(self, kubeconfig: Path) -> None:
        self._client = kubernetes.config.new_client_from_config(str(kubeconfig))
        self._apps: Any = kubernetes.client.AppsV1Api(self._client)

    def deployment(self, name: str = "cart", namespace: str = "shop") -> Any:
        return self._apps.read_namespaced_deployment(name, namespace)

    def raw(self, name: str = "cart") -> JSON:
        """The whole object, without what changes by itself."""
        raw: JSON = self._client.sanitize_for_serialization(self.deployment(name))
        for member in ("managedFields", "resourceVersion"):
            raw["metadata"].pop(member, None)
        raw.pop("status")
        return raw

    def image(self, name: str = "cart") -> str:
        image: str = self.deployment(name).spec.template.spec.containers[0].image
        return image

    def managers(self, name: str = "cart") -> list[str]:
        return [entry.manager for entry in self.deployment(name).metadata.managed_fields or ()]

    def patch(self, body: JSON, name: str = "cart") -> None:
        self._apps.patch_namespaced_deployment(name, "shop", body)

    def replace(self, body: JSON, name: str = "cart") -> None:
        self._apps.replace_namespaced_deployment(name, "shop", body)

    def delete(self, name: str = "cart") -> None:
        self._apps.delete_namespaced_deployment(name, "shop", propagation_policy="Background")

    def close(self) -> None:
        self._client.close()


def changing(requests: Iterable[Request]) -> list[Request]:
    """Those that may change something; a question about rights is a POST that ktui sends by itself, at any time."""
    asks = "/apis/authorization.k8s.io/"
    return [each for each in requests if each.method != "GET" and not each.path.startswith(asks)]


def manifest(image: str = OLD, *, name: str = "cart", replicas: int = 4, **changes: Any) -> JSON:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}, **changes.pop("metadata", {})},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "cart", "image": image}]},
            },
            **changes,
        },
    }


def image_patch(image: str) -> JSON:
    return {"spec": {"template": {"spec": {"containers": [{"name": "cart", "image": image}]}}}}


def deployment_of(cluster: SimulatedCluster, name: str = "cart") -> JSON:
    found = cluster.get("deployments", name, "shop")
    assert found is not None
    return found
