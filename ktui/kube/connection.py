"""One connection to one API server: bytes out, bytes in, and a KubeError for whatever goes wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import Final
from urllib.parse import quote

from yarl import URL

from ktui import __version__
from ktui.kube import limits
from ktui.kube.auth.access import Access, kubectl_call
from ktui.kube.auth.chosen import Choice, Surroundings, choose
from ktui.kube.auth.credentials import Credentials, Identity
from ktui.kube.auth.kubeconfig import Target
from ktui.kube.auth.proxy import connector_for, proxy_for
from ktui.kube.auth.trust import distrusted, presented
from ktui.kube.backoff import Delays
from ktui.kube.clock import ServerClock
from ktui.kube.errors import (
    AnswerLost,
    ApiError,
    KubeError,
    TimedOut,
    Unauthorized,
    Unreachable,
    api_error,
    warnings_in,
)
from ktui.kube.exchange import Chunks, Exchange, redirected, refuse_pages, sent_once, trace
from ktui.kube.failures import client_alert, shown_address
from ktui.kube.http import aiohttp
from ktui.kube.liveness import Pulse
from ktui.kube.progress import Progress

USER_AGENT: Final = f"ktui/{__version__}"
"""A name of our own: for browsers and curl the API server pretty-prints, which doubles the bytes."""

_IN_A_PATH: Final = "/%:@!$&'()*+,;=-._~"

_HEADERS: Final = (("User-Agent", USER_AGENT),)

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for the name, the socket and the TLS handshake together."""

READ_TIMEOUT: Final = 30.0
"""Seconds without a byte of the answer to a request; a stream may be silent for longer."""

_WORTH_A_WORD: Final = 3.0
"""Seconds of waiting from which on a person should know of it."""

_READY: Final = "/readyz"

_GATEWAY: Final = frozenset({502, 503, 504})
"""How a gateway answers for a server that it does not reach."""

Params = Mapping[str, str]


async def connect(access: Access, around: Surroundings | None = None, choice: Choice | None = None) -> Connection:
    """Obtain credentials for what was chosen; the server itself is first asked by the first request.

    Without a `choice` it is the one that the kubeconfig means now. Who connects more than once hands on what was
    chosen the first time: `ktui.kube.auth.chosen`. Raises ConfigError, CredentialError.
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
        self._kubectl = kubectl_call(access, "" if target.is_inside else target.context)
        self.server = target.cluster.server
        self._base = URL(self.server)
        self._through: URL | None = proxy_for(self._base, target.cluster.proxy_url, around.environ)
        self._credentials = credentials
        self._request_timeout = access.request_timeout
        self._around = around
        self.clock = ServerClock(around.clock)
        """The cluster's time: what ages and thresholds go by."""
        self.served_as: Mapping[tuple[str, str], str] = {}
        """The group and version that is asked for in place of that of a path, both as `apis/GROUP/VERSION`.

        By the path's own and the plural: of one group, resources may be served in different versions.
        """
        self.pulse = Pulse(self._ask_whether_it_is_there, around.vigilance)
        """Whether the server is heard from."""
        self.progress = Progress(monotonic)
        """How far it has come with what it was asked."""
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self.compresses = not _is_loopback(self._base) and not target.cluster.disable_compression
        """Whether lists come compressed: 18-fold, at a cost in time that pays where bytes are dear, not on loopback."""

    @property
    def address(self) -> str:
        """The server's scheme, host and port, fit to be shown."""
        return shown_address(self._base)

    @property
    def kubectl(self) -> tuple[str, ...]:
        """How kubectl is called for the same cluster as the same user."""
        return (*self._kubectl, *self._credentials.flags)

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
        """Read the credentials again, and log in again even if that failed only just now: a person asked for it."""
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
        accept: str = "",
        timeout: float | None = None,
        within: float | None = None,
        changes: bool | None = None,
        warned: list[str] | None = None,
        waits: bool = True,
    ) -> bytes:
        """Send one request and return the body of its answer.

        `timeout` is in seconds without a byte, `within` in seconds for all of it; `changes` says whether the request
        changes something (by default anything but GET does), and thereby whether an answer that is lost is an
        AnswerLost. What the server warns of is added to `warned`. Where the server asks to wait a moment, it is asked
        again, unless `waits` is False. Raises KubeError.
        """
        times = aiohttp.ClientTimeout(
            total=within or self._request_timeout, connect=CONNECT_TIMEOUT, sock_read=timeout or READ_TIMEOUT
        )
        changes = method != "GET" if changes is None else changes
        delays = Delays(changes=changes) if waits else None
        while True:
            exchange = Exchange(self._base, self._through, changes, self.pulse.heard)
            began = asyncio.get_running_loop().time()
            try:
                with exchange.translated(), self.progress.asking(of_a_person=path != _READY):
                    response = await self._accepted(
                        exchange, method, path, params, times, body=body, content_type=content_type, accept=accept
                    )
                    async with response:
                        if warned is not None:
                            warned += warnings_in(response.headers.getall("Warning", ()))
                        refuse_pages(response)
                        return await exchange.body(response)
            except ApiError as error:
                if delays is None:
                    raise
                await self._wait_as_asked(error, delays)
            except (TimedOut, AnswerLost):
                self.pulse.missed(asyncio.get_running_loop().time() - began)
                raise

    async def _wait_as_asked(self, error: ApiError, delays: Delays) -> None:
        """Wait where the server asks for it, and the same request can be sent again. Raises the error otherwise."""
        seconds = delays.next(error)
        if seconds is None:
            raise error
        if seconds >= _WORTH_A_WORD:
            self._around.waiting(f"{error} It asks to wait: trying again at {self.time_in(seconds)}.")
        await asyncio.sleep(seconds)

    def time_in(self, seconds: float) -> str:
        """What the clock on the wall will show in so many seconds."""
        return (self._around.clock() + timedelta(seconds=seconds)).astimezone().strftime("%H:%M:%S")

    async def _ask_whether_it_is_there(self, seconds: float) -> None:
        """The cheapest question that tells whether the API server answers. Raises KubeError."""
        try:
            await self.request("GET", _READY, within=seconds, waits=False)
        except ApiError as error:
            # Not allowed, or not ready: a server said so. A gateway answers for one that it does not reach.
            if error.status in _GATEWAY:
                raise

    @asynccontextmanager
    async def stream(self, path: str, params: Params | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a GET whose answer does not end, as an iterator of chunks of bytes.

        There is no limit on silence here: who reads knows what to expect. Raises KubeError, also while reading.
        """
        times = aiohttp.ClientTimeout(connect=CONNECT_TIMEOUT, sock_read=None, total=None)
        exchange = Exchange(self._base, self._through, False, self.pulse.heard)
        with exchange.translated(), self.progress.asking():
            # Compressed, a watch is one gzip member for each event (Kubernetes 1.37; older servers compress no watch):
            # libraries have lost events over that, and a single event gains little.
            response = await self._accepted(exchange, "GET", path, params, times, encoding="identity")
        async with response:
            refuse_pages(response)
            yield Chunks(response, exchange)

    async def _accepted(
        self,
        exchange: Exchange,
        method: str,
        path: str,
        params: Params | None,
        times: aiohttp.ClientTimeout,
        *,
        body: bytes | None = None,
        content_type: str = "",
        accept: str = "",
        encoding: str = "",
    ) -> aiohttp.ClientResponse:
        """The answer, if it is a good one; a 401 is answered once with credentials that are renewed."""
        identity = await self._credentials.identity()
        if self._is_closed:
            raise KubeError("The connection to the cluster was closed in the meantime. Nothing was sent.")
        # A name may be anything if a server says so: what no path may hold goes as its number, as in kubectl.
        where = quote(self._as_served(path.lstrip("/")), safe=_IN_A_PATH, errors="replace")
        url = self._base.joinpath(where, encoded=True).with_query(params or {})
        renewals, redirects, visited = 1, limits.REDIRECTS, {url}
        while True:
            began = asyncio.get_running_loop().time()
            try:
                response = await self._pool().request(
                    method,
                    url,
                    data=body,
                    headers=[
                        *_HEADERS,
                        ("Accept", accept or "application/json"),
                        ("Accept-Encoding", encoding or ("gzip" if self.compresses else "identity")),
                        *identity.headers,
                        *([("Content-Type", content_type)] if body is not None else []),
                    ],
                    ssl=identity.tls if identity.tls is not None else True,
                    server_hostname=identity.server_name,
                    timeout=times,
                    allow_redirects=False,
                    trace_request_ctx=exchange,
                    middlewares=(sent_once,) if exchange.changes else (),
                )
            except aiohttp.ClientConnectorCertificateError as untrusted:
                raise await self._distrusted(untrusted, identity) from untrusted
            except (aiohttp.ClientError, ssl.SSLError) as broken:
                if client_alert(broken):
                    # The kubeconfig may have the next certificate by now.
                    self._credentials.doubt()
                raise
            if response.status not in _GATEWAY:
                self.pulse.heard()
                self.clock.heard(response.headers, asyncio.get_running_loop().time() - began)
            if response.status < 300:
                return response
            # In a circle, each attempt would cost as many requests as are followed.
            if redirects and (to := redirected(response, url, method)) is not None and to not in visited:
                response.release()
                visited.add(to)
                url, redirects = to, redirects - 1
                continue
            error = await self._error(response, identity)
            if isinstance(error, Unauthorized) and renewals:
                renewals -= 1
                renewed = await self._credentials.identity(refused=identity)
                if renewed is not identity:
                    identity = renewed
                    continue
            if isinstance(error, Unauthorized) and (fault := self._credentials.fault(identity)):
                raise Unauthorized(error.status or 401, reason=error.reason, message=fault)
            raise error

    def _as_served(self, path: str) -> str:
        """The path in the version of its group that the server has."""
        if not self.served_as:
            return path
        parts = path.split("/")
        named, rest = "/".join(parts[:3]), parts[3:]
        plural = rest[2] if len(rest) > 2 and rest[0] == "namespaces" else rest[0] if rest else ""
        served = self.served_as.get((named, plural.partition("?")[0]))
        return path if served is None else "/".join([served, *rest])

    async def _error(self, response: aiohttp.ClientResponse, identity: Identity) -> ApiError:
        async with response:
            body = await response.content.read(limits.ERROR_PAGE)
            # Gateways that are being debugged repeat what they were sent.
            for secret in identity.secrets:
                body = body.replace(secret.encode(), b"***")
            return api_error(response.status, body, response.headers, self.clock.now())

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
        return distrusted(cause, self.address, asked, shown, self._around.clock())

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector, proxy = connector_for(self._through)
            self._session = aiohttp.ClientSession(
                connector=connector,
                proxy=proxy,
                trace_configs=[trace()],
                cookie_jar=aiohttp.DummyCookieJar(),
                max_line_size=limits.HEADER,
                max_field_size=limits.HEADER,
            )
        return self._session


def _is_loopback(url: URL) -> bool:
    try:
        return ip_address(url.host or "").is_loopback
    except ValueError:
        return url.host == "localhost"
