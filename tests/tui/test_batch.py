"""Several rollouts selected and steered at once. The official client is the witness of what was done to which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from ktui.kube.auth.access import Access
from ktui.tui.app import KtuiApp
from ktui.tui.options import Options
from tests.audited import audited
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

NAMES = ("api", "web", "worker")


def _deployed(stage: Stage) -> None:
    for name in NAMES:
        stage.deploy(name, f"{name}:1.0")
    stage.advance(30)


def _paused(stage: Stage) -> list[str]:
    return [name for name in NAMES if stage.read(name).spec.paused]


async def _select_all(screen: Screen) -> None:
    """Every row, from the first on."""
    await screen.sees("3 rollouts", "12 pods")
    await screen.press("v", "v", "v")
    await screen.sees("✓ 3 selected", "✓shop")


async def test_one_question_then_all_are_done(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("space")
        await screen.sees("Pause: 3 selected rollouts", "Pause shop/api:", "Pause shop/web:", "Pause shop/worker:")
        await screen.sees("y yes, to 3 rollouts")
        assert _paused(stage) == []
        await screen.press("y")
        for name in NAMES:
            await screen.hears(f"shop/{name} paused.")
        assert _paused(stage) == list(NAMES)
        await screen.sees("‖ 3 paused", "✓ 3 selected")

        await screen.press("space")
        await screen.sees("Resume: 3 selected rollouts", "y yes, to 3 rollouts")
        await screen.press("y")
        await screen.hears("shop/worker resumed.")
        assert _paused(stage) == []
    done = [(entry["name"], entry["outcome"]) for entry in audited(tmp_path / "audit.jsonl")]
    assert done == [(name, "done") for name in NAMES] * 2


async def test_no_is_no_and_esc_selects_nothing(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("R")
        await screen.sees("Restart: 3 selected rollouts", "y yes, to 3 rollouts")
        await screen.press("n")
        await screen.sees_no("Restart: 3")
        await screen.press("v")
        await screen.sees("✓ 2 selected")
        await screen.press("escape")
        await screen.sees_no("selected")
    assert all(stage.read(name).metadata.generation == 1 for name in NAMES)


async def test_what_is_not_open_is_left_out_and_said(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    stage.apps.patch_namespaced_deployment("api", "shop", {"spec": {"paused": True}})
    async with dashboard() as screen:
        await screen.sees("‖ 1 paused")
        await _select_all(screen)
        await screen.press("space")
        await screen.sees("LEFT OUT", "shop/api: ", "already paused", "2 rollouts, 1 left out")
        await screen.press("y")
        await screen.hears("shop/worker paused.")
    assert _paused(stage) == list(NAMES)


async def test_where_none_is_open_there_is_no_yes(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("p")
        await screen.sees("Promote: 3 selected rollouts", "None of them allows this.")
        await screen.press("y")
        await screen.sees("None of them allows this.")
        await screen.press("n")
        await screen.sees_no("None of them")


async def test_it_stops_at_the_first_that_changed_since_it_was_shown(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("s")
        await screen.sees("How many pods should each of them have?")
        await screen.type("6")
        await screen.press("enter")
        await screen.sees("y yes, to 3 rollouts")
        stage.apps.patch_namespaced_deployment("web", "shop", {"spec": {"replicas": 5}})
        await screen.press("y")
        await screen.hears("Stopped there. Not done: shop/worker.")
        await screen.hears("shop/api: scaling from 4 to 6 sent")
    assert [stage.read(name).spec.replicas for name in NAMES] == [6, 5, 4]


async def test_what_takes_long_to_send_is_counted_and_can_be_stopped(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("space")
        await screen.sees("y yes, to 3 rollouts")
        with stage.cluster.faults.silence():
            await screen.press("y")
            await screen.sees("Sending 1 of 3: Pause shop/api…", "esc stop before the next one")
            await screen.press("escape")
            await screen.sees_no("Sending")
        await screen.hears("shop/api paused.")
        await screen.hears("Stopped there. Not done: shop/web, shop/worker.")
    assert _paused(stage) == ["api"]


async def test_the_count_goes_when_all_is_sent_whatever_is_in_front(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("space")
        await screen.sees("y yes, to 3 rollouts")
        with stage.cluster.faults.silence():
            await screen.press("y")
            await screen.sees("Sending 1 of 3: Pause shop/api…")
            await screen.press("ctrl+c")
            await screen.sees("Quit ktui?")
        await screen.hears("shop/worker paused.")
        await screen.press("n")
        await screen.sees_no("Quit ktui?")
        await screen.sees_no("Sending")
    assert _paused(stage) == list(NAMES)


async def test_a_new_image_is_for_one_at_a_time(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        for key in ("i", "C"):
            await screen.press(key)
            await screen.hears("A new image is for one rollout at a time")


async def test_a_key_that_is_pressed_twice_asks_once(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        for _ in range(2):
            screen.app.post_message(events.Key("space", " "))
        await screen.sees("y yes, to 3 rollouts")
        await screen.press("n")
        await screen.sees_no("Pause: 3 selected rollouts")
    assert _paused(stage) == []


async def test_the_question_says_where_auto_abort_is_on(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "12 pods")
        stage.set_image("web", "web:1.1")
        stage.advance(0.3)
        await screen.sees("◐ progressing")
        await screen.press("g")
        await screen.sees("b roll back to 1")
        await screen.press("A")
        await screen.hears("Auto-abort is on for shop/web")
        await screen.press("v", "v", "space")
        await screen.sees("Pause: 2 selected rollouts", "Auto-abort is on for 1 of them", "y yes, to 2 rollouts")


async def test_the_selection_follows_the_rollouts(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _select_all(screen)
        await screen.press("slash")
        await screen.type("web")
        await screen.press("enter")
        await screen.sees("✓ 3 selected, 2 not shown", "1 of 3 match")
        stage.apps.delete_namespaced_deployment("api", "shop", propagation_policy="Background")
        stage.advance(60)
        await screen.sees("✓ 2 selected, 1 not shown")
        await screen.press("space")
        await screen.sees("Pause shop/web:", "Pause shop/worker:", "y yes, to 2 rollouts")
        await screen.press("escape", "escape")
        await screen.sees_no("selected")
        await screen.sees("match “web”")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
@pytest.mark.parametrize("asked", [False, True], ids=["selected", "asked"])
def test_how_it_looks(
    *,
    stage: Stage,
    options: Options,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    asked: bool,
) -> None:
    _deployed(stage)
    stage.set_image("web", "web:nopull")
    stage.advance(30)
    # A kubeconfig that is named would stand in the kubectl commands.
    monkeypatch.setenv("KUBECONFIG", options.access.kubeconfig or "")
    app = KtuiApp(replace(options, access=Access()))

    async def before(pilot: Pilot[None]) -> None:
        screen = Screen(app, pilot)
        await screen.sees("3 rollouts", "13 pods", "▲ stalled")
        await screen.press("v", "v")
        await screen.sees("✓ 2 selected")
        if asked:
            await screen.press("a")
            await screen.sees("y yes, to 1 rollout, 1 left out")
        await stillness(pilot)

    assert snap_compare(app, run_before=before, terminal_size=size)
