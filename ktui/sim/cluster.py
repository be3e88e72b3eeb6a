"""A simulated cluster as a whole: load a scenario, let time pass, serve it, and get at it from a test."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from ktui.sim import kubeconfig
from ktui.sim.api.resources import Resource
from ktui.sim.apiserver import ApiServer
from ktui.sim.controlplane import ControlPlane
from ktui.sim.faults import Faults, Request
from ktui.sim.kernel import Kernel, Pace
from ktui.sim.node.scheduler import Node
from ktui.sim.scenario import Scenario, find_scenario
from ktui.sim.script import Script
from ktui.sim.serving.podreads import SimulatedPods
from ktui.sim.serving.requests import Requests
from ktui.sim.serving.server import HttpServer
from ktui.sim.serving.watching import Watches
from ktui.sim.storage import Change

JSON = dict[str, Any]
Heard = Callable[[float, str, str, JSON], None]
"""Hears of a change: the virtual time, the resource (`deployments.apps`), ADDED, MODIFIED or DELETED, the object."""
T = TypeVar("T")
LOGGED_REQUESTS = 10_000


@dataclass(frozen=True)
class TlsFiles:
    """A certificate with its key, and the CA that clients are to trust; paths of PEM files."""

    certificate: Path
    key: Path
    ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        """For a server."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self.certificate, self.key)
        return made


class SimulatedCluster:
    """A cluster in this process. Not serving, it stands still but for `run_for`; serving, real time drives it.

    Args:
        seed: the same seed, and the same requests at the same virtual times, give the same history.
        start: the virtual time at which the cluster begins. Without it, a scenario's history ends now.
        speed: virtual seconds a real second while serving.
        nodes: how many nodes there are.
        register_nodes: whether they can be seen as Node objects (DaemonSets need them).
        run_nodes: whether its pods are scheduled and run; without that, someone else must (`ktui.sim.node.remote`).
        bookmark_seconds: how often a watch that asks for bookmarks gets one, in real seconds.
        developer_namespace: the one namespace of the user `developer`.
        name: the cluster's name in a kubeconfig.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        start: datetime | None = None,
        speed: float = 1.0,
        nodes: int = 3,
        register_nodes: bool = True,
        run_nodes: bool = True,
        bookmark_seconds: float = 60.0,
        developer_namespace: str = "default",
        name: str = "simulated",
    ) -> None:
        self.name = name
        self.url = ""
        self.requests: deque[Request] = deque(maxlen=LOGGED_REQUESTS)
        self.faults = Faults()
        self.developer_namespace = developer_namespace
        self._speed = speed
        self._paused = False
        self._tls: TlsFiles | None = None
        self._own_time = start is not None
        self._seed, self._nodes, self._register_nodes, self._run_nodes = seed, nodes, register_nodes, run_nodes
        self._begin_at(start.timestamp() if start else time.time())
        self._bookmark_seconds = bookmark_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pace: Pace | None = None
        self._thread = 0

    def _begin_at(self, moment: float) -> None:
        self.kernel = Kernel(moment, self._seed)
        made = [Node(f"node-{number}") for number in range(1, self._nodes + 1)]
        self.plane = ControlPlane(self.kernel, made, register_nodes=self._register_nodes, run_nodes=self._run_nodes)
        self._began, self._untouched = moment, self.plane.storage.number

    @property
    def api(self) -> ApiServer:
        """The API server, for direct use while the cluster is not served."""
        return self.plane.api

    # -- scenarios and time ------------------------------------------------------------------------------------

    def load(self, scenario: str | Path, heard: Heard | None = None, **params: object) -> None:
        """Play a scenario: its history at once, the rest as time passes. `heard` hears of each change in the history.

        Raises:
            FileNotFoundError: there is none of that name, and no such file.
            ValueError: the file does not say a scenario, or not with these parameters.
        """
        self.play(find_scenario(scenario, params), heard)

    def play(self, scenario: Scenario, heard: Heard | None = None) -> None:
        """As `load`, with a scenario that was read already."""
        if self.kernel.now == self._began and self.plane.storage.number == self._untouched:
            self._nodes = max(self._nodes, scenario.nodes)
            self._begin_at(self._began if self._own_time else time.time() - scenario.history_seconds)
        Script(self.plane, scenario).begin()
        with self._overheard(heard):
            self.run_for(scenario.history_seconds)

    @contextmanager
    def _overheard(self, heard: Heard | None) -> Iterator[None]:
        """Tell that of every change for a while."""
        if heard is None:
            yield
            return
        with ExitStack() as stack:
            followed: set[tuple[str, str]] = set()

            def follow(resource: Resource) -> None:
                if resource.storage not in followed:  # versions of one thing share what is stored
                    followed.add(resource.storage)
                    stack.callback(self.api.bucket(resource).listen(partial(self._tell, heard, resource.qualified)))

            stack.callback(self.api.catalog.listen(follow))
            yield

    def _tell(self, heard: Heard, qualified: str, change: Change) -> None:
        heard(self.kernel.now, qualified, change.type, change.version.obj)

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass, at once.

        Raises:
            RuntimeError: the cluster is being served; then real time drives it.
        """
        if self._loop is not None:
            raise RuntimeError("the cluster is being served: real time drives it")
        self._own_time = self._own_time or self.kernel.now + seconds > time.time() + 1
        self.kernel.run_until(self.kernel.now + seconds)

    @property
    def now(self) -> float:
        """The virtual time, in seconds since the Unix epoch."""
        return self.kernel.now

    @property
    def speed(self) -> float:
        """Virtual seconds a real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._speed = speed
        self.call(self._set_pace)

    def pause(self) -> None:
        """Let virtual time stand still, now or from the moment that it is served; requests are still answered."""
        self._paused = True
        self.call(self._set_pace)

    def resume(self) -> None:
        """Let virtual time go on."""
        self._paused = False
        self.call(self._set_pace)

    def _set_pace(self) -> None:
        if self._pace is not None:
            self._pace.speed = self._speed
            self._pace.paused = self._paused

    # -- serving -----------------------------------------------------------------------------------------------

    @contextmanager
    def serving(self, host: str = "127.0.0.1", port: int = 0, tls: TlsFiles | None = None) -> Iterator[Self]:
        """Serve in a thread of its own until the block ends; `url` says where.

        Raises:
            OSError: the address cannot be had.
        """
        started: Future[str] = Future()

        def serve() -> None:
            try:
                asyncio.run(self.serve(host, port, tls, on_ready=started.set_result))
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)

        thread = threading.Thread(target=serve, name="simulated-cluster", daemon=True)
        thread.start()
        try:
            started.result()
            yield self
        finally:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
            thread.join()

    async def serve(
        self, host: str = "127.0.0.1", port: int = 0, tls: TlsFiles | None = None,
        *, on_ready: Callable[[str], None] = lambda url: None,
    ) -> None:  # fmt: skip
        """Serve in the running event loop until cancelled; `on_ready` gets the URL.

        Raises:
            OSError: the address cannot be had.
        """
        if not self._own_time and self._speed == 1.0:
            self.kernel.run_until(time.time())  # loading took a moment
        pace = Pace(self.kernel, self._speed, paused=self._paused)
        watches = Watches(self.kernel, self.plane.storage, self.faults, self._bookmark_seconds)
        routes = Requests(self.api, watches, self.faults, SimulatedPods(self.plane))
        users = kubeconfig.directory(self.developer_namespace)
        server = HttpServer(pace, routes, users, self.faults, self.requests)
        self._stopping = asyncio.Event()
        try:
            self.url = await server.start(host, port, tls.context() if tls else None)
        except BaseException:
            await server.stop()
            raise
        self._loop, self._pace, self._tls = asyncio.get_running_loop(), pace, tls
        self._thread = threading.get_ident()
        self._connect_faults(server, watches)
        driver = asyncio.create_task(pace.drive(), name="simulated time")
        driver.add_done_callback(lambda task: self._stopping.set())
        try:
            on_ready(self.url)
            await self._stopping.wait()
        finally:
            self._loop = self._pace = None
            driver.cancel()
            await asyncio.gather(driver, return_exceptions=True)
            await server.stop()
        if not driver.cancelled():
            driver.result()

    def _connect_faults(self, server: HttpServer, watches: Watches) -> None:
        def refuse(refused: bool) -> None:
            assert self._loop is not None
            asyncio.run_coroutine_threadsafe(server.refuse(refused), self._loop).result()

        self.faults.connect(
            drop_watches=lambda: self.call(watches.drop_all),
            compact=lambda: self.call(self._compact),
            refuse=refuse,
        )

    def _compact(self) -> None:
        for bucket in self.plane.storage.buckets():
            bucket.compact(self.plane.storage.number)

    def kubeconfig(self, user: str = "admin") -> JSON:
        """A kubeconfig for a user: `admin`, `viewer`, `developer`, `releaser` or `stranger`.

        Raises:
            ValueError: there is no such user.
        """
        ca = self._tls.ca.read_bytes() if self._tls and self._tls.ca else None
        return kubeconfig.kubeconfig(self.url, user, self.name, self.developer_namespace, ca)

    def write_kubeconfig(self, path: Path, user: str = "admin") -> Path:
        """Write that kubeconfig to a file, readable by its owner alone."""
        return kubeconfig.write(path, self.kubeconfig(user))

    # -- from outside, from any thread -------------------------------------------------------------------------

    def call(self, action: Callable[[], T]) -> T:
        """Do something in the cluster, between two of its events, and return what it returns."""
        loop = self._loop
        if loop is None or threading.get_ident() == self._thread:
            return action()
        done: Future[T] = Future()

        def run() -> None:
            try:
                if self._pace is not None:
                    self._pace.catch_up()
                done.set_result(action())
            except BaseException as error:  # noqa: BLE001 (handed to the caller)
                done.set_exception(error)

        loop.call_soon_threadsafe(run)
        return done.result()

    def apply(self, obj: JSON) -> JSON:
        """Create an object, or replace the one that there is; its namespace is made where it is missing.

        Raises:
            ApiError: as a request for it would be refused.
        """
        return self.call(lambda: self.plane.apply(obj))

    def define(self, project: str) -> None:
        """Serve the custom resources of a project, such as ``argo``, from now on.

        Raises:
            ValueError: there is no such project.
        """
        self.call(lambda: self.plane.define(project))

    def install(self, project: str) -> None:
        """As `define`, and from now on the controllers of the project are played too, where they can be.

        Raises:
            ValueError: there is no such project.
        """
        self.call(lambda: self.plane.install(project))

    def get(self, kind: str, name: str, namespace: str = "default") -> JSON | None:
        """An object by its kind in lower-case plural (`deployments`), or None."""
        resource = self.api.catalog.named(kind)
        space = namespace if resource.namespaced else ""
        return self.call(lambda: self.api.bucket(resource).get(space, name))

    def list(self, kind: str, namespace: str = "") -> list[JSON]:
        """The objects of a kind (`pods`), in one namespace or in all, in order of their names."""
        resource = self.api.catalog.named(kind)

        def read() -> list[JSON]:
            bucket = self.api.bucket(resource)
            return [bucket.objects[key].obj for key in bucket.ordered() if not namespace or key[0] == namespace]

        return self.call(read)

    def wait_until(self, holds: Callable[[SimulatedCluster], object], timeout: float = 10.0) -> None:
        """Wait until something holds: in real time while serving, else by letting virtual time pass.

        `holds` is called outside of the cluster's thread and may use its methods; `timeout` is in real seconds
        while serving, else virtual.

        Raises:
            TimeoutError: it did not come true.
        """
        deadline = time.monotonic() + timeout if self._loop is not None else self.now + timeout
        while not holds(self):
            if self._loop is not None:
                if time.monotonic() > deadline:
                    raise TimeoutError("it did not come true in time")
                time.sleep(0.005)
                continue
            due = self.kernel.next_due()
            if due is None or due > deadline:
                raise TimeoutError("it did not come true in time")
            self.kernel.run_until(due)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until every Deployment is rolled out, paused, or past its deadline; `timeout` as in `wait_until`."""
        self.wait_until(lambda cluster: all(_is_settled(each) for each in cluster.list("deployments")), timeout)


def _is_settled(deployment: JSON) -> bool:
    status = deployment["status"]
    if status.get("observedGeneration") != deployment["metadata"]["generation"]:
        return False
    reasons = {condition["reason"] for condition in status.get("conditions") or ()}
    if deployment["spec"].get("paused") or "ProgressDeadlineExceeded" in reasons:
        return True
    goal = deployment["spec"]["replicas"]
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    return all(status.get(field, 0) == goal for field in counts)
