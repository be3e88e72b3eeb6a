"""The workloads beside Deployments: StatefulSets and DaemonSets, with the ControllerRevisions that are their history.

Both own their pods themselves; a pod's label `controller-revision-hash` names the revision that it was made from.
"""

from __future__ import annotations

from typing import Final, Protocol

from ktui.model.objects import CONTROLLER_REVISION_HASH, Condition, Meta, Replicated, RollingUpdate
from ktui.model.structs import ObjectMeta, Struct
from ktui.model.template import PodTemplate, RevisionData

ON_DELETE: Final = "OnDelete"
"""The update strategy under which a pod changes only when someone deletes it."""

ORDERED_READY: Final = "OrderedReady"


class PodCounts(Struct, frozen=True):
    """What the status of a workload that makes its pods itself says, in pods."""

    existing: int = 0
    updated: int = 0
    ready: int = 0
    available: int = 0


class NumberedSpec(Replicated, frozen=True):
    """What was asked of a workload that has a number of pods, and makes them itself."""

    template: PodTemplate
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None


class NumberedStatus(Struct, frozen=True):
    """What its controller last reported. Revisions are names of ControllerRevisions."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] = ()


class NumberedSet(Struct, frozen=True):
    """A workload that has a number of pods, makes them itself, and says in its status which revision it rolls out."""

    metadata: Meta
    spec: NumberedSpec
    status: NumberedStatus = NumberedStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is now."""
        return 0 < self.status.observed_generation >= self.metadata.generation

    @property
    def desired(self) -> int:
        """The number of pods wanted."""
        return self.spec.desired

    @property
    def counts(self) -> PodCounts:
        """What its status says of its pods."""
        reported = self.status
        return PodCounts(
            reported.replicas, reported.updated_replicas, reported.ready_replicas, reported.available_replicas
        )

    @property
    def update_revision(self) -> str | None:
        """The name of the revision that it rolls out, as its status has it."""
        return self.status.update_revision


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


class StatefulSetSpec(NumberedSpec, frozen=True):
    """What was asked for."""

    update_strategy: StatefulSetStrategy = StatefulSetStrategy()
    pod_management_policy: str = ORDERED_READY
    ordinals: Ordinals = Ordinals()

    @property
    def partition(self) -> int:
        """How many pods, from the first ordinal on, stay as they are; it may be more than there are."""
        rolling = self.update_strategy.rolling_update
        return (rolling.partition or 0) if rolling is not None else 0


class StatefulSetStatus(NumberedStatus, frozen=True):
    """What the StatefulSet controller last reported."""

    current_replicas: int = 0


class StatefulSet(NumberedSet, frozen=True):
    """apps/v1 StatefulSet."""

    spec: StatefulSetSpec
    status: StatefulSetStatus = StatefulSetStatus()

    @property
    def target(self) -> int:
        """How many pods the update is to reach: all but the first ones, that the partition holds."""
        return max(0, self.spec.desired - self.spec.partition)

    @property
    def strategy(self) -> str:
        """`RollingUpdate` or `OnDelete`."""
        return self.spec.update_strategy.type

    @property
    def max_surge(self) -> int | str:
        """None is possible: each pod has a name of its own."""
        return 0

    @property
    def max_unavailable(self) -> int | str:
        """How many pods may be missing while it updates."""
        rolling = self.spec.update_strategy.rolling_update
        return 1 if rolling is None or rolling.max_unavailable is None else rolling.max_unavailable

    @property
    def rounds_up(self) -> bool:
        """Whether a percentage of missing pods is rounded up (`getStatefulSetMaxUnavailable`: it is not)."""
        return False


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
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
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

    @property
    def desired(self) -> int:
        """The number of nodes that are to have a pod."""
        return self.status.desired_number_scheduled

    @property
    def target(self) -> int:
        """How many pods the update is to reach."""
        return self.desired

    @property
    def strategy(self) -> str:
        """`RollingUpdate` or `OnDelete`."""
        return self.spec.update_strategy.type

    @property
    def max_surge(self) -> int | str:
        """How many new pods may be beside old ones."""
        rolling = self.spec.update_strategy.rolling_update
        return (rolling.max_surge or 0) if rolling is not None else 0

    @property
    def max_unavailable(self) -> int | str:
        """How many pods may be missing while it updates."""
        rolling = self.spec.update_strategy.rolling_update
        return 1 if rolling is None or rolling.max_unavailable is None else rolling.max_unavailable

    @property
    def rounds_up(self) -> bool:
        """Whether a percentage of pods that may be missing is rounded up (`UnavailableCount`)."""
        return True

    @property
    def counts(self) -> PodCounts:
        """What its status says of its pods."""
        seen = self.status
        return PodCounts(
            seen.current_number_scheduled, seen.updated_number_scheduled, seen.number_ready, seen.number_available
        )

    @property
    def update_revision(self) -> str | None:
        """None: the newest of its revisions is the one that it rolls out."""
        return None


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

    @property
    def pod_hashes(self) -> tuple[str, ...]:
        """All the values that this label may have: a CloneSet can be set to leave its own name out of it.

        Feature gate CloneSetShortHash of OpenKruise (`GetShortHash` of cloneset_utils.go).
        """
        return self.pod_hash, self.pod_hash.rpartition("-")[2]


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


class PodSetSpec(WorkloadSpec, Protocol):
    """What is asked of a workload whose own controller makes its pods."""

    @property
    def revision_history_limit(self) -> int | None:
        """How many old revisions are kept."""


class PodSet(Workload, Protocol):
    """A workload whose own controller makes its pods, and keeps its revisions as ControllerRevisions."""

    @property
    def spec(self) -> PodSetSpec:
        """What is asked for."""

    @property
    def desired(self) -> int:
        """How many pods there are to be."""

    @property
    def target(self) -> int:
        """How many pods the update is to reach: a partition leaves some of them as they are."""

    @property
    def strategy(self) -> str:
        """`RollingUpdate` or `OnDelete`."""

    @property
    def max_surge(self) -> int | str:
        """How many pods more it may have while it updates, as a number or a percentage."""

    @property
    def max_unavailable(self) -> int | str:
        """How many pods fewer it may have while it updates, as a number or a percentage."""

    @property
    def rounds_up(self) -> bool:
        """Whether a percentage of pods that may be missing is rounded up."""

    @property
    def counts(self) -> PodCounts:
        """What its status says of its pods."""

    @property
    def update_revision(self) -> str | None:
        """The name of the revision that it rolls out, as its status has it; None if the newest is the one."""
