"""An API server that answers lists and watches from prepared bytes, in a process of its own.

It stands in for a real one where the server must not be what is measured: the simulator does the work of all
controllers, and would share two cores with ktui. What goes over the wire is what a real API server sends: pages with
`continue`, `resourceVersion=0`, streaming lists with one HTTP chunk an object and the bookmark at their end, watches.

Lists come at the pace of a real API server too, as it was measured on loopback with 10,000 pods: a server
that costs nothing would measure ktui against nothing.

`python -m tests.benchmarks.server PODS DEPLOYMENTS ODD ROLLOUTS DELAY MEGABITS` prints its port. ODD is how many odd
objects it has beside, ROLLOUTS how many Argo Rollouts. It can be far away: DELAY is a round trip in milliseconds,
which a connection and each answer take longer; MEGABITS are those of the line, a second, 0 for the pace of loopback.
Beside the Kubernetes API it has `/storm?rate=R&seconds=S`, which starts a storm, `/touch?rate=R&seconds=S`, which
changes pods so that no row tells anything else, `/marks`, which says when each marker of a storm was sent
(`time.monotonic`), and `/asked`, which says what was asked for, and how many bytes were sent.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks import argo
from tests.benchmarks.cluster import Cluster, Event
from tests.benchmarks.odd import spoil

LISTED: Final = {
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "statefulsets": ("apps/v1", "StatefulSet"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "controllerrevisions": ("apps/v1", "ControllerRevision"),
    "pods": ("v1", "Pod"),
    "events": ("v1", "Event"),
}
_PACES: Final = {"list": 84e6, "page": 59e6, "stream": 40e6}
"""Bytes a second: 46 MB in 0.55 s, 0.78 s and 1.15 s."""
_MARKS_A_SECOND: Final = 10
_OURS: Final = ("storm", "touch", "marks", "asked")
"""What the benchmarks ask for, and ktui does not."""
_TICK: Final = 0.002
_BOOKMARKS_EVERY: Final = 50.0

Query = dict[str, str]


class Server:
    """The cluster, and who watches it."""

    def __init__(self, cluster: Cluster, odd: int, rollouts: int, delay: float, bytes_a_second: float) -> None:
        self._cluster, self._delay = cluster, delay
        self._paces = dict.fromkeys(_PACES, bytes_a_second) if bytes_a_second else _PACES
        self._kinds = LISTED | (argo.KINDS if rollouts else {})
        self._apis = argo.discovery() if rollouts else {"items": []}
        self._asked: list[str] = []
        self._sent = 0
        # Of what the cluster has nothing of, there are empty lists.
        self._lists: dict[str, list[bytes]] = {plural: [] for plural in self._kinds} | spoil(cluster.lists(), odd)
        self._lists |= {"rollouts": list(argo.rollouts(rollouts))} if rollouts else {}
        self._chunks = {
            plural: b"".join(_chunk(_event("ADDED", obj)) for obj in objects) for plural, objects in self._lists.items()
        }
        self._watchers: dict[str, set[asyncio.StreamWriter]] = {plural: set() for plural in self._kinds}
        self._marks: list[tuple[int, float]] = []
        self._storm: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Serve until the process is ended."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        self._bookmarking = asyncio.create_task(self._send_bookmarks())
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await asyncio.sleep(self._delay)
            while request := await reader.readline():
                head = await reader.readuntil(b"\r\n\r\n") if request.strip() else b""
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
                url = urlsplit(request.split()[1].decode())
                await asyncio.sleep(self._delay)
                await self._answer(url.path, {k: v[0] for k, v in parse_qs(url.query).items()}, body, writer)
        writer.close()

    async def _answer(self, path: str, query: Query, body: bytes, writer: asyncio.StreamWriter) -> None:
        plural = path.rsplit("/", 1)[-1]
        if plural not in _OURS:
            self._asked.append(("watch " if "watch" in query else "") + path)
        if plural in self._kinds and "watch" in query:
            await self._watch(plural, query, writer)
            return
        answer: bytes
        if plural in self._kinds:
            answer = self._list(plural, query)
        elif plural == "selfsubjectaccessreviews":
            answer = json.dumps(json.loads(body) | {"status": {"allowed": True}}).encode()
        elif plural in ("storm", "touch"):
            rate, seconds = int(query["rate"]), float(query["seconds"])
            self._storm = asyncio.create_task(self._rage(rate, seconds, marked=plural == "storm"))
            answer = b"{}"
        elif plural == "marks":
            answer = json.dumps(self._marks).encode()
        elif plural == "asked":
            answer = json.dumps({"paths": self._asked, "bytes": self._sent}).encode()
        elif path == "/apis":
            answer = json.dumps(self._apis).encode()
        else:
            nothing = {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": str(self._cluster.version)}}
            answer = json.dumps({**nothing, "items": []}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
        writer.write(head.encode())
        await self._write(writer, answer, "page" if "limit" in query else "list")

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, how: str) -> None:
        view, begun = memoryview(data), time.monotonic()
        for at in range(0, len(view), 65536):
            writer.write(view[at : at + 65536])
            self._sent += len(view[at : at + 65536])
            await writer.drain()
            ahead = begun + at / self._paces[how] - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)

    def _list(self, plural: str, query: Query) -> bytes:
        api_version, kind = self._kinds[plural]
        objects = self._lists[plural]
        start, limit = int(query.get("continue", 0)), int(query.get("limit", len(objects)))
        more = start + limit < len(objects)
        meta = {"resourceVersion": str(self._cluster.version)} | ({"continue": str(start + limit)} if more else {})
        head = json.dumps({"kind": f"{kind}List", "apiVersion": api_version, "metadata": meta}).encode()
        return head[:-1] + b',"items":[' + b",".join(objects[start : start + limit]) + b"]}"

    async def _watch(self, plural: str, query: Query, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        if "sendInitialEvents" in query:
            await self._write(writer, self._chunks[plural], "stream")
            writer.write(_chunk(_event("BOOKMARK", self._bookmark(plural, ends_list=True))))
        self._watchers[plural].add(writer)
        try:
            await writer.wait_closed()
        finally:
            self._watchers[plural].discard(writer)

    async def _send_bookmarks(self) -> None:
        """As an API server does: about once a minute, on every watch."""
        while True:
            await asyncio.sleep(_BOOKMARKS_EVERY)
            for plural, writers in self._watchers.items():
                for writer in writers:
                    writer.write(_chunk(_event("BOOKMARK", self._bookmark(plural))))

    def _bookmark(self, plural: str, *, ends_list: bool = False) -> bytes:
        api_version, kind = self._kinds[plural]
        annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if ends_list else {}
        meta = {"resourceVersion": str(self._cluster.version), "creationTimestamp": None, **annotations}
        return json.dumps({"kind": kind, "apiVersion": api_version, "metadata": meta}).encode()

    async def _rage(self, rate: int, seconds: float, *, marked: bool) -> None:
        """So many events a second, each sent when it is due, as near as a tick allows."""
        # Marks go on counting, so that one of this storm is not taken for one of the last.
        first = self._marks[-1][0] + 1 if self._marks else 1
        self._marks.clear()
        begun = time.monotonic()
        due = _schedule(self._cluster, rate, first) if marked else _unmarked(self._cluster, rate)
        for at, mark, event in due:
            if at > seconds:
                return
            if (ahead := begun + at - time.monotonic()) > 0:
                await asyncio.sleep(max(ahead, _TICK))
            if mark is not None:
                self._marks.append((mark, time.monotonic()))
            plural, kind, obj = event
            chunk = _chunk(_event(kind, obj))
            for writer in self._watchers[plural]:
                writer.write(chunk)


_Due = tuple[float, int | None, Event]
"""When, the number of the marker if it is one, what."""


def _unmarked(cluster: Cluster, rate: int) -> Iterator[_Due]:
    return ((number / rate, None, event) for number, event in enumerate(cluster.touches()))


def _schedule(cluster: Cluster, rate: int, first: int) -> Iterator[_Due]:
    """The storm with its markers, which count from `first`."""
    storm, every = cluster.storm(), rate // _MARKS_A_SECOND
    for number in count():
        mark = first + number // every if number % every == 0 else None
        yield number / rate, mark, cluster.mark(mark) if mark is not None else next(storm)


def _event(kind: str, obj: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), obj)


def _chunk(line: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(line), line)


if __name__ == "__main__":
    _pods, _deployments, _odd, _rollouts, _delay, _megabits = map(int, sys.argv[1:])
    _server = Server(Cluster(_pods, _deployments), _odd, _rollouts, _delay / 1000, _megabits * 125_000)
    asyncio.run(_server.serve())
