"""Rollbacks and aborts of Deployments, as plans."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.plans.request import Abort, Request, RollBack
from tests.plans.builders import (
    CAUSE,
    NEW,
    OLD,
    complete,
    deployment,
    made,
    midway,
    replicaset,
    template,
)
from tests.plans.planned import patched, planned, refused

# Roll back

TEXTS = st.text("ab/~.", min_size=1, max_size=4)
ANNOTATIONS = st.none() | st.dictionaries(st.sampled_from(["x/y", "a~b", "argocd.argoproj.io/tracking-id"]), TEXTS)
CAUSES = st.none() | st.sampled_from(["release 5.0", "release 4.9"])


@given(
    annotations=ANNOTATIONS,
    old_annotations=ANNOTATIONS,
    cause=CAUSES,
    old_cause=CAUSES,
    paused=st.none() | st.booleans(),
    rolling=st.booleans(),
)
def test_a_roll_back_brings_the_template_and_the_change_cause_back_and_nothing_else(
    *,
    annotations: dict[str, str] | None,
    old_annotations: dict[str, str] | None,
    cause: str | None,
    old_cause: str | None,
    paused: bool | None,
    rolling: bool,
) -> None:
    mine = annotations if cause is None else {**(annotations or {}), CAUSE: cause}
    old = {**(old_annotations or {}), **({CAUSE: old_cause} if old_cause is not None else {})}
    raw = deployment(NEW, annotations=mine, paused=paused)
    subject = made(
        raw,
        replicaset(31, NEW, count=2 if rolling else 4),
        replicaset(30, OLD, count=2 if rolling else 0, annotations=old),
    )
    before = deepcopy(raw)
    after = patched(planned(RollBack(), subject))

    assert after["spec"].pop("template") == OLD
    assert (after["metadata"].get("annotations") or {}).get(CAUSE) == old_cause
    assert not after["spec"].pop("paused", False)
    for each in (before, after):
        each["spec"].pop("template", None)
        each["spec"].pop("paused", None)
        left = {key: text for key, text in (each["metadata"].pop("annotations", None) or {}).items() if key != CAUSE}
        each["metadata"]["annotations"] = left
    assert after == before


def test_a_roll_back_takes_away_what_only_the_current_template_has() -> None:
    # A merge patch would leave it.
    current = template("cart:5.0", nodeSelector={"disk": "ssd"})
    subject = made(deployment(current), replicaset(31, current, count=4), replicaset(30, OLD))
    assert "nodeSelector" not in patched(planned(RollBack(), subject))["spec"]["template"]["spec"]


def test_a_roll_back_names_the_number_and_image_that_come_back() -> None:
    made_plan = planned(RollBack(), complete())
    assert made_plan.title == "Roll back shop/cart to revision 30 (cart:4.9)"
    assert made_plan.effects == (
        "4 pods of revision 31, image cart:5.0, will be replaced by revision 30, image cart:4.9.",
        "At least 3 of 4 pods stay available, and at most 5 run at once.",
        "Revision 30 will be numbered 32.",
    )
    assert made_plan.undo.request == RollBack(31)
    assert made_plan.commands == ("kubectl --context prod-eu -n shop rollout undo deployment/cart --to-revision=30",)


def test_a_roll_back_in_the_middle_says_which_pods_stay() -> None:
    effects = planned(RollBack(), midway()).effects
    assert effects[:2] == (
        "2 pods of revision 31, image cart:5.0, will be replaced by revision 30, image cart:4.9.",
        "3 pods of revision 30, image cart:4.9, are there already and stay.",
    )


def test_a_roll_back_while_paused_resumes_in_the_same_patch_where_kubectl_needs_two_commands() -> None:
    made_plan = planned(RollBack(), midway(paused=True))
    assert "paused" not in patched(made_plan)["spec"]
    assert made_plan.effects[0] == "It is paused: the same patch resumes it."
    assert [command.split()[5:7] for command in made_plan.commands] == [["rollout", "resume"], ["rollout", "undo"]]


def test_a_roll_back_loses_a_template_that_never_became_a_revision_and_says_so() -> None:
    subject = made(deployment(template("cart:6.0"), paused=True, counts=(4, 0, 4)), replicaset(31, NEW, count=4))
    made_plan = planned(RollBack(), subject)
    assert "revision 31" in made_plan.title
    assert made_plan.undo.request is None
    assert made_plan.undo.sentence.startswith("Nothing brings the present template back")


def test_a_roll_back_into_another_rollout_that_never_finished_is_warned_of() -> None:
    newest = template("cart:5.1")
    subject = made(
        deployment(newest, counts=(5, 1, 3), reason="ReplicaSetUpdated"),
        replicaset(32, newest, count=1, available=0),
        replicaset(31, NEW, count=1, available=0),
        replicaset(30, OLD, count=3),
    )
    for request in (RollBack(), Abort(), RollBack(30)):
        made_plan = planned(request, subject)
        assert "to revision 30 (cart:4.9)" in made_plan.title
        assert not made_plan.warnings
    assert planned(RollBack(31), subject).warnings == (
        "It is not known whether revision 31 was ever complete. 3 pods of revision 30, image cart:4.9, still serve: "
        "roll back to revision 30 to return to that.",
    )


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (RollBack(31), "skipped rollback (current template already matches revision 31)"),
        (RollBack(42), "unable to find specified revision 42 in history"),
        (RollBack(-1), "unable to find specified revision -1 in history"),
    ],
)
def test_roll_backs_are_refused_in_the_words_of_kubectl(request_: Request, why: str) -> None:
    assert refused(request_, complete()).startswith(why[:30])


def test_without_history_nothing_comes_back() -> None:
    alone = made(deployment(NEW), replicaset(1, NEW, count=4))
    assert refused(RollBack(), alone) == 'no rollout history found for deployment "cart"'


def test_before_the_controller_has_seen_a_change_the_previous_revision_is_not_guessed() -> None:
    assert "has not seen" in refused(RollBack(), complete(observed=6))


def test_the_replicaset_of_another_deployment_is_no_history() -> None:
    raw = replicaset(30, OLD, owner="someone-else")
    assert refused(RollBack(30), made(deployment(NEW), replicaset(31, NEW, count=4), raw)).startswith("unable to find")


def test_the_strategy_recreate_is_said_to_stop_everything_first() -> None:
    effects = planned(RollBack(), complete(strategy={"type": "Recreate"})).effects
    assert "All old pods stop before the first new one starts, and nothing serves in the meantime" in effects[1]


# Abort


def test_an_abort_of_a_rolling_update_is_a_roll_back() -> None:
    assert planned(Abort(), midway()).patch == planned(RollBack(), midway()).patch
    assert planned(Abort(), midway()).title == "Abort: roll back shop/cart to revision 30 (cart:4.9)"


def test_of_a_complete_rollout_there_is_nothing_to_abort() -> None:
    assert refused(Abort(), complete()) == (
        "nothing to abort: revision 31 is complete; a rollback goes to an earlier one"
    )
