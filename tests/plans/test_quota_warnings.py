"""Every plan that brings pods says so where the quotas of the namespace have no room for them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.kinds.planning import plan
from ktui.model.policies import Quota
from ktui.model.template import Amounts, Resources
from ktui.plans.plan import Plan
from ktui.plans.request import Pause, Request, Restart, Resume, RollBack, Scale, SetImage
from tests.plans.builders import deployment, made, replicaset, template

JSON = dict[str, Any]
FULL = Quota("compute", {"pods": "4"}, {"pods": "4"})
STUCK = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}
IMAGE = SetImage((("cart", "registry.example/shop/cart:5.1"),))


def sized(memory: str, image: str = "registry.example/shop/cart:5.0") -> JSON:
    pods = template(image)
    pods["spec"]["containers"][0]["resources"] = {"limits": {"memory": memory}}
    return pods


def subject(pods: JSON | None = None, before: JSON | None = None, **changes: Any) -> DeploymentSubject:
    pods = pods or sized("128Mi")
    old = before or sized("128Mi", "registry.example/shop/cart:4.9")
    return made(deployment(pods, **changes), replicaset(31, pods, count=4), replicaset(30, old))


def warned(request: Request, on: DeploymentSubject, *quotas: Quota, defaults: Resources | None = None) -> list[str]:
    on = msgspec.structs.replace(on, quotas=quotas, defaults=defaults)
    found = plan(request, on)
    assert isinstance(found, Plan), found
    return [warning for warning in found.warnings if "quota" in warning]


@pytest.mark.parametrize("request_", [Restart(), IMAGE, RollBack()])
def test_a_rollout_whose_surge_has_no_room(request_: Request) -> None:
    assert warned(request_, subject(), FULL) == [
        "The quota compute has no room for 1 extra pod: pods 4 of 4 is used, so none would start. "
        "It then continues with fewer at a time, as old pods make room."
    ]
    assert warned(request_, subject(**STUCK), FULL) == [
        "The quota compute has no room for 1 extra pod: pods 4 of 4 is used, so none would start. "
        "No old pod goes before a new one is available (maxUnavailable 0): it would be stuck."
    ]
    assert warned(request_, subject(), Quota("compute", {"pods": "5"}, {"pods": "4"})) == []


def test_a_scale_counts_the_pods_that_come_and_no_surge() -> None:
    five = Quota("compute", {"pods": "5", "limits.memory": "1Gi"}, {"pods": "4", "limits.memory": "512Mi"})
    assert warned(Scale(5), subject(), five) == []
    assert warned(Scale(6), subject(), five) == [
        "The quota compute has no room for 2 extra pods: pods 4 of 5 is used, so 1 would start."
    ]
    assert [warning.partition(":")[2] for warning in warned(Scale(9), subject(), five)] == [
        " pods 4 of 5 is used, so 1 would start.",
        " limits.memory 512Mi of 1Gi is used, so 4 would start.",
    ]
    assert warned(Scale(2), subject(), FULL) == []


def test_no_surge_and_larger_pods() -> None:
    recreate = {"strategy": {"type": "Recreate"}}
    on = subject(sized("128Mi"), sized("256Mi", "cart:4.9"), **recreate)
    quota = Quota("compute", {"limits.memory": "600Mi"}, {"limits.memory": "512Mi"})
    assert warned(Restart(), on, quota) == []
    assert warned(RollBack(), on, quota) == [
        "The quota compute has no room for pods that ask for more than the old ones: limits.memory 512Mi of 600Mi is "
        "used, and 512Mi more is needed."
    ]


def test_what_brings_no_pods_is_not_warned_of() -> None:
    assert warned(Pause(), subject(), FULL) == []
    assert warned(IMAGE, subject(paused=True), FULL) == []


def test_a_resume_that_sets_the_surge_going() -> None:
    new = sized("128Mi", "registry.example/shop/cart:5.1")
    raw = deployment(new, paused=True, counts=(4, 0, 4))
    on = made(raw, replicaset(31, sized("128Mi"), count=4))
    assert len(warned(Resume(), on, FULL)) == 1


def test_a_container_that_does_not_say_what_the_quota_wants() -> None:
    quota = Quota("compute", {"limits.cpu": "8"}, {"limits.cpu": "0"})
    told = "The quota compute wants each container to say its limits.cpu, and cart does not: new pods "
    assert warned(Restart(), subject(), quota) == [f"{told}are refused unless a LimitRange fills it in."]
    assert warned(Restart(), subject(), quota, defaults=Resources()) == [f"{told}will be refused."]
    assert warned(Restart(), subject(), quota, defaults=Resources(limits=Amounts("500m", ""))) == []
