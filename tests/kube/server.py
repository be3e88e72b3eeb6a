"""A tiny list-and-watch server over real HTTP whose every misbehaviour a test can choose."""

from __future__ import annotations

import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import trustme
from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch") == "true"


def status(code: int, reason: str, message: str = "", **headers: str) -> web.Response:
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message or reason}
    return web.json_response(body, status=code, headers=headers)


def pod(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"},
        "spec": {"containers": [{"name": "c", "image": "web:1"}]},
        "status": {"phase": "Running"},
        **fields,
    }


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """That handler behind a free port of loopback; yields its URL."""
    runner = web.ServerRunner(web.Server(handler, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def securely(handler: Handler) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """That handler behind TLS; yields its URL and what a kubeconfig's cluster has to say to trust it."""
    ca, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(tls)
    async with serving(handler, tls) as url:
        yield url, {"certificate-authority-data": b64encode(ca.cert_pem.bytes()).decode()}


@dataclass(eq=False)
class _Watch:
    transport: asyncio.Transport
    stranded: bool = False
    lines: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)


@dataclass
class Collection:
    """Pods (or whatever the path says) with a history, and the ways in which serving them goes wrong."""

    streaming: Literal["yes", "rejected", "ignored", "failing"] = "yes"
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    version: int = 100
    oldest: int = 0
    gone_as_event: bool = True
    mute: bool = False
    """Streams stay open and say nothing more: a half-open connection."""
    serves_watches: bool = True
    """Else they are refused, and lists are not."""
    answers: list[web.Response | Literal["break"]] = field(default_factory=list)
    """What the next requests are answered with instead."""
    after_page: list[Callable[[], None]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    _watches: list[_Watch] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    # What a test does

    def put(self, obj: dict[str, Any]) -> None:
        uid = obj["metadata"]["uid"]
        kind = "MODIFIED" if uid in self.objects else "ADDED"
        self.objects[uid] = self._logged(kind, obj)

    def delete(self, uid: str) -> None:
        self._logged("DELETED", self.objects.pop(uid))

    def compact(self) -> None:
        """Forget the history: who watches from an older version has to list again."""
        self.version += 1
        self.oldest = self.version

    def restore(self, version: int) -> None:
        """Go back to an older version with the objects as they are, like a cluster that is restored from a backup."""
        self.version = version
        self.oldest = 0
        self.history.clear()
        for uid, obj in self.objects.items():
            self.objects[uid] = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(version)}}

    def bookmark(self) -> None:
        self.version += 1
        self._send(_line("BOOKMARK", _bookmark(self.version)))

    def send(self, line: bytes) -> None:
        self._send(line)

    def drop(self) -> None:
        """Cut every stream in the middle."""
        for watch in self._watches:
            watch.transport.abort()
            watch.lines.put_nowait(None)

    def strand(self) -> None:
        """The streams that are open now stay open and say nothing more; new ones work."""
        for watch in self._watches:
            watch.stranded = True

    def end(self) -> None:
        """End every stream in order, as the server does when its time is up."""
        for watch in self._watches:
            watch.lines.put_nowait(None)

    @property
    def watching(self) -> int:
        return len(self._watches)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that requests to this server bring about."""
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # How it serves

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        seen = Seen(request.method, request.path, dict(request.query), dict(request.headers), await request.read())
        self.seen.append(seen)
        self._changed.set()
        if self.answers:
            answer = self.answers.pop(0)
            if answer == "break":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return answer
        if seen.is_watch and not self.serves_watches:
            return status(405, "MethodNotAllowed")
        return await self._watch(request, seen) if seen.is_watch else self._list(seen)

    def _list(self, seen: Seen) -> web.Response:
        token = seen.query.get("continue", "")
        version, _, start = token.partition(":") if token else (str(self.version), "", "0")
        if token and int(version) < self.oldest:
            return status(410, "Expired", "The provided continue parameter is too old.")
        items, first = list(self.objects.values()), int(start)
        limit = int(seen.query.get("limit") or len(items) or 1)
        page = items[first : first + limit]
        more = f"{version}:{first + limit}" if first + limit < len(items) else ""
        if self.after_page:
            self.after_page.pop(0)()
        body = {"kind": "List", "metadata": {"resourceVersion": version, "continue": more}, "items": page}
        return web.json_response(body)

    async def _watch(self, request: web.BaseRequest, seen: Seen) -> web.StreamResponse:
        initial = "sendInitialEvents" in seen.query
        if initial and self.streaming == "rejected":
            return status(422, "Invalid", "sendInitialEvents is forbidden for watch")
        if initial and self.streaming == "failing":
            return web.Response(
                body=_line("ERROR", {"kind": "Status", "code": 500, "reason": "InternalError", "message": _NO_PROGRESS})
            )
        since = int(seen.query.get("resourceVersion") or 0)
        if not initial and since < self.oldest:
            gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            if not self.gone_as_event:
                return status(410, "Expired", gone["message"])  # type: ignore[arg-type]
            return web.Response(body=_line("ERROR", gone))
        response = web.StreamResponse()
        await response.prepare(request)
        assert request.transport is not None
        watch = _Watch(request.transport)
        for line in self._first_lines(initial, since):
            watch.lines.put_nowait(line)
        self._watches.append(watch)
        self._changed.set()
        try:
            while (next_line := await watch.lines.get()) is not None:
                if not self.mute and not watch.stranded:
                    await response.write(next_line)
        except ConnectionError:
            pass
        finally:
            self._watches.remove(watch)
            self._changed.set()
        return response

    def _first_lines(self, initial: bool, since: int) -> Iterator[bytes]:
        if not initial:
            yield from (_line(kind, obj) for version, kind, obj in self.history if version > since)
            return
        yield from (_line("ADDED", obj) for obj in self.objects.values())
        if self.streaming == "yes":
            yield _line("BOOKMARK", _bookmark(self.version, end=True))

    def _logged(self, kind: str, obj: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        self.history.append((self.version, kind, obj))
        self._send(_line(kind, obj))
        return obj

    def _send(self, line: bytes) -> None:
        for watch in self._watches:
            watch.lines.put_nowait(line)


_NO_PROGRESS = (
    "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled"
)
"""What kube-apiserver 1.36 says of it with an etcd that is older than 3.4.25."""


def _line(kind: str, obj: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def _bookmark(version: int, *, end: bool = False) -> dict[str, Any]:
    annotations = {"k8s.io/initial-events-end": "true"} if end else {}
    # A bookmark is an object of the kind with nothing in it; as Go writes it, lists in it are null.
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": str(version), "annotations": annotations},
        "spec": {"containers": None},
        "status": {},
    }


def deployment(name: str) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "generation": 1},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "c", "image": "web:1"}]}}},
    }
