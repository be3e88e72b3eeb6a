"""A relay of bytes in front of the proxy, TLS or not, and what may become of them on their way.

What it delivered, and when, is the truth about what ktui can have heard.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Literal
from weakref import WeakSet

from tests.between import Between

New = Literal["relayed", "closed", "held", "answered with noise"]

_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class _Line:
    """One connection of ktui's."""

    down: StreamWriter
    left: int | None = None
    """Bytes until it is cut, or one of them is bent."""
    is_stranded: bool = False


@dataclass
class Wire:
    """The relay. What is set takes effect at once, also on connections that are open, and may be set by any thread."""

    target: int
    """The port of the proxy behind it."""
    loop: asyncio.AbstractEventLoop
    host: str = "127.0.0.1"
    port: int = 0
    new: New = "relayed"
    """What becomes of a connection that is opened."""
    last_byte: float = field(default_factory=monotonic)
    """When something was last delivered to ktui, by the monotonic clock."""
    fruitless: int = 0
    """Connections that ktui has opened, and that led nowhere."""
    _drip: tuple[int, float] | None = None
    _cut_after: int | None = None
    _bends: bool = False
    _lines: set[_Line] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: WeakSet[StreamWriter] = field(default_factory=WeakSet)
    _up_flows: asyncio.Event = field(default_factory=asyncio.Event)
    _down_flows: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    # What happens

    def freeze(self, *, up: bool = True, down: bool = True) -> None:
        """Nothing comes through in that direction, while every connection stays open."""
        for flows, is_meant in ((self._up_flows, up), (self._down_flows, down)):
            if is_meant:
                self.loop.call_soon_threadsafe(flows.clear)

    def strand(self, dead: float) -> None:
        """The other end of the connections that are open now is gone; new ones work.

        The network's own probes (`ktui.kube.auth.proxy`) find that out after so many seconds; here, what is behind a
        socket answers them always.
        """
        for line in list(self._lines):
            line.is_stranded = True
            self.loop.call_soon_threadsafe(self.loop.call_later, dead, _reset, line.down)

    def cut(self) -> None:
        """Reset every connection."""
        self.loop.call_soon_threadsafe(self._abort_all)

    def cut_after(self, size: int) -> None:
        """Reset each connection, open or new, when so many more bytes have come through."""
        self._cut_after, self._bends = size, False
        for line in list(self._lines):
            line.left = size

    def bend_after(self, size: int) -> None:
        """Bend one byte of each connection after so many more: what TLS notices."""
        self.cut_after(size)
        self._bends = True

    def drip(self, size: int, seconds: float) -> None:
        """So many bytes at a time come through, and then none for so long."""
        self._drip = size, seconds

    def refuse(self) -> None:
        """Nothing listens any more, and every connection is reset."""
        self._in_loop(self._close())
        self.cut()

    def clear(self) -> None:
        """All is well again, but for connections that were stranded."""
        self.new, self._drip, self._cut_after, self._bends = "relayed", None, None, False
        for line in list(self._lines):
            line.left = None
        self.loop.call_soon_threadsafe(self._up_flows.set)
        self.loop.call_soon_threadsafe(self._down_flows.set)
        if self._server is None:
            self._in_loop(self.open())

    # How it is done

    def _in_loop(self, step: object) -> None:
        asyncio.run_coroutine_threadsafe(step, self.loop).result(10)  # type: ignore[arg-type]

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def aclose(self) -> None:
        await self._close()
        self._abort_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in list(self._writers):
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    def _abort_all(self) -> None:
        for line in list(self._lines):
            _reset(line.down)

    def _accept(self, from_ktui: StreamReader, to_ktui: StreamWriter) -> None:
        self.fruitless += self.new != "relayed"
        self._writers.add(to_ktui)
        line = _Line(to_ktui, self._cut_after)
        self._lines.add(line)
        task = asyncio.create_task(self._serve(line, from_ktui))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, line))

    def _ended(self, line: _Line, task: asyncio.Task[None]) -> None:
        self._lines.discard(line)
        self._tasks.discard(task)
        line.down.close()

    async def _serve(self, line: _Line, from_ktui: StreamReader) -> None:
        to_ktui = line.down
        try:
            if self.new == "closed":
                return
            if self.new == "held":
                await from_ktui.read()
                return
            if self.new == "answered with noise":
                to_ktui.write(bytes(range(256)) * 4)
                await to_ktui.drain()
                return
            await self._relay(line, from_ktui)
        except ConnectionError:
            pass

    async def _relay(self, line: _Line, from_ktui: StreamReader) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers.add(writer)
        pumps = [
            asyncio.create_task(self._pump_up(from_ktui, writer)),
            asyncio.create_task(self._pump_down(line, reader)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            writer.close()

    async def _pump_up(self, reader: StreamReader, writer: StreamWriter) -> None:
        while chunk := await reader.read(65536):
            await self._up_flows.wait()
            writer.write(chunk)
            await writer.drain()

    async def _pump_down(self, line: _Line, reader: StreamReader) -> None:
        while chunk := await reader.read(65536):
            while chunk:
                await self._down_flows.wait()
                if line.is_stranded:
                    await asyncio.Event().wait()
                piece = chunk[: self._drip[0]] if self._drip is not None else chunk
                if line.left is not None:
                    piece = piece[: max(1, line.left)]
                    line.left -= len(piece)
                chunk = chunk[len(piece) :]
                is_due = line.left is not None and line.left <= 0
                if is_due and self._bends:
                    piece = piece[:-1] + bytes([piece[-1] ^ 0x55])
                    line.left = self._cut_after
                line.down.write(piece)
                await line.down.drain()
                self.last_byte = monotonic()
                if is_due and not self._bends:
                    _reset(line.down)
                    return
                if self._drip is not None:
                    await asyncio.sleep(self._drip[1])


def _reset(writer: StreamWriter) -> None:
    held = writer.get_extra_info("socket")
    if held is not None:
        with suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    writer.transport.abort()


@contextmanager
def wired(proxy: Between, host: str = "127.0.0.1") -> Iterator[Wire]:
    """A relay in front of that proxy, in its thread."""
    port = int(proxy.url.rpartition(":")[2])
    wire = Wire(port, proxy._loop, host)
    wire.clear()
    try:
        yield wire
    finally:
        asyncio.run_coroutine_threadsafe(wire.aclose(), wire.loop).result(10)
