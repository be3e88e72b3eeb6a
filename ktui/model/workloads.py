"""The workloads beside Deployments: StatefulSets and DaemonSets, with the ControllerRevisions that are their history.

Both own their pods themselves; a pod's label `controller-revision-hash` names the revision that it was made from.
"""

from __future__ import annotations

from typing import Final, Protocol

from ktui.model.objects import CONTROLLER_REVISION_HASH, Condition, Meta, RollingUpdate
from ktui.model.structs import ObjectMeta, Struct
from ktui.model.template import PodTemplate, RevisionData

ON_DELETE: Final = "OnDelete"
"""The update strategy under which a pod changes only when someone deletes it."""

ORDERED_READY: Final = "OrderedReady"


class PartitionedUpdate(Struct, frozen=True):
    """How a StatefulSet updates: its first `partition` pods stay as they are; missing means 0.

    They are counted from the first ordinal, wherever that begins (`isCurrentRevisionNeeded` of its controller).
    """

    partition: int | None = None
    max_unavailable: int | str | None = None


class StatefulSetStrategy(Struct, frozen=True):
    """`RollingUpdate` or `OnDelete`."""

    type: str = "RollingUpdate"
    rolling_update: PartitionedUpdate | None = None


class Ordinals(Struct, frozen=True):
    """Where the pods of a StatefulSet begin to count."""

    start: int = 0


class StatefulSetSpec(Struct, frozen=True):
    """What was asked for."""

    template: PodTemplate
    replicas: int | None = None
    update_strategy: StatefulSetStrategy = StatefulSetStrategy()
    pod_management_policy: str = ORDERED_READY
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    ordinals: Ordinals = Ordinals()

    @property
    def desired(self) -> int:
        """The number of pods wanted; the API's default is 1."""
        return 1 if self.replicas is None else self.replicas

    @property
    def partition(self) -> int:
        """How many pods, from the first ordinal on, stay as they are; it may be more than there are."""
        rolling = self.update_strategy.rolling_update
        return (rolling.partition or 0) if rolling is not None else 0


class StatefulSetStatus(Struct, frozen=True):
    """What the StatefulSet controller last reported. Revisions are names of ControllerRevisions."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] = ()


class StatefulSet(Struct, frozen=True):
    """apps/v1 StatefulSet."""

    metadata: Meta
    spec: StatefulSetSpec
    status: StatefulSetStatus = StatefulSetStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is now."""
        return 0 < self.status.observed_generation >= self.metadata.generation

    @property
    def target(self) -> int:
        """How many pods the update is to reach: all but the first ones, that the partition holds."""
        return max(0, self.spec.desired - self.spec.partition)


class DaemonSetStrategy(Struct, frozen=True):
    """`RollingUpdate` or `OnDelete`."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdate | None = None


class DaemonSetSpec(Struct, frozen=True):
    """What was asked for; how many pods that makes, the nodes say."""

    template: PodTemplate
    update_strategy: DaemonSetStrategy = DaemonSetStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None


class DaemonSetStatus(Struct, frozen=True):
    """What the DaemonSet controller last reported, in nodes."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    conditions: tuple[Condition, ...] = ()


class DaemonSet(Struct, frozen=True):
    """apps/v1 DaemonSet."""

    metadata: Meta
    spec: DaemonSetSpec
    status: DaemonSetStatus = DaemonSetStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is now."""
        return self.metadata.generation <= self.status.observed_generation


class ControllerRevision(Struct, frozen=True):
    """apps/v1 ControllerRevision: one revision of a StatefulSet or a DaemonSet."""

    metadata: Meta
    revision: int = 0
    data: RevisionData = RevisionData(None)

    @property
    def template(self) -> PodTemplate | None:
        """The template that it would bring back; None for data of another kind."""
        return self.data.template

    @property
    def pod_hash(self) -> str:
        """The value of `controller-revision-hash` on its pods.

        A DaemonSet's revisions carry it as a label; a StatefulSet's pods are labelled with the revision's name.
        """
        return self.metadata.labels.get(CONTROLLER_REVISION_HASH) or self.metadata.name


class KubeObject(Protocol):
    """Any object of the API."""

    @property
    def metadata(self) -> ObjectMeta:
        """Its name, its identity and what it belongs to."""


class WorkloadSpec(Protocol):
    """What is asked of any workload."""

    @property
    def template(self) -> PodTemplate:
        """What its pods are made from."""

    @property
    def min_ready_seconds(self) -> int:
        """How long a pod has to be ready before it counts as available."""


class WorkloadStatus(Protocol):
    """What the controller of any workload reports."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """How it stands, by type."""


class Workload(Protocol):
    """What rolls out, of whatever kind."""

    @property
    def metadata(self) -> Meta:
        """Its name, its identity and its generation."""

    @property
    def spec(self) -> WorkloadSpec:
        """What is asked for."""

    @property
    def status(self) -> WorkloadStatus:
        """What its controller reported last."""

    @property
    def observed(self) -> bool:
        """Whether its controller has seen the spec as it is now."""
