"""What the screens look like, at both ends of what a terminal may be, and in every kind of theme.

The cluster's time stands still and its names come from a seed, so the pictures are the same every time. After a
change that is meant: `make snapshots`, and look at each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from ktui.kube.auth.access import Access
from ktui.tui.app import KtuiApp
from ktui.tui.logs.screen import LogsScreen
from ktui.tui.options import Options
from tests.tui.conftest import Screen, Stage, stillness

Snap = Callable[..., bool]
Steps = Callable[[Screen], Awaitable[None]]

NARROW, USUAL, SPLIT, WIDE = (80, 24), (120, 36), (160, 44), (200, 60)
GITLAB = {"annotations": {"app.gitlab.com/app": "cart", "app.gitlab.com/env": "prod"}}


def _fleet(stage: Stage) -> None:
    """One rollout in each phase."""
    stage.deploy("catalog", "catalog:2.0", replicas=6)
    stage.deploy("legacy", "legacy:0.9", replicas=0)
    stage.deploy("payments", "payments:3.0", replicas=8)
    stage.deploy("checkout", "checkout:2.4.0", progressDeadlineSeconds=60)
    stage.deploy("cart", "cart:4.9", replicas=8, metadata=GITLAB)
    stage.deploy("api", "api:1.9.2", namespace="search", replicas=10)
    stage.advance(300)
    stage.set_image("checkout", "checkout:crash")
    stage.set_image("payments", "payments:3.1")
    stage.advance(0.5)
    stage.apps.patch_namespaced_deployment("payments", "shop", {"spec": {"paused": True}})
    stage.advance(90)
    stage.set_image("cart", "cart:nopull")
    stage.advance(12)
    stage.set_image("api", "api:1.9.3", namespace="search")
    stage.advance(2.4)


async def _overview(screen: Screen) -> None:
    await screen.sees("6 rollouts", "pods  ", "b roll back")


async def _open(screen: Screen, name: str) -> None:
    await _overview(screen)
    await screen.press("slash")
    await screen.type(name)
    await screen.press("enter", "enter")
    await screen.sees(f"/{name}  Deployment", "EVENTS")
    await screen.until(lambda: not screen.app.front.is_moving, "the cells to be still")  # type: ignore[union-attr]


@pytest.fixture
def look(stage: Stage, options: Options, snap_compare: Snap) -> Callable[..., bool]:
    """Compare the screen that some steps lead to with what it looked like before."""

    def look(steps: Steps, size: tuple[int, int] = USUAL, **changes: Any) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            assert isinstance(pilot.app, KtuiApp)
            screen = Screen(pilot.app, pilot)
            await steps(screen)
            for line in pilot.app.screen.query(Input):
                line.cursor_blink = False
            await stillness(pilot)

        return snap_compare(KtuiApp(replace(options, **changes)), run_before=before, terminal_size=size)

    return look


@pytest.mark.parametrize("size", [NARROW, USUAL, SPLIT, WIDE], ids=str)
def test_overview(stage: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    _fleet(stage)
    assert look(_overview, size)


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "ansi-light", "gruvbox"])
def test_overview_in_other_themes(stage: Stage, look: Callable[..., bool], theme: str) -> None:
    _fleet(stage)
    assert look(_overview, theme=theme)


def test_overview_without_colour(stage: Stage, look: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    _fleet(stage)
    assert look(_overview)


@pytest.mark.parametrize("size", [NARROW, USUAL, WIDE], ids=str)
def test_detail_in_mid_rollout(stage: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    _fleet(stage)
    assert look(lambda screen: _open(screen, "api"), size)


@pytest.mark.parametrize("size", [NARROW, USUAL, WIDE], ids=str)
def test_detail_of_a_failed_rollout(stage: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    _fleet(stage)
    assert look(lambda screen: _open(screen, "checkout"), size)


@pytest.mark.parametrize("size", [NARROW, USUAL], ids=str)
def test_confirm(
    stage: Stage, look: Callable[..., bool], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    _fleet(stage)
    # The kubectl command must not show where this run's kubeconfig is.
    monkeypatch.setenv("KUBECONFIG", str(stage.kubeconfig()))

    async def steps(screen: Screen) -> None:
        await _open(screen, "cart")
        await screen.press("b")
        await screen.sees("Roll back shop/cart", "y yes")

    assert look(steps, size, access=Access())


def _revisions(stage: Stage) -> None:
    """A rollout with three revisions: another image, then a limit and a variable, on its way."""

    def change(cause: str, **container: Any) -> None:
        template = {"spec": {"containers": [{"name": "cart", **container}]}}
        metadata = {"annotations": {"kubernetes.io/change-cause": cause, **GITLAB["annotations"]}}
        stage.apps.patch_namespaced_deployment("cart", "shop", {"metadata": metadata, "spec": {"template": template}})

    stage.deploy("cart", "cart:4.8", replicas=8)
    stage.advance(3600)
    change("release 4.9", image="registry.example/shop/cart:4.9", env=[{"name": "API_TOKEN", "value": "hunter2"}])
    stage.advance(3600)
    limits = {"limits": {"memory": "512Mi"}}
    change("release 4.9", resources=limits, env=[{"name": "API_TOKEN", "value": "hunter3"}])
    stage.advance(2.4)


@pytest.mark.parametrize("size", [NARROW, USUAL, WIDE], ids=str)
def test_history(stage: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    _revisions(stage)

    async def steps(screen: Screen) -> None:
        await screen.knows_all()
        await screen.press("h")
        await screen.sees("limits.memory", "template last written by")

    assert look(steps, size)


def test_history_with_a_mark_as_yaml(stage: Stage, look: Callable[..., bool]) -> None:
    _revisions(stage)

    async def steps(screen: Screen) -> None:
        await screen.knows_all()
        await screen.press("h", "j", "v", "j", "y")
        await screen.sees("revision 1 → revision 2", "+     image: registry.example/shop/cart:4.9")

    assert look(steps)


async def _logs(screen: Screen, *keys: str) -> None:
    """Open the logs, press keys, and wait until all that has been written is there."""
    await screen.sees("1 rollout")
    await screen.press("l", *keys)
    logs = screen.app.screen
    assert isinstance(logs, LogsScreen)
    before, heard = -1, 0
    while before != heard or not all(pane.feed.lines for pane in logs._active):
        await screen.pilot.pause(0.5)
        before, heard = heard, sum(pane.feed.lines for pane in logs._active)


def _crash(stage: Stage) -> None:
    stage.deploy("cart", "cart:4.9", replicas=4)
    stage.advance(30)
    stage.set_image("cart", "cart:crash")
    stage.advance(9)


@pytest.mark.parametrize("size", [NARROW, USUAL], ids=str)
def test_logs_of_a_crash(stage: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    _crash(stage)
    assert look(_logs, size)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=str)
def test_logs_of_new_and_old(stage: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    _crash(stage)
    assert look(lambda screen: _logs(screen, "v", "v", "t", "t"), size)


def test_logs_searched_and_wrapped(stage: Stage, look: Callable[..., bool]) -> None:
    _crash(stage)

    async def steps(screen: Screen) -> None:
        await _logs(screen)
        await screen.press("W", "slash")
        await screen.type("file")
        await screen.press("enter", "comma", "comma")
        await screen.sees("lines with “file”")

    assert look(steps, NARROW)


def test_logs_of_what_has_not_started(stage: Stage, look: Callable[..., bool]) -> None:
    stage.deploy("cart", "cart:nopull", replicas=4)
    stage.advance(9)

    async def steps(screen: Screen) -> None:
        await screen.sees("1 rollout")
        await screen.press("l")
        await screen.sees("The container has not started")

    assert look(steps, NARROW)


def test_help(stage: Stage, look: Callable[..., bool]) -> None:
    _fleet(stage)

    async def steps(screen: Screen) -> None:
        await _overview(screen)
        await screen.press("question_mark")
        await screen.sees("Keys and signs", "ON shop/checkout")

    assert look(steps)


def test_namespaces(stage: Stage, look: Callable[..., bool]) -> None:
    _fleet(stage)

    async def steps(screen: Screen) -> None:
        await _overview(screen)
        await screen.press("n")
        await screen.sees("type to narrow")

    assert look(steps)


def test_nothing_there(stage: Stage, look: Callable[..., bool]) -> None:
    assert look(lambda screen: screen.sees("There are no Deployments"))


def test_not_allowed(stage: Stage, look: Callable[..., bool]) -> None:
    access = Access(kubeconfig=str(stage.kubeconfig("stranger")))
    assert look(lambda screen: screen.sees("refused"), access=access)


def test_one_namespace_only(stage: Stage, look: Callable[..., bool]) -> None:
    _fleet(stage)
    access = Access(kubeconfig=str(stage.kubeconfig("developer")))
    assert look(lambda screen: screen.sees("of the whole cluster", "5 rollouts", "pods  "), access=access)


def test_deleted_while_open(stage: Stage, look: Callable[..., bool]) -> None:
    _fleet(stage)

    async def steps(screen: Screen) -> None:
        await _open(screen, "catalog")
        stage.apps.delete_namespaced_deployment("catalog", "shop")
        # What it had made goes after it; each is told on a stream of its own.
        await screen.sees("× deleted")
        stage.advance(60)

    assert look(steps)
