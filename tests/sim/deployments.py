"""Manifests for the tests of the simulated cluster."""

from typing import Any

JSON = dict[str, Any]


def deployment(
    image: str = "registry.example/web:1.0",
    *,
    name: str = "web",
    namespace: str = "default",
    replicas: int = 4,
    **spec: Any,
) -> JSON:
    labels = {"app": name}
    container = {"name": "web", "image": image, "resources": {"requests": {"cpu": "10m"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def rolling(surge: int | str, unavailable: int | str) -> JSON:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
