"""A canary that is held, and what others do to it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ktui.kinds.planning import offers
from ktui.model.objects import HOLD_SECONDS, NO_DEADLINE
from ktui.plans.request import Action
from ktui.rollout.hold import Disturbance
from tests.plans.operator import Operator, canary

JSON = dict[str, Any]
NEW = "registry.example/shop/cart:5.0"
OTHER = "registry.example/shop/cart:5.1"
BEFORE: JSON = {
    "minReadySeconds": 1,
    "progressDeadlineSeconds": 300,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "30%", "maxUnavailable": 1}},
}


def seen(operator: Operator) -> tuple[Disturbance | None, str]:
    hold = operator.hold
    assert hold is not None
    return hold.disturbance, hold.sentence


def offered(operator: Operator, action: Action) -> tuple[str, str]:
    """The label under the action's key, and why it is closed."""
    found = operator.subject
    offer = next(o for o in offers(found) if o.action is action)
    return offer.label, offer.why_not


def settings(operator: Operator) -> JSON:
    return {key: operator.spec[key] for key in BEFORE if key in operator.spec}


def begin(operator: Operator, steps: str = "2,4,50%") -> None:
    operator.send(canary(NEW, steps))
    assert operator.sizes == {"cart:5.0": 2, "cart:4.9": 12}
    assert seen(operator) == (None, "")


def by_hand(operator: Operator) -> None:
    spec: JSON = {
        "minReadySeconds": HOLD_SECONDS,
        "progressDeadlineSeconds": NO_DEADLINE,
        "strategy": {"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 0}},
        "template": deepcopy(operator.spec["template"]),
    }
    spec["template"]["spec"]["containers"][0]["image"] = NEW
    operator.merge({"spec": spec})
