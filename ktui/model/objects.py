"""The Kubernetes objects that ktui keeps, with the fields that it reads and no others.

Decoding goes from the bytes of an answer straight into these structs; what is not named here (volumes, probes)
costs nothing. Whole objects, for a diff, are fetched when they are asked for.

What thousands of pods have in common (their owner, their images, their node) is kept once: `shared`.

Names are those of the Kubernetes API, in Python's spelling.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import force_setattr

from ktui.model.managed import ManagedEntry, spec_writers
from ktui.model.structs import ObjectMeta, Struct, shared
from ktui.model.template import Amounts, Container, PodTemplate, Resources

REVISION: Final = "deployment.kubernetes.io/revision"
REVISION_HISTORY: Final = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE: Final = "kubernetes.io/change-cause"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
CONTROLLER_REVISION_HASH: Final = "controller-revision-hash"

NO_DEADLINE: Final = 2147483647
"""`progressDeadlineSeconds` of a Deployment that has no deadline (docs/semantics.md, Status)."""

HOLD_SECONDS: Final = 2147483646
"""`minReadySeconds` of a Deployment whose canary is held (docs/semantics.md, Hold a canary)."""


class _RevisionLabel(Struct, frozen=True):
    """Of a pod's labels, the one that StatefulSets and DaemonSets give: which ControllerRevision it was made from."""

    revision: str = msgspec.field(default="", name=CONTROLLER_REVISION_HASH)


_NO_LABEL: Final = _RevisionLabel()


class _PodAnnotations(Struct, frozen=True):
    """What is read of the annotations of a pod."""

    updated: str = msgspec.field(default="", name="apps.kruise.io/inplace-update-state")
    """How OpenKruise last changed it in place, as JSON (`apis/apps/pub/inplace_update.go` of openkruise/kruise)."""


_NO_ANNOTATION: Final = _PodAnnotations()


class PodMeta(ObjectMeta, frozen=True):
    """Metadata of a pod."""

    labels: _RevisionLabel = _NO_LABEL
    annotations: _PodAnnotations = _NO_ANNOTATION

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "labels", shared(self.labels))
        force_setattr(self, "annotations", shared(self.annotations))


class ReplicaSetMeta(ObjectMeta, frozen=True):
    """Metadata of a ReplicaSet; its labels are its template's."""

    annotations: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        # The last applied configuration repeats the whole object. That it is there is worth knowing, its text is not.
        slim = {shared(key): "" if key == LAST_APPLIED else value for key, value in self.annotations.items()}
        force_setattr(self, "annotations", slim)


class Meta(ReplicaSetMeta, frozen=True):
    """Metadata of what has generations and labels of its own: a Deployment, a StatefulSet, a DaemonSet."""

    generation: int = 0
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    managed_fields: tuple[ManagedEntry, ...] = ()
    """Those of the managers that own a part of the spec, the newest first; the others are not kept."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.managed_fields:
            force_setattr(self, "managed_fields", spec_writers(self.managed_fields))

    @property
    def template_written(self) -> datetime | None:
        """When a writer of the pod template last changed something: not before the template became what it is."""
        writers = self.template_writers
        return writers[0].time if writers else None

    @property
    def template_writers(self) -> tuple[ManagedEntry, ...]:
        """The managers that own a part of the pod template, the newest first."""
        return tuple(entry for entry in self.managed_fields if entry.owns_template)

    def stopped_since(self, started: datetime | None) -> datetime | None:
        """Since when a rollout is paused, or held at a partition, that began then; for kinds whose status has no time.

        As far as the server tells: when the manager that wrote what stops it last changed any of its fields.
        """
        times = [entry.time for entry in self.managed_fields if entry.time is not None and entry.owns_pause]
        return max([*times, *([started] if started is not None else [])], default=None)

    @property
    def spec_written(self) -> datetime | None:
        """When a writer of the spec last changed something: its number of replicas and whether it is paused too."""
        return self.managed_fields[0].time if self.managed_fields else None


class Condition(Struct, frozen=True):
    """One condition of a Deployment, a ReplicaSet or a pod; `status` is True, False or Unknown."""

    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_update_time: datetime | None = None
    last_transition_time: datetime | None = None


_INITIALIZED: Final = Condition("Initialized", "True")


def _telling(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """The conditions of a pod that say something: Ready, Initialized, and whichever is not simply true."""
    kept = []
    for known in conditions:
        plain = known.status == "True" and not known.reason and not known.message
        if known.type == "Ready" and plain:
            kept.append(Condition("Ready", "True", last_transition_time=known.last_transition_time))
        elif known.type == "Initialized" and plain:
            kept.append(_INITIALIZED)
        elif not plain:
            kept.append(known)
    return tuple(kept)


def condition_of(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """The condition of that type, or None."""
    for condition in conditions:
        if condition.type == kind:
            return condition
    return None


class RollingUpdate(Struct, frozen=True):
    """Surge and unavailability as they are written: a number of pods, or a percentage of the desired ones."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class Strategy(Struct, frozen=True):
    """How a Deployment replaces pods: `RollingUpdate` or `Recreate`."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdate | None = None


class Replicated(Struct, frozen=True, kw_only=True):
    """The part of a spec that asks for a number of pods."""

    replicas: int | None = None

    @property
    def desired(self) -> int:
        """The number of pods wanted; the API's default is 1."""
        return 1 if self.replicas is None else self.replicas


class DeploymentSpec(Replicated, frozen=True):
    """What was asked for."""

    template: PodTemplate
    paused: bool = False
    strategy: Strategy = Strategy()
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None
    revision_history_limit: int | None = None


class DeploymentStatus(Struct, frozen=True):
    """What the Deployment controller last reported. `terminating_replicas` None means unknown, not 0."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    collision_count: int | None = None
    """How often a ReplicaSet of the template's hash turned out to have another template."""
    conditions: tuple[Condition, ...] = ()


class Deployment(Struct, frozen=True):
    """apps/v1 Deployment."""

    metadata: Meta
    spec: DeploymentSpec
    status: DeploymentStatus = DeploymentStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is now."""
        return self.metadata.generation <= self.status.observed_generation


class ReplicaSetSpec(Replicated, frozen=True):
    """How many pods of which template."""

    template: PodTemplate | None = None
    min_ready_seconds: int = 0


class ReplicaSetStatus(Struct, frozen=True):
    """What the ReplicaSet controller last reported."""

    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()


class ReplicaSet(Struct, frozen=True):
    """apps/v1 ReplicaSet: one revision of a Deployment."""

    metadata: ReplicaSetMeta
    spec: ReplicaSetSpec
    status: ReplicaSetStatus = ReplicaSetStatus()


class PodSpec(Struct, frozen=True):
    """Where a pod runs and what it consists of."""

    node_name: str = ""
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    resources: Resources = Resources()
    """What is said of the pod as a whole, where that is (Kubernetes 1.34 and later)."""
    overhead: Amounts = Amounts()
    """What its runtime takes on top of its containers."""

    def __post_init__(self) -> None:
        force_setattr(self, "node_name", shared(self.node_name))
        force_setattr(self, "containers", shared(self.containers))
        force_setattr(self, "init_containers", shared(self.init_containers))


class Waiting(Struct, frozen=True):
    """A container that does not run yet, or not again."""

    reason: str = ""
    message: str = ""


class Running(Struct, frozen=True):
    """A container that runs."""

    started_at: datetime | None = None


class Terminated(Struct, frozen=True):
    """A container that has ended."""

    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(Struct, frozen=True):
    """At most one of the three is set; none means waiting."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


_NO_STATE: Final = ContainerState()
_NO_RESOURCES: Final = Resources()


class ContainerStatus(Struct, frozen=True):
    """How one container of a pod is doing."""

    name: str
    ready: bool = False
    restart_count: int = 0
    started: bool | None = None
    state: ContainerState = _NO_STATE
    last_state: ContainerState = _NO_STATE
    resources: Resources = _NO_RESOURCES
    """What is in force, which differs from the spec while a resize waits; empty where the kubelet does not tell."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", shared(self.name))
        force_setattr(self, "resources", shared(self.resources))
        if self.last_state == _NO_STATE:
            force_setattr(self, "last_state", _NO_STATE)


class PodStatus(Struct, frozen=True):
    """What the kubelet and the scheduler last reported.

    `conditions` are those that tell something: Ready, Initialized, and whichever is not simply true.
    """

    phase: str = ""
    reason: str = ""
    message: str = ""
    nominated_node_name: str = ""
    """The node on which lower priorities are stopped to make room for it."""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "phase", shared(self.phase))
        force_setattr(self, "conditions", _telling(self.conditions))


class Pod(Struct, frozen=True):
    """v1 Pod."""

    metadata: PodMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def revision_hash(self) -> str:
        """What names the ControllerRevision that it was made from; empty for a pod of a ReplicaSet."""
        return self.metadata.labels.revision
