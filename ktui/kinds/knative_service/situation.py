"""A Knative Service with its revisions, and who gets which share of the traffic."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.kinds.knative_service.objects import (
    PROGRESS_DEADLINE,
    KnativeIngress,
    KnativeRevision,
    KnativeService,
    Route,
    Target,
)
from ktui.model.durations import seconds
from ktui.model.objects import Condition, Deployment, Pod, ReplicaSet, condition_of
from ktui.rollout.progress import Side
from ktui.rollout.status import DEADLINE_EXCEEDED

READY = "Ready"
CONFIGURATIONS_READY = "ConfigurationsReady"
ACTIVE = "Active"
OUT_OF_DATE = "OutOfDate"
"""Reason for which a condition of a Service does not yet tell of its present spec."""

DEADLINE = 600
"""Seconds that a revision has to become ready where nothing is said (`progress-deadline` of config-deployment)."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One revision with what runs it."""

    revision: KnativeRevision
    share: int = 0
    """Its percent of the traffic, as the status of the Service has it."""
    tagged: tuple[Target, ...] = ()
    """The entries of the status that have a tag, and so a URL of their own."""
    is_newest: bool = False
    deployment: Deployment | None = None
    replicasets: tuple[ReplicaSet, ...] = ()
    pods: tuple[Pod, ...] = ()

    @property
    def name(self) -> str:
        """The name of the Revision."""
        return self.revision.metadata.name

    @property
    def number(self) -> int:
        """Its number; 0 where it has none."""
        return self.revision.number

    @property
    def called(self) -> str:
        """What sentences call it: by its number, or by its name if it has none."""
        return f"revision {self.number}" if self.number else f"the revision {self.name}"

    @property
    def ready(self) -> Condition | None:
        """Its condition Ready."""
        return condition_of(self.revision.status.conditions, READY)

    @property
    def failure(self) -> Condition | None:
        """The condition that tells why it failed, if it did: that time ran out is the least of all reasons."""
        found = [each for each in self.revision.status.conditions if each.status == "False" and each.type != ACTIVE]
        found.sort(key=lambda each: (each.reason in ("", DEADLINE_EXCEEDED), each.type == READY))
        return found[0] if found and self.has_failed else None

    @property
    def is_ready(self) -> bool:
        """Whether traffic may go to it."""
        return self.ready is not None and self.ready.status == "True"

    @property
    def has_failed(self) -> bool:
        """Whether its controller gave it up, for now: False is not final."""
        return self.ready is not None and self.ready.status == "False"

    @property
    def is_asleep(self) -> bool:
        """Whether it is scaled to zero, for lack of requests or of traffic."""
        return not self.side.wanted and not self.side.existing

    @property
    def side(self) -> Side:
        """Its pods; where its Deployment is not known, as many as its autoscaler reports."""
        if self.deployment is None:
            reported = self.revision.status
            there = reported.actual_replicas or 0
            return Side(reported.desired_replicas or 0, there, there, there)
        status = self.deployment.status
        wanted = self.deployment.spec.desired
        return Side(
            wanted, status.replicas, status.ready_replicas, status.available_replicas, status.terminating_replicas
        )

    @property
    def deadline(self) -> float:
        """Seconds that it has to become ready."""
        text = self.revision.metadata.annotations.get(PROGRESS_DEADLINE, "")
        return seconds(text) or DEADLINE


def is_taken_over(service: KnativeService) -> bool:
    """Whether its conditions tell of the present template. Until its Configuration has that, they are older."""
    reported = condition_of(service.status.conditions, CONFIGURATIONS_READY)
    return service.observed and (reported is None or reported.reason != OUT_OF_DATE)


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one Service. `names` are those of all revisions of its namespace; None if they are not known."""

    service: KnativeService
    parts: tuple[Part, ...] = ()
    """Its revisions, the newest first."""
    route: Route | None = None
    ingress: KnativeIngress | None = None
    names: frozenset[str] | None = None

    @property
    def newest(self) -> Part | None:
        """The revision of the newest template that the controller has seen."""
        return next((each for each in self.parts if each.is_newest), None)

    @property
    def is_current(self) -> bool:
        """Whether the newest revision is that of the template: until the controllers have seen it, it is not."""
        return is_taken_over(self.service)

    @property
    def serving(self) -> tuple[Part, ...]:
        """The revisions that get traffic, the one with the most first."""
        return tuple(sorted((each for each in self.parts if each.share), key=lambda each: -each.share))

    @property
    def before(self) -> Part | None:
        """What the newest replaces: the other one with the most traffic, or the one before it."""
        others = [each for each in self.parts if not each.is_newest]
        return next((each for each in self.serving if not each.is_newest), None) or next(iter(others), None)

    def find(self, name: str) -> Part | None:
        """The revision of that name."""
        return next((each for each in self.parts if each.name == name), None)

    def condition(self, kind: str) -> Condition | None:
        """A condition of the Service."""
        return condition_of(self.service.status.conditions, kind)


def situation(
    service: KnativeService,
    revisions: Sequence[KnativeRevision],
    deployments: Sequence[Deployment] = (),
    replicasets: Sequence[ReplicaSet] = (),
    pods: Sequence[Pod] = (),
    *,
    route: Route | None = None,
    ingress: KnativeIngress | None = None,
    names: frozenset[str] | None = None,
) -> Situation:
    """Put together what belongs to a Service; which belongs to which is read from the owners."""
    status = service.status
    parts = []
    for revision in revisions:
        entries = [each for each in status.traffic if each.revision_name == revision.metadata.name]
        deployment = next((each for each in deployments if _owner(each) == revision.metadata.uid), None)
        own = [each for each in replicasets if deployment is not None and _owner(each) == deployment.metadata.uid]
        uids = {each.metadata.uid for each in own}
        parts.append(
            Part(
                revision=revision,
                share=sum(each.share for each in entries),
                tagged=tuple(each for each in entries if each.tag),
                is_newest=revision.metadata.name == status.latest_created_revision_name,
                deployment=deployment,
                replicasets=tuple(own),
                pods=tuple(pod for pod in pods if _owner(pod) in uids),
            )
        )
    parts.sort(key=lambda each: (-each.number, each.name))
    return Situation(service=service, parts=tuple(parts), route=route, ingress=ingress, names=names)


def _owner(obj: Deployment | ReplicaSet | Pod) -> str:
    return obj.metadata.controller.uid if obj.metadata.controller is not None else ""
