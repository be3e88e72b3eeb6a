"""Raw Deployments and ReplicaSets, as an API server would answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.policies import Autoscaler
from ktui.plans.subject import subject

JSON = dict[str, Any]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UID = "11111111-aaaa"
REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"


def template(image: str = "registry.example/shop/cart:5.0", **pod: Any) -> JSON:
    return {
        "metadata": {"labels": {"app": "cart"}},
        "spec": {"containers": [{"name": "cart", "image": image}], "restartPolicy": "Always", **pod},
    }


def deployment(
    pods: JSON | None = None,
    *,
    replicas: int = 4,
    generation: int = 7,
    observed: int | None = None,
    paused: bool | None = None,
    annotations: JSON | None = None,
    labels: JSON | None = None,
    counts: tuple[int, int, int] | None = None,
    reason: str = "NewReplicaSetAvailable",
    **spec: Any,
) -> JSON:
    """`counts` are replicas, updated and available; all of them by default."""
    total, updated, available = counts or (replicas, replicas, replicas)
    raw: JSON = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "cart",
            "namespace": "shop",
            "uid": UID,
            "generation": generation,
            "resourceVersion": "900",
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "labels": labels or {"app": "cart"},
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "cart"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            "template": pods or template(),
            **spec,
        },
        "status": {
            "observedGeneration": generation if observed is None else observed,
            "replicas": total,
            "updatedReplicas": updated,
            "readyReplicas": available,
            "availableReplicas": available,
            "conditions": [{"type": "Progressing", "status": "True", "reason": reason}],
        },
    }
    if annotations is not None:
        raw["metadata"]["annotations"] = annotations
    if paused is not None:
        raw["spec"]["paused"] = paused
    return raw


def replicaset(
    revision: int,
    pods: JSON | None = None,
    *,
    count: int = 0,
    available: int | None = None,
    annotations: JSON | None = None,
    owner: str = UID,
) -> JSON:
    made = pods or template()
    labels = {**made["metadata"]["labels"], "pod-template-hash": f"hash{revision}"}
    return {
        "metadata": {
            "name": f"cart-hash{revision}",
            "namespace": "shop",
            "uid": f"rs-{revision}",
            "creationTimestamp": f"2026-11-01T00:{revision:02}:00Z",
            "labels": labels,
            "annotations": {REVISION: str(revision), **(annotations or {})},
            "ownerReferences": [{"kind": "Deployment", "name": "cart", "uid": owner, "controller": True}],
        },
        "spec": {"replicas": count, "template": {**made, "metadata": {**made["metadata"], "labels": labels}}},
        "status": {
            "replicas": count,
            "readyReplicas": count if available is None else available,
            "availableReplicas": count if available is None else available,
        },
    }


OLD = template("registry.example/shop/cart:4.9")
NEW = template("registry.example/shop/cart:5.0")


def complete(**changes: Any) -> DeploymentSubject:
    """Revision 31, cart:5.0, in full; revision 30, cart:4.9, is what came before."""
    return made(deployment(NEW, **changes), replicaset(31, NEW, count=4), replicaset(30, OLD))


def midway(**changes: Any) -> DeploymentSubject:
    """Revision 31 on its way in: 2 of its pods, and 3 of revision 30."""
    raw = deployment(NEW, counts=(5, 2, 4), reason="ReplicaSetUpdated", **changes)
    return made(raw, replicaset(31, NEW, count=2, available=1), replicaset(30, OLD, count=3))


def made(raw: JSON, *replicasets: JSON, autoscalers: tuple[Autoscaler, ...] = ()) -> DeploymentSubject:
    return subject(
        Deployment,
        ReplicaSet,
        raw,
        replicasets,
        now=NOW,
        autoscalers=autoscalers,
        kubectl=("kubectl", "--context", "prod-eu"),
    )
