"""Scheduler and kubelets for an API server elsewhere, over HTTP: `ktui sim --kubelet-only`.

A control plane without nodes (etcd, kube-apiserver, kube-controller-manager) becomes a cluster whose pods run, as far
as anyone can see. Which cluster it is, and who asks, is what a kubeconfig says.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from kubernetes_asyncio import client, config

from ktui.sim.kernel import Kernel, Pace, rfc3339
from ktui.sim.node.fate import Fates
from ktui.sim.node.kubelet import Kubelet
from ktui.sim.node.objects import node_object
from ktui.sim.node.scheduler import Node, Scheduler

JSON = dict[str, Any]
LOG = logging.getLogger(__name__)
WRITERS = 8
RETRY_SECONDS = 1.0
HEARTBEAT_SECONDS = 10.0
LEASE_SECONDS = 40
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_MERGE = "application/merge-patch+json"
_GONE = (404, 409, 422)
"""Answers to a write that came too late: the pod is gone, or another one by now."""

_GOODBYE = 0.25
"""Seconds that aiohttp asks for until TLS connections that are being closed are closed."""


class Link:
    """Requests to one API server."""

    def __init__(self, session: aiohttp.ClientSession, settings: client.Configuration) -> None:
        self._session = session
        self._settings = settings
        self._url = (settings.host or "").rstrip("/")

    async def _headers(self) -> dict[str, str]:
        token = await self._settings.get_api_key_with_prefix("BearerToken")
        return {"User-Agent": "ktui-kubelet"} | ({"Authorization": token} if token else {})

    async def send(self, method: str, path: str, body: JSON, content_type: str = "application/json") -> int:
        """Write something; what is returned is the HTTP status."""
        headers = await self._headers() | {"Content-Type": content_type}
        data = msgspec.json.encode(body)
        async with self._session.request(method, self._url + path, data=data, headers=headers) as answer:
            await answer.read()
            if answer.status >= 400 and answer.status not in _GONE:
                LOG.warning("%s %s: HTTP %s", method, path, answer.status)
            return answer.status

    async def read(self, path: str) -> JSON:
        """Get something.

        Raises:
            aiohttp.ClientResponseError: the answer is no success.
        """
        async with self._session.get(self._url + path, headers=await self._headers()) as answer:
            answer.raise_for_status()
            found: JSON = msgspec.json.decode(await answer.read())
            return found

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """The lines of an answer that goes on; they may be of any length."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=600)
        async with self._session.get(self._url + path, headers=await self._headers(), timeout=timeout) as answer:
            answer.raise_for_status()
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield line


@asynccontextmanager
async def link_of(kubeconfig: Path | None, context: str | None) -> AsyncIterator[Link]:
    """A link to the cluster of a kubeconfig, as its user.

    Raises:
        ValueError: there is no such file or context, or it cannot be used.
    """
    settings = client.Configuration()
    path = str(kubeconfig) if kubeconfig else None
    try:
        await config.load_kube_config(config_file=path, context=context, client_configuration=settings)
    except config.ConfigException as error:
        raise ValueError(str(error)) from error
    try:
        async with client.ApiClient(settings) as api:
            yield Link(api.rest_client.pool_manager, settings)
    finally:
        # A watch that is cut off closes its TLS connection on its own: the loop has to go on for a moment, or the
        # socket stays (aiohttp, Client: graceful shutdown).
        await asyncio.sleep(_GOODBYE)


class RemotePort:
    """An API server over HTTP. Writes go out in order for each pod, and some at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._queues: list[asyncio.Queue[tuple[str, str, JSON, str]]] = [asyncio.Queue() for _ in range(WRITERS)]
        self._events = 0

    async def write(self) -> None:
        """Send what is to be written, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for queue in self._queues:
                tasks.create_task(self._drain(queue))

    async def _drain(self, queue: asyncio.Queue[tuple[str, str, JSON, str]]) -> None:
        while True:
            writing = await queue.get()
            while not await self._has_arrived(*writing):  # noqa: ASYNC110 (what is awaited is elsewhere)
                await asyncio.sleep(RETRY_SECONDS)

    async def _has_arrived(self, method: str, path: str, body: JSON, content_type: str) -> bool:
        """Send something once. False where no server has heard of it; then it is to be sent again."""
        try:
            status = await self._link.send(method, path, body, content_type)
        except (aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("%s %s: %s", method, path, error)
            return False
        return status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS

    def _put(self, pod: JSON, method: str, path: str, body: JSON, content_type: str = "application/json") -> None:
        queue = self._queues[hash(pod["metadata"]["uid"]) % WRITERS]
        queue.put_nowait((method, path, body, content_type))

    def bind(self, pod: JSON, node: str) -> None:
        """Assign a pod to a node."""
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        name = {"name": pod["metadata"]["name"]}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": name, "target": target}
        self._put(pod, "POST", f"{_path(pod)}/binding", body)

    def set_status(self, pod: JSON, status: JSON) -> None:
        """Write the status of a pod."""
        body = {"metadata": {"uid": pod["metadata"]["uid"]}, "status": status}
        self._put(pod, "PATCH", f"{_path(pod)}/status", body, _MERGE)

    def remove(self, pod: JSON) -> None:
        """Delete a pod that has stopped, at once."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        self._put(pod, "DELETE", _path(pod), body)

    def event(self, pod: JSON, component: str, type_: str, reason: str, message: str, *, field_path: str) -> None:
        """Tell of something that happened to a pod."""
        metadata = pod["metadata"]
        self._events += 1
        involved = {
            "kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"],
            "apiVersion": "v1", "resourceVersion": metadata["resourceVersion"], "fieldPath": field_path,
        }  # fmt: skip
        now = rfc3339(time.time())
        body = {
            "metadata": {"name": f"{metadata['name']}.{int(time.time() * 1e9) + self._events:x}"},
            "involvedObject": {field: value for field, value in involved.items() if value},
            "reason": reason,
            "message": message,
            "source": {"component": component},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": type_,
            "reportingComponent": component,
        }
        self._put(pod, "POST", f"/api/v1/namespaces/{metadata['namespace']}/events", body)


def _path(pod: JSON) -> str:
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


class RemoteNodes:
    """Scheduler and kubelets that follow the pods of a cluster elsewhere."""

    def __init__(self, link: Link, *, nodes: int, seed: int, speed: float, fates: Fates) -> None:
        self._link = link
        self._port = RemotePort(link)
        self._kernel = Kernel(time.time(), seed)
        self._pace = Pace(self._kernel, speed)
        made = [Node(f"node-{number}") for number in range(1, nodes + 1)]
        addresses = {node.name: f"10.0.0.{number}" for number, node in enumerate(made, 1)}
        self._nodes = [(node, addresses[node.name]) for node in made]
        self._scheduler = Scheduler(self._kernel, self._port, fates, made)
        self._kubelet = Kubelet(self._kernel, self._port, fates, addresses)
        self._known: dict[str, JSON] = {}

    async def run(self, *, register_nodes: bool, on_ready: Callable[[], None]) -> None:
        """Follow the pods until cancelled; `on_ready` is called once the first list is in."""
        async with asyncio.TaskGroup() as tasks:
            if register_nodes:
                await self._register()
                tasks.create_task(self._beat())
            tasks.create_task(self._pace.drive())
            tasks.create_task(self._port.write())
            tasks.create_task(self._follow(on_ready))

    async def _register(self) -> None:
        for node, address in self._nodes:
            obj = node_object(node, address, self._kernel.stamp())
            await self._link.send("POST", "/api/v1/nodes", obj)
            await self._link.send("PATCH", f"/api/v1/nodes/{node.name}/status", {"status": obj["status"]}, _MERGE)

    async def _beat(self) -> None:
        """Renew the nodes' leases, as kubelets do: else kube-controller-manager gives the nodes up, and their pods."""
        while True:
            for node, _ in self._nodes:
                try:
                    await self._renew(node.name)
                except (aiohttp.ClientError, TimeoutError) as error:
                    LOG.warning("the lease of %s is not renewed: %s", node.name, error)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _renew(self, node: str) -> None:
        renewed = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        spec = {"holderIdentity": node, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": renewed}
        lease = {"metadata": {"name": node}, "spec": spec}
        if await self._link.send("PATCH", f"{_LEASES}/{node}", lease, _MERGE) == HTTPStatus.NOT_FOUND:
            await self._link.send("POST", _LEASES, lease)

    async def _follow(self, on_ready: Callable[[], None]) -> None:
        while True:
            try:
                version = self._relist(await self._link.read("/api/v1/pods"))
                on_ready()
                await self._watch(version)
            except (aiohttp.ClientError, TimeoutError) as error:
                LOG.warning("pods cannot be followed: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    def _relist(self, listed: JSON) -> str:
        living = {pod["metadata"]["uid"]: pod for pod in listed["items"]}
        for uid in self._known.keys() - living.keys():
            self._observe("DELETED", self._known[uid])
        for uid, pod in living.items():
            self._observe("MODIFIED" if uid in self._known else "ADDED", pod)
        return str(listed["metadata"]["resourceVersion"])

    async def _watch(self, version: str) -> None:
        """Hear of changes until the server ends the watch, or does not know the version any more."""
        path = f"/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion={version}"
        async for line in self._link.lines(path):
            event = msgspec.json.decode(line)
            if event["type"] == "ERROR":
                return
            if event["type"] != "BOOKMARK":
                self._observe(event["type"], event["object"])

    def _observe(self, type_: str, pod: JSON) -> None:
        self._pace.catch_up()
        uid = pod["metadata"]["uid"]
        if type_ == "DELETED":
            self._known.pop(uid, None)
        else:
            self._known[uid] = pod
        self._scheduler.observe(type_, pod)
        self._kubelet.observe(type_, pod)


async def run_nodes(
    kubeconfig: Path | None = None,
    context: str | None = None,
    *,
    nodes: int = 3,
    register_nodes: bool = True,
    seed: int = 0,
    speed: float = 1.0,
    images: dict[str, dict[str, str]] | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Be scheduler and kubelets of the cluster that a kubeconfig names, until cancelled.

    Raises:
        ValueError: the kubeconfig cannot be used.
        OSError: the cluster cannot be reached.
    """
    async with link_of(kubeconfig, context) as link:
        remote = RemoteNodes(link, nodes=nodes, seed=seed, speed=speed, fates=Fates(images))
        await remote.run(register_nodes=register_nodes, on_ready=on_ready)
