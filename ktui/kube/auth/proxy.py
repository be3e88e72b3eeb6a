"""Which proxy a request goes through: the cluster's `proxy-url`, else the environment, by Go's rules.

aiohttp's own reading of the environment knows no address ranges in NO_PROXY (`10.0.0.0/8` is how clusters are mostly
excluded) and sends loopback through the proxy; kubectl follows golang.org/x/net/http/httpproxy, and so does this.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from yarl import URL

from ktui.kube.auth.kubeconfig_checks import is_host_name
from ktui.kube.auth.probes import probed
from ktui.kube.errors import ConfigError
from ktui.kube.http import aiohttp

if TYPE_CHECKING:
    from ssl import SSLContext

_SOCKS: Final = {"socks5", "socks5h"}
"""To Go both are the same: the proxy resolves the server's name."""

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def proxy_for(server: URL, configured: str, environ: Mapping[str, str]) -> URL | None:
    """The proxy for that server, or None. Raises ConfigError for one that cannot be used."""
    if configured:
        return _checked(configured, "proxy-url in the kubeconfig")
    name = "HTTPS_PROXY" if server.scheme == "https" else "HTTP_PROXY"
    value = environ.get(name) or environ.get(name.lower(), "")
    if not value or _excluded(server, environ.get("NO_PROXY") or environ.get("no_proxy", "")):
        return None
    return _checked(value if "://" in value else f"http://{value}", name)


def _checked(value: str, where: str) -> URL:
    try:
        url = URL(value)
        _ = url.port
    except ValueError:
        url = URL()
    if url.scheme not in _PORTS or not url.host or not is_host_name(url.host):
        kind = f" of the kind {url.scheme}" if url.scheme.isalnum() and url.host else ""
        raise ConfigError(
            f"The proxy{kind} in {where} cannot be used.",
            hint="Name one that starts with http://, https:// or socks5://.",
        )
    return url if url.port else url.with_port(_PORTS[url.scheme])


def connector_for(
    proxy: URL | None, *, ssl: SSLContext | bool = True, limit: int = 100
) -> tuple[aiohttp.TCPConnector, URL | None]:
    """What makes the sockets, and the proxy that requests have to name: aiohttp itself knows http and https alone."""
    if proxy is None or proxy.scheme not in _SOCKS:
        return aiohttp.TCPConnector(ssl=ssl, limit=limit, socket_factory=probed), proxy
    from ktui.kube.auth.socks import SocksConnector  # noqa: PLC0415 - few need it

    return SocksConnector(proxy, ssl=ssl, limit=limit), None


def _excluded(server: URL, no_proxy: str) -> bool:
    host = (server.host or "").lower().rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    for part in (entry.strip().lower() for entry in no_proxy.split(",")):
        if part == "*":
            return True
        pattern, port = _split_port(part)
        if not pattern or (port and port != str(server.port)):
            continue
        if address is not None:
            try:
                if address in ip_network(pattern, strict=False):
                    return True
            except ValueError:
                continue
        elif pattern.startswith(("*.", ".")):
            if host.endswith(pattern.removeprefix("*")):
                return True
        elif host == pattern or host.endswith(f".{pattern}"):
            return True
    return False


def _split_port(entry: str) -> tuple[str, str]:
    """`host:port`, `[v6]:port`, or any of them without a port; a bare v6 address has colons and no port."""
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, rest.removeprefix(":")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""
