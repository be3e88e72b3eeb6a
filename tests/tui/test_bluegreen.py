"""Blue-green by its keys. The official client is the witness of where traffic goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from ktui.kube.auth.access import Access
from ktui.model.objects import Deployment
from ktui.model.routing import Service
from ktui.model.template import decode_hook
from ktui.rollout.traffic.bluegreen import Pairing
from ktui.tui.app import KtuiApp
from ktui.tui.bluegreen import pairs
from ktui.tui.bluegreen.pairs import marks
from ktui.tui.bluegreen.screen import BlueGreenScreen
from ktui.tui.options import Options
from tests.audited import audited
from tests.bluegreen import ServiceWitness, deployment, ingress, make_pair, service
from tests.tui.conftest import Dashboard, Screen, Stage, open_blue_green, stillness, times_asked

Snap = Callable[..., bool]


async def test_the_hint_is_there_for_a_side_alone(stage: Stage, shop: ServiceWitness, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "▸ shop       cart", "enter open")
        assert "B blue-green" not in screen.text
        await screen.press("j")
        await screen.sees("▸ shop       shop-blue", "B blue-green")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS", "B blue-green")
        await screen.press("B")
        await screen.sees("WHERE TRAFFIC GOES NOW", "shop/shop  Service")
        await screen.press("B")
        await screen.sees("REVISIONS AND PODS")


async def test_traffic_is_claimed_only_while_services_are_answered(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "_FRESH", 0.0)
    monkeypatch.setattr(pairs, "_PAIRED", 0.2)
    monkeypatch.setattr(pairs, "_CLAIMED", 0.8)
    async with dashboard() as screen:
        await screen.sees("● traffic", "○ no traffic")
        # A failure that passes: nothing is claimed meanwhile, and it is asked again.
        stage.cluster.faults.fail_next(3, 500, path="/services")
        await screen.sees_no("traffic")
        await screen.sees("● traffic")
        # No answer at all.
        with stage.cluster.faults.silence():
            await screen.sees_no("traffic")
        await screen.sees("● traffic")
        stage.cluster.faults.forbid("list", "services")
        await screen.sees_no("traffic")


async def test_the_overview_and_the_detail_say_who_gets_the_traffic(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard
) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        # Whichever row the cursor is on, and without a request for each row.
        await screen.sees("▸ shop       cart", "● traffic", "○ no traffic")
        rows = {name: line for line in screen.text.splitlines() for name in ("cart", "blue", "green") if name in line}
        assert "● traffic" in rows["blue"]
        assert "○ no traffic" in rows["green"]
        assert "traffic" not in rows["cart"]
        assert times_asked(stage, "/services") == 1
        await open_blue_green(screen)
        await screen.press("p")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.sees("● green is selected")
        await screen.press("escape", "escape")
        await screen.until(
            lambda: any("green" in line and "● traffic" in line for line in screen.text.splitlines()), "green to serve"
        )
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS", "○ no traffic")


def test_of_several_services_the_one_is_named_that_sends_the_traffic() -> None:
    def made(colour: str, name: str) -> Service:
        return msgspec.convert(service(colour, name) | {"metadata": {"name": name, "uid": name}}, Service)

    sides: dict[str, tuple[Deployment, ...]] = {
        colour: (
            msgspec.convert(
                deployment(colour) | {"metadata": {"name": colour, "uid": colour}}, Deployment, dec_hook=decode_hook
            ),
        )
        for colour in ("blue", "green", "grey")
    }
    pairing = Pairing("color", dict(sides))
    assert {uid: mark.text for uid, mark in marks([(made("blue", "shop"), pairing)]).items()} == {
        "blue": "● traffic",
        "green": "○ no traffic",
        "grey": "○ no traffic",
    }
    both = [(made("blue", "shop"), pairing), (made("green", "preview"), pairing)]
    assert {uid: mark.text for uid, mark in marks(both).items()} == {
        "blue": "● traffic of shop",
        "green": "● traffic of preview",
        "grey": "○ no traffic",
    }


async def test_what_is_no_side_is_told_so_and_asks_for_nothing_beforehand(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.deploy("shop", "shop:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods", "✔ complete")
        asked = [each.path for each in stage.cluster.requests]
        assert not any("services" in path or "endpointslices" in path for path in asked)
        await screen.press("B")
        await screen.hears("shop/cart is not part of a blue-green pair")


async def test_switch_watch_traffic_move_and_switch_back(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard, tmp_path: Path
) -> None:
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.sees("● blue is selected", "all traffic goes to blue", "p promote green (3 ready)")
        await screen.press("p")
        await screen.sees(
            "Switch Service shop/shop from blue to green", "3 endpoints of blue", "give way to 3 of green"
        )
        await screen.sees("~ spec.selector.color: blue → green", "Switch back to blue", "patch service/shop", "y yes")
        assert shop.colour() == "blue"
        await screen.press("y")
        await screen.hears("switched from blue to green")
        await screen.sees("● green is selected", "traffic moves from blue to green", "3 endpoints of blue still there")
        stage.advance(2)
        await screen.sees("traffic moved from blue to green in 2.0s, at 12:00:22", "b roll back to blue")
        assert (shop.colour(), shop.endpoints()) == ("green", ["shop-green"] * 3)
        assert shop.replicas("blue") == 3
        await screen.press("b")
        await screen.sees("Switch Service shop/shop from green to blue", "y yes")
        await screen.press("y")
        await screen.hears("switched from green to blue")
        await screen.sees("traffic moves from green to blue")
        stage.advance(1)
        await screen.sees("traffic moved from green to blue in 1.0s")
        assert (shop.colour(), shop.endpoints()) == ("blue", ["shop-blue"] * 3)
    requests = [entry["request"] for entry in audited(tmp_path / "audit.jsonl")]
    assert [(request["action"], request["to"]) for request in requests] == [("switch", "green"), ("switch", "blue")]


async def test_a_switch_behind_another_screen_is_not_timed(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.sees("all traffic goes to blue")
        blue_green = screen.app.screen
        assert isinstance(blue_green, BlueGreenScreen)
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS")
        shop.select("green")
        stage.advance(3)
        await screen.until(partial(_hears_of, blue_green, "green"), "the switch to be known")
        await screen.press("escape")
        await screen.sees("all traffic goes to green")
        assert "traffic moved" not in screen.text


async def test_no_is_no(shop: ServiceWitness, dashboard: Dashboard) -> None:
    version = shop.service().metadata.resource_version
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.press("p")
        await screen.sees("y yes")
        await screen.press("n")
        await screen.sees_no("y yes")
    assert shop.service().metadata.resource_version == version


async def test_a_side_that_is_not_fully_available_is_refused_and_forced_only_by_saying_so_twice(
    stage: Stage, dashboard: Dashboard
) -> None:
    make_pair(stage.cluster, green="shop:nopull")
    stage.advance(20)
    shop = ServiceWitness(stage.kubeconfig())
    async with dashboard(size=(120, 44)) as screen:
        await open_blue_green(screen)
        await screen.sees("idle, not fully available", "! green is not fully available: shop-green is", "! force green")
        await screen.press("p")
        await screen.hears(
            "switch to green: green is not fully available: shop-green is stalled, 0 of 3 pods available"
        )
        await screen.hears("! forces it")
        assert "y yes" not in screen.text
        for answers, colour in (("yn", "blue"), ("yy", "green")):
            await screen.press("exclamation_mark")
            await screen.sees("! FORCED: green is not fully available", "nothing will answer", "y yes")
            await screen.press(answers[0])
            await screen.sees("This switch is forced", "y yes")
            assert shop.colour() == "blue"
            await screen.press(answers[1])
            await screen.sees_no("y yes")
            await screen.until(lambda colour=colour: shop.colour() == colour, colour)  # type: ignore[misc]
        stage.advance(1)
        await screen.sees("✖ nothing answers: no endpoint is ready", "b roll back to blue")
        await screen.press("b")
        await screen.sees("Switch Service shop/shop from green to blue", "y yes")
        await screen.press("y")
        await screen.hears("switched from green to blue")
        stage.advance(1)
        await screen.sees("● blue is selected", "3 ready endpoints")
    assert (shop.colour(), shop.endpoints()) == ("blue", ["shop-blue"] * 3)
    shop.close()


async def test_a_switch_by_someone_else_while_the_plan_is_shown(shop: ServiceWitness, dashboard: Dashboard) -> None:
    async with dashboard(size=(120, 44)) as screen:
        await open_blue_green(screen)
        await screen.press("p")
        await screen.sees("y yes")
        shop.select("green")
        await screen.press("y")
        await screen.hears("was switched in the meantime, to app=shop, color=green")
        await screen.hears('service "shop" selects green already')
        await screen.sees_no("y yes")
    assert shop.colour() == "green"


def _hears_of(screen: BlueGreenScreen, colour: str) -> bool:
    return all(each.spec.selector.get("color") == colour for each in screen._traffic.services())


def _is_closed(screen: BlueGreenScreen) -> bool:
    return False in screen._rights.values()


async def test_a_viewer_and_read_only(stage: Stage, shop: ServiceWitness, dashboard: Dashboard, tmp_path: Path) -> None:
    viewer = Access(kubeconfig=str(stage.kubeconfig("viewer")))
    for changes, why in (({"access": viewer}, "you may not patch services"), ({"read_only": True}, "read-only")):
        async with dashboard(**changes) as screen:
            await open_blue_green(screen)
            blue_green = screen.app.screen
            assert isinstance(blue_green, BlueGreenScreen)
            if "access" in changes:
                await screen.until(partial(_is_closed, blue_green), "the right to be known")
            await screen.press("p")
            await screen.hears(why)
            assert "y yes" not in screen.text
    assert shop.colour() == "blue"
    assert not (tmp_path / "audit.jsonl").exists()


async def test_the_old_side_is_scaled_down_only_when_asked(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.press("p")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.hears("switched from blue to green")
        stage.advance(1)
        await screen.sees("s scale blue", "▸ ○ blue")
        await screen.press("s")
        await screen.sees("Scale shop/shop-blue")
        await screen.type("0")
        await screen.press("enter")
        await screen.sees("Scale shop/shop-blue from 3 to 0", "y yes")
        await screen.press("y")
        await screen.until(lambda: shop.replicas("blue") == 0, "scaled down")
        stage.advance(5)
        await screen.sees("shop-blue is scaled to zero", "3 ready endpoints")
    assert shop.endpoints() == ["shop-green"] * 3


async def test_of_three_colours_the_cursor_chooses(stage: Stage, shop: ServiceWitness, dashboard: Dashboard) -> None:
    stage.cluster.apply(deployment("red", "shop:3.0"))
    stage.advance(20)
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.sees("▸ ○ green", "○ red", "p promote green")
        await screen.press("b")
        await screen.hears("ktui did not see where traffic came from")
        await screen.press("j")
        await screen.sees("▸ ○ red", "p promote red")
        await screen.press("p")
        await screen.sees("Switch Service shop/shop from blue to red", "y yes")
        await screen.press("y")
        await screen.hears("switched from blue to red")
        stage.advance(1)
        await screen.sees("traffic moved from blue to red", "b roll back to blue")
        await screen.press("k", "k", "k", "enter")
        await screen.sees("shop/shop-blue  Deployment")
    assert shop.endpoints() == ["shop-red"] * 3


async def test_what_is_in_front_is_shown_and_tab_goes_to_another_service(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard
) -> None:
    stage.cluster.apply(ingress("shop.example"))
    stage.cluster.apply(service("green", name="shop-preview"))
    stage.advance(1)
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.sees("shop/shop  Service", "1 of 2 Services", "Ingress shop  shop.example/")
        await screen.press("tab")
        await screen.sees(
            "shop/shop-preview  Service", "2 of 2 Services", "No Ingress or HTTPRoute", "● green is selected"
        )


async def test_the_palette_leads_there(shop: ServiceWitness, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("pods  ", "B blue-green")
        await screen.press("ctrl+p")
        await screen.type("blue-green")
        await screen.sees("Blue-green", "key B")
        await screen.press("enter")
        await screen.sees("WHERE TRAFFIC GOES NOW")


# What it looks like


@pytest.fixture
def look(options: Options, snap_compare: Snap) -> Callable[..., bool]:
    def look(steps: Callable[[Screen], Awaitable[None]], size: tuple[int, int]) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            assert isinstance(pilot.app, KtuiApp)
            await steps(Screen(pilot.app, pilot))
            await stillness(pilot)

        return snap_compare(KtuiApp(replace(options)), run_before=before, terminal_size=size)

    return look


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)], ids=str)
def test_looks_at_rest(stage: Stage, shop: ServiceWitness, look: Callable[..., bool], size: tuple[int, int]) -> None:
    stage.cluster.apply(ingress("shop.example"))

    async def steps(screen: Screen) -> None:
        await open_blue_green(screen)
        await screen.sees("all traffic goes to blue", "Ingress shop")

    assert look(steps, size)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
def test_looks_while_traffic_moves_and_a_side_is_broken(
    stage: Stage, shop: ServiceWitness, look: Callable[..., bool], size: tuple[int, int]
) -> None:
    async def steps(screen: Screen) -> None:
        await open_blue_green(screen)
        shop.apps.patch_namespaced_deployment(
            "shop-green",
            "shop",
            {
                "spec": {
                    "template": {"spec": {"containers": [{"name": "shop", "image": "registry.example/shop:crash"}]}}
                }
            },
        )
        stage.advance(12)
        await screen.sees("not fully available")
        shop.select("green")
        await screen.sees("traffic moves from blue to green")

    assert look(steps, size)
