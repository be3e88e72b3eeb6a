"""The pods that come with an action on a Rollout, and the quotas that have no room for them."""

from __future__ import annotations

import msgspec
import pytest

from ktui.kinds import planning
from ktui.model.policies import Quota
from ktui.plans.plan import Plan
from ktui.plans.request import Pause, Promote, Request, Restart, Retry, Scale, SetImage
from tests.kinds.argo_rollout.operator import subject

FULL = (Quota("compute", {"pods": "9"}, {"pods": "9"}),)
NEW = SetImage((("web", "registry.example/shop/web:9.9"),))


def warned(name: str, at: float, request: Request, quotas: tuple[Quota, ...] = FULL) -> list[str]:
    made = planning.plan(request, msgspec.structs.replace(subject(name, at), quotas=quotas))
    assert isinstance(made, Plan), made
    return [each for each in made.warnings if "quota" in each]


@pytest.mark.parametrize(
    ("name", "at", "request_", "pods"),
    [
        ("canary-steps", 2.0, NEW, "3 extra pods"),  # 25 % of 10, rounded up
        ("canary-steps", 2.0, Scale(12), "2 extra pods"),
        ("canary-steps", 11.1, Promote("100%"), "3 extra pods"),
        ("canary-abort-retry-undo", 15.54, Retry(), "1 extra pod"),
        ("blue-green-manual", 6.0, NEW, "3 extra pods"),  # all of them
        ("istio-weights", 5.0, NEW, "4 extra pods"),
        ("workload-ref", 5.0, NEW, "1 extra pod"),
    ],
)
def test_what_has_no_room_is_named_before_it_is_sent(name: str, at: float, request_: Request, pods: str) -> None:
    (warning,) = warned(name, at, request_)
    assert warning.startswith(f"The quota compute has no room for {pods}: pods 9 of 9 is used, so none would start.")


@pytest.mark.parametrize(
    ("name", "at", "request_"),
    [
        ("canary-steps", 2.0, Restart()),
        ("canary-steps", 2.0, Pause()),
        ("canary-steps", 2.0, Scale(1)),
        ("blue-green-manual", 9.9, Promote()),
    ],
)
def test_what_brings_no_pods_needs_no_room(name: str, at: float, request_: Request) -> None:
    assert warned(name, at, request_) == []


def test_where_there_is_room_nothing_is_said() -> None:
    assert warned("canary-steps", 2.0, NEW, (Quota("compute", {"pods": "50"}, {"pods": "9"}),)) == []
