"""What a failed exchange means, derived from aiohttp's exceptions and from how far the request had come."""

from __future__ import annotations

import errno
import ssl

from yarl import URL

from ktui.kube.errors import AnswerLost, Interrupted, KubeError, TimedOut, Unreachable, brief
from ktui.kube.http import aiohttp

_REFUSED = "Check that the cluster runs, and that the context is the one you mean."
_NETWORK = "Check the network, the VPN and the proxy settings."


def shown_address(url: URL) -> str:
    """Scheme, host and port: never a user, a password or a query."""
    return f"{url.scheme}://{url.host_subcomponent}:{url.port}"


def failure(error: Exception, server: URL, *, proxy: URL | None, sent: bool, changes: bool) -> KubeError:
    """The KubeError for an exception of the transport.

    `sent` is whether the request had gone out; one that `changes` something may then have been applied.
    """
    address = shown_address(server)
    if proxy is not None and isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return _proxy_failure(error, proxy)
    if (alert := client_alert(error)) is not None:
        # The server ended the handshake: in TLS 1.3 after the first bytes of a request, which it has not read.
        return Unreachable(
            f"{address} does not accept the client certificate: {brief(alert, 120)}.",
            hint="Renew the client-certificate in the kubeconfig, or log in again.",
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Unreachable(f"The name {server.host} cannot be resolved.", hint=_NETWORK)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _connect_failure(error, address)
    if isinstance(error, aiohttp.ConnectionTimeoutError) or (isinstance(error, TimeoutError) and not sent):
        return Unreachable(f"{address} does not answer: the connection timed out.", hint=_NETWORK)
    if not sent:
        return Unreachable(f"The connection to {address} failed: {_cause(error)}.", hint=_NETWORK)
    if changes:
        return AnswerLost(
            f"The change was sent to {address}, and the response was lost: it is not known whether it was applied.",
            hint="Check the object before you try again.",
        )
    if isinstance(error, TimeoutError):
        return TimedOut(f"{address} accepted the request, but did not answer in time.", hint=_NETWORK)
    return Interrupted(f"The connection to {address} broke off: {_cause(error)}.", hint=_NETWORK)


def client_alert(error: BaseException) -> str | None:
    """What the server says of our certificate (RFC 8446, 6.2: bad_certificate … certificate_required), if it does."""
    seen: BaseException | None = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    while seen is not None:
        reason = str(seen.reason) if isinstance(seen, ssl.SSLError) and seen.reason else ""
        if "_ALERT_" in reason and ("CERTIFICATE" in reason or reason.endswith("_UNKNOWN_CA")):
            return reason.partition("_ALERT_")[2].replace("_", " ").lower()
        seen = seen.__cause__ or seen.__context__
    return None


def _connect_failure(error: aiohttp.ClientConnectorError, address: str) -> Unreachable:
    inner = error.os_error
    if isinstance(inner, ssl.SSLError):
        return Unreachable(
            f"The TLS connection to {address} failed: {_cause(inner)}.",
            hint="Check that the server speaks TLS there, and wants no other client certificate.",
        )
    if inner.errno == errno.ECONNREFUSED:
        return Unreachable(f"Nothing listens at {address}: the connection was refused.", hint=_REFUSED)
    return Unreachable(f"{address} cannot be reached: {_cause(inner)}.", hint=_NETWORK)


def _proxy_failure(error: aiohttp.ClientError, proxy: URL) -> Unreachable:
    address = shown_address(proxy)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return Unreachable(
            f"The proxy {address} refused to connect: HTTP {error.status}.",
            hint="Check its credentials in HTTPS_PROXY or proxy-url, and whether it permits this server.",
        )
    if proxy.scheme.startswith("socks") and isinstance(error, aiohttp.ClientProxyConnectionError):
        # It may be reached, and refuse: the name or password, or to go on to the server.
        return Unreachable(
            f"The proxy {address} cannot be used: {brief(str(error.os_error), 120).lower().rstrip('.')}.",
            hint="Check its address and credentials in HTTPS_PROXY or proxy-url, and whether it permits this server.",
        )
    return Unreachable(f"The proxy {address} cannot be reached.", hint=_NETWORK)


def _cause(error: BaseException) -> str:
    """The short technical word for it, without addresses and Python's numbers."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return brief(str(error.reason).replace("_", " ").lower(), 120)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed it"
    if isinstance(error, OSError) and error.strerror:
        return brief(error.strerror, 120).lower()
    return "it was closed in the middle of the answer"
