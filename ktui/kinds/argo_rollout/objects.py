"""The objects of Argo Rollouts, with the fields that ktui reads and no others.

Names are those of its API (argoproj.io/v1alpha1; `pkg/apis/rollouts/v1alpha1` of argoproj/argo-rollouts), in Python's
spelling. A field that another version does not know is missing, and one that this does not know is ignored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from ktui.model.claims import Place, group_of
from ktui.model.objects import Condition, Meta, Replicated
from ktui.model.structs import Struct
from ktui.model.template import PodTemplate

REVISION: Final = "rollout.argoproj.io/revision"
WORKLOAD_GENERATION: Final = "rollout.argoproj.io/workload-generation"
"""On a Rollout with `workloadRef`: the generation of the workload whose template it has taken over."""
SCALE_DOWN_DEADLINE: Final = "scale-down-deadline"
"""On a ReplicaSet that has lost its traffic: when it is scaled down."""

DEFAULT_DEADLINE: Final = 600
"""`progressDeadlineSeconds` where nothing is said (`DefaultProgressDeadlineSeconds` of utils/defaults)."""

ISTIO: Final = "networking.istio.io"
VIRTUAL_SERVICE: Final = "VirtualService"

IntOrText = int | str


class Nothing(Struct, frozen=True):
    """Something of which only counts whether it is there."""


class Pause(Struct, frozen=True):
    """A pause as a step; without a duration it lasts until someone promotes."""

    duration: IntOrText | None = None


class CanaryScale(Struct, frozen=True):
    """How many canary pods there are, apart from their weight."""

    weight: int | None = None
    replicas: int | None = None
    match_traffic_weight: bool = False


class Named(Struct, frozen=True):
    """Something of which only the name counts."""

    name: str = ""


class TemplateRef(Struct, frozen=True):
    """Which AnalysisTemplate an analysis is made from."""


class AnalysisStep(Struct, frozen=True):
    """Analyses that run; in the background, from `starting_step` on."""

    templates: tuple[TemplateRef, ...] = ()
    starting_step: int | None = None


class ExperimentStep(Struct, frozen=True):
    """Pods of several templates side by side, for a while."""

    templates: tuple[Named, ...] = ()
    duration: str = ""


class Step(Struct, frozen=True):
    """One step of a canary; one of these is set."""

    set_weight: int | None = None
    pause: Pause | None = None
    experiment: ExperimentStep | None = None
    analysis: AnalysisStep | None = None
    set_canary_scale: CanaryScale | None = None
    set_header_route: Named | None = None
    set_mirror_route: Named | None = None
    plugin: Named | None = None


class VirtualServiceRef(Struct, frozen=True):
    """A VirtualService of Istio, as `name` or `name.namespace`, and its routes."""

    name: str = ""
    routes: tuple[str, ...] = ()

    def place(self, namespace: str) -> Place:
        """Where it is, for a Rollout of that namespace (`GetVirtualServiceNamespaceName` of utils/istio)."""
        short = self.name.removesuffix(".cluster.local")
        name, _, elsewhere = short.rpartition(".")
        return Place(ISTIO, VIRTUAL_SERVICE, elsewhere if name else namespace, name or short)


class DestinationRuleRef(Struct, frozen=True):
    """A DestinationRule of Istio, whose subsets stand for the two sides where no Services do."""

    name: str = ""
    canary_subset_name: str = ""
    stable_subset_name: str = ""


class Istio(Struct, frozen=True):
    """Traffic by VirtualServices of Istio."""

    virtual_service: VirtualServiceRef | None = None
    virtual_services: tuple[VirtualServiceRef, ...] = ()
    destination_rule: DestinationRuleRef | None = None

    @property
    def all_services(self) -> tuple[VirtualServiceRef, ...]:
        """The VirtualServices that are named, in either way."""
        single = (self.virtual_service,) if self.virtual_service is not None else ()
        return (*single, *self.virtual_services)


class TrafficRouting(Struct, frozen=True):
    """Who splits the traffic. Without it the number of pods does."""

    istio: Istio | None = None
    max_traffic_weight: int | None = None


class PingPong(Struct, frozen=True):
    """Two Services that take turns at being the stable one."""

    ping_service: str = ""
    pong_service: str = ""


class Canary(Struct, frozen=True):
    """The strategy canary."""

    steps: tuple[Step, ...] = ()
    stable_service: str = ""
    canary_service: str = ""
    ping_pong: PingPong | None = None
    traffic_routing: TrafficRouting | None = None
    analysis: AnalysisStep | None = None
    max_surge: IntOrText | None = None
    max_unavailable: IntOrText | None = None
    scale_down_delay_seconds: int | None = None
    abort_scale_down_delay_seconds: int | None = None
    dynamic_stable_scale: bool = False

    @property
    def virtual_services(self) -> tuple[VirtualServiceRef, ...]:
        """The VirtualServices that split the traffic."""
        istio = self.traffic_routing.istio if self.traffic_routing is not None else None
        return tuple(each for each in istio.all_services if each.name) if istio is not None else ()

    @property
    def max_weight(self) -> int:
        """The weight that is all of the traffic (`MaxTrafficWeight` of utils/weightutil)."""
        routing = self.traffic_routing
        return 100 if routing is None or routing.max_traffic_weight is None else routing.max_traffic_weight


class BlueGreen(Struct, frozen=True):
    """The strategy blue-green."""

    active_service: str = ""
    preview_service: str = ""
    auto_promotion_enabled: bool | None = None
    auto_promotion_seconds: int = 0
    scale_down_delay_seconds: int | None = None
    abort_scale_down_delay_seconds: int | None = None
    max_unavailable: IntOrText | None = None
    post_promotion_analysis: AnalysisStep | None = None

    @property
    def promotes_itself(self) -> bool:
        """Whether it is promoted without anyone; that is the default."""
        return self.auto_promotion_enabled is not False


class RolloutStrategy(Struct, frozen=True):
    """One of both; neither is an invalid spec."""

    canary: Canary | None = None
    blue_green: BlueGreen | None = None


NO_TEMPLATE: Final = PodTemplate({})
"""That of a Rollout which takes it from another workload."""


class WorkloadRef(Struct, frozen=True):
    """The workload that the template is taken from."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    scale_down: str = ""
    """`never`, `onsuccess` or `progressively`."""


class RollbackWindow(Struct, frozen=True):
    """How many revisions back a rollback skips the steps."""

    revisions: int = 0


class ArgoRolloutSpec(Replicated, frozen=True):
    """What was asked for."""

    template: PodTemplate = NO_TEMPLATE
    """An empty one with `workload_ref`."""
    workload_ref: WorkloadRef | None = None
    paused: bool = False
    strategy: RolloutStrategy = RolloutStrategy()
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None
    progress_deadline_abort: bool = False
    restart_at: datetime | None = None
    rollback_window: RollbackWindow | None = None
    revision_history_limit: int | None = None


class PauseCondition(Struct, frozen=True):
    """Why the controller has stopped, and since when."""

    reason: str = ""
    start_time: datetime | None = None


class RunReference(Struct, frozen=True):
    """An AnalysisRun, as the status of a Rollout tells of it."""

    name: str = ""
    status: str = ""
    message: str = ""


class Weight(Struct, frozen=True):
    """The share of one destination in the traffic."""

    weight: int = 0
    service_name: str = ""


class Weights(Struct, frozen=True):
    """The weights that were last set; `verified` is None where no one checks."""

    canary: Weight = Weight()
    stable: Weight = Weight()
    verified: bool | None = None


class CanaryStatus(Struct, frozen=True):
    """What is so of a canary."""

    current_step_analysis_run_status: RunReference | None = None
    current_background_analysis_run_status: RunReference | None = None
    weights: Weights | None = None
    stable_ping_pong: str = ""


class BlueGreenStatus(Struct, frozen=True):
    """What is so of blue and green; selectors are hashes of templates."""

    active_selector: str = ""
    preview_selector: str = ""
    pre_promotion_analysis_run_status: RunReference | None = None
    post_promotion_analysis_run_status: RunReference | None = None


class Duration(Struct, frozen=True):
    """When the rollout began and how it ended, where the controller says so."""

    rollout_started_at: datetime | None = None
    finished_at: datetime | None = None


class ArgoRolloutStatus(Struct, frozen=True):
    """What the controller last reported."""

    phase: str = ""
    message: str = ""
    observed_generation: str = ""
    """A text: the generation, or a hash in the controllers before 0.10."""
    abort: bool = False
    aborted_at: datetime | None = None
    promote_full: bool = False
    controller_pause: bool = False
    pause_conditions: tuple[PauseCondition, ...] = ()
    current_pod_hash: str = ""
    stable_rs: str = msgspec.field(default="", name="stableRS")
    current_step_index: int | None = None
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    selector: str = ""
    restarted_at: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    canary: CanaryStatus = CanaryStatus()
    blue_green: BlueGreenStatus = BlueGreenStatus()
    duration: Duration | None = None


class ArgoRollout(Struct, frozen=True):
    """argoproj.io/v1alpha1 Rollout."""

    metadata: Meta
    spec: ArgoRolloutSpec = ArgoRolloutSpec()
    status: ArgoRolloutStatus = ArgoRolloutStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is now (`isGenerationObserved` of utils/rollout).

        What is not a number, or a higher one, is a hash of the controllers before 0.10.
        """
        seen = self.status.observed_generation
        if not (len(seen) < _LONGEST_GENERATION and seen.isascii() and seen.isdecimal()):
            return True
        return int(seen) >= self.metadata.generation

    @property
    def claims(self) -> tuple[Place, ...]:
        """What splits the traffic between its two sides, and the workload that its template is taken from, if it is."""
        source, namespace, canary = self.spec.workload_ref, self.metadata.namespace, self.spec.strategy.canary
        found = [Place("", "Service", namespace, name) for name in self.services]
        found += [each.place(namespace) for each in canary.virtual_services] if canary is not None else []
        if source is not None:
            found.append(Place(group_of(source.api_version), source.kind, namespace, source.name))
        return tuple(found)

    @property
    def services(self) -> tuple[str, ...]:
        """The Services that the spec names, in the order in which the controller looks for them."""
        strategy, names = self.spec.strategy, [""]
        if strategy.blue_green is not None:
            names = [strategy.blue_green.active_service, strategy.blue_green.preview_service]
        elif strategy.canary is not None:
            pair = strategy.canary.ping_pong
            names = [strategy.canary.stable_service, strategy.canary.canary_service]
            names += [pair.ping_service, pair.pong_service] if pair is not None else []
        return tuple(name for name in names if name)

    @property
    def promoted(self) -> bool:
        """Whether what is current is what is stable: nothing is being rolled out (`IsFullyPromoted`)."""
        return self.status.stable_rs == self.status.current_pod_hash

    def paused_for(self, *reasons: str) -> PauseCondition | None:
        """The pause of one of these reasons, if there is one."""
        return next((pause for pause in self.status.pause_conditions if pause.reason in reasons), None)


_LONGEST_GENERATION: Final = 20
