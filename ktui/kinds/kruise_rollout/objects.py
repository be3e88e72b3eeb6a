"""A Rollout of Kruise Rollouts, with the fields that ktui reads (`rollout_types.go` of openkruise/rollouts).

v1alpha1 has `objectRef.workloadRef` and a `weight` for each step, v1beta1 `workloadRef` and `traffic`, and blue-green.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ktui.model.claims import Place, group_of
from ktui.model.objects import Condition, Meta
from ktui.model.resources import Resource
from ktui.model.structs import Struct
from ktui.model.template import PodTemplate

IntOrText = int | str

NO_TEMPLATE: Final = PodTemplate({})
"""A Rollout has none: that of its workload is what rolls out."""


class WorkloadReference(Struct, frozen=True):
    """The workload that it takes through its steps."""

    api_version: str = ""
    kind: str = ""
    name: str = ""


NO_WORKLOAD: Final = WorkloadReference()


class ObjectReference(Struct, frozen=True):
    """The same in v1alpha1."""

    workload_ref: WorkloadReference = NO_WORKLOAD


class StepPause(Struct, frozen=True):
    """Without a duration, in seconds, it waits for an approval."""

    duration: int | None = None


class Match(Struct, frozen=True):
    """Requests that go to the new version, by header or path: only that there are some counts."""


class Step(Struct, frozen=True):
    """One step."""

    replicas: IntOrText | None = None
    traffic: str | None = None
    """A share, such as `10%`."""
    weight: int | None = None
    """The same in v1alpha1, where it also says how many pods, if `replicas` does not."""
    matches: tuple[Match, ...] = ()
    pause: StepPause = StepPause()


class Routing(Struct, frozen=True):
    """Whose traffic is split."""

    service: str = ""


class Strategy(Struct, frozen=True):
    """The steps, whichever style they are of."""

    steps: tuple[Step, ...] = ()
    traffic_routings: tuple[Routing, ...] = ()
    traffic_routing_ref: str = ""

    @property
    def is_routed(self) -> bool:
        """Whether traffic is split by a router."""
        return bool(self.traffic_routings or self.traffic_routing_ref)


class RolloutStrategy(Struct, frozen=True):
    """One of both styles."""

    paused: bool = False
    canary: Strategy | None = None
    blue_green: Strategy | None = None

    @property
    def style(self) -> Strategy:
        """The one that it has."""
        return self.blue_green or self.canary or Strategy()


class KruiseRolloutSpec(Struct, frozen=True):
    """What was asked for."""

    workload_ref: WorkloadReference = NO_WORKLOAD
    object_ref: ObjectReference = ObjectReference()
    strategy: RolloutStrategy = RolloutStrategy()
    disabled: bool = False
    template: PodTemplate = NO_TEMPLATE
    min_ready_seconds: int = 0

    @property
    def source(self) -> WorkloadReference:
        """The workload, whichever version names it."""
        return self.workload_ref if self.workload_ref.name else self.object_ref.workload_ref


class StepStatus(Struct, frozen=True):
    """Where it is: `canaryStatus` or `blueGreenStatus`."""

    current_step_index: int | None = None
    """From 1."""
    current_step_state: str = ""
    message: str = ""
    last_update_time: datetime | None = None
    stable_revision: str = ""
    canary_replicas: int = 0
    canary_ready_replicas: int = 0
    updated_replicas: int = 0
    updated_ready_replicas: int = 0

    @property
    def new(self) -> tuple[int, int]:
        """How many new pods there are to be, and how many are ready, as the controller counts them."""
        return (
            max(self.canary_replicas, self.updated_replicas),
            max(self.canary_ready_replicas, self.updated_ready_replicas),
        )


class KruiseRolloutStatus(Struct, frozen=True):
    """What its controller last reported."""

    observed_generation: int = 0
    phase: str = ""
    message: str = ""
    canary_status: StepStatus | None = None
    blue_green_status: StepStatus | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def steps(self) -> StepStatus:
        """Where it is in its steps."""
        return self.blue_green_status or self.canary_status or StepStatus()


class KruiseRollout(Struct, frozen=True):
    """rollouts.kruise.io Rollout."""

    metadata: Meta
    spec: KruiseRolloutSpec = KruiseRolloutSpec()
    status: KruiseRolloutStatus = KruiseRolloutStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is now."""
        return 0 < self.status.observed_generation >= self.metadata.generation

    @property
    def claims(self) -> tuple[Place, ...]:
        """The workload that it takes through its steps: one row shows both."""
        source = self.spec.source
        if not source.name:
            return ()
        return (Place(group_of(source.api_version), source.kind, self.metadata.namespace, source.name),)


class BatchRelease(Struct, frozen=True):
    """What a Rollout makes while it runs. It owns the second Deployment of a canary with pods of its own."""

    metadata: Meta


GROUP: Final = "rollouts.kruise.io"

KRUISE_ROLLOUTS: Final = Resource(
    GROUP,
    "v1beta1",
    "rollouts",
    KruiseRollout,
    names=("rollout", "ro", "kro"),
    short="ro",
    kind="Rollout",
    title="Kruise Rollout",
    steered_by="status",
)
BATCH_RELEASES: Final = Resource(GROUP, "v1beta1", "batchreleases", BatchRelease)
