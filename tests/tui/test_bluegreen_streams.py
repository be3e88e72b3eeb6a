"""What is streamed for the blue-green screen: what may not be seen, what goes, and what breaks."""

from __future__ import annotations

from collections.abc import Callable

from tests.bluegreen import ServiceWitness
from tests.tui.conftest import Dashboard, Stage, open_blue_green, times_asked

Snap = Callable[..., bool]


async def test_what_may_not_be_seen_is_said(stage: Stage, shop: ServiceWitness, dashboard: Dashboard) -> None:
    for verb in ("list", "watch"):
        stage.cluster.faults.forbid(verb, "endpointslices")
        stage.cluster.faults.forbid(verb, "ingresses")
    async with dashboard() as screen:
        await screen.sees("pods  ", "▸ shop       shop-blue")
        await screen.press("B")
        await screen.sees("Where traffic goes cannot be seen: Not allowed", "▸ ○ green", "3 of 3 pods available")
        for verb in ("list", "watch"):
            stage.cluster.faults.forbid(verb, "services")
        await screen.press("escape")
        await screen.sees("enter open")
        await screen.press("B")
        await screen.hears("Not allowed")


async def test_a_service_that_goes_is_marked(stage: Stage, shop: ServiceWitness, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await open_blue_green(screen)
        shop.delete()
        await screen.sees("× gone: this is its last known state")
        await screen.press("p")
        await screen.sees_no("y yes")


async def test_the_streams_end_with_the_screen(stage: Stage, shop: ServiceWitness, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.press("escape")
        await screen.sees("enter open")
        slices, pods = times_asked(stage, "/endpointslices"), times_asked(stage, "/pods")
        stage.cluster.faults.drop_watches()
        await screen.until(lambda: times_asked(stage, "/pods") > pods, "the pods to be watched again")
        assert times_asked(stage, "/endpointslices") == slices
        await screen.press("B")
        await screen.sees("WHERE TRAFFIC GOES NOW", "● blue", "3 ready endpoints")


async def test_a_stream_that_breaks_is_said_and_taken_up_again(
    stage: Stage, shop: ServiceWitness, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await open_blue_green(screen)
        await screen.sees("all traffic goes to blue")
        with stage.cluster.faults.refusing_connections():
            await screen.sees("Where traffic goes may have changed since")
        shop.select("green")
        stage.advance(1)
        await screen.press("r")
        await screen.sees("● green is selected", "traffic moved from blue to green")
