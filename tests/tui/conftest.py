"""A simulated cluster whose time stands still but for `advance`, and the dashboard on it, driven by its keys."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.config import new_client_from_config
from textual.pilot import Pilot
from textual.strip import Strip

from ktui.kinds.registry import STREAMED
from ktui.kube.auth.access import Access
from ktui.kube.streams.streams import is_at_once
from ktui.model.changes import LinkState
from ktui.sim import SimulatedCluster
from ktui.tui.app import KtuiApp
from ktui.tui.options import Options
from tests import cheaper
from tests.bluegreen import ServiceWitness, make_pair

PATIENCE = 60.0
"""Seconds after which what has not come true never will; a busy machine may need some."""

EVERY = 0.05
"""Seconds between two looks: to look is to draw the whole screen, which costs more than what is waited for."""

LASTING = ("session", "drawing", "traffic", "use", "steering", "picking")
"""The groups of workers that last as long as the dashboard, or until a person has answered."""

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Dashboard = Callable[..., AbstractAsyncContextManager["Screen"]]


@dataclass
class Screen:
    """The dashboard as a person has it: keys go in, text comes out."""

    app: KtuiApp
    pilot: Pilot[None]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        names = {" ": "space", "/": "slash", ".": "full_stop", ":": "colon", "-": "minus"}
        await self.pilot.press(*(names.get(char, char) for char in text))

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def told(self) -> str:
        """What the notifications on the screen say."""
        return "\n".join(notification.message for notification in self.app._notifications)

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait for something to come true."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"never: {what}\n{self.text}\n{self.told}")
            await self.pilot.pause(EVERY)

    async def knows_all(self) -> None:
        """Wait until everything there is has been listed, and the overview shows it."""
        await self.until(lambda: _is_told(self.app) and re.search(r"\d pods?  ", self.text), "all there is")

    async def sees(self, *texts: str) -> None:
        for text in texts:
            await self.until(lambda text=text: text in self.text, f"to see {text!r}")  # type: ignore[misc]

    async def sees_no(self, text: str) -> None:
        await self.until(lambda: text not in self.text, f"to see no {text!r}")

    async def hears(self, text: str) -> None:
        await self.until(lambda: text in self.told, f"to be told {text!r}")


async def stillness(pilot: Pilot[None]) -> None:
    """Wait until nothing is on its way to the screen any more, and it has stopped changing: then it may be pictured."""
    app = pilot.app
    assert isinstance(app, KtuiApp)
    screen = Screen(app, pilot)
    await screen.until(lambda: _is_told(app), "all lists to be in, or refused")
    seen: list[Strip] = []
    unchanged = 0

    def is_still() -> bool:
        nonlocal seen, unchanged
        now = app.screen._compositor.render_strips()
        unchanged = unchanged + 1 if now == seen and not _is_busy(app) else 0
        seen = now
        return unchanged > 4

    await screen.until(is_still, "the screen to be still")


def _is_told(app: KtuiApp) -> bool:
    """Whether all that was asked for has been listed, or refused. Who may not see Deployments is not shown the rest."""
    store = app.live.store
    refused = {kind for kind, link in store.links.items() if link.state is LinkState.REFUSED}
    return (store.listed | refused).issuperset(
        STREAMED if app.live.is_listed else [each for each in STREAMED if is_at_once(each)]
    )


def _is_busy(app: KtuiApp) -> bool:
    """Whether a question to the server is open, something is being remembered, or a cell still flashes."""
    front = app.front
    is_asking = any(not worker.is_finished and worker.group not in LASTING for worker in app.workers)
    awaits_use = front is not None and front.FOLLOWS_USE and front.selected in app.live.rollouts and front.use is None
    is_moving = front is not None and front.is_moving
    return is_asking or awaits_use or is_moving or app.recorder.is_being_written


class Stage:
    """The cluster and an independent witness of what is in it: the official client."""

    def __init__(self, cluster: SimulatedCluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self._client = new_client_from_config(str(self.kubeconfig()))
        self.apps: Any = client.AppsV1Api(self._client)
        self.core: Any = client.CoreV1Api(self._client)

    def kubeconfig(self, user: str = "admin") -> Path:
        return self.cluster.write_kubeconfig(self.folder / f"kubeconfig-{user}", user)

    def close(self) -> None:
        self._client.close()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.cluster.now, UTC)

    def advance(self, seconds: float) -> None:
        """Let the cluster's time pass, at once."""
        kernel = self.cluster.kernel
        self.cluster.call(lambda: kernel.run_until(kernel.now + seconds))

    def deploy(self, name: str, image: str, *, namespace: str = "shop", replicas: int = 4, **spec: Any) -> None:
        labels = {"app": name}
        meta = spec.pop("metadata", {})
        container = {"name": name, "image": f"registry.example/shop/{image}"}
        self.cluster.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "namespace": namespace, "labels": labels, **meta},
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                    **spec,
                },
            }
        )

    def set_image(self, name: str, image: str, *, namespace: str = "shop") -> None:
        containers = [{"name": name, "image": f"registry.example/shop/{image}"}]
        patch = {"spec": {"template": {"spec": {"containers": containers}}}}
        self.apps.patch_namespaced_deployment(name, namespace, patch)

    def read(self, name: str, namespace: str = "shop") -> Any:
        return self.apps.read_namespaced_deployment(name, namespace)

    def image(self, name: str, namespace: str = "shop") -> str:
        return str(self.read(name, namespace).spec.template.spec.containers[0].image).rsplit("/", 1)[-1]


@pytest.fixture(scope="session", autouse=True)
def made_cheaper() -> Iterator[None]:
    with cheaper.dashboards():
        yield


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    cluster = SimulatedCluster(seed=7, start=START, name="prod-eu", developer_namespace="shop")
    cluster.pause()
    with cluster.serving():
        stage = Stage(cluster, tmp_path)
        yield stage
        cluster.faults.clear()
        stage.close()


@pytest.fixture
def options(stage: Stage, tmp_path: Path) -> Options:
    return Options(
        access=Access(kubeconfig=str(stage.kubeconfig())),
        audit=tmp_path / "audit.jsonl",
        now=stage.now,
        to_read=0,
    )


@pytest.fixture
def dashboard(options: Options) -> Dashboard:
    @asynccontextmanager
    async def run(size: tuple[int, int] = (120, 36), **changes: Any) -> AsyncIterator[Screen]:
        app = KtuiApp(replace(options, **changes))
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Screen(app, pilot)

    return run


@pytest.fixture
def shop(stage: Stage) -> Iterator[ServiceWitness]:
    """shop/shop between blue, which has the traffic, and green, both complete."""
    make_pair(stage.cluster)
    stage.advance(20)
    witness = ServiceWitness(stage.kubeconfig())
    yield witness
    witness.close()


async def open_blue_green(screen: Screen) -> None:
    """From the overview, with the cursor on a side."""
    await screen.sees("pods  ", "shop-blue")
    await screen.press("slash")
    await screen.type("shop-blue")
    await screen.press("enter", "B")
    await screen.sees("WHERE TRAFFIC GOES NOW", "ready endpoints")


def times_asked(stage: Stage, what: str) -> int:
    return sum(what in each.path for each in stage.cluster.requests)
