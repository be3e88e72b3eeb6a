"""Why a rollout is stuck, as the detail screen says it: causes, remarks, and the keys that help."""

from __future__ import annotations

import pytest

from tests.tui.conftest import Dashboard, Stage


@pytest.fixture
def crashing(stage: Stage) -> Stage:
    """shop/cart: revision 2 crashes since a minute, and its deadline has passed."""
    stage.deploy("cart", "cart:1.0", progressDeadlineSeconds=40)
    stage.advance(3600)
    stage.set_image("cart", "cart:crash")
    stage.advance(60)
    return stage


async def test_what_stands_around_a_rollout_is_remarked_on(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    budget = {"minAvailable": 3, "selector": {"matchLabels": {"app": "cart"}}}
    meta = {"name": "cart", "namespace": "shop"}
    stage.cluster.apply({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta, "spec": budget})
    stage.advance(60)
    stage.set_image("cart", "cart:crash")
    stage.advance(20)
    async with dashboard(size=(132, 40)) as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("2 of 2 new pods crash", "l logs", "the disruption budget cart lets no pod be evicted now")


async def test_who_may_not_ask_for_the_surroundings_sees_the_rest(crashing: Stage, dashboard: Dashboard) -> None:
    for resource in ("horizontalpodautoscalers", "poddisruptionbudgets", "resourcequotas"):
        crashing.cluster.faults.forbid("list", resource)
    async with dashboard() as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("2 of 2 new pods crash")


async def test_where_there_is_little_room_the_cause_and_what_to_try_have_it(
    crashing: Stage, dashboard: Dashboard
) -> None:
    async with dashboard(size=(80, 24)) as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("2 of 2 new pods crash: exit 1", "try read what the container cart logged")
        await screen.press("tab")
        await screen.sees("kubectl: ")


async def test_a_key_beside_a_cause_can_be_clicked(crashing: Stage, dashboard: Dashboard) -> None:
    async with dashboard(size=(132, 40)) as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("2 of 2 new pods crash", "l logs  b roll back")
        lines = screen.text.splitlines()
        y = next(index for index, line in enumerate(lines) if "l logs  b roll back" in line)
        x = lines[y].index("b roll back")
        await screen.pilot.click(offset=(x + 1, y))
        await screen.sees("Roll back shop/cart", "y yes")
