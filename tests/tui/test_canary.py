"""Held canaries by key: begin, step, promote, abort, repair; and how they look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from ktui.kube.auth.access import Access
from ktui.plans.request import Promote
from ktui.tui.app import KtuiApp
from ktui.tui.options import Options
from tests.plans.operator import Operator, canary
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

ANNOTATION = "ktui.dev/hold"


def _deployed(stage: Stage, replicas: int = 12) -> None:
    stage.deploy("payments", "payments:3.0", replicas=replicas, minReadySeconds=2)
    stage.advance(30)


def _spec(stage: Stage) -> Any:
    spec = stage.cluster.get("deployments", "payments", "shop")
    assert spec is not None
    return spec["spec"]


async def _begin(stage: Stage, screen: Screen, steps: str = "2,4", *, surge: bool = True) -> None:
    """`C`, the tag, the size, and where the new pods go, all in one form."""
    await screen.sees("1 rollout", "shop/payments", "12 pods", "C canary")
    await screen.press("C")
    await screen.sees("Canary of shop/payments", "registry.example/shop/payments:3.0", "runs now")
    await screen.type("3.1")
    await screen.press("tab")
    await screen.type(steps)
    await screen.sees("payments:3.1", "● yes  2 more: 12 old, 2 new", "○ no   2 replaced: 10 old, 2 new")
    if not surge:
        await screen.press("down", "right")
        await screen.sees("● no ")
    await screen.press("enter")
    await screen.sees("Hold a canary of 2 of 12 pods of shop/payments at payments:3.1", "y yes")


async def test_canary_step_promote(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    before = _spec(stage)
    async with dashboard(size=(190, 50)) as screen:
        await _begin(stage, screen)
        await screen.sees("2 pods of revision 2", "spec.minReadySeconds: 2 → 2147483646", "--type=strategic")
        assert _spec(stage) == before
        await screen.press("y")
        await screen.hears("canary of 2 of 12 pods at")
        stage.advance(20)
        await screen.sees("◆ held", "canary of 2 of 12 held, step 1 of 3, by admin")
        await screen.sees("p promote to 4 of 12", "a abort")
        await screen.press("question_mark")
        await screen.sees("promote to 4 of 12 (step 2 of 3)", "abort: back to 1 (payments:3.0)")
        await screen.press("escape")

        await screen.press("p")
        await screen.sees("Promote shop/payments to 4 of 12 pods", "y yes")
        await screen.press("y")
        await screen.hears("promotion to 4 of 12 pods")
        stage.advance(20)
        await screen.sees("canary of 4 of 12 held, step 2 of 3, by admin", "p promote to all 12")

        await screen.press("p")
        await screen.sees("in full: all 12 pods", "y yes")
        await screen.press("y")
        await screen.hears("promotion in full to payments:3.1 sent")
        stage.advance(60)
        await screen.sees("✔ complete", "payments:3.1")
    after = _spec(stage)
    assert after["template"]["spec"]["containers"][0].pop("image").endswith("payments:3.1")
    assert before["template"]["spec"]["containers"][0].pop("image").endswith("payments:3.0")
    assert after == before


async def test_canary_without_surge_and_abort_from_the_detail_screen(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    before = _spec(stage)
    async with dashboard(size=(190, 50)) as screen:
        await _begin(stage, screen, "2", surge=False)
        await screen.press("y")
        await screen.hears("canary of 2 of 12 pods at")
        stage.advance(20)
        await screen.sees("canary of 2 of 12 held, by admin")
        await screen.press("enter")
        await screen.sees("held for 20s", "canary of 2 of 12   by admin   instead of old pods   then all")
        await screen.sees("new ", "2 of 12", "old ", "10 left")
        await screen.press("a")
        await screen.sees("Abort: roll back shop/payments to revision 1 (payments:3.0)", "y yes")
        await screen.press("y")
        await screen.hears("rollback to revision 1")
        stage.advance(30)
        await screen.sees("✔ complete", "payments:3.0")
    assert _spec(stage) == before


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await screen.sees("12 pods", "C canary")
        await screen.press("C")
        await screen.sees("Canary of shop/payments", "runs now", "holds 1 of 12 pods, then all")
        await screen.press("enter")
        await screen.sees("This is what runs now: enter another tag or image.")
        await screen.type(":3.1")
        await screen.sees("→ registry.example/shop/payments:3.1")
        await screen.press("down")
        for text, said in (
            ("y", '"y" is not a step'),
            ("0", "A canary has at least one pod."),
            ("12", "A canary of 12 pods holds nothing back"),
            ("6,3", "A canary only grows, and 3 comes after 6"),
        ):
            await screen.press("ctrl+u")
            await screen.type(text)
            await screen.press("enter")
            await screen.sees(said, "→ registry.example/shop/payments:3.1")
        await screen.press("ctrl+u")
        await screen.type("2,50%,100%")
        await screen.sees("holds 2 of 12 pods, then 6, then all")
        await screen.press("tab", "n")
        await screen.sees("● no   2 replaced: 10 old, 2 new")
        await screen.press("y")
        await screen.sees("● yes  2 more: 12 old, 2 new")
        await screen.press("space", "left", "up", "escape")
        await screen.sees_no("Canary of shop/payments")
    assert stage.image("payments") == "payments:3.0"


async def test_each_container_has_a_field_of_its_own(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    proxy = {"name": "proxy", "image": "envoyproxy/envoy:v1.30"}
    patch = {"spec": {"template": {"spec": {"containers": [proxy]}}}}
    stage.apps.patch_namespaced_deployment("payments", "shop", patch)
    stage.advance(60)
    async with dashboard(size=(80, 40)) as screen:
        await screen.sees("12 pods", "✔ complete", "C canary")
        await screen.press("C")
        await screen.sees("▸ Image of proxy", "Image of payments", "registry.example/shop/payments:3.0")
        await screen.press("tab")
        await screen.sees("▸ Image of payments")
        await screen.press("up")
        await screen.type("v1.31")
        await screen.press("enter")
        await screen.sees("Hold a canary of 1 of 12 pods", "Container proxy: envoy:v1.30 → envoy:v1.31.", "y yes")
        await screen.sees_no("Container payments:")


async def test_a_canary_of_a_paused_rollout_is_refused_before_anything_is_asked(
    stage: Stage, dashboard: Dashboard
) -> None:
    _deployed(stage)
    stage.apps.patch_namespaced_deployment("payments", "shop", {"spec": {"paused": True}})
    async with dashboard() as screen:
        await screen.sees("‖ paused")
        await screen.press("C")
        await screen.hears("it is paused: resume it first")


def _held(stage: Stage, steps: str = "2,4") -> Operator:
    """A canary of payments that another operator's ktui holds."""
    _deployed(stage)
    eve = Operator(stage.cluster, "eve", name="payments", advance=stage.advance)
    eve.send(canary("registry.example/shop/payments:3.1", steps))
    return eve


async def test_the_canary_of_another_operator_is_the_same_canary(stage: Stage, dashboard: Dashboard) -> None:
    eve = _held(stage)
    async with dashboard(size=(190, 50)) as screen:
        await screen.sees("canary of 2 of 12 held, step 1 of 3, by eve")
        eve.send(Promote())
        await screen.sees("canary of 4 of 12 held, step 2 of 3, by eve", "p promote to all 12")


async def test_a_foreign_undo_is_said_and_repaired_by_key(stage: Stage, dashboard: Dashboard) -> None:
    eve = _held(stage)
    before = eve.spec
    eve.undo(1)
    async with dashboard(size=(190, 50)) as screen:
        await screen.sees("omeone rolled the canary back to payments:3.0", "C repairs it: the settings of before")
        await screen.press("p")
        await screen.hears("nothing to promote: someone rolled the canary back")
        await screen.press("enter")
        await screen.sees("EVENTS", "C repairs it: the settings of before the hold come back")
        await screen.press("C")
        await screen.sees("Repair the hold of shop/payments", "What is wrong: someone rolled", "y yes")
        await screen.press("y")
        await screen.hears("has its settings of before the hold again")
        stage.advance(30)
        await screen.sees("✔ complete")
        await screen.sees_no("C repair")
    assert before["minReadySeconds"] > eve.spec["minReadySeconds"] == 2
    assert eve.hold is None


async def test_a_record_that_was_left_behind_is_said_where_all_is_well(stage: Stage, dashboard: Dashboard) -> None:
    eve = _held(stage)
    eve.send(Promote("100%"), 60)
    eve.set_image("registry.example/shop/payments:3.2")
    eve.undo(2, 60)
    async with dashboard(size=(190, 50)) as screen:
        await screen.sees("✔ complete", "record of a canary's hold was left behind", "C repairs it: the record goes")
        await screen.press("enter")
        await screen.sees("EVENTS", "C repairs it: the record goes, and nothing else changes")
        await screen.press("C")
        await screen.sees("Repair the hold", "y yes")
        await screen.press("y")
        await screen.sees_no("left behind")
    assert ANNOTATION not in eve.annotations


@pytest.mark.parametrize("key", ["C", "p", "a"])
async def test_read_only_closes_all_three(stage: Stage, dashboard: Dashboard, key: str) -> None:
    _deployed(stage)
    async with dashboard(read_only=True) as screen:
        await screen.sees("12 pods")
        await screen.press(key)
        await screen.hears("ktui is read-only")


# How it looks


Look = Callable[..., bool]


@pytest.fixture
def look(stage: Stage, snap_compare: Callable[..., bool], options: Options, monkeypatch: pytest.MonkeyPatch) -> Look:
    # A kubeconfig that is named would stand in the kubectl commands.
    monkeypatch.setenv("KUBECONFIG", options.access.kubeconfig or "")
    options = replace(options, access=Access())

    def compare(steps: Callable[[Screen], Awaitable[None]], size: tuple[int, int]) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            await steps(Screen(app, pilot))
            for line in app.screen.query(Input):
                line.cursor_blink = False
            await stillness(pilot)

        app = KtuiApp(options)
        return snap_compare(app, run_before=before, terminal_size=size)

    return compare


SIZES = [(80, 24), (120, 36), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
def test_a_held_canary_in_the_overview(stage: Stage, look: Look, size: tuple[int, int]) -> None:
    _held(stage)

    async def steps(screen: Screen) -> None:
        await screen.sees("1 rollout", "14 pods", "◆ held", "p promote")

    assert look(steps, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_held_canary_in_full(stage: Stage, look: Look, size: tuple[int, int]) -> None:
    _held(stage)

    async def steps(screen: Screen) -> None:
        await screen.sees("14 pods", "p promote")
        await screen.press("enter")
        await screen.sees("EVENTS", "canary of 2 of 12", "step 1 of 3")

    assert look(steps, size)


@pytest.mark.parametrize("size", SIZES)
def test_a_disturbed_hold_in_full(stage: Stage, look: Look, size: tuple[int, int]) -> None:
    _held(stage).undo(1)

    async def steps(screen: Screen) -> None:
        await screen.sees("12 pods", "C repair")
        await screen.press("enter")
        await screen.sees("EVENTS", "repairs it")

    assert look(steps, size)


@pytest.mark.parametrize("size", SIZES)
def test_the_question_before_a_canary(stage: Stage, look: Look, size: tuple[int, int]) -> None:
    _deployed(stage)
    assert look(lambda screen: _begin(stage, screen), size)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
def test_the_form_of_a_canary(stage: Stage, look: Look, size: tuple[int, int]) -> None:
    _deployed(stage)

    async def steps(screen: Screen) -> None:
        await screen.sees("payments", "canary" if size[0] > 40 else "✔")
        await screen.press("C")
        await screen.sees("Canary of shop/payments")
        await screen.type("3.1")
        await screen.press("tab")
        await screen.type("1,150%")
        await screen.press("enter")
        await screen.sees("150% is more than everything.")

    assert look(steps, size)
