"""The single calls that actions and screens make, beside the streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden, Interrupted, KubeError, NotFound, brief
from ktui.kube.quotas import defaults_in, quotas_in
from ktui.model.changes import Resource
from ktui.model.reading import NotRead, read
from ktui.model.template import Resources, decode_hook
from ktui.model.workloads import KubeObject
from ktui.rollout.capacity.quota import Quota

FIELD_MANAGER: Final = "ktui"
"""Under this name the API server notes which fields ktui wrote (managedFields)."""

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"

_T = TypeVar("_T")
_SCALE: Final = "scale"


@dataclass(frozen=True)
class Allowed:
    """The answer of an access review; `reason` is the server's, and is often empty."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler and the range that it keeps replicas in."""

    name: str
    least: int
    most: int


@dataclass(frozen=True)
class DisruptionBudget:
    """A PodDisruptionBudget: which pods it counts, by their labels, and its rule as it is written."""

    name: str
    match_labels: Mapping[str, str]
    rule: str
    """`minAvailable 80%`, or `maxUnavailable 1`."""


class Api:
    """Typed calls over a connection. All raise KubeError."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """A whole object, every field of it; those that ktui keeps can be relied on."""
        raw = await self.connection.request("GET", _path(resource, namespace, name))
        _decode(raw, resource.type)
        return _object(raw)

    async def get_object(self, path: str) -> dict[str, Any]:
        """The object at that path, with a uid."""
        return _with_uid(await self.connection.request("GET", path))

    async def read(self, resource: Resource, namespace: str, name: str) -> KubeObject:
        """An object with the fields that ktui keeps."""
        raw = await self.connection.request("GET", _path(resource, namespace, name))
        return _decode(raw, resource.type)

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: object,
        content_type: str = JSON_PATCH,
        *,
        dry_run: bool = False,
        subresource: str = "",
        field_manager: str = FIELD_MANAGER,
    ) -> dict[str, Any]:
        """Change an object and return it as it is afterwards; in a dry run, as it would be.

        Raises AnswerLost where it is not known whether the change took place; after a dry run nothing has.
        """
        path = _path(resource, namespace, name, subresource)
        return await self.patch_path(path, body, content_type, dry_run=dry_run, field_manager=field_manager)

    async def patch_path(
        self,
        path: str,
        body: object,
        content_type: str = JSON_PATCH,
        *,
        dry_run: bool = False,
        field_manager: str = FIELD_MANAGER,
        warned: list[str] | None = None,
    ) -> dict[str, Any]:
        """`patch` for an object of a resource that is not streamed, such as a Service, by its path.

        What the server warns of is added to `warned`.
        """
        params = {"fieldManager": field_manager}
        if dry_run:
            params["dryRun"] = "All"
        answer = await self.connection.request(
            "PATCH",
            path,
            params=params,
            body=msgspec.json.encode(body),
            content_type=content_type,
            changes=not dry_run,
            warned=warned,
        )
        return _with_uid(answer)

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str,
        resource_version: str = "",
        dry_run: bool = False,
    ) -> None:
        """Delete exactly that object: another one of the name, or one that has changed since, is a Conflict.

        Raises AnswerLost where it is not known whether it was deleted.
        """
        preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        if dry_run:
            options["dryRun"] = ["All"]
        path = _path(resource, namespace, name)
        await self.connection.request("DELETE", path, body=msgspec.json.encode(options), changes=not dry_run)

    async def get_path(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The list, or whatever else is at that path."""
        return _object(await self.connection.request("GET", path, params=params))

    async def get_scale(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """The `scale` subresource: `spec.replicas` and `status.replicas`."""
        return _object(await self.connection.request("GET", _path(resource, namespace, name, _SCALE)))

    async def patch_scale(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: object,
        content_type: str = JSON_PATCH,
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Change the `scale` subresource: needs the right to patch that, and not the object."""
        return await self.patch(resource, namespace, name, body, content_type, dry_run=dry_run, subresource=_SCALE)

    async def access_review(
        self,
        verb: str,
        group: str,
        resource: str,
        *,
        subresource: str = "",
        namespace: str = "",
        name: str = "",
    ) -> Allowed:
        """Whether the server would let us; an empty namespace asks about all of them."""
        attributes = {
            "verb": verb,
            "group": group,
            "resource": resource,
            "subresource": subresource,
            "namespace": namespace,
            "name": name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        answer = await self.connection.request(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body=msgspec.json.encode(review),
            changes=False,
        )
        status = _decode(answer, _Review).status
        return Allowed(status.allowed, brief(status.reason or status.evaluation_error))

    async def namespaces(self) -> tuple[str, ...] | None:
        """The names of all namespaces, sorted; None where we may not list them."""
        try:
            answer = await self.connection.request("GET", "/api/v1/namespaces")
        except Forbidden:
            return None
        return tuple(sorted(item.metadata.name for item in _decode(answer, _Names).items or ()))

    async def server_version(self) -> str:
        """The server's version as it writes it, such as `v1.36.2`."""
        return brief(_decode(await self.connection.request("GET", "/version"), _Version).git_version, 80)

    async def autoscalers(self, namespace: str, kind: str, name: str) -> tuple[Autoscaler, ...]:
        """The HorizontalPodAutoscalers that target that object; none where they cannot be listed."""
        path = f"/apis/autoscaling/v2/namespaces/{quote(namespace)}/horizontalpodautoscalers"
        try:
            answer = await self.connection.request("GET", path)
        except (Forbidden, NotFound):
            return ()
        return tuple(
            Autoscaler(
                hpa.metadata.name, 1 if hpa.spec.min_replicas is None else hpa.spec.min_replicas, hpa.spec.max_replicas
            )
            for hpa in _decode(answer, _Autoscalers).items or ()
            if (hpa.spec.scale_target_ref.kind, hpa.spec.scale_target_ref.name) == (kind, name)
        )

    async def quotas(self, namespace: str) -> tuple[Quota, ...]:
        """The ResourceQuotas of that namespace; none where they cannot be listed."""
        return quotas_in(await self._items(f"/api/v1/namespaces/{quote(namespace)}/resourcequotas") or ())

    async def container_defaults(self, namespace: str) -> Resources | None:
        """What a container of that namespace gets that says nothing itself; None where that cannot be read."""
        items = await self._items(f"/api/v1/namespaces/{quote(namespace)}/limitranges")
        return defaults_in(items) if items is not None else None

    async def _items(self, path: str) -> list[Any] | None:
        try:
            items: list[Any] = (await self.get_path(path)).get("items") or []
        except (Forbidden, NotFound):
            return None
        return items

    async def disruption_budgets(self, namespace: str) -> tuple[DisruptionBudget, ...]:
        """The PodDisruptionBudgets of that namespace that choose by labels; none where they cannot be listed."""
        path = f"/apis/policy/v1/namespaces/{quote(namespace)}/poddisruptionbudgets"
        try:
            answer = await self.connection.request("GET", path)
        except (Forbidden, NotFound):
            return ()
        return tuple(
            DisruptionBudget(budget.metadata.name, budget.spec.selector.match_labels, budget.spec.rule)
            for budget in _decode(answer, _Budgets).items or ()
            if budget.spec.selector.match_labels
        )


class _Named(msgspec.Struct):
    name: str


class _Namespace(msgspec.Struct):
    metadata: _Named


class _Names(msgspec.Struct):
    items: list[_Namespace] | None = None


class _Version(msgspec.Struct, rename="camel"):
    git_version: str


class _ReviewStatus(msgspec.Struct, rename="camel"):
    allowed: bool = False
    reason: str = ""
    evaluation_error: str = ""


class _Review(msgspec.Struct):
    status: _ReviewStatus


class _TargetRef(msgspec.Struct):
    kind: str
    name: str


class _AutoscalerSpec(msgspec.Struct, rename="camel"):
    scale_target_ref: _TargetRef
    max_replicas: int
    min_replicas: int | None = None


class _Autoscaler(msgspec.Struct):
    metadata: _Named
    spec: _AutoscalerSpec


class _Autoscalers(msgspec.Struct):
    items: list[_Autoscaler] | None = None


class _Selector(msgspec.Struct, rename="camel"):
    match_labels: dict[str, str] = {}


class _BudgetSpec(msgspec.Struct, rename="camel"):
    selector: _Selector = msgspec.field(default_factory=_Selector)
    min_available: int | str | None = None
    max_unavailable: int | str | None = None

    @property
    def rule(self) -> str:
        if self.min_available is not None:
            return f"minAvailable {self.min_available}"
        return f"maxUnavailable {self.max_unavailable}"


class _Budget(msgspec.Struct):
    metadata: _Named
    spec: _BudgetSpec = msgspec.field(default_factory=_BudgetSpec)


class _Budgets(msgspec.Struct):
    items: list[_Budget] | None = None


def _path(resource: Resource, namespace: str, name: str, subresource: str = "") -> str:
    return resource.path(quote(namespace, safe=""), quote(name, safe=""), subresource)


def _decode(raw: bytes, kind: type[_T]) -> _T:
    try:
        return read(msgspec.json.Decoder(kind, dec_hook=decode_hook), raw)
    except NotRead as error:
        raise _unreadable(error) from error


class _Identity(msgspec.Struct):
    uid: str


class _Identified(msgspec.Struct):
    metadata: _Identity


def _with_uid(raw: bytes) -> dict[str, Any]:
    """Something that answers with status 200 may be a page of a gateway, and no object of a cluster."""
    _decode(raw, _Identified)
    return _object(raw)


def _object(raw: bytes) -> dict[str, Any]:
    return _decode(raw, dict[str, Any])


def _unreadable(error: Exception) -> KubeError:
    return Interrupted(
        f"The answer is not what a Kubernetes API server says: {brief(str(error), 120)}.",
        hint="Check that the server in the kubeconfig is the API server, and not a login page in front of it.",
    )
