"""Objects that cannot be read, in the dashboard: they are named, and no other row differs."""

from __future__ import annotations

from tests.spoiled import SPOILED, define_all, spoil
from tests.tui.conftest import Dashboard, Stage


async def test_what_cannot_be_read_is_named_and_the_other_rows_are_shown(stage: Stage, dashboard: Dashboard) -> None:
    define_all(stage.cluster)
    stage.deploy("cart", "cart:1.0")
    stage.advance(60)
    spoil(stage.cluster)
    async with dashboard(size=(200, 30)) as screen:
        await screen.sees(SPOILED[0].sentence, "`ktui get` names what else cannot be read: ", "Kruise Rollouts")
        await screen.sees("cart", "complete", "4/4")
        await screen.sees(*(each.title.removesuffix("y") for each in SPOILED), "Canaries", "Knative Services")


async def test_where_nothing_can_be_read_that_is_said(stage: Stage, dashboard: Dashboard) -> None:
    define_all(stage.cluster)
    spoil(stage.cluster)
    async with dashboard(size=(100, 24)) as screen:
        await screen.sees("What is to be shown cannot be read.", "kubectl edit")
        await screen.sees_no("There are no")
