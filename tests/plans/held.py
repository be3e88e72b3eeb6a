"""A canary as a request, and as the controller makes it of that."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.plans.request import Canary
from ktui.rollout.hold import ANNOTATION
from ktui.rollout.steps import read_steps
from tests.plans.builders import NEW, OLD, complete, made, replicaset, template
from tests.plans.planned import planned

JSON = dict[str, Any]
IMAGE = "registry.example/shop/cart:5.1"
CANARY = template(IMAGE)


def canary(steps: str = "1", **changes: Any) -> Canary:
    return msgspec.structs.replace(Canary(read_steps(steps), (("cart", IMAGE),)), **changes)


def held(request: Canary | None = None, **changes: Any) -> DeploymentSubject:
    """The canary that a plan makes, once the controller has acted on it: 2 of 4 pods, all of them ready."""
    after = planned(request or canary("2,3"), complete()).after
    after["metadata"] |= {"generation": 8, **changes.pop("metadata", {})}
    after["status"] |= {"observedGeneration": 8, "replicas": 6, "updatedReplicas": 2, "availableReplicas": 4}
    after["spec"] |= changes
    copy = {ANNOTATION: after["metadata"]["annotations"][ANNOTATION]}
    return made(after, new_set(after["spec"]["template"], copy), replicaset(31, NEW, count=4), replicaset(30, OLD))


def new_set(pods: JSON, annotations: JSON | None = None) -> JSON:
    """The canary's ReplicaSet, as the controller makes it."""
    raw = replicaset(32, pods, count=2, annotations=annotations)
    raw["spec"]["minReadySeconds"] = 2147483646
    return raw
