"""One connection to one API server: bytes out, bytes in, and a KubeError for whatever goes wrong."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from ktui import __version__
from ktui.kube import kubeconfig
from ktui.kube.access import Access
from ktui.kube.credentials import Credentials
from ktui.kube.errors import ApiError, ConfigError, KubeError, Unauthorized, api_error, warnings_in
from ktui.kube.failures import failure, shown_address
from ktui.kube.kubeconfig import SERVICE_ACCOUNT, Context, Kubeconfig, Target
from ktui.kube.proxy import proxy_for

USER_AGENT: Final = f"ktui/{__version__}"
"""A name of our own: for browsers and curl the API server pretty-prints, which doubles the bytes."""

_HEADERS: Final = (("User-Agent", USER_AGENT), ("Accept", "application/json"))

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for the name, the socket and the TLS handshake together."""

READ_TIMEOUT: Final = 30.0
"""Seconds without a byte of the answer to a request; a stream may be silent for longer."""

Params = Mapping[str, str]


@dataclass(frozen=True)
class Surroundings:
    """What a process finds around it; tests bring their own."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    service_account: Path = SERVICE_ACCOUNT
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def contexts(access: Access, around: Surroundings | None = None) -> tuple[Context, ...]:
    """The contexts to choose from, by name; none inside a pod without a kubeconfig. Raises ConfigError."""
    return _kubeconfig(access, around or Surroundings()).choices()


def whereabouts(access: Access, around: Surroundings | None = None) -> tuple[str, str]:
    """The names of the context and of the namespace that are meant, as files alone tell: no server is asked.

    Raises ConfigError.
    """
    target = _target(access, around or Surroundings())
    return target.context, access.namespace or target.namespace


def _kubeconfig(access: Access, around: Surroundings) -> Kubeconfig:
    return kubeconfig.read(kubeconfig.locate(access.kubeconfig, around.environ))


def _target(access: Access, around: Surroundings) -> Target:
    config = _kubeconfig(access, around)
    if config.files:
        return config.target(access.context)
    inside = kubeconfig.in_cluster(around.environ, around.service_account)
    if inside is not None and not access.context:
        return inside
    raise ConfigError(
        "There is no kubeconfig: neither --kubeconfig, nor KUBECONFIG, nor ~/.kube/config.",
        hint="Name one with --kubeconfig, or run `ktui demo` to look around without a cluster.",
    )


async def connect(access: Access, around: Surroundings | None = None) -> Connection:
    """Read the kubeconfig and obtain credentials; the server itself is first asked by the first request.

    Raises ConfigError, CredentialError.
    """
    around = around or Surroundings()
    target = await asyncio.to_thread(_target, access, around)
    credentials = Credentials(
        target,
        as_user=access.as_user,
        as_groups=access.as_groups,
        environ=around.environ,
        clock=around.clock,
    )
    connection = Connection(target, access, credentials, around)
    await credentials.identity()
    return connection


class Connection:
    """A server and the right to ask it; use it as an async context manager, or close it with `aclose`.

    All requests share one pool of sockets. `namespace` is the one that commands work in: `-n`, else the context's.
    """

    def __init__(self, target: Target, access: Access, credentials: Credentials, around: Surroundings) -> None:
        self.context = target.context
        self.cluster = target.cluster_name
        self.user = access.as_user or target.user_name
        self.namespace = access.namespace or target.namespace
        self.server: str = target.cluster["server"].rstrip("/")
        self._base = _base_url(self.server)
        self._proxy = proxy_for(self._base, target.cluster.get("proxy-url") or "", around.environ)
        self._credentials = credentials
        self._request_timeout = access.request_timeout
        self._clock = around.clock
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self.compresses = not _is_loopback(self._base) and not target.cluster.get("disable-compression")
        """Whether lists come compressed: 18-fold, at a cost in time that pays where bytes are dear, not on loopback."""

    @property
    def address(self) -> str:
        """The server's scheme, host and port, fit to be shown."""
        return shown_address(self._base)

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all sockets, for good. Streams that are open end with an error, and so does whatever is asked later."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    def retry_login(self) -> None:
        """Run the login plugin at the next request even if it failed only just now: a person asked for it."""
        self._credentials.retry_login()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        timeout: float | None = None,
        changes: bool | None = None,
        warned: list[str] | None = None,
    ) -> bytes:
        """Send one request and return the body of its answer.

        `timeout` is in seconds without a byte; `changes` says whether the request changes something (by default
        anything but GET does), and thereby whether an answer that is lost is an AnswerLost. What the server warns of
        is added to `warned`. Raises KubeError.
        """
        limits = aiohttp.ClientTimeout(
            total=self._request_timeout, connect=CONNECT_TIMEOUT, sock_read=timeout or READ_TIMEOUT
        )
        changes = method != "GET" if changes is None else changes
        exchange = _Exchange(self._base, self._proxy, changes)
        with exchange.told():
            response = await self._accepted(
                exchange, method, path, params, limits, body=body, content_type=content_type
            )
            async with response:
                if warned is not None:
                    warned += warnings_in(response.headers.getall("Warning", ()))
                return await response.read()

    @asynccontextmanager
    async def stream(self, path: str, params: Params | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a GET whose answer does not end, as an iterator of chunks of bytes.

        There is no limit on silence here: whoever reads knows what to expect. Raises KubeError, also while reading.
        """
        limits = aiohttp.ClientTimeout(connect=CONNECT_TIMEOUT, sock_read=None, total=None)
        exchange = _Exchange(self._base, self._proxy, changes=False)
        with exchange.told():
            # Compressed, a watch is one gzip member for each event (Kubernetes 1.37; older servers compress no watch):
            # libraries have lost events over that, and a single event gains little.
            response = await self._accepted(exchange, "GET", path, params, limits, encoding="identity")
        async with response:
            yield _Chunks(response, exchange)

    async def _accepted(
        self,
        exchange: _Exchange,
        method: str,
        path: str,
        params: Params | None,
        limits: aiohttp.ClientTimeout,
        *,
        body: bytes | None = None,
        content_type: str = "",
        encoding: str = "",
    ) -> aiohttp.ClientResponse:
        """The answer, if it is a good one; a 401 is answered once with credentials that are renewed."""
        identity = await self._credentials.identity()
        if self._is_closed:
            raise KubeError("The connection to the cluster was closed meanwhile. Nothing was sent.")
        for attempt in (1, 2):
            response = await self._pool().request(
                method,
                self._base.joinpath(path.lstrip("/"), encoded=True).with_query(params or {}),
                data=body,
                headers=[
                    *_HEADERS,
                    ("Accept-Encoding", encoding or ("gzip" if self.compresses else "identity")),
                    *identity.headers,
                    *([("Content-Type", content_type)] if body is not None else []),
                ],
                ssl=identity.tls if identity.tls is not None else True,
                server_hostname=identity.server_name,
                proxy=self._proxy,
                timeout=limits,
                allow_redirects=False,
                trace_request_ctx=exchange,
            )
            if response.status < 300:
                return response
            error = await self._error(response)
            if isinstance(error, Unauthorized) and attempt == 1:
                renewed = await self._credentials.identity(refused=identity)
                if renewed is not identity:
                    identity = renewed
                    continue
            raise error
        raise AssertionError("the second attempt returns or raises")

    async def _error(self, response: aiohttp.ClientResponse) -> ApiError:
        async with response:
            # An error page has no length worth reading to its end.
            body = await response.content.read(1_000_000)
            return api_error(response.status, body, response.headers, self._clock())

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_sent)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=100), trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


class _Exchange:
    """One request and its answer, as far as they have come; what goes wrong is told by that."""

    def __init__(self, server: URL, proxy: URL | None, changes: bool) -> None:
        self._server, self._proxy, self._changes = server, proxy, changes
        self.sent = False

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn the transport's exceptions into KubeErrors."""
        try:
            yield
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError, OSError) as error:
            raise failure(error, self._server, proxy=self._proxy, sent=self.sent, changes=self._changes) from error


class _Chunks:
    """The chunks of an answer as they come. Not a generator: there is nothing to be closed but the answer."""

    def __init__(self, response: aiohttp.ClientResponse, exchange: _Exchange) -> None:
        self._chunks = response.content.iter_any()
        self._exchange = exchange

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        with self._exchange.told():
            return await anext(self._chunks)


async def _note_sent(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True


def _base_url(server: str) -> URL:
    try:
        url = URL(server)
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError("The server in the kubeconfig is not an http or https address.")
    return url


def _is_loopback(url: URL) -> bool:
    try:
        return ip_address(url.host or "").is_loopback
    except ValueError:
        return url.host == "localhost"
