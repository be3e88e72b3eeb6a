"""Requests for resources: reads from the storage, writes through the API server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web

from ktui.sim.api import conversion, decoding, errors, managed, rbac, tables
from ktui.sim.api.patch import APPLY_PATCH
from ktui.sim.api.rbac import User
from ktui.sim.api.resources import Resource
from ktui.sim.api.versioned import scale_of
from ktui.sim.api.writeoptions import check_write_options
from ktui.sim.apiserver import ApiServer
from ktui.sim.deletion import Deletion
from ktui.sim.faults import Faults
from ktui.sim.pod_subresources import bind, evict
from ktui.sim.reading import ListOptions, Page, list_objects, streaming_lists_refused
from ktui.sim.serving.answers import answer, encode, warnings_in
from ktui.sim.serving.paths import Target
from ktui.sim.serving.watching import Watches
from ktui.sim.storage import Version

JSON = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request for a resource, its user known and allowed."""

    http: web.Request
    target: Target
    verb: str
    user: User
    body: bytes
    content_type: str

    @property
    def manager(self) -> str:
        """Who owns what this writes."""
        return managed.manager_name(self.http.query.get("fieldManager"), self.http.headers.get("User-Agent"))

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be stored."""
        return self.http.query.get("dryRun") == "All"

    @property
    def field_validation(self) -> str:
        """What becomes of unknown fields."""
        return self.http.query.get("fieldValidation") or decoding.WARN


class PodReads(Protocol):
    """What is read of pods beside their objects."""

    async def log(self, call: Call) -> web.StreamResponse:
        """The log of a container."""

    def metrics(self, target: Target, options: ListOptions) -> JSON:
        """What pods or nodes use."""


class Requests:
    """Answers each verb."""

    def __init__(self, api: ApiServer, watches: Watches, faults: Faults, pods: PodReads) -> None:
        self._api = api
        self._watches = watches
        self._faults = faults
        self._pods = pods
        self.catalog = api.catalog

    async def answer(self, call: Call) -> web.StreamResponse:
        """Do what a request asks.

        Raises:
            ApiError: the request is refused.
        """
        if call.target.resource.group == "metrics.k8s.io":
            options = ListOptions.read(call.target.resource, call.http.query)
            return self._reply(call, encode(self._pods.metrics(call.target, options)))
        if call.verb in ("create", "update", "patch"):
            check_write_options(call.verb, call.http.query, applies=_is_apply(call))
        match call.verb:
            case "get":
                return await self._get(call)
            case "list":
                return self._list(call)
            case "watch":
                return await self._watch(call)
            case "create":
                return self._create(call)
            case "update":
                return self._update(call)
            case "patch":
                return self._patch(call)
            case "delete":
                return self._delete(call)
            case _:
                return self._delete_collection(call)

    def _reply(self, call: Call, body: bytes, status: int = 200, warnings: list[str] | None = None) -> web.Response:
        response = answer(call.http, body + b"\n", self._api.kernel.now, status)
        for name, value in warnings_in(warnings or []):
            response.headers.add(name, value)
        return response

    # -- reads -------------------------------------------------------------------------------------------------

    async def _get(self, call: Call) -> web.StreamResponse:
        target = call.target
        if target.subresource == "log":
            return await self._pods.log(call)
        obj = self._api.get(target.resource, _namespace(target), target.name)
        if target.subresource == "scale":
            return self._reply(call, encode(scale_of(target.resource, obj)))
        return self._reply(call, self._rendered(call, obj))

    def _rendered(self, call: Call, obj: JSON) -> bytes:
        """One object in the form that the client accepts."""
        resource = call.target.resource
        served = conversion.to_served(resource, obj)
        form = tables.wants(call.http.headers.get("Accept"))
        if form == "Table":
            metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
            return encode(self._table(call, [served], metadata))
        return encode(tables.partial(served) if form else served)

    def _table(self, call: Call, objects: list[JSON], metadata: JSON) -> JSON:
        include = call.http.query.get("includeObject", "Metadata")
        now = datetime.fromtimestamp(self._api.kernel.now, UTC)
        return tables.table(call.target.resource, objects, metadata, now, include_object=include)

    def _list(self, call: Call) -> web.StreamResponse:
        resource = call.target.resource
        options = ListOptions.read(resource, call.http.query)
        bucket, newest = self._api.bucket(resource), self._api.storage.number
        page = list_objects(bucket, newest, _namespace(call.target), options)
        metadata: JSON = {"resourceVersion": str(page.version)}
        if page.continue_token:
            metadata["continue"] = page.continue_token
        if page.remaining is not None:
            metadata["remainingItemCount"] = page.remaining
        form = tables.wants(call.http.headers.get("Accept"))
        if not form and all_native(resource, page):
            return self._reply(call, _list_body(resource, metadata, page.items))
        objects = [conversion.to_served(resource, version.obj) for version in page.items]
        if form == "Table":
            return self._reply(call, encode(self._table(call, objects, metadata)))
        if form:
            return self._reply(call, encode(tables.partial_list(objects, metadata)))
        kind = {"kind": resource.list_kind, "apiVersion": resource.api_version}
        return self._reply(call, encode(kind | {"metadata": metadata, "items": objects}))

    async def _watch(self, call: Call) -> web.StreamResponse:
        query = dict(call.http.query)
        if "sendInitialEvents" in query and self._faults.streaming_lists != "served":
            if self._faults.streaming_lists == "forbidden":
                raise streaming_lists_refused()
            query = {
                name: text for name, text in query.items() if name not in ("sendInitialEvents", "resourceVersionMatch")
            }
        query["watch"] = "1"
        options = ListOptions.read(call.target.resource, query)
        if call.target.name:
            raise errors.not_simulated("a watch of one object by its path; use a field selector")
        return await self._watches.serve(call.http, call.target.resource, _namespace(call.target), options)

    # -- writes ------------------------------------------------------------------------------------------------

    def _create(self, call: Call) -> web.StreamResponse:
        target = call.target
        if target.resource.is_review:
            return self._review(call)
        if target.subresource:
            return self._create_subresource(call)
        obj, warnings = self._read(call)
        stored = self._api.create(target.resource, _namespace(target), obj, manager=call.manager, dry_run=call.dry_run)
        return self._reply(call, self._rendered(call, stored), 201, warnings)

    def _read(self, call: Call) -> tuple[JSON, list[str]]:
        resource = call.target.resource
        obj, warnings = decoding.read_object(resource, call.body, call.content_type or None, call.field_validation)
        return conversion.to_stored(resource, obj), warnings

    def _review(self, call: Call) -> web.StreamResponse:
        review = decoding.read_body(call.target.resource.kind, call.body)
        match call.target.resource.plural:
            case "selfsubjectaccessreviews":
                answer = rbac.access_review(call.user, review)
                managed.record(call.target.resource, None, answer, call.manager, self._api.kernel.stamp())
            case "selfsubjectrulesreviews":
                answer = rbac.rules_review(call.user, review)
            case _:
                answer = rbac.self_review(call.user)
        return self._reply(call, encode(answer), 201)

    def _create_subresource(self, call: Call) -> web.StreamResponse:
        target = call.target
        body = decoding.read_body(_kind_of(target), call.body)
        if target.subresource == "eviction":
            how = Deletion.read(body.get("deleteOptions") or {}, dict(call.http.query))
            evict(self._api, _namespace(target), target.name, how)
        elif target.subresource == "binding":
            bind(self._api, _namespace(target), target.name, body.get("target", {}).get("name", ""))
        else:
            raise errors.not_simulated(f"creating {target.plural}")
        return self._reply(call, encode(_success()), 201)

    def _update(self, call: Call) -> web.StreamResponse:
        target = call.target
        if target.subresource == "scale":
            obj, warnings = decoding.read_body("Scale", call.body), _no_warnings()
        else:
            obj, warnings = self._read(call)
        if not self._api.bucket(target.resource).get(_namespace(target), target.name) and not target.subresource:
            raise errors.not_found(target.resource, target.name)
        stored = self._api.update(
            target.resource, _namespace(target), target.name, obj,
            manager=call.manager, subresource=target.subresource, dry_run=call.dry_run,
        )  # fmt: skip
        return self._reply(call, self._rendered_write(call, stored), warnings=warnings)

    def _rendered_write(self, call: Call, stored: JSON) -> bytes:
        return encode(stored) if call.target.subresource == "scale" else self._rendered(call, stored)

    def _patch(self, call: Call) -> web.StreamResponse:
        target, warnings = call.target, _no_warnings()
        if _is_apply(call):
            return self._apply(call)

        def check(old: JSON, new: JSON) -> None:
            served = conversion.to_served(target.resource, new)
            warnings.extend(decoding.check_patched(target.resource, served, call.field_validation))

        stored = self._api.patch(
            target.resource, _namespace(target), target.name, call.content_type, call.body,
            manager=call.manager, subresource=target.subresource, dry_run=call.dry_run, check=check,
        )  # fmt: skip
        return self._reply(call, self._rendered_write(call, stored), warnings=warnings)

    def _apply(self, call: Call) -> web.StreamResponse:
        target = call.target
        applied = decoding.read_applied(target.resource, call.body)
        force = call.http.query.get("force") in ("1", "true")
        stored, created = self._api.apply(
            target.resource, _namespace(target), target.name, applied,
            manager=call.manager, force=force, dry_run=call.dry_run, subresource=target.subresource,
        )  # fmt: skip
        return self._reply(call, self._rendered(call, stored), 201 if created else 200)

    def _delete(self, call: Call) -> web.StreamResponse:
        target = call.target
        how = self._deletion(call)
        found = self._api.get(target.resource, _namespace(target), target.name)
        left = self._api.delete(target.resource, _namespace(target), target.name, how)
        if left is not None:
            waits = how.propagation == "Foreground" and target.resource.kind != "Pod"
            return self._reply(call, encode(left), 202 if waits else 200)
        details = {"name": target.name, "group": target.resource.group, "kind": target.resource.plural}
        shown = {field: value for field, value in details.items() if value} | {"uid": found["metadata"]["uid"]}
        return self._reply(call, encode(_success() | {"details": shown}))

    def _deletion(self, call: Call) -> Deletion:
        return Deletion.read(decoding.read_body("DeleteOptions", call.body), dict(call.http.query))

    def _delete_collection(self, call: Call) -> web.StreamResponse:
        resource, how = call.target.resource, self._deletion(call)
        options = ListOptions.read(resource, call.http.query)
        bucket = self._api.bucket(resource)
        page = list_objects(bucket, self._api.storage.number, _namespace(call.target), options)
        for version in page.items:
            metadata = version.obj["metadata"]
            self._api.delete(resource, metadata.get("namespace", ""), metadata["name"], how)
        return self._reply(call, _list_body(resource, {"resourceVersion": str(page.version)}, page.items))


def _is_apply(call: Call) -> bool:
    return call.content_type.partition(";")[0].strip() == APPLY_PATCH


def _no_warnings() -> list[str]:
    return []


def _namespace(target: Target) -> str:
    return target.namespace if target.resource.namespaced else ""


def all_native(resource: Resource, page: Page) -> bool:
    """Whether the stored objects are of the version that is asked for."""
    return all(version.obj["apiVersion"] == resource.api_version for version in page.items[:1])


def _list_body(resource: Resource, metadata: JSON, items: list[Version]) -> bytes:
    head = encode({"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata})
    skip = len(encode({"kind": resource.kind, "apiVersion": resource.api_version}))
    listed = b",".join(b"{" + version.raw[skip:] for version in items)
    return head[:-1] + b',"items":[' + listed + b"]}"


def _kind_of(target: Target) -> str:
    subresource = target.resource.subresource(target.subresource)
    return subresource.kind if subresource else target.resource.kind


def _success() -> JSON:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
