"""Who did what to a rollout: ktui's log of this machine, and what the object tells."""

from __future__ import annotations

import pytest

from tests.tui.conftest import Dashboard, Stage


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_it_says_who_did_what_and_in_full(size: tuple[int, int], stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(20)
    stage.set_image("cart", "cart:2.0")
    stage.advance(60)
    async with dashboard(size=size) as screen:
        await screen.knows_all()
        await screen.press("R")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.until(lambda: stage.read("cart").metadata.generation > 2, "the restart")
        await screen.until(lambda: screen.told, "how that ended")
        await screen.press("E")
        await screen.sees("AUDIT  who did what, the newest first", "Restart shop/cart", "containers[cart].image")
        # Nothing went wrong.
        await screen.press("z")
        await screen.sees("only what did not end well", "Nothing of that is known.")
        await screen.press("z", "enter")
        await screen.sees("WITH KTUI, ON THIS MACHINE", "FIELDS THAT IT OWNS NOW", "restarted at")
        await screen.press("escape", "E")
        await screen.sees("1 rollout")


async def test_what_could_not_be_read_is_read_once_the_server_is_back(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard(size=(80, 24)) as screen:
        await screen.knows_all()
        with stage.cluster.faults.refusing_connections():
            await screen.press("E")
            await screen.sees("what others wrote cannot be read: Nothing listens at http")
        await screen.sees("containers[cart].image")
        await screen.sees_no("cannot be read")
