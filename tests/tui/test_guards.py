"""Auto-abort by its key. The official client is the witness of what was taken back, and of what was not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual.pilot import Pilot

from ktui.kube.auth.access import Access
from ktui.kube.backoff import Pacing
from ktui.kube.streams.streams import Streams
from ktui.tui.app import KtuiApp
from ktui.tui.options import Options
from tests import between
from tests.audited import audited
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

ON = "Auto-abort is on for shop/cart while ktui runs"


def _deployed(stage: Stage, **spec: Any) -> None:
    stage.deploy("cart", "cart:1.0", **spec)
    stage.advance(20)


def _roll_out(stage: Stage, image: str) -> None:
    stage.set_image("cart", image)
    stage.advance(0.3)


def _audit(tmp_path: Path) -> list[dict[str, Any]]:
    return audited(tmp_path / "audit.jsonl")


async def _armed(screen: Screen) -> None:
    # What there is to go back to is known with the new ReplicaSet, which may come after the rollout is seen to begin.
    await screen.sees("◐ progressing", "pods  ", "b roll back to 1")
    await screen.press("A")
    await screen.hears(ON)
    await screen.sees("auto-abort · ", "auto-abort is on for 1", "A auto-abort off")


async def test_a_rolling_update_that_fails_goes_back_by_itself(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:nopull")
        await _armed(screen)
        stage.advance(15)
        await screen.sees("auto-abort is on for 1: shop/cart rolls back in ", "s unless it recovers")
        await screen.press("enter")
        await screen.sees("auto-abort is on: rolls back in ")
        await screen.press("escape")
        assert stage.image("cart") == "cart:nopull"
        stage.advance(30)
        await screen.hears("This was automatic, because image cart:nopull cannot be pulled")
        await screen.sees_no("auto-abort")
        assert stage.image("cart") == "cart:1.0"
        stage.advance(30)
        await screen.sees("✔ complete")
    (entry,) = _audit(tmp_path)
    assert (entry["request"]["action"], entry["outcome"]) == ("abort", "done")
    assert "cannot be pulled" in entry["automatic"]


async def test_a_canary_that_fails_goes_back_to_its_settings(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    _deployed(stage, minReadySeconds=2)
    before = stage.read("cart").spec.to_dict()
    async with dashboard(size=(160, 36)) as screen:
        await screen.sees("1 rollout", "4 pods")
        await screen.press("C")
        await screen.sees("Canary of shop/cart")
        await screen.type("crash")
        await screen.press("enter")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.hears("canary of")
        await screen.sees("◆ held")
        await screen.press("A")
        await screen.hears(ON)
        await screen.press("enter")
        await screen.sees("EVENTS", "auto-abort is on")
        stage.advance(120)
        await screen.hears("This was automatic, because the new pod crashes")
    assert stage.read("cart").spec.to_dict() == before
    canary, abort = _audit(tmp_path)
    assert (canary["request"]["action"], canary["automatic"]) == ("canary", "")
    assert abort["request"]["action"] == "abort"
    assert "the new pod crashes" in abort["automatic"]


@pytest.mark.parametrize(
    "message",
    [
        "pull QPS exceeded",
        "unexpected status code 503 Service Unavailable",
        "dial tcp: lookup registry.example: i/o timeout",
    ],
)
async def test_what_may_pass_by_itself_is_never_a_reason(
    message: str, stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    image = "registry.example/shop/cart:1.1"
    stage.cluster.call(lambda: stage.cluster.plane.fates.know(image, {"fate": "nopull", "message": message}))
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:1.1")
        await _armed(screen)
        stage.advance(15)
        await screen.sees("cannot be pulled")
        assert "▲" not in screen.text
        stage.advance(285)
        await screen.sees("▲ stalled", "auto-abort is on for 1")
        assert "rolls back in" not in screen.text
    assert stage.image("cart") == "cart:1.1"
    assert _audit(tmp_path) == []


async def test_off_at_first_and_off_again(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:nopull")
        await screen.sees("◐ progressing")
        assert "auto-abort" not in screen.text
        await _armed(screen)
        await screen.press("A")
        await screen.hears("Auto-abort is off for shop/cart.")
        stage.advance(15)
        await screen.sees("▲ stalled")
        await screen.press("A")
        await screen.hears("something has gone wrong already")
    assert stage.image("cart") == "cart:nopull"
    assert _audit(tmp_path) == []


async def test_a_healthy_rollout_is_let_go_when_it_is_complete(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:1.1")
        await _armed(screen)
        stage.advance(60)
        await screen.hears("Auto-abort is off for shop/cart: it is complete.")
        await screen.press("A")
        await screen.hears("nothing is being rolled out")
    assert stage.image("cart") == "cart:1.1"
    assert _audit(tmp_path) == []


async def test_someone_elses_rollout_is_none_of_its_business(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:1.1")
        await _armed(screen)
        stage.set_image("cart", "cart:nopull")
        await screen.hears("Auto-abort is off for shop/cart: its pod template was changed")
        stage.advance(15)
        await screen.sees("▲ stalled")
    assert stage.image("cart") == "cart:nopull"
    assert _audit(tmp_path) == []


async def test_a_refused_abort_is_said_and_not_tried_again(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:nopull")
        await _armed(screen)
        stage.cluster.faults.forbid("patch", "deployments")
        stage.advance(45)
        await screen.hears("shop/cart was not aborted: ")
        stage.cluster.faults.allow("patch", "deployments")
        stage.advance(15)
        await screen.sees("▲ stalled")
        await screen.sees_no("auto-abort is on")
    assert stage.image("cart") == "cart:nopull"
    assert _audit(tmp_path) == []


async def test_a_lost_connection_aborts_nothing(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:1.1")
        await _armed(screen)
        with stage.cluster.faults.refusing_connections():
            await screen.sees("stale by", "auto-abort is on for 1")
            stage.advance(60)
            await screen.sees("auto-abort is on for 1")
        await screen.press("r")
        await screen.hears("Auto-abort is off for shop/cart: it is complete.")
    assert stage.image("cart") == "cart:1.1"
    assert _audit(tmp_path) == []


async def test_what_is_only_listed_is_listed_again_before_it_is_acted_on(
    stage: Stage, dashboard: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That no watch works is known after several attempts on each stream.
    monkeypatch.setattr("ktui.live.session.Streams", partial(Streams, pacing=Pacing(first_wait=0.01, burst=100)))
    _deployed(stage)
    with between.between(stage.cluster.url) as proxy:
        proxy.bend(between.watch, between.answer(405))
        kubeconfig = tmp_path / "by-proxy"
        kubeconfig.write_text(stage.kubeconfig().read_text().replace(stage.cluster.url, proxy.url))
        async with dashboard(size=(160, 36), access=Access(kubeconfig=str(kubeconfig))) as screen:
            await screen.sees("◐ listed")
            _roll_out(stage, "cart:nopull")
            await screen.press("r")
            await _armed(screen)
            stage.advance(15)
            links = screen.app.live.store.links
            before = dict(links)
            await screen.press("r")
            await screen.until(lambda: all(links[kind] is not link for kind, link in before.items()), "lists anew")
            await screen.sees("shop/cart rolls back in ")
            decided = monotonic()
            stage.advance(30)
            await screen.hears("This was automatic, because image cart:nopull cannot be pulled")
            assert proxy.asked("/api/v1/pods", decided)
    assert len(_audit(tmp_path)) == 1


async def test_a_question_says_that_it_is_on(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard(size=(160, 36)) as screen:
        _roll_out(stage, "cart:1.1")
        await _armed(screen)
        await screen.press("s")
        await screen.sees("Currently 4 replicas")
        await screen.press("backspace", "6", "enter")
        await screen.sees("Auto-abort is on: if a new pod fails", "y yes")
        await screen.press("y")
        await screen.hears("scaling from")
        await screen.sees("auto-abort is on for 1")


async def test_read_only_arms_nothing(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard(read_only=True) as screen:
        _roll_out(stage, "cart:1.1")
        await screen.sees("◐ progressing")
        await screen.press("A")
        await screen.hears("Auto-abort: ktui is read-only")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
@pytest.mark.parametrize("opened", [False, True], ids=["overview", "opened"])
def test_how_it_looks(
    *,
    stage: Stage,
    options: Options,
    snap_compare: Callable[..., bool],
    size: tuple[int, int],
    opened: bool,
) -> None:
    _deployed(stage)
    _roll_out(stage, "cart:1.1")
    app = KtuiApp(options)

    async def before(pilot: Pilot[None]) -> None:
        screen = Screen(app, pilot)
        await screen.sees("◐ progressing", "pods  ")
        await screen.press("A")
        await screen.sees("auto-abort")
        await screen.hears(ON)
        if opened:
            await screen.press("enter")
            await screen.sees("EVENTS", "auto-abort is on")
            await screen.until(lambda: not app.front.is_moving, "the cells to be still")  # type: ignore[union-attr]
        app.clear_notifications()
        await stillness(pilot)

    assert snap_compare(app, run_before=before, terminal_size=size)
