"""The objects of Knative Serving, with the fields that ktui reads and no others.

Names are those of its API (serving.knative.dev/v1; `pkg/apis/serving/v1` of knative/serving), in Python's spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

from ktui.model.objects import Condition, Meta
from ktui.model.structs import ObjectMeta, OwnerReference, Struct
from ktui.model.template import PodTemplate

GROUP: Final = "serving.knative.dev"
ROLLOUT_DURATION: Final = f"{GROUP}/rollout-duration"
"""On a Service: how long a new revision takes to get all the traffic of a target that follows the latest one."""
PROGRESS_DEADLINE: Final = f"{GROUP}/progress-deadline"
"""On a revision: how long it may take to become ready, in Go's spelling."""
SERVICE_LABEL: Final = f"{GROUP}/service"
SERVICE_UID: Final = f"{GROUP}/serviceUID"
CONFIGURATION_GENERATION: Final = f"{GROUP}/configurationGeneration"
ROLLOUT_STATE: Final = "networking.internal.knative.dev/rollout"
"""On an Ingress: the state of a gradual rollout (`Rollout` of pkg/reconciler/route/traffic)."""


_ADDED: Final = frozenset(
    f"{GROUP}/{name}" for name in ("creator", "lastModifier", "lastPinned", "routes", "routingStateModified")
)
"""Annotations of a Revision that are not those of its template."""


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Of the labels of a Revision, those of its template."""
    return {key: value for key, value in labels.items() if not key.startswith(f"{GROUP}/")}


def own_annotations(annotations: Mapping[str, str]) -> dict[str, str]:
    """Of the annotations of a Revision, those of its template."""
    return {key: value for key, value in annotations.items() if key not in _ADDED}


class Target(Struct, frozen=True):
    """Where a share of the traffic goes: to one revision, or to the latest that is ready."""

    revision_name: str = ""
    latest_revision: bool | None = None
    percent: int | None = None
    tag: str = ""
    url: str = ""

    @property
    def share(self) -> int:
        """Its percent; left out means none."""
        return self.percent or 0

    @property
    def follows(self) -> bool:
        """Whether it goes to whatever revision is the latest that is ready."""
        return not self.revision_name if self.latest_revision is None else self.latest_revision


LATEST: Final = Target(latest_revision=True, percent=100)
"""What is meant where a Service names no targets."""


class ServiceSpec(Struct, frozen=True):
    """What is asked for."""

    template: PodTemplate
    traffic: tuple[Target, ...] = ()
    min_ready_seconds: int = 0
    """Not a field of Knative, which has no such time."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets; none means all traffic to the latest revision."""
        return self.traffic or (LATEST,)


class ServiceStatus(Struct, frozen=True):
    """What the controllers of the Service, its Configuration and its Route last reported."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    latest_created_revision_name: str = ""
    latest_ready_revision_name: str = ""
    traffic: tuple[Target, ...] = ()
    """Who gets which share, by revision; the same one may be there twice, with and without a tag."""
    url: str = ""


class KnativeService(Struct, frozen=True):
    """serving.knative.dev/v1 Service."""

    metadata: Meta
    spec: ServiceSpec
    status: ServiceStatus = ServiceStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the spec as it is."""
        return 0 < self.status.observed_generation >= self.metadata.generation


class ContainerDigest(Struct, frozen=True):
    """The image of a container by its digest; empty if the registry's are not resolved."""

    name: str = ""
    image_digest: str = ""


class RevisionStatus(Struct, frozen=True):
    """What the controller of a Revision last reported; the replicas are the autoscaler's."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    actual_replicas: int | None = None
    desired_replicas: int | None = None
    container_statuses: tuple[ContainerDigest, ...] = ()


class RevisionMeta(Meta, frozen=True):
    """Metadata of a Revision."""

    @property
    def controller(self) -> OwnerReference | None:
        """The Service that it is of, which its labels name: the Configuration between the two tells nothing more."""
        uid = self.labels.get(SERVICE_UID)
        name = self.labels.get(SERVICE_LABEL, "")
        return OwnerReference(uid, "Service", name, controller=True) if uid else super().controller


class KnativeRevision(Struct, frozen=True):
    """serving.knative.dev/v1 Revision: what one template of a Service has become. Its spec never changes."""

    metadata: RevisionMeta
    spec: Any
    """A PodTemplate once it has been read: the spec of a Revision is that of its pods."""
    status: RevisionStatus = RevisionStatus()

    def __post_init__(self) -> None:
        if isinstance(self.spec, PodTemplate):
            return
        meta = {"labels": own_labels(self.metadata.labels), "annotations": own_annotations(self.metadata.annotations)}
        template = {"metadata": meta, "spec": self.spec}
        try:
            force_setattr(self, "spec", PodTemplate(template))
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError("it is not that of a revision - at `$.spec`") from error

    @property
    def template(self) -> PodTemplate:
        """The template that it was made from."""
        found: PodTemplate = self.spec
        return found

    @property
    def number(self) -> int:
        """The generation of the Configuration that it was made from; 0 where it has none."""
        text = self.metadata.labels.get(CONFIGURATION_GENERATION, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


class RouteStatus(Struct, frozen=True):
    """What the controller of a Route last reported."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class Route(Struct, frozen=True):
    """serving.knative.dev/v1 Route: what brings the traffic to a Service's revisions."""

    metadata: Meta
    status: RouteStatus = RouteStatus()


class IngressMeta(ObjectMeta, frozen=True):
    """Metadata of an Ingress: of its annotations, the state of a gradual rollout."""

    annotations: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        kept = {key: value for key, value in self.annotations.items() if key == ROLLOUT_STATE}
        force_setattr(self, "annotations", kept)


class IngressStatus(Struct, frozen=True):
    """What the ingress controller last reported."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class KnativeIngress(Struct, frozen=True):
    """networking.internal.knative.dev/v1alpha1 Ingress: what the ingress controller goes by."""

    metadata: IngressMeta
    status: IngressStatus = IngressStatus()

    @property
    def rollout_state(self) -> str:
        """The state of a gradual rollout, as JSON; empty for none."""
        return self.metadata.annotations.get(ROLLOUT_STATE, "")
