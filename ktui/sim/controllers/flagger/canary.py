"""What a Canary asks for: its strategy, its steps, its deadline; and its status, as each phase writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ktui.sim.controllers.common import find_condition, template_hash
from ktui.sim.scenario import seconds

JSON = dict[str, Any]
MANAGER = "flagger"
FINALIZER = "finalizer.flagger.app"
LABELS = ("app", "name", "app.kubernetes.io/name")
SHORTEST_INTERVAL = 1.0
UNDER_WAY = ("Progressing", "WaitingPromotion", "Promoting", "Finalising")
_MESSAGES = {
    "Initializing": ("Unknown", "New Deployment detected, starting initialization."),
    "Initialized": ("True", "Deployment initialization completed."),
    "Waiting": ("Unknown", "Waiting for approval."),
    "Progressing": ("Unknown", "New revision detected, progressing canary analysis."),
    "WaitingPromotion": ("Unknown", "Waiting for approval."),
    "Promoting": ("Unknown", "Canary analysis completed, starting primary rolling update."),
    "Finalising": ("Unknown", "Canary analysis completed, routing all traffic to primary."),
    "Succeeded": ("True", "Canary analysis completed successfully, promotion finished."),
    "Failed": ("False", "Canary analysis failed, Deployment scaled to zero."),
    "Terminating": ("Unknown", "New Deployment detected, starting initialization."),
}


@dataclass(frozen=True, slots=True)
class Canary:
    """A Canary as it is stored. Fields of another type than expected count as missing."""

    obj: JSON

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.obj["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.obj["metadata"]["namespace"])

    @property
    def full_name(self) -> str:
        """The target's name, as events have it: `web.shop`."""
        return f"{self.target}.{self.namespace}"

    @property
    def spec(self) -> JSON:
        """Its spec."""
        return _mapping(self.obj.get("spec"))

    @property
    def status(self) -> JSON:
        """Its status."""
        return _mapping(self.obj.get("status"))

    @property
    def phase(self) -> str:
        """Its phase; empty before the controller has seen it."""
        return str(self.status.get("phase") or "")

    @property
    def analysis(self) -> JSON:
        """How a new revision is analysed (`canaryAnalysis` is the older name)."""
        return _mapping(self.spec.get("analysis") or self.spec.get("canaryAnalysis"))

    @property
    def target(self) -> str:
        """The name of the Deployment that it rolls out; empty for another kind."""
        ref = _mapping(self.spec.get("targetRef"))
        return str(ref.get("name") or "") if ref.get("kind") == "Deployment" else ""

    @property
    def apex(self) -> str:
        """The name of the Service that clients use."""
        return str(_mapping(self.spec.get("service")).get("name") or self.target)

    @property
    def interval(self) -> float:
        """Seconds between two looks at it."""
        try:
            return max(SHORTEST_INTERVAL, seconds(self.analysis.get("interval") or "60s"))
        except (TypeError, ValueError):
            return 60.0

    @property
    def deadline(self) -> int:
        """Seconds for a Deployment to become ready."""
        return self.number("progressDeadlineSeconds", 600, self.spec)

    @property
    def has_route(self) -> bool:
        """Whether it weighs an HTTPRoute."""
        return str(self.spec.get("provider") or "").startswith("gatewayapi:v1")

    @property
    def iterations(self) -> int:
        """How many iterations a blue-green or A/B analysis has; 0 with weights (canary.go: GetAnalysis)."""
        return self.number("iterations", 0 if self.has_route else 10)

    @property
    def is_ab(self) -> bool:
        """Whether requests that match are sent to the canary."""
        return bool(self.analysis.get("match")) and self.iterations > 0

    @property
    def threshold(self) -> int:
        """With how many failed checks it is rolled back."""
        return self.number("threshold", 1)

    def number(self, field: str, default: int, where: JSON | None = None) -> int:
        """A number of the analysis, or of another part."""
        found = (self.analysis if where is None else where).get(field)
        return found if isinstance(found, int) and found else default

    def next_weight(self, weight: int) -> int:
        """The weight after this one; the same one if it is the last."""
        steps = [step for step in self.analysis.get("stepWeights") or () if isinstance(step, int)]
        if steps:
            return next((step for step in steps if step > weight), weight)
        most, step = self.number("maxWeight", 100), self.number("stepWeight", 0)
        return min(most, weight + step) if step else weight

    def hooks(self, type_: str) -> list[JSON]:
        """Its webhooks of a type."""
        hooks = self.analysis.get("webhooks")
        found = hooks if isinstance(hooks, list) else []
        return [hook for hook in found if isinstance(hook, dict) and hook.get("type", "rollout") == type_]

    def counted(self, field: str) -> int:
        """A number of its status."""
        return int(self.status.get(field) or 0)

    def with_phase(self, phase: str, stamp: str, **more: Any) -> JSON:
        """The status in a phase; only two phases keep weight and iterations (status.go: setPhase)."""
        found, reset = {"failedChecks": 0, "iterations": 0, "canaryWeight": 0} | self.status, {}
        if phase not in ("Progressing", "Promoting"):
            reset = {"canaryWeight": 0, "iterations": 0}
        if phase == "WaitingPromotion":
            reset["iterations"] = self.number("iterations", 0) - 1
        if phase == "Failed":
            reset["failedChecks"] = 0
        status, message = _MESSAGES[phase]
        since = find_condition(self.status.get("conditions") or (), "Promoted")
        begun = since["lastTransitionTime"] if since is not None and since["status"] == status else stamp
        promoted = {
            "type": "Promoted", "status": status, "reason": phase, "message": message,
            "lastUpdateTime": stamp, "lastTransitionTime": begun,
        }  # fmt: skip
        if since is not None and since["reason"] == phase:
            promoted = since
        return found | reset | {"phase": phase, "conditions": [promoted], "lastTransitionTime": stamp} | more


def hash_of(deployment: JSON) -> str:
    """The hash of a template; the annotations of a restart count, replicas do not."""
    return template_hash(deployment["spec"]["template"])


def selector_label(deployment: JSON) -> str:
    """The label that tells the target's pods from those of the primary."""
    labels = deployment["spec"]["selector"].get("matchLabels") or {}
    return next((label for label in LABELS if label in labels), "")


def _mapping(value: Any) -> JSON:
    return value if isinstance(value, dict) else {}
