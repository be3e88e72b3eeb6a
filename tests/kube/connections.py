"""Connections of tests, and servers that tell what they were asked."""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trustme
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect


async def echo(request: web.BaseRequest) -> web.Response:
    """What the server saw."""
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    return web.json_response({"path": request.path_qs, "headers": headers, "scheme": request.scheme})


async def seen_by(connection: Connection, path: str = "/version") -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in json.loads(await connection.request("GET", path))["headers"]:
        headers.setdefault(name, []).append(value)
    return headers


@asynccontextmanager
async def to(access: Access, **environ: str) -> AsyncIterator[Connection]:
    async with await connect(access, Surroundings(environ=environ)) as connection:
        yield connection


# TLS


def tls_of(ca: trustme.CA, *names: str, clients: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def data(pem: trustme.Blob) -> str:
    return b64encode(pem.bytes()).decode()
