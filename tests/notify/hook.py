"""A server that takes what is posted to it, as that of a chat does."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from ktui.kube.http import aiohttp  # noqa: F401 - aiohttp.web below is imported without its CAs

from aiohttp import web  # isort: skip

SECRET: Final = "pl4ntedS3cret"
"""The part of its address that no one else may see."""


class Hook:
    """Keeps the bodies, and answers as it is told: the last of `answers` again and again."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.answers = [200]
        self.headers: dict[str, str] = {}

    async def take(self, request: web.BaseRequest) -> web.Response:
        assert request.path == f"/{SECRET}"
        self.bodies.append(json.loads(await request.read()))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers=self.headers)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address, while it is there."""
        runner = web.ServerRunner(web.Server(self.take))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/{SECRET}"
        finally:
            await runner.cleanup()

    @contextmanager
    def in_a_thread(self) -> Iterator[str]:
        """The same beside a test that is not asynchronous."""
        begun, over = threading.Event(), asyncio.Event()
        loop, address = asyncio.new_event_loop(), ""

        async def serve() -> None:
            nonlocal address
            async with self.serving() as address:
                begun.set()
                await over.wait()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        assert begun.wait(30)
        try:
            yield address
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()
            loop.close()
