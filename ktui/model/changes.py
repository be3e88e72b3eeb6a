"""What a reflector says and the store hears: objects that came, changed or went, and how the link is."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

import msgspec

from ktui.model.objects import Deployment, Event, Pod, ReplicaSet
from ktui.model.routing import EndpointSlice, HTTPRoute, Ingress, Service
from ktui.model.workloads import ControllerRevision, DaemonSet, KubeObject, StatefulSet, Workload


class Resource(Enum):
    """The resources that ktui reads, with their place in the API (group/version, plural) and their type."""

    DEPLOYMENTS = ("apis/apps/v1", "deployments", Deployment)
    REPLICASETS = ("apis/apps/v1", "replicasets", ReplicaSet)
    STATEFULSETS = ("apis/apps/v1", "statefulsets", StatefulSet)
    DAEMONSETS = ("apis/apps/v1", "daemonsets", DaemonSet)
    CONTROLLER_REVISIONS = ("apis/apps/v1", "controllerrevisions", ControllerRevision)
    PODS = ("api/v1", "pods", Pod)
    EVENTS = ("api/v1", "events", Event)
    SERVICES = ("api/v1", "services", Service)
    ENDPOINT_SLICES = ("apis/discovery.k8s.io/v1", "endpointslices", EndpointSlice)
    INGRESSES = ("apis/networking.k8s.io/v1", "ingresses", Ingress)
    HTTP_ROUTES = ("apis/gateway.networking.k8s.io/v1", "httproutes", HTTPRoute)

    def __init__(self, group_version: str, plural: str, type_: type[KubeObject]) -> None:
        self.group_version = group_version
        self.plural = plural
        self.type = type_

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The URL path of the collection in that namespace (None: all), or of one object of it."""
        parts = [self.group_version, *(("namespaces", namespace) if namespace else ()), self.plural]
        return "/" + "/".join([*parts, *filter(None, (name, subresource))])


WORKLOADS: Final = (Resource.DEPLOYMENTS, Resource.STATEFULSETS, Resource.DAEMONSETS)
"""What rolls out."""

STREAMED: Final = (
    *WORKLOADS,
    Resource.REPLICASETS,
    Resource.CONTROLLER_REVISIONS,
    Resource.PODS,
    Resource.EVENTS,
)
"""What rollouts are made of, streamed for as long as ktui runs."""

NEEDED: Final = (Resource.DEPLOYMENTS,)
"""What there must be for anything to be shown. A user who may not see the others still sees Deployments."""

ROUTING: Final = (Resource.SERVICES, Resource.ENDPOINT_SLICES, Resource.INGRESSES, Resource.HTTP_ROUTES)
"""Where traffic goes, streamed only while someone looks at it."""


def resource_of(workload: Workload) -> Resource:
    """The resource of a workload, by its kind."""
    return _BY_KIND[type(workload)]


_BY_KIND: Final = {resource.type: resource for resource in WORKLOADS}


class Put(msgspec.Struct, frozen=True, gc=False):
    """An object as it is now: new or changed."""

    resource: Resource
    object: KubeObject


class Gone(msgspec.Struct, frozen=True, gc=False):
    """An object that was deleted, or was missing from a list; `resource_version` is empty where unknown."""

    resource: Resource
    uid: str
    resource_version: str = ""


class Listed(msgspec.Struct, frozen=True, gc=False):
    """A list is complete: all that exists has been said, and what is not said does not exist."""

    resource: Resource


class Restored(msgspec.Struct, frozen=True, gc=False):
    """The server's history went back, as after a restored backup: nothing that was said of this resource holds.

    What there is follows, with versions that may be lower than those that were known.
    """

    resource: Resource


class LinkState(StrEnum):
    """How a stream is doing."""

    CONNECTING = "connecting"
    """Nothing has been heard yet."""
    LIVE = "live"
    LISTED = "listed"
    """It cannot be watched, and is listed again and again instead: known as of `since`."""
    SILENT = "no answer"
    """Nothing has been heard since then, and the server does not answer; it is asked again by itself."""
    RECONNECTING = "reconnecting"
    """What is known may be stale; trying again by itself."""
    REFUSED = "refused"
    """The server answers, but does not let us (401, 403): trying again now and then."""


class Link(msgspec.Struct, frozen=True):
    """The state of the link of one resource: a change like any other, in order with the objects.

    `since` is when this state began; `reason` is one sentence for a person when it is not live.
    """

    resource: Resource
    state: LinkState
    since: datetime
    reason: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether nothing comes now, though it did or may: it comes back by itself."""
        return self.state in (LinkState.RECONNECTING, LinkState.SILENT)

    @property
    def badness(self) -> tuple[int, datetime]:
        """To find the worst of several links, and of those the one that has been so the longest: the least counts."""
        return _WORST.index(self.state), self.since


_WORST: Final = (
    LinkState.REFUSED,
    LinkState.SILENT,
    LinkState.RECONNECTING,
    LinkState.LISTED,
    LinkState.CONNECTING,
    LinkState.LIVE,
)


Change = Put | Gone | Listed | Restored | Link
