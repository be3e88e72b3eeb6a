"""A hold that someone set by hand: taken over, brought back, told apart from one of ktui."""

from __future__ import annotations

import json

from ktui.plans.request import Abort, Action, Promote, Repair
from ktui.rollout.hold import ANNOTATION, Disturbance
from tests.plans.disturbed import BEFORE, NEW, OTHER, begin, by_hand, offered, seen, settings
from tests.plans.operator import Operator, canary


def test_a_hold_by_hand_can_be_taken_over(operator: Operator) -> None:
    by_hand(operator)
    assert operator.sizes == {"cart:5.0": 3, "cart:4.9": 12}
    assert seen(operator) == (
        Disturbance.BY_HAND,
        "canary of 3 pods held, but not by ktui: the settings before it are not known",
    )
    assert offered(operator, Action.REPAIR) == ("repair: take this hold over", "")
    assert "a repair comes first" in operator.refused(Promote())
    assert "a repair comes first" in operator.refused(Abort())
    made = operator.send(Repair())
    assert operator.sizes == {"cart:5.0": 3, "cart:4.9": 12}
    assert made.effects[-1] == (
        "What promote and abort will bring back: minReadySeconds 1, deadline 10m, surge 25%, unavailable 25% "
        "(they were not saved: these come from the applied manifest, or are the API defaults)."
    )
    assert seen(operator) == (None, "")
    operator.send(Abort())
    assert operator.sizes == {"cart:4.9": 12}
    assert settings(operator) == {
        "minReadySeconds": 1,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    }


def test_a_hold_by_hand_of_what_was_applied_comes_back_to_what_was_applied(operator: Operator) -> None:
    spec = {"progressDeadlineSeconds": 300, "strategy": BEFORE["strategy"]}
    applied = json.dumps({"kind": "Deployment", "spec": spec})
    operator.merge({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}})
    by_hand(operator)
    operator.send(Repair())
    operator.send(Abort())
    assert (settings(operator), operator.sizes) == (BEFORE, {"cart:4.9": 12})


def test_settings_that_were_left_behind_without_a_record(operator: Operator) -> None:
    by_hand(operator)
    operator.undo(1)
    assert operator.sizes["cart:4.9"] == 12
    assert seen(operator) == (
        Disturbance.LEFT_BEHIND,
        "nothing is left to hold, but no new pod counts as available until the hold is ended",
    )
    operator.send(Repair())
    assert operator.sizes == {"cart:4.9": 12}
    assert operator.raw["status"]["availableReplicas"] == 12
    assert operator.spec["progressDeadlineSeconds"] == 600


def test_a_hold_by_hand_after_one_that_was_aborted(operator: Operator) -> None:
    """What ktui wrote of the earlier hold is still on that canary's ReplicaSet."""
    operator.send(canary(OTHER, "5"))
    operator.send(Abort())
    operator.merge({"spec": {"progressDeadlineSeconds": 200}})
    by_hand(operator)
    assert operator.sizes == {"cart:5.0": 3, "cart:4.9": 12}
    assert seen(operator)[0] is Disturbance.BY_HAND
    operator.send(Repair())
    operator.send(Abort())
    assert (operator.hold, operator.sizes) == (None, {"cart:4.9": 12})


def test_a_hold_by_hand_of_a_canary_that_was_aborted(operator: Operator) -> None:
    operator.send(canary(NEW, "5"))
    operator.send(Abort())
    by_hand(operator)
    assert operator.sizes == {"cart:5.0": 3, "cart:4.9": 12}
    assert seen(operator)[0] is Disturbance.BY_HAND


def test_a_hold_by_hand_after_one_that_was_promoted(operator: Operator) -> None:
    operator.send(canary(OTHER, "5"))
    operator.send(Promote("100%"), 60)
    by_hand(operator)
    assert operator.sizes == {"cart:5.0": 3, "cart:5.1": 12}
    assert seen(operator)[0] is Disturbance.BY_HAND
    operator.send(Repair())
    operator.send(Abort())
    assert (operator.hold, operator.sizes) == (None, {"cart:5.1": 12})


def test_a_hold_by_hand_under_a_record_that_an_undo_brought_back(operator: Operator) -> None:
    operator.send(canary(OTHER, "5"))
    operator.send(Promote("100%"), 60)
    operator.set_image("registry.example/shop/cart:5.2")
    operator.undo(2, 60)
    assert seen(operator)[0] is Disturbance.STALE
    by_hand(operator)
    assert operator.sizes == {"cart:5.0": 3, "cart:5.1": 12}
    assert seen(operator)[0] is Disturbance.BY_HAND
    operator.send(Repair())
    operator.send(Abort())
    assert (operator.hold, operator.sizes) == (None, {"cart:5.1": 12})


def test_another_image_and_no_record_either(operator: Operator) -> None:
    begin(operator)
    operator.set_image(OTHER)
    operator.merge({"metadata": {"annotations": {ANNOTATION: None}}})
    assert seen(operator)[0] is Disturbance.REPLACED
    operator.send(Repair())
    assert operator.sizes == {"cart:5.1": 2, "cart:4.9": 12}
    operator.send(Abort())
    assert (settings(operator), operator.hold, operator.sizes) == (BEFORE, None, {"cart:4.9": 12})


def test_a_second_canary_of_what_was_aborted_is_a_hold_like_any_other(operator: Operator) -> None:
    operator.send(canary(NEW, "5"))
    operator.send(Abort())
    begin(operator)
    operator.send(Promote())
    assert seen(operator) == (None, "")
    operator.undo(3)
    assert seen(operator)[0] is Disturbance.UNDONE
    operator.send(Repair())
    assert (settings(operator), operator.hold, operator.sizes) == (BEFORE, None, {"cart:4.9": 12})
