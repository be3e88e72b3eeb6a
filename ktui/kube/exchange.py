"""One request and its answer: its bytes within limits, where it is sent on to, and a KubeError for what goes wrong."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Final, Self

from yarl import URL

from ktui.kube import limits
from ktui.kube.errors import AnswerLost, Interrupted, KubeError, TooLarge
from ktui.kube.failures import failure, shown_address
from ktui.kube.http import aiohttp

_KEEP_METHOD: Final = frozenset({307, 308})
_REDIRECTS: Final = frozenset({301, 302, 303}) | _KEEP_METHOD


class Exchange:
    """One request and its answer, as far as they have come; what goes wrong is known by that."""

    def __init__(self, server: URL, proxy: URL | None, changes: bool, heard: Callable[[], None]) -> None:
        self._server, self._proxy, self.changes = server, proxy, changes
        self.heard = heard
        self.sent = False

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the transport's exceptions into KubeErrors."""
        try:
            yield
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError, OSError) as error:
            raise failure(error, self._server, proxy=self._proxy, sent=self.sent, changes=self.changes) from error

    async def body(self, response: aiohttp.ClientResponse) -> bytes:
        """All of the answer. Raises TooLarge as soon as there is more of it than there can be."""
        parts, size = [], 0
        async for chunk in response.content.iter_any():
            self.heard()
            size += len(chunk)
            if size > limits.ANSWER:
                response.close()
                raise self._too_large()
            parts.append(chunk)
        return b"".join(parts)

    def _too_large(self) -> KubeError:
        much = f"more than {limits.ANSWER // limits.MEGABYTE} MB"
        if self.changes:
            return AnswerLost(f"The answer to the change has {much}: it is not known whether it was applied.")
        return TooLarge(f"The answer has {much}: it is not read.")


class Chunks:
    """The chunks of an answer as they come. Not a generator: there is nothing to be closed but the answer."""

    def __init__(self, response: aiohttp.ClientResponse, exchange: Exchange) -> None:
        self._chunks = response.content.iter_any()
        self._exchange = exchange

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        with self._exchange.translated():
            chunk = await anext(self._chunks)
        self._exchange.heard()
        return chunk


def refuse_pages(response: aiohttp.ClientResponse) -> None:
    """Raises Interrupted for a page of a login portal, which comes with status 200 as if it were the answer."""
    if response.content_type == "text/html":
        response.close()
        raise Interrupted(
            "The server answers with a web page: it is not an API server.",
            hint="A login page may be in front of the server: log in there, or check the address in the kubeconfig.",
        )


def redirected(response: aiohttp.ClientResponse, asked: URL, method: str) -> URL | None:
    """Where a redirect leads, or None for an answer that is none. Raises KubeError for one that is not followed.

    What carries credentials goes to the host that they are for and to no other; and as a change that is redirected
    with 301, 302 or 303 would become a read (RFC 9110, 15.4), only 307 and 308 are followed with one.
    """
    if response.status not in _REDIRECTS or not (location := response.headers.get("Location")):
        return None
    try:
        to = asked.join(URL(location, encoded=True))
        # Only this looks at the number of the port.
        to.port  # noqa: B018
    except ValueError:
        to = URL()
    if to.host != asked.host or to.scheme not in {asked.scheme, "https"}:
        where = shown_address(to) if to.host and to.port else "elsewhere"
        raise KubeError(
            f"{shown_address(asked)} sends its clients on to {where}, where the credentials do not belong.",
            hint="Nothing was sent there. If that is the API server, name it as the server in the kubeconfig.",
        )
    if method != "GET" and response.status not in _KEEP_METHOD:
        raise KubeError(
            f"{shown_address(asked)} redirects a change (HTTP {response.status}): it was not applied.",
            hint=f"Name {shown_address(to)} as the server in the kubeconfig.",
        )
    return to


class _LostError(aiohttp.ClientError):
    """The connection dropped under a request that changes something."""


async def sent_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a DELETE again by itself where a connection drops, as RFC 9112, 9.3.1 permits.

    It goes by the kind of error, and takes this one for final.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _LostError(str(error)) from error


def trace() -> aiohttp.TraceConfig:
    """What tells an Exchange that its request has gone out."""
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_note_sent)
    return config


async def _note_sent(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True
