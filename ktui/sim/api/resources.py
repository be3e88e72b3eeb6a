"""The resources that the simulated API server serves, as its discovery documents tell them.

Some are built in. A cluster adds those that its CustomResourceDefinitions describe (``api.customs``): each cluster has
a ``Catalog`` of its own.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

READ_VERBS = ("get", "list")
ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_NAMESPACE_VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")
_STATUS_VERBS = ("get", "patch", "update")


@dataclass(frozen=True)
class Subresource:
    """One subresource, such as ``deployments/scale``; ``kind``, ``group`` and ``version`` are those of its own body.

    One that is not ``simulated`` is discovered, guarded by roles, and answered 501.
    """

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""
    simulated: bool = True


@dataclass(frozen=True)
class ScalePaths:
    """Where a custom resource has what its Scale shows: paths such as ``.spec.replicas``."""

    spec_replicas: str
    status_replicas: str
    selector: str = ""


@dataclass(frozen=True)
class PrinterColumn:
    """A column that ``kubectl get`` shows of a custom resource; ``path`` is a JSON path."""

    name: str
    type: str
    path: str
    format: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Custom:
    """What a CustomResourceDefinition says of a resource beside its names."""

    storage_version: str
    columns: tuple[PrinterColumn, ...] = ()
    scale: ScalePaths | None = None


@dataclass(frozen=True)
class Resource:
    """One served resource. Two versions of the same thing (HPA v1 and v2, both Event groups) share ``storage``.

    One that is built in is not ``custom``.
    """

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    stored_with: tuple[str, str] | None = None
    custom: Custom | None = None

    @cached_property
    def storage(self) -> tuple[str, str]:
        """Group and plural under which the objects are stored."""
        return self.stored_with or (self.group, self.plural)

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The resource as messages name it: ``deployments.apps``, or ``pods`` for the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """The kind as messages name it: ``Deployment.apps``, or ``Pod`` for the core group."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def list_kind(self) -> str:
        """The kind of a list of these."""
        return f"{self.kind}List"

    @property
    def is_review(self) -> bool:
        """Whether this can only be posted and is never stored."""
        return self.verbs == ("create",)

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of this name, if there is one."""
        return next((sub for sub in self.subresources if sub.name == name), None)


def _status(kind: str) -> Subresource:
    return Subresource("status", kind, _STATUS_VERBS)


def _streamed(*names: str) -> tuple[Subresource, ...]:
    kinds = {"attach": "PodAttachOptions", "exec": "PodExecOptions", "portforward": "PodPortForwardOptions"}
    return tuple(Subresource(name, kinds[name], ("create", "get"), simulated=False) for name in names)


def _scale() -> Subresource:
    return Subresource("scale", "Scale", _STATUS_VERBS, "autoscaling", "v1")


def _workload(plural: str, kind: str, *short: str, scale: bool = True) -> Resource:
    subresources = (_scale(), _status(kind)) if scale else (_status(kind),)
    return Resource(
        "apps", "v1", plural, kind.lower(), kind,
        short_names=short, categories=("all",), subresources=subresources,
    )  # fmt: skip


_CORE = (
    Resource("", "v1", "configmaps", "configmap", "ConfigMap", short_names=("cm",)),
    Resource("", "v1", "endpoints", "endpoints", "Endpoints", short_names=("ep",)),
    Resource("", "v1", "events", "event", "Event", short_names=("ev",)),
    Resource("", "v1", "limitranges", "limitrange", "LimitRange", short_names=("limits",)),
    Resource(
        "", "v1", "namespaces", "namespace", "Namespace", namespaced=False, short_names=("ns",),
        verbs=_NAMESPACE_VERBS,
        subresources=(Subresource("finalize", "Namespace", ("update",)), _status("Namespace")),
    ),
    Resource(
        "", "v1", "nodes", "node", "Node", namespaced=False, short_names=("no",), subresources=(_status("Node"),)
    ),
    Resource(
        "", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim",
        short_names=("pvc",), subresources=(_status("PersistentVolumeClaim"),),
    ),
    Resource(
        "", "v1", "pods", "pod", "Pod", short_names=("po",), categories=("all",),
        subresources=(
            *_streamed("attach"),
            Subresource("binding", "Binding", ("create",)),
            Subresource("ephemeralcontainers", "Pod", _STATUS_VERBS, simulated=False),
            Subresource("eviction", "Eviction", ("create",), "policy", "v1"),
            *_streamed("exec"),
            Subresource("log", "Pod", ("get",)),
            *_streamed("portforward"),
            Subresource("resize", "Pod", _STATUS_VERBS, simulated=False),
            _status("Pod"),
        ),
    ),
    Resource(
        "", "v1", "replicationcontrollers", "replicationcontroller", "ReplicationController",
        short_names=("rc",), categories=("all",), subresources=(_scale(), _status("ReplicationController")),
    ),
    Resource(
        "", "v1", "resourcequotas", "resourcequota", "ResourceQuota",
        short_names=("quota",), subresources=(_status("ResourceQuota"),),
    ),
    Resource("", "v1", "secrets", "secret", "Secret"),
    Resource(
        "", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", short_names=("sa",),
        subresources=(
            Subresource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1", simulated=False),
        ),
    ),
    Resource(
        "", "v1", "services", "service", "Service",
        short_names=("svc",), categories=("all",), subresources=(_status("Service"),),
    ),
)  # fmt: skip

_APPS = (
    Resource("apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision"),
    _workload("daemonsets", "DaemonSet", "ds", scale=False),
    _workload("deployments", "Deployment", "deploy"),
    _workload("replicasets", "ReplicaSet", "rs"),
    _workload("statefulsets", "StatefulSet", "sts"),
)

_HPA = "HorizontalPodAutoscaler"
_RBAC = "rbac.authorization.k8s.io"
_DEFINITION = "CustomResourceDefinition"
_OTHERS = (
    Resource(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", _DEFINITION.lower(), _DEFINITION,
        namespaced=False, short_names=("crd", "crds"), categories=("api-extensions",),
        subresources=(_status(_DEFINITION),),
    ),
    Resource(
        "authentication.k8s.io", "v1", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview",
        namespaced=False, verbs=("create",),
    ),
    Resource(
        "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview",
        "SelfSubjectAccessReview", namespaced=False, verbs=("create",),
    ),
    Resource(
        "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "selfsubjectrulesreview",
        "SelfSubjectRulesReview", namespaced=False, verbs=("create",),
    ),
    Resource(
        "autoscaling", "v2", "horizontalpodautoscalers", _HPA.lower(), _HPA,
        short_names=("hpa",), categories=("all",), subresources=(_status(_HPA),),
    ),
    Resource(
        "autoscaling", "v1", "horizontalpodautoscalers", _HPA.lower(), _HPA,
        short_names=("hpa",), categories=("all",), subresources=(_status(_HPA),),
    ),
    Resource(
        "batch", "v1", "cronjobs", "cronjob", "CronJob",
        short_names=("cj",), categories=("all",), subresources=(_status("CronJob"),),
    ),
    Resource("batch", "v1", "jobs", "job", "Job", categories=("all",), subresources=(_status("Job"),)),
    Resource("coordination.k8s.io", "v1", "leases", "lease", "Lease"),
    Resource("discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice"),
    Resource("events.k8s.io", "v1", "events", "event", "Event", short_names=("ev",), stored_with=("", "events")),
    Resource("metrics.k8s.io", "v1beta1", "nodes", "", "NodeMetrics", namespaced=False, verbs=READ_VERBS),
    Resource("metrics.k8s.io", "v1beta1", "pods", "", "PodMetrics", verbs=READ_VERBS),
    Resource(
        "networking.k8s.io", "v1", "ingresses", "ingress", "Ingress",
        short_names=("ing",), subresources=(_status("Ingress"),),
    ),
    Resource(
        "policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget",
        short_names=("pdb",), subresources=(_status("PodDisruptionBudget"),),
    ),
    Resource(_RBAC, "v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", namespaced=False),
    Resource(_RBAC, "v1", "clusterroles", "clusterrole", "ClusterRole", namespaced=False),
    Resource(_RBAC, "v1", "rolebindings", "rolebinding", "RoleBinding"),
    Resource(_RBAC, "v1", "roles", "role", "Role"),
)  # fmt: skip

RESOURCES: tuple[Resource, ...] = (*_CORE, *_APPS, *_OTHERS)

BUILT_IN_GROUPS = frozenset(resource.group for resource in RESOURCES)


def of(group: str, plural: str) -> Resource:
    """The preferred version of a resource that is built in.

    Raises:
        KeyError: nothing of that name is.
    """
    for resource in RESOURCES:
        if (resource.group, resource.plural) == (group, plural):
            return resource
    raise KeyError(f"{plural}.{group}")


NAMESPACES = of("", "namespaces")
PODS = of("", "pods")
BUDGETS = of("policy", "poddisruptionbudgets")


class Catalog:
    """What one cluster serves: what is built in, and what is added to it while it runs."""

    def __init__(self, resources: Iterable[Resource] = RESOURCES) -> None:
        self.resources = tuple(resources)
        self._listeners: list[Callable[[Resource], None]] = []
        self._index()

    def _index(self) -> None:
        self._by_path = {(each.group, each.version, each.plural): each for each in self.resources}
        self._by_kind = {(each.api_version, each.kind): each for each in self.resources}

    def listen(self, listener: Callable[[Resource], None]) -> Callable[[], None]:
        """Hear of each resource, those that are served already and those to come. What is returned ends it."""
        for resource in self.resources:
            listener(resource)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def serve(self, group: str, plural: str, versions: Iterable[Resource]) -> None:
        """Serve these versions of a resource, and no others of it."""
        versions = tuple(versions)
        others = [each for each in self.resources if (each.group, each.plural) != (group, plural)]
        self.resources = (*others, *versions)
        self._index()
        for resource in versions:
            for listener in tuple(self._listeners):
                listener(resource)

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource that a request path names, or None where nothing of that name is served."""
        return self._by_path.get((group, version, plural))

    def by_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource whose objects carry this apiVersion and kind."""
        return self._by_kind.get((api_version, kind))

    def named(self, name: str) -> Resource:
        """The first resource of a plural, such as ``deployments`` or ``services.serving.knative.dev``.

        Raises:
            KeyError: none of that name is served.
        """
        for resource in self.resources:
            if name in (resource.plural, resource.qualified):
                return resource
        raise KeyError(name)

    def groups(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each named API group with its versions, the preferred one first; the core group is not among them."""
        versions: dict[str, list[str]] = {}
        for resource in self.resources:
            if resource.group:
                served = versions.setdefault(resource.group, [])
                if resource.version not in served:
                    served.append(resource.version)
        yield from ((group, tuple(served)) for group, served in versions.items())

    def in_group(self, group: str, version: str) -> tuple[Resource, ...]:
        """The resources of one group and version, in the order of discovery."""
        return tuple(each for each in self.resources if (each.group, each.version) == (group, version))


BUILT_IN = Catalog()
"""What every cluster serves; nothing is added to it."""
