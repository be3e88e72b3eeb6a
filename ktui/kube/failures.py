"""What a failed exchange means, told from aiohttp's exceptions and from how far the request had come."""

from __future__ import annotations

import errno
import ssl

import aiohttp
from yarl import URL

from ktui.kube.errors import AnswerLost, Interrupted, KubeError, TimedOut, Unreachable, brief

_REFUSED = "Check that the cluster runs, and that the context is the one you mean."
_NETWORK = "Check the network, the VPN and the proxy settings."


def shown_address(url: URL) -> str:
    """Scheme, host and port: never a user, a password or a query."""
    return f"{url.scheme}://{url.host_subcomponent}:{url.port}"


def failure(error: Exception, server: URL, *, proxy: URL | None, sent: bool, changes: bool) -> KubeError:
    """The KubeError for an exception of the transport.

    `sent` is whether the request had gone out; one that `changes` something may then have taken place.
    """
    address = shown_address(server)
    if proxy is not None and isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return _proxy_failure(error, proxy)
    trust = _certificate_error(error)
    if trust is not None:
        return Unreachable(
            f"The certificate of {address} is not trusted: {brief(trust.verify_message, 120)}.",
            hint="The cluster's certificate-authority in the kubeconfig must be the one that signed it.",
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
            f"The change was sent to {address}, and the answer was lost: whether it took place is not known.",
            hint="Look at the object before trying again.",
        )
    if isinstance(error, TimeoutError):
        return TimedOut(f"{address} took the request and did not answer in time.", hint="Try again.")
    return Interrupted(f"The connection to {address} broke off: {_cause(error)}.", hint=_NETWORK)


def _certificate_error(error: Exception) -> ssl.SSLCertVerificationError | None:
    inner = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
    return inner if isinstance(inner, ssl.SSLCertVerificationError) else None


def _connect_failure(error: aiohttp.ClientConnectorError, address: str) -> Unreachable:
    inner = error.os_error
    if isinstance(inner, ssl.SSLError):
        return Unreachable(
            f"No TLS connection to {address} came about: {_cause(inner)}.",
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
