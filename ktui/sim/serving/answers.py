"""Answers as an API server writes them: JSON, its headers, gzip, and errors as Status objects."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any

import msgspec
from aiohttp import web

from ktui.sim.api.errors import ApiError

JSON = dict[str, Any]
GZIP_FROM = 128 * 1024
"""Smaller answers are not worth compressing, to a real API server either."""

SERVER = "ktui simulate"
"""What no API server says: that its time passes as fast as configured."""

encode = msgspec.json.Encoder().encode


def headers(now: float, content_type: str = "application/json") -> dict[str, str]:
    """The headers of every answer; the date is the cluster's."""
    return {
        "Cache-Control": "no-cache, private",
        "Content-Type": content_type,
        "Date": formatdate(now, usegmt=True),
        "Server": SERVER,
    }


def warnings_in(messages: Iterable[str]) -> list[tuple[str, str]]:
    """The headers that carry warnings."""
    return [("Warning", '299 - "' + message.replace("\\", "\\\\").replace('"', '\\"') + '"') for message in messages]


def answer(request: web.Request, body: bytes, now: float, status: int = 200) -> web.Response:
    """A JSON answer, compressed where that is asked for and worth it."""
    sent = headers(now)
    if len(body) >= GZIP_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, compresslevel=1)
        sent |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=body, status=status, headers=sent)


def text(body: str, now: float, status: int = 200) -> web.Response:
    """A plain answer, as health and unknown paths get it."""
    return web.Response(body=body.encode(), status=status, headers=headers(now, "text/plain; charset=utf-8"))


def refusal(error: ApiError, now: float) -> web.Response:
    """The answer to a request that is refused."""
    sent = headers(now)
    if error.retry_after is not None:
        sent["Retry-After"] = str(error.retry_after)
    return web.Response(body=encode(error.status) + b"\n", status=int(error.code), headers=sent)
