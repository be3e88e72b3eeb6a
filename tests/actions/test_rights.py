"""What the server allows, and how long an answer counts; selectors as queries have them."""

from __future__ import annotations

import pytest

from ktui.actions.rights import Reviews
from ktui.kube.api import Api
from ktui.kube.selection import selector_text
from ktui.model.resources import DEPLOYMENTS, STATEFULSETS
from ktui.plans.offers import PATCH, PATCH_SCALE
from ktui.sim import SimulatedCluster


async def test_rights_are_asked_of_the_server_once_a_minute(api: Api, cluster: SimulatedCluster) -> None:
    seconds = 0.0
    reviews = Reviews(api, lambda: seconds)
    place = ("shop", DEPLOYMENTS)
    assert reviews.known(*place) is None
    assert reviews.take(*place)
    assert not reviews.take(*place)
    assert reviews.take("shop", STATEFULSETS)
    assert await reviews.ask("shop", "cart") == {PATCH: True, PATCH_SCALE: True}
    assert reviews.known(*place) == {PATCH: True, PATCH_SCALE: True}
    seconds = 59.0
    assert not reviews.take(*place)
    seconds = 60.0
    asked = _reviews(cluster)
    assert reviews.take(*place)
    await reviews.ask("shop", "cart")
    assert _reviews(cluster) == asked + 2


def _reviews(cluster: SimulatedCluster) -> int:
    return sum(each.path.endswith("/selfsubjectaccessreviews") for each in list(cluster.requests))


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
