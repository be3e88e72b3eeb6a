"""The HTTP server: who asks, whether they may, what goes wrong on purpose, and what is not about resources."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Any

from aiohttp import web

from ktui.sim.api import discovery, errors, openapi, rbac
from ktui.sim.api.errors import ApiError
from ktui.sim.api.rbac import Directory, User
from ktui.sim.faults import Faults, Request
from ktui.sim.kernel import Pace
from ktui.sim.serving import protobuf
from ktui.sim.serving.answers import answer, encode, headers, refusal, text
from ktui.sim.serving.paths import serves, target_of, verb_of
from ktui.sim.serving.requests import Call, Requests

JSON = dict[str, Any]
LARGEST_BODY = 3 * 1024 * 1024

VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "ktui-simulated-cluster",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}


class HttpServer:
    """Listens, and answers each request at the virtual time at which it comes."""

    def __init__(
        self, pace: Pace, requests: Requests, directory: Directory, faults: Faults, log: deque[Request]
    ) -> None:
        self._pace = pace
        self._requests = requests
        self._catalog = requests.catalog
        self._directory = directory
        self._faults = faults
        self._log = log
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._where: tuple[str, int, ssl.SSLContext | None] = ("", 0, None)
        self._transports: set[asyncio.BaseTransport] = set()

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> str:
        """Listen; port 0 takes a free one. What is returned is the URL."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        self._where = (host, port, tls)
        await self._listen()
        port = self._runner.addresses[0][1]
        self._where = (host, port, tls)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if tls else 'http'}://{shown}:{port}"

    async def _listen(self) -> None:
        host, port, tls = self._where
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, host, port, ssl_context=tls, backlog=512, reuse_address=True)
        await self._site.start()

    async def stop(self) -> None:
        """Close every connection, and listen no more."""
        self._abort_all()
        if self._runner is not None:
            await self._runner.cleanup()

    async def refuse(self, refuse: bool) -> None:
        """Stop listening and break all connections, or listen again on the same port."""
        if refuse and self._site is not None:
            site, self._site = self._site, None
            await site.stop()
            self._abort_all()
        elif not refuse and self._site is None:
            await self._listen()

    def _abort_all(self) -> None:
        for transport in tuple(self._transports):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    # -- one request -------------------------------------------------------------------------------------------

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        transport = http.transport
        if transport is not None:
            self._transports.add(transport)
            self._transports = {each for each in self._transports if not each.is_closing()}
        user, status = rbac.ANONYMOUS, 0
        try:
            await self._hold_back()
            body = await http.read()
            self._pace.catch_up()
            user = self._user(http)
            response = await self._answer(http, user, body)
            status = response.status
            return self._lose(http, response)
        except ApiError as error:
            status = int(error.code)
            return self._lose(http, refusal(error, self._now))
        except web.HTTPRequestEntityTooLarge:
            status = 413
            return refusal(ApiError(413, "RequestEntityTooLarge", "request body too large"), self._now)
        finally:
            self._log.append(Request(self._now, http.method, http.path_qs, user.name, status))

    @property
    def _now(self) -> float:
        return self._pace.kernel.now

    async def _hold_back(self) -> None:
        if self._faults.delay_seconds:
            await asyncio.sleep(self._faults.delay_seconds)
        while self._faults.silent_requests:  # noqa: ASYNC110 (set from another thread)
            await asyncio.sleep(0.02)

    def _lose(self, http: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if self._faults.loses_answer(http.method) and http.transport is not None:
            http.transport.abort()
        return response

    def _user(self, http: web.Request) -> User:
        authorization = http.headers.get("Authorization")
        insecure = self._where[2] is None  # client-go sends no credentials without TLS, as to the insecure port of old
        user = rbac.ADMIN if insecure and not authorization else self._directory.user(authorization)
        groups = tuple(http.headers.getall("Impersonate-Group", []))
        return self._directory.impersonated(user, http.headers.get("Impersonate-User"), groups)

    async def _answer(self, http: web.Request, user: User, body: bytes) -> web.StreamResponse:
        target = target_of(self._catalog, http.path)
        watch = http.query.get("watch", "") in ("1", "true")
        verb = verb_of(http.method, target, watch=watch) if target else http.method.lower()
        if (failure := self._faults.next_failure(verb, http.path)) is not None:
            raise _failed(*failure)
        if target is None:
            if not rbac.path_allowed(user, http.path):
                raise rbac.path_denied(user, http.method.lower(), http.path)
            return self._other(http)
        group, namespace = target.resource.group, target.namespace
        permitted = rbac.allowed(user, verb, group, target.plural, namespace=namespace, name=target.name)
        if not permitted or self._faults.forbids(verb, target.plural, user.name):
            raise rbac.denied(
                user, verb, target.resource, namespace=namespace, name=target.name, subresource=target.subresource
            )
        if not serves(target, verb):
            raise errors.method_not_allowed()
        if (subresource := target.resource.subresource(target.subresource)) and not subresource.simulated:
            raise errors.not_simulated(target.plural)
        content_type = http.headers.get("Content-Type", "")
        if content_type.startswith(protobuf.MEDIA_TYPE):
            body, content_type = encode(protobuf.read(body)), "application/json"
        return await self._requests.answer(Call(http, target, verb, user, body, content_type))

    def _other(self, http: web.Request) -> web.StreamResponse:
        """Health, version, discovery and the schema."""
        path = http.path.rstrip("/")
        if path in ("/healthz", "/livez", "/readyz"):
            return text("ok", self._now)
        document = self._document(http, path)
        if document is None:
            return text("404 page not found\n", self._now, 404)
        if isinstance(document, dict) and document.get("kind") == "APIGroupDiscoveryList":
            sent = headers(self._now, discovery.AGGREGATED) | {"Vary": "Accept"}
            return web.Response(body=encode(document), headers=sent)
        return answer(http, encode(document), self._now)

    def _document(self, http: web.Request, path: str) -> JSON | None:
        aggregated = discovery.wants_aggregated(http.headers.get("Accept"))
        served, parts = self._catalog, path.split("/")[1:]
        match parts:
            case ["version"]:
                return VERSION
            case ["api"]:
                return discovery.aggregated(served, core=True) if aggregated else discovery.core_versions(http.host)
            case ["apis"]:
                return discovery.aggregated(served, core=False) if aggregated else discovery.group_list(served)
            case ["api", version]:
                return discovery.resource_list(served, "", version)
            case ["apis", group]:
                return discovery.group(served, group)
            case ["apis", group, version]:
                return discovery.resource_list(served, group, version)
            case ["openapi", "v2"]:
                return openapi.swagger(served)
            case ["openapi", "v3"]:
                return openapi.index(served)
            case ["openapi", "v3", *rest]:
                return openapi.document(served, "/".join(rest))
            case [""]:
                return {
                    "paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]
                }
        return None


def _failed(code: int, retry_after: int | None) -> ApiError:
    """A refusal that was asked for."""
    match code:
        case 429:
            return errors.too_many_requests("too many requests, please try again later", retry_after or 1)
        case 410:
            return errors.expired()
        case 500:
            return errors.internal("an error on the server was requested")
        case 401:
            return errors.unauthorized()
    return ApiError(
        code, "ServiceUnavailable" if code == 503 else "", f"HTTP {code} was requested", retry_after=retry_after
    )
