"""A hold that someone else had a hand in: told apart, and mended by the one repair, which changes no template."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ktui.model.objects import NO_DEADLINE
from ktui.plans.request import Abort, Action, Promote, Repair, RollBack
from ktui.rollout.hold import ANNOTATION, Disturbance, read
from tests.plans.disturbed import BEFORE, JSON, NEW, OTHER, begin, offered, seen, settings
from tests.plans.operator import Operator, canary


def test_a_hold_that_nobody_disturbed_has_nothing_to_repair(operator: Operator) -> None:
    begin(operator)
    assert operator.refused(Repair()) == "nothing to repair: the hold here is as it was set"
    assert offered(operator, Action.PROMOTE) == ("promote to 4 of 12 (step 2 of 4)", "")
    assert offered(operator, Action.ABORT) == ("abort: back to 1 (cart:4.9)", "")
    operator.send(Promote())
    assert offered(operator, Action.PROMOTE) == ("promote to 6 of 12 (step 3 of 4)", "")
    operator.send(Promote())
    assert offered(operator, Action.PROMOTE) == ("promote to all 12 (step 4 of 4)", "")


def test_a_foreign_undo_leaves_the_settings_and_takes_the_record(operator: Operator) -> None:
    begin(operator)
    operator.undo(1)
    assert ANNOTATION not in operator.annotations
    assert seen(operator) == (
        Disturbance.UNDONE,
        "someone rolled the canary back to cart:4.9, and the hold's settings stayed: no pod counts as available",
    )
    assert operator.raw["status"].get("availableReplicas", 0) == 0
    assert offered(operator, Action.REPAIR) == ("repair: put the saved settings back", "")
    assert operator.refused(Promote()).startswith("nothing to promote: someone rolled the canary back")
    assert operator.refused(Abort()).startswith("nothing to abort: someone rolled the canary back")

    operator.send(Repair())
    assert settings(operator) == BEFORE
    assert operator.sizes == {"cart:4.9": 12}
    assert operator.raw["status"]["availableReplicas"] == 12
    assert operator.hold is None


def test_a_foreign_undo_to_a_revision_that_was_a_canary_once_brings_an_old_record_back(operator: Operator) -> None:
    operator.send(canary(OTHER, "3"))
    operator.send(Promote(), 60)
    operator.send(canary(NEW, "2"))
    assert operator.sizes == {"cart:5.0": 2, "cart:5.1": 12}
    operator.undo(2)
    old = read(operator.annotations[ANNOTATION])
    assert old is not None
    assert (old.revision, old.pods) == (2, 3)
    assert seen(operator)[0] is Disturbance.UNDONE
    operator.send(Repair())
    assert (settings(operator), operator.hold) == (BEFORE, None)
    assert operator.sizes == {"cart:5.1": 12}


def test_the_old_manifest_applied_again_is_a_revert(operator: Operator) -> None:
    begin(operator)
    operator.set_image("registry.example/shop/cart:4.9")
    assert ANNOTATION in operator.annotations
    assert seen(operator) == (
        Disturbance.REVERTED,
        "someone applied cart:4.9 again, and the hold's settings stayed: no pod counts as available",
    )
    made = operator.send(Repair())
    assert made.undo.request == RollBack(2)
    assert (settings(operator), operator.sizes) == (BEFORE, {"cart:4.9": 12})
    assert operator.raw["status"]["availableReplicas"] == 12


def test_another_image_over_the_canary_is_held_in_its_place(operator: Operator) -> None:
    begin(operator)
    operator.set_image(OTHER)
    assert operator.sizes == {"cart:5.1": 2, "cart:4.9": 12}
    assert seen(operator) == (
        Disturbance.REPLACED,
        "someone replaced the canary by cart:5.1: 2 pods of it held",
    )
    assert offered(operator, Action.REPAIR) == ("repair: cart:5.1 is the canary", "")
    assert offered(operator, Action.ABORT) == ("abort: back to 1 (cart:4.9)", "")
    assert "a repair comes first" in operator.refused(Promote())

    second = Operator(operator.cluster, "eve")
    second.send(Repair())
    assert seen(operator) == (None, "")
    assert operator.hold is not None
    assert operator.hold.by == "eve"
    operator.send(Promote())
    assert operator.sizes == {"cart:5.1": 4, "cart:4.9": 12}
    operator.send(Abort())
    assert (settings(operator), operator.sizes) == (BEFORE, {"cart:4.9": 12})


def test_another_image_over_the_canary_can_be_aborted_at_once(operator: Operator) -> None:
    begin(operator)
    operator.set_image(OTHER)
    operator.send(Abort())
    assert (settings(operator), operator.sizes, operator.hold) == (BEFORE, {"cart:4.9": 12}, None)


@pytest.mark.parametrize(
    ("rolling", "pods", "old"),
    [
        ({"maxSurge": 5, "maxUnavailable": 0}, 5, 12),
        ({"maxSurge": 2, "maxUnavailable": 3}, 5, 9),
        ({"maxSurge": 1, "maxUnavailable": 0}, 2, 12),
    ],
)
def test_settings_that_someone_changed_are_held_as_they_came_out(
    operator: Operator, rolling: JSON, pods: int, old: int
) -> None:
    begin(operator)
    operator.merge({"spec": {"strategy": {"rollingUpdate": rolling}}})
    assert operator.sizes == {"cart:5.0": pods, "cart:4.9": old}
    disturbance, told = seen(operator)
    assert disturbance is Disturbance.CHANGED
    assert told == (
        f"someone changed the hold's settings to surge {rolling['maxSurge']} and unavailable "
        f"{rolling['maxUnavailable']}: canary of {pods} pods instead of 2"
    )
    assert offered(operator, Action.REPAIR) == (f"repair: hold at {pods} of 12", "")
    operator.send(Repair())
    assert operator.sizes == {"cart:5.0": pods, "cart:4.9": old}
    assert seen(operator) == (None, "")
    operator.send(Promote())
    assert operator.sizes["cart:5.0"] == (4 if pods < 4 else 6)
    operator.send(Abort(), 40)
    assert (settings(operator), operator.sizes) == (BEFORE, {"cart:4.9": 12})


def test_scaling_makes_the_canary_grow_in_proportion(operator: Operator) -> None:
    begin(operator)
    operator.merge({"spec": {"replicas": 24}})
    assert operator.sizes == {"cart:5.0": 4, "cart:4.9": 22}
    assert seen(operator) == (
        Disturbance.SCALED,
        "scaled from 12 to 24 while held: the canary went from 2 to 4 pods",
    )
    operator.send(Repair())
    assert operator.sizes == {"cart:5.0": 4, "cart:4.9": 22}
    assert seen(operator) == (None, "")
    assert offered(operator, Action.PROMOTE) == ("promote to 12 of 24 (step 3 of 4)", "")
    operator.send(Promote())
    assert operator.sizes == {"cart:5.0": 12, "cart:4.9": 22}
    operator.send(Promote(), 60)
    assert (settings(operator), operator.sizes) == (BEFORE, {"cart:5.0": 24})


def test_an_autoscaler_makes_it_grow_too(operator: Operator) -> None:
    begin(operator)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    operator.cluster.apply(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "cart", "namespace": "shop"},
            "spec": {"scaleTargetRef": reference, "minReplicas": 24, "maxReplicas": 48},
        }
    )
    operator.cluster.run_for(60)
    assert operator.spec["replicas"] == 24
    assert seen(operator)[0] is Disturbance.SCALED
    operator.send(Abort(), 60)
    assert (settings(operator), operator.hold, operator.sizes) == (BEFORE, None, {"cart:4.9": 24})


def test_scaling_that_leaves_the_canary_alone_is_no_disturbance(operator: Operator) -> None:
    begin(operator)
    operator.merge({"spec": {"replicas": 13}})
    assert operator.sizes == {"cart:5.0": 2, "cart:4.9": 13}
    assert seen(operator) == (None, "")


def test_a_record_that_was_removed_is_written_again_from_the_copy(operator: Operator) -> None:
    begin(operator)
    record = operator.annotations[ANNOTATION]
    operator.merge({"metadata": {"annotations": {ANNOTATION: None}}})
    assert seen(operator) == (
        Disturbance.LOST,
        "canary of 2 pods held, but its record is gone from the Deployment",
    )
    assert offered(operator, Action.REPAIR) == ("repair: write the record again", "")
    assert offered(operator, Action.ABORT) == ("abort: back to 1 (cart:4.9)", "")
    assert "a repair comes first" in operator.refused(Promote())
    operator.send(Repair())
    assert read(operator.annotations[ANNOTATION]) == read(record)
    assert seen(operator) == (None, "")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version":1}', '{"version":1,"steps":[]}', "\x1b[2J"])
def test_a_record_that_cannot_be_read_counts_as_lost(operator: Operator, text: str) -> None:
    begin(operator)
    operator.merge({"metadata": {"annotations": {ANNOTATION: text}}})
    # The controller has copied that to the canary's ReplicaSet as well: nothing is known of the hold any more.
    assert seen(operator)[0] is Disturbance.BY_HAND
    operator.send(Repair())
    assert seen(operator) == (None, "")


def test_a_record_of_a_newer_ktui_is_left_to_it(operator: Operator) -> None:
    begin(operator)
    newer = json.loads(operator.annotations[ANNOTATION]) | {"version": 2}
    operator.merge({"metadata": {"annotations": {ANNOTATION: json.dumps(newer)}}})
    told = "this canary is held by a newer ktui: update ktui to read its record"
    assert seen(operator) == (Disturbance.NEWER, told)
    for request in (Repair(), Promote(), Abort()):
        assert operator.refused(request).startswith(told)


def test_a_record_that_an_undo_brought_back_is_no_hold(operator: Operator) -> None:
    begin(operator)
    operator.send(Promote("100%"), 40)
    assert operator.sizes == {"cart:5.0": 12}
    assert operator.hold is None
    operator.set_image(OTHER)
    operator.undo(2)
    assert ANNOTATION in operator.annotations
    assert operator.spec["minReadySeconds"] == 1
    assert seen(operator) == (Disturbance.STALE, "the record of a canary's hold was left behind; nothing is held")
    before = operator.spec
    made = operator.send(Repair())
    assert made.effects[1:] == ("The record goes; no setting and no pod changes.",)
    assert operator.spec == before
    assert (operator.hold, settings(operator), operator.sizes) == (None, BEFORE, {"cart:5.0": 12})


def test_a_record_of_old_does_not_keep_a_new_canary_from_being_begun(operator: Operator) -> None:
    begin(operator)
    operator.send(Promote("100%"), 40)
    operator.set_image(OTHER)
    operator.undo(2)
    operator.send(canary(OTHER, "3"))
    assert seen(operator) == (None, "")
    operator.send(Abort())
    assert (settings(operator), operator.sizes) == (BEFORE, {"cart:5.0": 12})


def test_a_hold_that_someone_ended_by_its_seconds_alone(operator: Operator) -> None:
    begin(operator)
    operator.merge({"spec": {"minReadySeconds": 0}}, 60)
    assert operator.sizes == {"cart:5.0": 12}
    assert operator.spec["progressDeadlineSeconds"] == NO_DEADLINE
    assert seen(operator) == (
        Disturbance.ENDED,
        "someone ended the hold of a canary by its minReadySeconds; its other settings are still in force",
    )
    assert operator.refused(canary(OTHER, "3")).endswith("a repair puts the saved settings back first")
    operator.send(Repair())
    assert (settings(operator), operator.sizes, operator.hold) == (BEFORE, {"cart:5.0": 12}, None)


def test_a_roll_back_in_the_middle_of_that_brings_the_settings_back_too(operator: Operator) -> None:
    begin(operator)
    operator.merge({"spec": {"minReadySeconds": 0}}, 0.5)
    operator.send(Abort(), 60)
    assert (settings(operator), operator.sizes, operator.hold) == (BEFORE, {"cart:4.9": 12}, None)


def test_a_gitops_tool_that_heals_everything_leaves_a_record(operator: Operator) -> None:
    begin(operator)
    operator.merge({"spec": BEFORE}, 0)
    operator.set_image("registry.example/shop/cart:4.9")
    assert seen(operator)[0] is Disturbance.STALE
    operator.send(Repair())
    assert (operator.hold, operator.sizes) == (None, {"cart:4.9": 12})


def test_a_gitops_tool_that_heals_all_but_the_strategy_is_pointed_out(operator: Operator) -> None:
    begin(operator)
    healed = {key: value for key, value in BEFORE.items() if key != "strategy"}
    operator.merge({"spec": healed}, 0)
    operator.set_image("registry.example/shop/cart:4.9")
    assert seen(operator)[0] is Disturbance.STALE
    assert operator.planned(Repair()).effects[-1] == (
        "The surge and unavailability are those of that hold; before it they were: "
        "minReadySeconds 1, deadline 5m, surge 30%, unavailable 1."
    )


def both(*changes: Callable[[Operator], None]) -> Callable[[Operator], None]:
    def act(operator: Operator) -> None:
        for change in changes:
            change(operator)

    return act


@pytest.mark.parametrize(
    "disturb",
    [
        lambda operator: operator.undo(1),
        lambda operator: operator.set_image(OTHER),
        lambda operator: operator.set_image("registry.example/shop/cart:4.9"),
        lambda operator: operator.merge({"spec": {"replicas": 24}}),
        lambda operator: operator.merge({"metadata": {"annotations": {ANNOTATION: None}}}),
        lambda operator: operator.merge({"spec": {"strategy": {"rollingUpdate": {"maxSurge": 5}}}}),
        both(lambda operator: operator.set_image(OTHER), lambda operator: operator.undo(1)),
    ],
)
def test_a_roll_back_ends_any_hold_with_its_settings(operator: Operator, disturb: Callable[[Operator], None]) -> None:
    """Whatever someone did: rolled back to a revision by its number, everything is as it was."""
    begin(operator)
    disturb(operator)
    replicas = operator.spec["replicas"]
    found = operator.subject
    current = found.workload.spec.template.containers[0].image.rsplit("/")[-1]
    if current == "cart:4.9":
        operator.send(Repair(), 60)
    else:
        operator.send(RollBack(1), 60)
    assert (settings(operator), operator.hold, operator.sizes) == (BEFORE, None, {"cart:4.9": replicas})
