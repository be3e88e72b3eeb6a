"""What the server allows, and how long an answer counts; selectors as queries have them."""

from __future__ import annotations

import pytest

from ktui.actions.rights import Reviews
from ktui.kube.api import Api
from ktui.kube.selection import selector_text
from ktui.plans.offers import PATCH, PATCH_SCALE
from ktui.sim import SimulatedCluster


async def test_rights_are_asked_of_the_server_and_remembered_for_a_minute(api: Api, cluster: SimulatedCluster) -> None:
    seconds = 0.0
    reviews = Reviews(api, lambda: seconds)
    assert await reviews.rights("shop", "cart") == {PATCH: True, PATCH_SCALE: True}
    asked = len(cluster.requests)
    assert await reviews.rights("shop", "cart") == {PATCH: True, PATCH_SCALE: True}
    assert len(cluster.requests) == asked
    seconds = 61.0
    await reviews.rights("shop", "cart")
    assert len(cluster.requests) == asked + 2


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"matchLabels": {"app": "web", "tier": "front"}}, "app=web,tier=front"),
        (
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["a", "b"]},
                    {"key": "zone", "operator": "NotIn", "values": ["c"]},
                    {"key": "new", "operator": "Exists"},
                    {"key": "legacy", "operator": "DoesNotExist"},
                ],
            },
            "app=web,tier in (a,b),zone notin (c),new,!legacy",
        ),
    ],
)
def test_a_selector_is_written_as_queries_have_it(selector: dict[str, object], text: str) -> None:
    assert selector_text({"spec": {"selector": selector}}) == text
