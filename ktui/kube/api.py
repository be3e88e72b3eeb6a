"""The single calls that actions and screens make, beside the streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden, Interrupted, KubeError, brief
from ktui.kube.selection import selector_text
from ktui.model.reading import NotRead, convert, read
from ktui.model.resources import Resource
from ktui.model.template import decode_hook
from ktui.model.workloads import KubeObject

FIELD_MANAGER: Final = "ktui"
"""Under this name the API server notes which fields ktui wrote (managedFields)."""

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Allowed:
    """The answer of an access review; `reason` is the server's, and is often empty."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


class Api:
    """Typed calls over a connection. All raise KubeError."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """A whole object, every field of it; those that ktui keeps, and a workload's selector, can be relied on."""
        raw = await self.connection.request("GET", _path(resource, namespace, name))
        _decode_one(raw, resource, namespace, name)
        found = _object(raw)
        if resource.is_workload:
            try:
                selector_text(found)
            except NotRead as error:
                raise _odd(resource, namespace, name, error) from error
        return found

    async def get_object(self, path: str) -> dict[str, Any]:
        """The object at that path, with a uid."""
        return _with_uid(await self.connection.request("GET", path))

    async def read(self, resource: Resource, namespace: str, name: str) -> KubeObject:
        """An object with the fields that ktui keeps."""
        raw = await self.connection.request("GET", _path(resource, namespace, name))
        return _decode_one(raw, resource, namespace, name)

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

        Raises AnswerLost where it is not known whether the change was applied; after a dry run nothing has.
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

    async def access_review(
        self,
        verb: str,
        group: str,
        resource: str,
        *,
        subresource: str = "",
        namespace: str = "",
        name: str = "",
        within: float | None = None,
    ) -> Allowed:
        """Whether the server would let us; an empty namespace asks about all of them.

        `within` is for a question that has to be answered in so many seconds, at the first time of asking.
        """
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
            within=within,
            waits=within is None,
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


class _Named(msgspec.Struct):
    name: str


class _Namespace(msgspec.Struct):
    metadata: _Named


class _Names(msgspec.Struct):
    items: list[_Namespace] | None = None


class _ReviewStatus(msgspec.Struct, rename="camel"):
    allowed: bool = False
    reason: str = ""
    evaluation_error: str = ""


class _Review(msgspec.Struct):
    status: _ReviewStatus


def readable(raw: dict[str, Any], resource: Resource) -> KubeObject:
    """An object of that resource, as far as ktui keeps it. Raises KubeError, which names the object and the field."""
    try:
        return convert(raw, resource.type)
    except NotRead as error:
        meta = raw.get("metadata")
        named = meta if isinstance(meta, dict) else {}
        raise _odd(resource, str(named.get("namespace", "")), str(named.get("name", "")), error) from error


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


def _decode_one(raw: bytes, resource: Resource, namespace: str, name: str) -> KubeObject:
    """That object, as far as ktui keeps it. What has a uid is an object of a cluster, however odd."""
    try:
        return read(msgspec.json.Decoder(resource.type, dec_hook=decode_hook), raw)
    except NotRead as error:
        _with_uid(raw)
        raise _odd(resource, namespace, name, error) from error


def _odd(resource: Resource, namespace: str, name: str, error: NotRead) -> KubeError:
    of = f" -n {namespace}" if namespace else ""
    kubectl = f"kubectl edit {'.'.join(filter(None, (resource.plural, resource.group)))} {name}{of}"
    return Interrupted(
        f"The {resource.title} {brief(name)} cannot be read: {brief(str(error), 160)}.",
        hint=f"The cluster has it like this; `{brief(kubectl)}` corrects it.",
    )


def _unreadable(error: Exception) -> KubeError:
    return Interrupted(
        f"The answer is not what a Kubernetes API server says: {brief(str(error), 120)}.",
        hint="Check that the server in the kubeconfig is the API server, and not a login page in front of it.",
    )
