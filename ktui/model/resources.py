"""The resources that ktui reads: their place in the API, and the type that their objects are read as."""

from __future__ import annotations

from typing import Final

from ktui.model.events import Event
from ktui.model.objects import Deployment, Pod, ReplicaSet
from ktui.model.routing import EndpointSlice, HTTPRoute, Ingress, Service
from ktui.model.workloads import ControllerRevision, DaemonSet, KubeObject, StatefulSet, Workload


class Resource:
    """One resource of the API. There is one value for each, compared by identity.

    `names` are what people call an object of it, beside the plural: the singular first. Only workloads have them, which
    are what rolls out. `short` stands before a workload's name in a list; it is empty for Deployments.
    `labelled` is a label that those objects have which ktui reads; empty means all.
    """

    __slots__ = ("_kind", "_title", "group", "labelled", "names", "plural", "short", "steered_by", "type", "version")

    def __init__(
        self,
        group: str,
        version: str,
        plural: str,
        type_: type[KubeObject],
        *,
        names: tuple[str, ...] = (),
        short: str = "",
        kind: str = "",
        steered_by: str = "",
        title: str = "",
        labelled: str = "",
    ) -> None:
        self.group = group
        """Empty for the core group."""
        self.version = version
        self.plural = plural
        self.type = type_
        self.names = names
        self.short = short
        self.steered_by = steered_by
        """The subresource in which its controller takes orders: to promote, to abort. Empty is the object itself."""
        self.labelled = labelled
        self._title = title
        self._kind = kind
        _BY_TYPE[type_] = self

    def __repr__(self) -> str:
        return self.plural

    @property
    def is_workload(self) -> bool:
        """Whether its objects roll out."""
        return bool(self.names)

    @property
    def claims(self) -> bool:
        """Whether its objects roll out what other objects hold (`claims`)."""
        return hasattr(self.type, "claims")

    @property
    def kind(self) -> str:
        """What the API calls one of its objects: `Deployment`."""
        return self._kind or self.type.__name__

    @property
    def title(self) -> str:
        """What people call its kind, where another one has the same name: `Knative Service`; else the kind."""
        return self._title or self.kind

    @property
    def group_version(self) -> str:
        """The path of its group and version: `api/v1`, `apis/apps/v1`."""
        return f"apis/{self.group}/{self.version}" if self.group else f"api/{self.version}"

    @property
    def titles(self) -> str:
        """The same for several: `Canaries`, `Ingresses`, `Argo Rollouts`."""
        title = self.title
        return f"{title[:-1]}ies" if title.endswith("y") else f"{title}{'es' if title.endswith('s') else 's'}"

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The URL path of the collection in that namespace (None: all), or of one object of it."""
        parts = [self.group_version, *(("namespaces", namespace) if namespace else ()), self.plural]
        return "/" + "/".join([*parts, *filter(None, (name, subresource))])


_BY_TYPE: Final[dict[type[KubeObject], Resource]] = {}

DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", Deployment, names=("deployment", "deploy"))
STATEFULSETS: Final = Resource("apps", "v1", "statefulsets", StatefulSet, names=("statefulset", "sts"), short="sts")
DAEMONSETS: Final = Resource("apps", "v1", "daemonsets", DaemonSet, names=("daemonset", "ds"), short="ds")
REPLICASETS: Final = Resource("apps", "v1", "replicasets", ReplicaSet)
CONTROLLER_REVISIONS: Final = Resource("apps", "v1", "controllerrevisions", ControllerRevision)
PODS: Final = Resource("", "v1", "pods", Pod)
EVENTS: Final = Resource("", "v1", "events", Event)
SERVICES: Final = Resource("", "v1", "services", Service)
ENDPOINT_SLICES: Final = Resource("discovery.k8s.io", "v1", "endpointslices", EndpointSlice)
INGRESSES: Final = Resource("networking.k8s.io", "v1", "ingresses", Ingress)
HTTP_ROUTES: Final = Resource("gateway.networking.k8s.io", "v1", "httproutes", HTTPRoute)

NEEDED: Final = (DEPLOYMENTS,)
"""What there must be for anything to be shown. A user who may not see the others still sees Deployments."""

ROUTING: Final = (SERVICES, ENDPOINT_SLICES, INGRESSES, HTTP_ROUTES)
"""Where traffic goes, streamed only while someone looks at it."""


def resource_of(workload: Workload) -> Resource:
    """The resource of a workload, by its type."""
    return _BY_TYPE[type(workload)]


def resource_for(kind: type[KubeObject]) -> Resource:
    """The resource whose objects are read as that type."""
    return _BY_TYPE[kind]


def known_resources() -> tuple[Resource, ...]:
    """All resources. Those of a kind of workload are known once its module is imported (`ktui.kinds.registry`)."""
    return tuple(_BY_TYPE.values())


def unique_name(resource: Resource) -> str:
    """What names it among all: its plural, and its group if another resource had that plural first."""
    first = next(each for each in _BY_TYPE.values() if each.plural == resource.plural)
    return resource.plural if first is resource else f"{resource.plural}.{resource.group}"


def resource_named(name: str) -> Resource | None:
    """The resource that has this unique name; None if there is none."""
    return next((each for each in _BY_TYPE.values() if unique_name(each) == name), None)
