"""A recording served as an API server would have at one of its moments: lists and single objects, over HTTP."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect

JSON = dict[str, Any]


@cache
def _read(file: Path) -> tuple[str, tuple[tuple[float, str, str, JSON], ...]]:
    """The namespace of a recording, and its steps: when, in which collection, what became of which object."""
    with gzip.open(file, "rb") as lines:
        head, *rest = [msgspec.json.decode(line) for line in lines]
    steps: list[tuple[float, str, str, JSON]] = []
    for line in rest:
        path = line.get("path", "")
        if "list" in line:
            steps += [(line["t"], path, "ADDED", item) for item in line["list"]["items"] or ()]
        elif path and line["event"]["type"] in ("ADDED", "MODIFIED", "DELETED"):
            steps.append((line["t"], path, line["event"]["type"], line["event"]["object"]))
    return head["namespace"], tuple(sorted(steps, key=lambda step: step[0]))


class Replayed:
    """One recording; `at` is the second that is served."""

    def __init__(self, file: Path) -> None:
        self.namespace, self.steps = _read(file)
        self.at = 0.0

    @property
    def end(self) -> float:
        return self.steps[-1][0]

    def objects(self, path: str) -> list[JSON]:
        """What there is of a collection then."""
        found: dict[str, JSON] = {}
        for at, where, kind, obj in self.steps:
            if at > self.at:
                break
            if where == path and kind == "DELETED":
                found.pop(obj["metadata"]["uid"], None)
            elif where == path:
                found[obj["metadata"]["uid"]] = obj
        return list(found.values())

    async def answer(self, request: web.Request) -> web.Response:
        """A list, chosen by labels, or one object; or what there is to be listed."""
        if (told := self._discovered(request.path)) is not None:
            return web.json_response(told)
        known = self.objects(request.path)
        if not known and (named := next(self._named(request.path), None)) is not None:
            return web.json_response(named)
        terms = [term for term in request.query.get("labelSelector", "").split(",") if term]
        items = [obj for obj in known if all(_has(obj, term) for term in terms)]
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})

    def _discovered(self, path: str) -> JSON | None:
        """The groups, or the resources of one of them, by the paths that were recorded."""
        parts = [each.split("/") for each in {where for _, where, _, _ in self.steps} if each.startswith("/apis/")]
        if path == "/apis":
            there = {(each[2], each[3]) for each in parts}
            return {"groups": [{"name": name, "versions": [{"version": version}]} for name, version in there]}
        named = [{"name": each[-1]} for each in parts if "/".join(each[:4]) == path]
        return {"resources": named} if named else None

    def _named(self, path: str) -> Any:
        collection, _, name = path.rpartition("/")
        return (obj for obj in self.objects(collection) if obj["metadata"]["name"] == name)


def _has(obj: JSON, term: str) -> bool:
    key, _, value = term.partition("=")
    assert re.fullmatch(r"[\w./-]+=[\w.-]+", term), "what the recordings' selectors look like"
    return (obj["metadata"].get("labels") or {}).get(key) == value


async def _allowed(_: web.Request) -> web.Response:
    return web.json_response({"status": {"allowed": True}})


@asynccontextmanager
async def served(replayed: Replayed, folder: Path) -> AsyncIterator[Connection]:
    """A connection to it, in the namespace of the recording."""
    app = web.Application()
    app.router.add_get("/{anything:.*}", replayed.answer)
    app.router.add_post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", _allowed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        file = folder / "replayed-kubeconfig"
        context = {"cluster": "it", "user": "it", "namespace": replayed.namespace}
        file.write_text(
            json.dumps(
                {
                    "current-context": "it",
                    "contexts": [{"name": "it", "context": context}],
                    "clusters": [{"name": "it", "cluster": {"server": f"http://{host}:{port}"}}],
                    "users": [{"name": "it", "user": {}}],
                }
            )
        )
        async with await connect(Access(str(file)), Surroundings(environ={})) as connection:
            yield connection
    finally:
        await runner.cleanup()
