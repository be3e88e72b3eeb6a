"""Who may do what: the users of the simulated cluster, their rules, and the reviews that tell a client of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ktui.sim.api.errors import ApiError, forbidden, unauthorized
from ktui.sim.api.resources import Resource

JSON = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """What some verbs may be done to; ``namespace`` None means everywhere, cluster-scoped resources too."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespace: str | None = None
    names: tuple[str, ...] = ()

    def allows(self, verb: str, group: str, resource: str, namespace: str, name: str) -> bool:
        """Whether this rule covers the request; ``resource`` is ``plural`` or ``plural/subresource``."""
        if self.namespace is not None and namespace != self.namespace:
            return False
        if self.names and name not in self.names:
            return False
        subresource = resource.partition("/")[2]
        named = resource in self.resources or "*" in self.resources or f"*/{subresource}" in self.resources
        return named and _covers(self.verbs, verb) and _covers(self.groups, group)


def _covers(allowed: tuple[str, ...], asked: str) -> bool:
    return "*" in allowed or asked in allowed


@dataclass(frozen=True)
class User:
    """An authenticated (or anonymous) user: name, groups and the rules of the roles bound to them."""

    name: str
    groups: tuple[str, ...] = ("system:authenticated",)
    rules: tuple[Rule, ...] = ()
    any_path: bool = False


_REVIEWS = (
    Rule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews")),
    Rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
)
_READ = ("get", "list", "watch")
_VIEWED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "",
        (
            "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims",
            "pods", "pods/log", "pods/status", "replicationcontrollers", "replicationcontrollers/scale",
            "resourcequotas", "serviceaccounts", "services",
        ),
    ),
    (
        "apps",
        (
            "controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale",
            "deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets",
            "statefulsets/scale", "statefulsets/status",
        ),
    ),
    ("autoscaling", ("horizontalpodautoscalers",)),
    ("batch", ("cronjobs", "jobs")),
    ("discovery.k8s.io", ("endpointslices",)),
    ("events.k8s.io", ("events",)),
    ("metrics.k8s.io", ("pods", "nodes")),
    ("networking.k8s.io", ("ingresses",)),
    ("policy", ("poddisruptionbudgets",)),
)  # fmt: skip
_CUSTOM: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "argoproj.io",
        (
            "analysisruns", "analysistemplates", "clusteranalysistemplates", "experiments", "rollouts",
            "rollouts/scale", "rollouts/status",
        ),
    ),
    ("serving.knative.dev", ("configurations", "revisions", "routes", "services", "services/status")),
)  # fmt: skip
"""What the manifests of controllers add to the roles view and edit (aggregated ClusterRoles)."""
_WRITE = ("create", "delete", "deletecollection", "patch", "update")


def _viewing(namespace: str | None) -> tuple[Rule, ...]:
    return tuple(Rule(_READ, (group,), resources, namespace) for group, resources in (*_VIEWED, *_CUSTOM))


def _editing(namespace: str) -> tuple[Rule, ...]:
    written = tuple(Rule(_WRITE, (group,), resources, namespace) for group, resources in (*_VIEWED, *_CUSTOM))
    secrets = Rule((*_READ, *_WRITE), ("",), ("secrets", "pods/eviction"), namespace)
    return (*_viewing(namespace), *written, secrets)


ADMIN = User(
    "admin",
    ("system:masters", "system:authenticated"),
    (Rule(("*",), ("*",), ("*",)), *_REVIEWS),
    any_path=True,
)
VIEWER = User("viewer", rules=(*_viewing(None), *_REVIEWS))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


def developer(namespace: str) -> User:
    """A user who may change the workloads of one namespace and see nothing of any other."""
    return User("developer", rules=(*_editing(namespace), *_REVIEWS))


def releaser() -> User:
    """A user who may see Deployments and what they are made of, everywhere, and no other workload."""
    apps = ("deployments", "deployments/status", "replicasets", "replicasets/status")
    core = ("events", "namespaces", "pods", "pods/log", "pods/status")
    rules = (Rule(_READ, ("apps",), apps), Rule(_READ, ("",), core))
    return User("releaser", rules=(*rules, *_REVIEWS))


def stranger(name: str) -> User:
    """A user whom the cluster knows and who has no role in it."""
    return User(name, rules=_REVIEWS)


@dataclass(frozen=True)
class Directory:
    """The users that the cluster knows, by bearer token; a request without one is anonymous."""

    tokens: Mapping[str, User] = field(default_factory=dict)

    def user(self, authorization: str | None) -> User:
        """The user of an ``Authorization`` header.

        Raises:
            ApiError: 401 for a token that nobody has.
        """
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        found = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise unauthorized()
        return found

    def impersonated(self, user: User, name: str | None, groups: tuple[str, ...] = ()) -> User:
        """The user whom the ``Impersonate-User`` header asks to be.

        Raises:
            ApiError: 403 where the user may not impersonate.
        """
        if not name:
            return user
        for resource, subject in (("users", name), *(("groups", group) for group in groups)):
            if not allowed(user, "impersonate", "", resource, name=subject):
                named = Resource("", "v1", resource, "", "", namespaced=False)
                raise denied(user, "impersonate", named, namespace="", name=subject)
        known = next((other for other in self.tokens.values() if other.name == name), None)
        if name == ANONYMOUS.name:
            known = ANONYMOUS
        if "system:masters" in groups:
            return User(name, (*groups, "system:authenticated"), ADMIN.rules, any_path=True)
        return known or stranger(name)


def allowed(user: User, verb: str, group: str, resource: str, *, namespace: str = "", name: str = "") -> bool:
    """Whether a user may do this; ``resource`` is ``plural`` or ``plural/subresource``, ``namespace`` "" for all."""
    return any(rule.allows(verb, group, resource, namespace, name) for rule in user.rules)


def path_allowed(user: User, path: str) -> bool:
    """Whether a user may get a path that is no resource: discovery and health for every authenticated user."""
    public = ("/healthz", "/livez", "/readyz", "/version")
    discovery = ("/api", "/apis", "/openapi", "/.well-known")
    if user.any_path or path.startswith(public):
        return True
    return "system:authenticated" in user.groups and path.startswith(discovery)


def denied(
    user: User, verb: str, resource: Resource, *, namespace: str, name: str = "", subresource: str = ""
) -> ApiError:
    """The 403 of a request that no rule allows."""
    plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {verb} resource "{plural}" in API group "{resource.group}" {where}'
    return forbidden(resource, name, why)


def path_denied(user: User, verb: str, path: str) -> ApiError:
    """The 403 of a path that is no resource."""
    message = f'forbidden: User "{user.name}" cannot {verb} path "{path}"'
    return ApiError(403, "Forbidden", message, {})


def access_review(user: User, review: JSON) -> JSON:
    """The answer to a posted SelfSubjectAccessReview."""
    spec = review.get("spec") or {}
    if (attributes := spec.get("resourceAttributes")) is not None:
        resource = attributes.get("resource", "")
        if subresource := attributes.get("subresource"):
            resource = f"{resource}/{subresource}"
        yes = allowed(
            user,
            attributes.get("verb", ""),
            attributes.get("group", ""),
            resource,
            namespace=attributes.get("namespace", ""),
            name=attributes.get("name", ""),
        )
    else:
        yes = path_allowed(user, (spec.get("nonResourceAttributes") or {}).get("path", ""))
    return {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": {"allowed": yes},
    }


def rules_review(user: User, review: JSON) -> JSON:
    """The answer to a posted SelfSubjectRulesReview: what the user may do in that namespace."""
    namespace = (review.get("spec") or {}).get("namespace", "")
    rules = [
        {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
        for rule in user.rules
        if rule.namespace in (None, namespace)
    ]
    health = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
    found = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz"]
    paths = [health, ["/.well-known", "/.well-known/*"], [*found, "/version", "/version/"]]
    non_resource = [{"verbs": ["get"], "nonResourceURLs": urls} for urls in paths]
    if user.any_path:
        non_resource.insert(0, {"verbs": ["*"], "nonResourceURLs": ["*"]})
    return {
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {},
        "status": {"resourceRules": rules, "nonResourceRules": non_resource, "incomplete": False},
    }


def self_review(user: User) -> JSON:
    """The answer to a posted SelfSubjectReview (``kubectl auth whoami``)."""
    info = {"username": user.name, "groups": list(user.groups)}
    return {
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {},
        "status": {"userInfo": info},
    }
