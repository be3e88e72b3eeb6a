"""Connections through a SOCKS5 proxy (RFC 1928), by python-socks; imported only where there is one.

aiohttp-socks would do the same, but verifies the server's certificate against the address alone: with its connector a
`tls-server-name` is passed over.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from python_socks import ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy
from yarl import URL

from ktui.kube.auth.probes import probe
from ktui.kube.http import aiohttp


class _AsNamed(AbstractResolver):
    """Leaves a name as it is: the proxy resolves it."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [{"hostname": host, "host": host, "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        return


class SocksConnector(aiohttp.TCPConnector):
    """A TCPConnector whose sockets lead through that proxy. What goes wrong there is a ClientProxyConnectionError."""

    def __init__(self, proxy: URL, **options: Any) -> None:
        super().__init__(resolver=_AsNamed(), **options)
        self._proxy = proxy

    # aiohttp has no public hook for it; aiohttp-socks overrides the same method.
    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[Any],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        host, port = addr_infos[0][4][:2]
        try:
            connected = probe(await self._through_proxy(host, port))
        except (ProxyError, OSError) as error:
            raise aiohttp.ClientProxyConnectionError(req.connection_key, OSError(str(error))) from error
        try:
            return await asyncio.get_running_loop().create_connection(*args, **kwargs, sock=connected)
        except ssl.CertificateError as error:
            raise aiohttp.ClientConnectorCertificateError(req.connection_key, error) from error
        except ssl.SSLError as error:
            raise aiohttp.ClientConnectorSSLError(req.connection_key, error) from error
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error

    async def _through_proxy(self, host: str, port: int) -> socket.socket:
        assert self._proxy.host is not None
        assert self._proxy.port is not None
        proxy = Proxy(
            ProxyType.SOCKS5,
            self._proxy.host,
            self._proxy.port,
            username=self._proxy.user,
            password=self._proxy.password,
            rdns=True,
        )
        return await proxy.connect(dest_host=host, dest_port=port)
