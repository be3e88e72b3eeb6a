"""Where traffic goes: Services, the endpoints that they have, and what sends requests to them from outside.

Only the fields that tell which pods a Service reaches, and from where it is reached. They are streamed while someone
looks at them, and forgotten after that.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import force_setattr

from ktui.model.structs import ObjectMeta, Struct, shared

SERVICE_NAME: Final = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its Service, no matter who made it."""


class ServicePort(Struct, frozen=True):
    """One port of a Service; `target_port` is a number, or the name of a container's port, and `port` if it is 0."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str = 0

    @property
    def target(self) -> int | str:
        """Where on a pod it leads to."""
        return self.target_port or self.port


class ServiceSpec(Struct, frozen=True):
    """Which pods, on which ports."""

    selector: dict[str, str] = msgspec.field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()
    type: str = "ClusterIP"
    publish_not_ready_addresses: bool = False


class Service(Struct, frozen=True):
    """v1 Service."""

    metadata: ObjectMeta
    spec: ServiceSpec = ServiceSpec()


class SliceMeta(ObjectMeta, frozen=True):
    """Metadata of an EndpointSlice: of its labels, the one that names the Service."""

    labels: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        force_setattr(self, "labels", {key: shared(text) for key, text in self.labels.items() if key == SERVICE_NAME})


class TargetReference(Struct, frozen=True):
    """What an endpoint is an address of."""

    kind: str = ""
    name: str = ""
    uid: str = ""


class EndpointConditions(Struct, frozen=True):
    """Whether an endpoint is sent requests. What is not said is true for `ready`, and for `serving` as `ready` is."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None

    @property
    def is_ready(self) -> bool:
        """Whether new connections go there."""
        return self.ready is not False

    @property
    def is_draining(self) -> bool:
        """Whether it stops, and still answers meanwhile."""
        return bool(self.terminating) and (self.is_ready if self.serving is None else self.serving)


class Endpoint(Struct, frozen=True):
    """One pod, or what else answers; without addresses it is not one yet."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    target_ref: TargetReference = TargetReference()


class EndpointSlice(Struct, frozen=True):
    """discovery.k8s.io/v1 EndpointSlice: some of a Service's endpoints."""

    metadata: SliceMeta
    endpoints: tuple[Endpoint, ...] | None = None

    @property
    def service(self) -> str:
        """The name of the Service that it belongs to; empty for none."""
        return self.metadata.labels.get(SERVICE_NAME, "")


class IngressService(Struct, frozen=True):
    """A Service by its name."""

    name: str = ""


class IngressBackend(Struct, frozen=True):
    """Where an Ingress sends requests; `service` None is another kind of backend."""

    service: IngressService | None = None


class IngressPath(Struct, frozen=True):
    """One path of a host."""

    backend: IngressBackend = IngressBackend()
    path: str = ""


class IngressPaths(Struct, frozen=True):
    """The paths of a host."""

    paths: tuple[IngressPath, ...] = ()


class IngressRule(Struct, frozen=True):
    """What is done with requests for one host; an empty host is any."""

    host: str = ""
    http: IngressPaths | None = None


class IngressSpec(Struct, frozen=True):
    """All rules, and where requests go that none of them matches."""

    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()


class Ingress(Struct, frozen=True):
    """networking.k8s.io/v1 Ingress."""

    metadata: ObjectMeta
    spec: IngressSpec = IngressSpec()


class BackendRef(Struct, frozen=True):
    """One backend of a route, with its share of the requests; an empty namespace is the route's own."""

    name: str = ""
    kind: str = "Service"
    group: str = ""
    namespace: str = ""
    weight: int = 1


class PathMatch(Struct, frozen=True):
    """A path that a route takes."""

    value: str = "/"


class RouteMatch(Struct, frozen=True):
    """What a request has to be like."""

    path: PathMatch | None = None


class RouteRule(Struct, frozen=True):
    """Requests that match go to the backends, by their weights."""

    matches: tuple[RouteMatch, ...] = ()
    backend_refs: tuple[BackendRef, ...] = ()


class HTTPRouteSpec(Struct, frozen=True):
    """All rules, for these hosts; none means any host."""

    hostnames: tuple[str, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class HTTPRoute(Struct, frozen=True):
    """gateway.networking.k8s.io/v1 HTTPRoute."""

    metadata: ObjectMeta
    spec: HTTPRouteSpec = HTTPRouteSpec()
