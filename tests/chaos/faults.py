"""Everything that a network, a gateway, a login or a server does to a client: a table, each line with how it begins.

A fault lasts until the rig is `clear`ed. What only happens once has happened by then.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from aiohttp import web

from tests import between
from tests.between import Bend, Between, Which, answer, everything, hold, watch
from tests.chaos.rig import Rig

Level = Literal["TCP", "TLS", "HTTP", "watch", "login", "server"]

_HTML: Final = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body>nginx</body></html>\n"
_BUSY: Final = b'{"kind":"Status","code":429,"reason":"TooManyRequests","message":"slow down"}'
_EXPIRED: Final = b'{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version: 1 (2)"}'
_NO_CODE: Final = b'{"kind":"Status","reason":"Expired","message":"too old resource version: 1 (2)"}'
_TOO_LARGE: Final = (
    b'{"kind":"Status","code":504,"reason":"Timeout","message":"Timeout: Too large resource version: 9, current: 1",'
    b'"details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],'
    b'"retryAfterSeconds":1}}'
)
_COMPACTED: Final = b'{"kind":"Status","code":500,"message":"etcdserver: mvcc: required revision has been compacted"}'
_BAD_VERSION: Final = b'{"kind":"Status","code":400,"reason":"BadRequest","message":"invalid resource version"}'


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    name: str
    level: Level
    begin: Callable[[Rig, Random], None]


def _bent(which: Which, how: Bend) -> Callable[[Rig, Random], None]:
    def begin(rig: Rig, random: Random) -> None:
        # A watch that is open would go on as it is.
        rig.proxy.bend(which, how)
        rig.wire.cut()

    return begin


def _streams_bent(how: Bend) -> Callable[[Rig, Random], None]:
    def begin(rig: Rig, random: Random) -> None:
        _bent(watch, how)(rig, random)
        rig.bends_streams = True

    return begin


def _refused(status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> Bend:
    return answer(status, body, kind, **headers)


def _lists(request: web.BaseRequest) -> bool:
    return request.method == "GET" and not watch(request)


def _reads(request: web.BaseRequest) -> bool:
    return request.method == "GET"


def _of(plural: str) -> Which:
    return lambda request: request.path.endswith(f"/{plural}")


# What is done to the bytes of answers


class _Lines:
    """Whole lines of a stream, changed; what is not whole waits."""

    def __init__(self, change: Callable[[list[bytes]], list[bytes]]) -> None:
        self._change, self._rest = change, b""

    def __call__(self, chunk: bytes) -> bytes:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return b"".join(line + b"\n" for line in self._change(lines))


def _lines(change: Callable[[], Callable[[list[bytes]], list[bytes]]]) -> Bend:
    async def changing(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        return await proxy.forward(request, _Lines(change()))

    return changing


def _twice() -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [again for line in lines for again in (line, line)]


def _out_of_order() -> Callable[[list[bytes]], list[bytes]]:
    """Every other line comes after the next one; bookmarks stay where they are, and what stands before them."""
    held: list[bytes] = []

    def change(lines: list[bytes]) -> list[bytes]:
        told: list[bytes] = []
        for line in lines:
            if b'"BOOKMARK"' in line:
                told += [*held, line]
                held.clear()
            elif held:
                told += [line, held.pop()]
            else:
                held.append(line)
        return told

    return change


def _late(seconds: float) -> Bend:
    async def being_late(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        return await proxy.forward(request, late=seconds)

    return being_late


async def _whole(proxy: Between, request: web.BaseRequest) -> bytes:
    """What the server answers to that."""
    session = proxy.session()
    async with session.get(f"{proxy.server}{request.path_qs}", headers={"Accept": "application/json"}) as answered:
        return await answered.read()


def _made_of(change: Callable[[bytes], bytes], *, compressed: bool = False) -> Bend:
    """The whole answer to a list, changed."""

    async def making(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        body = change(await _whole(proxy, request))
        headers = {"Content-Encoding": "gzip"} if compressed else {}
        return web.Response(body=body, content_type="application/json", headers=headers)

    return making


def _one_bookmark(version: bytes) -> Bend:
    return answer(200, b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"%b"}}}\n' % version)


# What is done to the rig


def _cut(rig: Rig, random: Random) -> None:
    rig.wire.cut()


def _cut_anywhere(rig: Rig, random: Random) -> None:
    rig.wire.cut_after(random.choice([1, random.randrange(1, 400), random.randrange(1, 20_000)]))


def _bend_anywhere(rig: Rig, random: Random) -> None:
    rig.wire.bend_after(random.choice([random.randrange(1, 400), random.randrange(1, 20_000)]))


def _half_open(rig: Rig, random: Random) -> None:
    rig.wire.freeze()


def _one_way(*, up: bool) -> Callable[[Rig, Random], None]:
    return lambda rig, random: rig.wire.freeze(up=up, down=not up)


def _stranded(rig: Rig, random: Random) -> None:
    rig.wire.strand(rig.dead)
    rig.wire.new = "held"


def _other_network(rig: Rig, random: Random) -> None:
    rig.wire.strand(rig.dead)


def _refusing(rig: Rig, random: Random) -> None:
    rig.wire.refuse()


def _new(what: Literal["closed", "held", "answered with noise"]) -> Callable[[Rig, Random], None]:
    def begin(rig: Rig, random: Random) -> None:
        rig.wire.new = what
        rig.wire.cut()

    return begin


def _drips(size: int, seconds: float) -> Callable[[Rig, Random], None]:
    return lambda rig, random: rig.wire.drip(size, seconds)


def _certificate(name: str) -> Callable[[Rig, Random], None]:
    def begin(rig: Rig, random: Random) -> None:
        rig.show(name)
        rig.wire.cut()

    return begin


def _token_expires(rig: Rig, random: Random) -> None:
    rig.renew_token(plugin_knows=True)
    rig.wire.cut()


def _login_is_over(rig: Rig, random: Random) -> None:
    rig.renew_token(plugin_knows=False)
    rig.wire.cut()


def _right_is_taken(plural: str) -> Callable[[Rig, Random], None]:
    body = b'{"kind":"Status","code":403,"reason":"Forbidden","message":"%b is forbidden"}' % plural.encode()
    return _bent(_of(plural), answer(403, body))


def _lost_store(rig: Rig, random: Random) -> None:
    rig.elsewhere()


def _compacted(rig: Rig, random: Random) -> None:
    rig.compact()
    rig.wire.cut()


FAULTS: Final = (
    Fault("every connection is reset", "TCP", _cut),
    Fault("reset after any number of bytes, again and again", "TCP", _cut_anywhere),
    Fault("half-open: nothing comes through", "TCP", _half_open),
    Fault("half-open: what ktui sends is lost", "TCP", _one_way(up=True)),
    Fault("half-open: what the server sends is lost", "TCP", _one_way(up=False)),
    Fault("old connections are silent, new ones are taken and never answered", "TCP", _stranded),
    Fault("old connections are silent, new ones work", "TCP", _other_network),
    Fault("nothing listens", "TCP", _refusing),
    Fault("accepts and closes at once", "TCP", _new("closed")),
    Fault("accepts and says nothing", "TCP", _new("held")),
    Fault("a few bytes at a time", "TCP", _drips(40, 0.02)),
    Fault("answers with noise", "TLS", _new("answered with noise")),
    Fault("a bent byte, again and again", "TLS", _bend_anywhere),
    Fault("certificate of another authority", "TLS", _certificate("of another authority")),
    Fault("certificate that has expired", "TLS", _certificate("expired")),
    Fault("certificate for another name", "TLS", _certificate("for another name")),
    Fault("never answers", "HTTP", _bent(everything, hold)),
    Fault("closes instead of an answer", "HTTP", _bent(everything, between.cut)),
    Fault("429, Retry-After 1", "HTTP", _bent(_reads, _refused(429, _BUSY, Retry_After="1"))),
    Fault("429, Retry-After 0", "HTTP", _bent(_reads, _refused(429, _BUSY, Retry_After="0"))),
    Fault("429 without Retry-After", "HTTP", _bent(_reads, _refused(429, _BUSY))),
    Fault("429, Retry-After -1", "HTTP", _bent(_reads, _refused(429, _BUSY, Retry_After="-1"))),
    Fault("429, Retry-After soon", "HTTP", _bent(_reads, _refused(429, _BUSY, Retry_After="soon"))),
    Fault(
        "429, Retry-After a date long ago",
        "HTTP",
        _bent(_reads, _refused(429, _BUSY, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")),
    ),
    Fault("500 with HTML", "HTTP", _bent(everything, _refused(500, _HTML, "text/html"))),
    Fault("502 with HTML", "HTTP", _bent(everything, _refused(502, _HTML, "text/html"))),
    Fault("503 with HTML", "HTTP", _bent(everything, _refused(503, _HTML, "text/html"))),
    Fault("504 without a word", "HTTP", _bent(everything, _refused(504))),
    Fault("a login page with 200", "HTTP", _bent(everything, between.LOGIN_PAGE)),
    Fault("a login page that says it is JSON", "HTTP", _bent(everything, answer(200, _HTML))),
    Fault(
        "redirected to a login page",
        "HTTP",
        _bent(everything, answer(302, b"", "text/html", Location="https://login.example/")),
    ),
    Fault("redirected to itself", "HTTP", _bent(everything, answer(307, b"", "text/plain", Location="/version"))),
    Fault("answers of a second and more", "HTTP", _bent(everything, between.delay(1.2))),
    Fault("truncated JSON", "HTTP", _bent(_lists, _made_of(lambda body: body[: len(body) * 2 // 3]))),
    Fault("garbled JSON", "HTTP", _bent(_reads, between.replace(b'"metadata"', b'"metadata'))),
    Fault("answers cut in the middle", "HTTP", _bent(_reads, between.cut_after(1500))),
    Fault(
        "truncated gzip",
        "HTTP",
        _bent(_lists, _made_of(lambda body: gzip.compress(body)[: max(20, len(body) // 20)], compressed=True)),
    ),
    Fault("gzip that is none", "HTTP", _bent(_lists, _made_of(lambda body: body, compressed=True))),
    Fault("invalid UTF-8", "HTTP", _bent(_reads, between.replace(b'"kind"', b'"ki\xff\xfend"'))),
    Fault("not a list", "HTTP", _bent(_lists, answer(200, b'"it works"'))),
    Fault("410 as an answer", "watch", _bent(watch, answer(410, _EXPIRED))),
    Fault("410 without a word", "watch", _bent(watch, answer(410))),
    Fault("410 as an event", "watch", _bent(watch, answer(200, b'{"type":"ERROR","object":%b}\n' % _EXPIRED))),
    Fault("expired without a code", "watch", _bent(watch, answer(200, b'{"type":"ERROR","object":%b}\n' % _NO_CODE))),
    Fault("410 for lists too", "watch", _bent(_reads, answer(410, _EXPIRED))),
    Fault("too large resource version", "watch", _bent(watch, answer(504, _TOO_LARGE))),
    Fault("compacted, as a 500", "watch", _bent(watch, answer(500, _COMPACTED))),
    Fault("invalid resource version", "watch", _bent(watch, answer(400, _BAD_VERSION))),
    Fault("watches that end at once", "watch", _bent(watch, answer(200))),
    Fault("watches that end after one bookmark", "watch", _bent(watch, _one_bookmark(b"1"))),
    Fault("watches that end after a bookmark far ahead", "watch", _bent(watch, _one_bookmark(b"999999999"))),
    Fault("watches are never answered", "watch", _bent(watch, hold)),
    Fault("watches may not be opened", "watch", _bent(watch, answer(405))),
    Fault("events twice", "watch", _streams_bent(_lines(_twice))),
    Fault("events late", "watch", _streams_bent(_late(0.4))),
    Fault("events out of order", "watch", _streams_bent(_lines(_out_of_order))),
    Fault("history is gone", "server", _compacted),
    Fault("the server lost its store", "server", _lost_store),
    Fault("token expired, renewed by the plugin", "login", _token_expires),
    Fault("token expired, the plugin does not know yet", "login", _login_is_over),
    Fault("no right to pods", "login", _right_is_taken("pods")),
    Fault("no right to Deployments", "login", _right_is_taken("deployments")),
)
