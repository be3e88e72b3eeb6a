"""An operator on a simulated cluster in virtual time: plans are made and sent as ktui does, but for HTTP in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.planning import plan
from ktui.model.objects import Deployment, ReplicaSet
from ktui.plans.plan import Plan
from ktui.plans.request import Canary, Request
from ktui.plans.subject import subject
from ktui.rollout.hold import Hold
from ktui.rollout.revisions import Refusal
from ktui.rollout.steps import read_steps
from ktui.sim import SimulatedCluster
from ktui.sim.controllers.common import DEPLOYMENTS
from tests.simulated import image_patch

JSON = dict[str, Any]
NAMESPACE = "shop"
OWN = ("kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/")
"""The annotations that `kubectl rollout undo` leaves alone (docs/semantics.md, Roll back)."""


def canary(image: str, steps: str = "1", *, surge: bool = True) -> Canary:
    return Canary(steps=read_steps(steps), images=(("*", image),), surge=surge)


class Operator:
    """Reads, plans and sends; and does what others do with kubectl."""

    def __init__(
        self,
        cluster: SimulatedCluster,
        user: str = "admin",
        *,
        name: str = "cart",
        advance: Callable[[float], None] | None = None,
    ) -> None:
        self.cluster, self.user, self._name = cluster, user, name
        self._advance = advance or cluster.run_for

    @property
    def raw(self) -> JSON:
        found = self.cluster.get("deployments", self._name, NAMESPACE)
        assert found is not None
        return found

    @property
    def spec(self) -> JSON:
        """The spec, to be compared."""
        return deepcopy(self.raw["spec"])

    @property
    def annotations(self) -> JSON:
        return dict(self.raw["metadata"].get("annotations") or {})

    @property
    def subject(self) -> DeploymentSubject:
        replicasets = self.cluster.list("replicasets", NAMESPACE)
        now = datetime.fromtimestamp(self.cluster.now, UTC)
        return subject(Deployment, ReplicaSet, deepcopy(self.raw), deepcopy(replicasets), now=now, user=self.user)

    @property
    def hold(self) -> Hold | None:
        found = self.subject
        return hold_of(found.workload, found.revisions)

    @property
    def sizes(self) -> dict[str, int]:
        """How many pods are asked for of each image."""
        sizes: dict[str, int] = {}
        for rs in self.cluster.list("replicasets", NAMESPACE):
            image = rs["spec"]["template"]["spec"]["containers"][0]["image"].rsplit("/")[-1]
            if rs["spec"]["replicas"]:
                sizes[image] = sizes.get(image, 0) + rs["spec"]["replicas"]
        return sizes

    def refused(self, request: Request) -> str:
        made = plan(request, self.subject)
        assert isinstance(made, Refusal), made
        return made.reason

    def planned(self, request: Request) -> Plan:
        made = plan(request, self.subject)
        assert isinstance(made, Plan), made
        return made

    def send(self, request: Request, seconds: float = 20.0) -> Plan:
        """Plan, send, and let the controllers act."""
        made = self.planned(request)
        self._patch("application/json-patch+json", list(made.patch), "ktui")
        self._advance(seconds)
        return made

    # What others do

    def merge(self, body: JSON, seconds: float = 20.0) -> None:
        """`kubectl patch --type=merge`, or what any other client does."""
        self._patch("application/merge-patch+json", body, "kubectl-patch")
        self._advance(seconds)

    def set_image(self, image: str, seconds: float = 20.0) -> None:
        """What applying a manifest with another image comes to."""
        self._patch("application/strategic-merge-patch+json", image_patch(image), "kubectl-client-side-apply")
        self._advance(seconds)

    def undo(self, revision: int, seconds: float = 20.0) -> None:
        """`kubectl rollout undo --to-revision`: the template, and all annotations but the Deployment's own."""
        found = next(
            rs
            for rs in self.cluster.list("replicasets", NAMESPACE)
            if rs["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == str(revision)
        )
        template = deepcopy(found["spec"]["template"])
        del template["metadata"]["labels"]["pod-template-hash"]
        annotations = {key: value for key, value in self.annotations.items() if key.startswith(OWN)}
        annotations |= {k: v for k, v in found["metadata"]["annotations"].items() if not k.startswith(OWN)}
        patch = [
            {"op": "replace", "path": "/spec/template", "value": template},
            {"op": "replace", "path": "/metadata/annotations", "value": annotations},
        ]
        self._patch("application/json-patch+json", patch, "kubectl-rollout")
        self._advance(seconds)

    def _patch(self, kind: str, body: object, manager: str) -> None:
        text = json.dumps(body).encode()
        api, name = self.cluster.api, self._name
        self.cluster.call(lambda: api.patch(DEPLOYMENTS, NAMESPACE, name, kind, text, manager=manager))
