"""The Flagger Canary, with the fields that ktui reads and no others.

Names are those of its API (flagger.app/v1beta1; `pkg/apis/flagger/v1beta1` of fluxcd/flagger), in Python's spelling. A
field that another version does not know is missing, and one that this does not know is ignored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ktui.model.claims import Place, group_of
from ktui.model.durations import seconds
from ktui.model.objects import Condition, Deployment, Meta, condition_of
from ktui.model.structs import Struct
from ktui.model.template import PodTemplate
from ktui.model.workloads import DaemonSet

DEFAULT_DEADLINE: Final = 600
"""`progressDeadlineSeconds` where nothing is said, in seconds."""
DEFAULT_INTERVAL: Final = 60.0
"""Seconds between two looks of the controller where nothing is said, or nothing that it can read."""
DEFAULT_ITERATIONS: Final = 10
"""What a Canary on plain Services runs that asks for none (`advanceCanary` of pkg/controller)."""
WHOLE: Final = 100
"""All of the traffic."""

KUBERNETES: Final = "kubernetes"
"""The provider without a router: Services alone, which cannot split traffic."""

Workload = Deployment | DaemonSet
"""What a Canary rolls out, as far as ktui knows it."""

NO_TEMPLATE: Final = PodTemplate({})
"""A Canary has no pod template of its own: that is its target's."""


class Target(Struct, frozen=True):
    """The workload that is rolled out; it is scaled to 0 at rest."""

    api_version: str = ""
    kind: str = ""
    name: str = ""


class AnyOf(Struct, frozen=True):
    """Something of which only counts whether it is there."""


class Limits(Struct, frozen=True):
    """What a metric has to be between; None is no limit."""

    min: float | None = None
    max: float | None = None


class Metric(Struct, frozen=True):
    """One metric that is checked at each step."""

    name: str = ""
    interval: str = ""
    threshold_range: Limits | None = None
    threshold: float | None = None

    @property
    def limit(self) -> str:
        """`at least 99`, `at most 500`; empty where nothing is said."""
        limits = self.threshold_range or Limits(max=self.threshold)
        stated = [f"at least {limits.min:g}"] if limits.min is not None else []
        return " and ".join([*stated, f"at most {limits.max:g}"] if limits.max is not None else stated)


class Webhook(Struct, frozen=True):
    """Something that is asked over HTTP; of what type, tells when. Without a type it is `rollout`."""

    name: str = ""
    type: str = ""
    url: str = ""

    @property
    def kind(self) -> str:
        """Its type."""
        return self.type or "rollout"


class Analysis(Struct, frozen=True):
    """How a new revision is looked at before it replaces the old one."""

    interval: str = ""
    threshold: int = 0
    iterations: int = 0
    max_weight: int = 0
    step_weight: int = 0
    step_weights: tuple[int, ...] = ()
    mirror: bool = False
    match: tuple[AnyOf, ...] = ()
    metrics: tuple[Metric, ...] = ()
    webhooks: tuple[Webhook, ...] = ()


class CanaryService(Struct, frozen=True):
    """The Services that are made; the name is by default that of the target."""

    name: str = ""
    port: int = 0


class CanarySpec(Struct, frozen=True):
    """What was asked for."""

    target_ref: Target = Target()
    provider: str = ""
    """Empty is that of the controller's own flag, which no object tells."""
    service: CanaryService = CanaryService()
    analysis: Analysis | None = None
    canary_analysis: Analysis | None = None
    """What `analysis` was called before."""
    progress_deadline_seconds: int | None = None
    skip_analysis: bool = False
    suspend: bool = False
    revert_on_deletion: bool = False
    template: PodTemplate = NO_TEMPLATE
    min_ready_seconds: int = 0


class CanaryStatus(Struct, frozen=True):
    """What the controller last reported. Hashes are of the target's pod template."""

    phase: str = ""
    canary_weight: int = 0
    failed_checks: int = 0
    iterations: int = 0
    last_applied_spec: str = ""
    """The hash that was seen last."""
    last_promoted_spec: str = ""
    """The hash that the primary has."""
    tracked_configs: dict[str, str] | None = None
    last_transition_time: datetime | None = None
    """Rewritten at each look while it is failed."""
    conditions: tuple[Condition, ...] = ()


class Canary(Struct, frozen=True):
    """flagger.app/v1beta1 Canary."""

    metadata: Meta
    spec: CanarySpec = CanarySpec()
    status: CanaryStatus = CanaryStatus()

    @property
    def observed(self) -> bool:
        """Always: the status names no generation, for a change of the Canary itself begins nothing."""
        return True

    @property
    def target(self) -> Target:
        """The workload that it rolls out."""
        return self.spec.target_ref

    @property
    def primary_name(self) -> str:
        """What the workload is called that serves."""
        return f"{self.target.name}-primary"

    @property
    def service_name(self) -> str:
        """The Service that clients use; those of the two sides have `-primary` and `-canary` behind that."""
        return self.spec.service.name or self.target.name

    @property
    def claims(self) -> tuple[Place, ...]:
        """The target, what was made from it, and what leads to both."""
        namespace, (apex, source) = self.metadata.namespace, (self.service_name, self.target)
        found = [Place("", "Service", namespace, name) for name in (apex, f"{apex}-primary", f"{apex}-canary") if apex]
        found.append(Place("gateway.networking.k8s.io", "HTTPRoute", namespace, apex))
        if self.is_of_pods:
            group = group_of(source.api_version) or "apps"
            found += [Place(group, source.kind, namespace, name) for name in (source.name, self.primary_name)]
        return tuple(found)

    @property
    def is_of_pods(self) -> bool:
        """Whether its target is a Deployment or a DaemonSet; it may also be a Service, or one of Knative."""
        return self.target.kind in _WORKLOADS and self.target.name != ""

    @property
    def analysis(self) -> Analysis:
        """The analysis, under whichever name."""
        return self.spec.analysis or self.spec.canary_analysis or Analysis()

    @property
    def skips_analysis(self) -> bool:
        """Whether a new revision is promoted without one."""
        return self.spec.skip_analysis or (self.spec.analysis is None and self.spec.canary_analysis is None)

    @property
    def threshold(self) -> int:
        """How many failed checks bring the old revision back."""
        return self.analysis.threshold if self.analysis.threshold > 0 else 1

    @property
    def interval(self) -> float:
        """Seconds between two looks of the controller."""
        return seconds(self.analysis.interval) or DEFAULT_INTERVAL

    @property
    def deadline(self) -> int:
        """How many seconds either side has to get ready."""
        given = self.spec.progress_deadline_seconds
        return DEFAULT_DEADLINE if given is None else given

    @property
    def promoted(self) -> Condition | None:
        """Its one condition."""
        return condition_of(self.status.conditions, "Promoted")

    @property
    def weights(self) -> tuple[int, ...]:
        """The shares of the traffic that the canary gets one after another; none where it is not done by weight.

        `nextStepWeight` of pkg/controller: a list goes up to its last entry, else it is steps of one size.
        """
        wanted = self.analysis
        if wanted.step_weight <= 0:
            return tuple(min(weight, WHOLE) for weight in wanted.step_weights)
        most = wanted.step_weights[-1] if wanted.step_weights else wanted.max_weight if wanted.max_weight > 0 else WHOLE
        steps = list(range(wanted.step_weight, min(most, WHOLE), wanted.step_weight))
        return (*steps, min((steps[-1] if steps else 0) + wanted.step_weight, WHOLE))

    @property
    def iterations(self) -> int:
        """How many times a new revision is looked at without any, or with all, of the traffic; 0 where it is by weight.

        A Canary on plain Services that asks for none runs ten.
        """
        if self.analysis.iterations > 0:
            return self.analysis.iterations
        by_default = self.spec.provider == KUBERNETES or self.status.iterations > 0 or not self.weights
        return DEFAULT_ITERATIONS if by_default else 0

    @property
    def strategy(self) -> str:
        """What Flagger calls it: `A/B testing`, `Blue/Green` or `Canary`."""
        if not self.iterations:
            return "Canary"
        return "A/B testing" if self.analysis.match and self.spec.provider != KUBERNETES else "Blue/Green"

    def hooks(self, kind: str) -> tuple[Webhook, ...]:
        """The webhooks of that type."""
        return tuple(hook for hook in self.analysis.webhooks if hook.kind == kind)


_WORKLOADS: Final = ("Deployment", "DaemonSet")
