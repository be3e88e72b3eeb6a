"""One connection to one API server: bytes out, bytes in, and a KubeError for whatever goes wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from types import SimpleNamespace, TracebackType
from typing import Final, Self

import aiohttp
from yarl import URL

from ktui import __version__
from ktui.kube.access import Access, kubectl_call
from ktui.kube.chosen import Choice, Surroundings, choose
from ktui.kube.credentials import Credentials, Identity
from ktui.kube.errors import ApiError, KubeError, Unauthorized, Unreachable, api_error, warnings_in
from ktui.kube.failures import failure, shown_address
from ktui.kube.kubeconfig import Target
from ktui.kube.proxy import connector_for, proxy_for
from ktui.kube.trust import distrusted, presented

USER_AGENT: Final = f"ktui/{__version__}"
"""A name of our own: for browsers and curl the API server pretty-prints, which doubles the bytes."""

_HEADERS: Final = (("User-Agent", USER_AGENT), ("Accept", "application/json"))

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for the name, the socket and the TLS handshake together."""

READ_TIMEOUT: Final = 30.0
"""Seconds without a byte of the answer to a request; a stream may be silent for longer."""

Params = Mapping[str, str]


async def connect(access: Access, around: Surroundings | None = None, choice: Choice | None = None) -> Connection:
    """Obtain credentials for what was chosen; the server itself is first asked by the first request.

    Without a `choice` it is the one that the kubeconfig means now. Whoever connects more than once hands on what was
    chosen the first time: `ktui.kube.chosen`. Raises ConfigError, CredentialError.
    """
    around = around or Surroundings()
    if choice is None:
        choice = await asyncio.to_thread(choose, access, around)
    credentials = Credentials(choice, access, around, lambda target: choose(access, around, target))
    connection = Connection(choice.target, access, credentials, around)
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
        self.kubectl = kubectl_call(access, "" if target.is_inside else target.context)
        """How kubectl is called for the same cluster as the same user."""
        self.server = target.cluster.server
        self._base = URL(self.server)
        self._through: URL | None = proxy_for(self._base, target.cluster.proxy_url, around.environ)
        self._credentials = credentials
        self._request_timeout = access.request_timeout
        self._clock = around.clock
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self.compresses = not _is_loopback(self._base) and not target.cluster.disable_compression
        """Whether lists come compressed: 18-fold, at a cost in time that pays where bytes are dear, not on loopback."""

    @property
    def address(self) -> str:
        """The server's scheme, host and port, fit to be shown."""
        return shown_address(self._base)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of this connection, each in one sentence."""
        return self._credentials.notes

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
        """Read the credentials anew, and log in again even if that failed only just now: a person asked for it."""
        self._credentials.retry_login()

    async def log_in(self) -> None:
        """Renew the credentials if need be, without asking for anything. Raises ConfigError, CredentialError."""
        await self._credentials.identity()

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
        exchange = _Exchange(self._base, self._through, changes)
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
        exchange = _Exchange(self._base, self._through, changes=False)
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
            try:
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
                    timeout=limits,
                    allow_redirects=False,
                    trace_request_ctx=exchange,
                    middlewares=(_sent_once,) if exchange.changes else (),
                )
            except aiohttp.ClientConnectorCertificateError as untrusted:
                raise await self._distrusted(untrusted, identity) from untrusted
            if response.status < 300:
                return response
            error = await self._error(response)
            if isinstance(error, Unauthorized) and attempt == 1:
                renewed = await self._credentials.identity(refused=identity)
                if renewed is not identity:
                    identity = renewed
                    continue
            if isinstance(error, Unauthorized) and (fault := self._credentials.fault(identity)):
                raise Unauthorized(error.status or 401, reason=error.reason, message=fault)
            raise error
        raise AssertionError("the second attempt returns or raises")

    async def _error(self, response: aiohttp.ClientResponse) -> ApiError:
        async with response:
            # An error page has no length worth reading to its end.
            body = await response.content.read(1_000_000)
            return api_error(response.status, body, response.headers, self._clock())

    async def _distrusted(self, error: aiohttp.ClientConnectorCertificateError, identity: Identity) -> Unreachable:
        """Which certificate the server showed, and what is wrong with it."""
        # The kubeconfig may have a newer authority by now.
        self._credentials.doubt()
        cause = error.certificate_error
        if not isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(f"The certificate of {self.address} is not trusted.")
        # Only where there is no proxy: which certificate it is helps, and is not worth a second way through one.
        shown = await presented(self._base, identity.server_name) if self._through is None else None
        asked = identity.server_name or self._base.host or ""
        return distrusted(cause, self.address, asked, shown, self._clock())

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_note_sent)
            connector, proxy = connector_for(self._through)
            self._session = aiohttp.ClientSession(
                connector=connector, proxy=proxy, trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


class _Exchange:
    """One request and its answer, as far as they have come; what goes wrong is told by that."""

    def __init__(self, server: URL, proxy: URL | None, changes: bool) -> None:
        self._server, self._proxy, self.changes = server, proxy, changes
        self.sent = False

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn the transport's exceptions into KubeErrors."""
        try:
            yield
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError, OSError) as error:
            raise failure(error, self._server, proxy=self._proxy, sent=self.sent, changes=self.changes) from error


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


class _LostError(aiohttp.ClientError):
    """The connection dropped under a request that changes something."""


async def _sent_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a DELETE again by itself where a connection drops, as RFC 9112, 9.3.1 permits.

    It goes by the kind of error, and takes this one for final.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _LostError(str(error)) from error


async def _note_sent(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True


def _is_loopback(url: URL) -> bool:
    try:
        return ip_address(url.host or "").is_loopback
    except ValueError:
        return url.host == "localhost"
