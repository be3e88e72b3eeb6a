"""A server between ktui and the simulated cluster that puts hostile text in the place of harmless words.

No API server lets a Deployment be called what these are called, and some text in its objects may be anything: whoever
wrote it, and whatever lets it through, nothing of it may act on a terminal. What ktui sends back is put right again.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, unquote

import aiohttp
from aiohttp import web

from tests.kube.server import serving

_KEPT: Final[tuple[str, ...]] = ("Authorization", "Content-Type", "Accept")


class Masquerade:
    """What is told as what: the words of the cluster, and the texts that ktui is shown for them."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.url = ""
        self.words: Mapping[str, str] = {}
        self.kept = _KEPT
        """The headers that go on to the cluster."""
        self._session: aiohttp.ClientSession | None = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        path, _, query = request.raw_path.partition("?")
        url = self.server + quote(self._honest(unquote(path))) + (f"?{self._honest(unquote(query))}" if query else "")
        kept = {name: value for name, value in request.headers.items() if name in self.kept}
        body = self._honest_json(await request.read())
        async with self._session.request(request.method, url, headers=kept, data=body or None) as answer:
            response = web.StreamResponse(
                status=answer.status, headers={"Content-Type": answer.headers["Content-Type"]}
            )
            await response.prepare(request)
            is_json, rest = "json" in answer.headers["Content-Type"], b""
            async for chunk in answer.content.iter_any():
                lines, newline, rest = (rest + chunk).rpartition(b"\n")
                if newline:
                    await response.write(self._hostile(lines + newline, is_json))
            await response.write(self._hostile(rest, is_json))
        return response

    def _hostile(self, data: bytes, is_json: bool) -> bytes:
        for word, text in self.words.items():
            shown = json.dumps(text)[1:-1] if is_json else text.replace("\n", " ")
            data = data.replace(word.encode(), shown.encode())
        return data

    def _honest(self, text: str) -> str:
        for word, hostile in self.words.items():
            text = text.replace(hostile, word)
        return text

    def _honest_json(self, body: bytes) -> bytes:
        text = json.dumps(json.loads(body)) if body else ""
        for word, hostile in self.words.items():
            text = text.replace(json.dumps(hostile)[1:-1], word)
        return text.encode()

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


@contextmanager
def masquerade(server: str, tls: ssl.SSLContext | None = None) -> Iterator[Masquerade]:
    """It, in a thread of its own."""
    made = Masquerade(server)
    loop = asyncio.new_event_loop()
    started, over = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with serving(made.handle, tls) as made.url:
            started.set()
            await over.wait()
            await made.aclose()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert started.wait(10)
        yield made
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
