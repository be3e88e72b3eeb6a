"""StatefulSets held by their partition: paused, resumed, held as a canary, promoted and aborted."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ktui.kinds.planning import plan
from ktui.plans.request import Abort, Action, Pause, Promote, Request, Resume
from ktui.rollout.partition import ANNOTATION
from ktui.rollout.revisions import Refusal
from tests.plans.set_operator import SetOperator, canary, image

KEYS: dict[Action, Request] = {Action.PAUSE: Pause(), Action.RESUME: Resume(), Action.PROMOTE: Promote()}
"""What `space` and `p` ask for."""

# Pause and resume


@pytest.mark.parametrize("start", [0, 5])
def test_a_pause_in_mid_rollout_lets_no_further_pod_go_and_a_resume_does(start: int) -> None:
    db = SetOperator(ordinals={"start": start})
    db.send(image("2"), seconds=0)
    db.until(["1", "1", "1", "2"])
    made = db.send(Pause())
    assert made.title == "Pause StatefulSet shop/db by a partition of 3"
    assert "no further one is replaced." in made.effects[1]
    assert db.tags == ["1", "1", "1", "2"]
    assert (db.rollout.phase, db.rollout.why) == ("paused", "paused with 1 of 4 pods new")
    assert db.refused(Pause()) == 'statefulsets.apps "db" is already paused'
    resumed = db.send(Resume())
    assert resumed.title == "Resume StatefulSet shop/db: all 4 pods at db:2"
    assert f"3 pods of revision 1, image db:1 (db-{start + 2}, " in " ".join(resumed.effects)
    assert db.tags == ["2"] * 4
    assert db.partition == 0
    assert ANNOTATION not in db.annotations
    assert db.refused(Resume()) == 'statefulsets.apps "db" is not paused'


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seconds=st.floats(0, 25),
    policy=st.sampled_from(["OrderedReady", "Parallel"]),
    lost=st.sampled_from([None, "db-0", "db-2"]),
    tag=st.sampled_from(["2", "crash"]),
)
def test_whenever_it_is_paused_no_further_old_pod_goes(seconds: float, policy: str, lost: str | None, tag: str) -> None:
    db = SetOperator(podManagementPolicy=policy)
    db.send(image(tag), seconds=seconds)
    if lost is not None:
        db.delete_pod(lost)
        db.cluster.run_for(1)
    made = plan(Pause(), db.subject())
    if isinstance(made, Refusal):
        return
    old = db.running("1")
    db.send(Pause())
    assert old <= db.running("1")
    before = db.spec["template"]
    db.send(Resume(), 300)
    assert db.spec["template"] == before
    assert db.partition == 0
    if tag == "2":
        assert db.tags == ["2"] * 4


def test_a_pod_that_came_back_new_out_of_turn_is_no_reason_to_let_the_others_go() -> None:
    db = SetOperator()
    db.send(image("2"), seconds=0)
    db.delete_pod("db-0")
    db.until(["2", "1", "1", "2"])
    db.send(Pause())
    assert db.partition == 3
    assert db.tags == ["2", "1", "1", "2"]


def test_a_pause_while_a_pod_is_being_replaced_keeps_the_others() -> None:
    db = SetOperator()
    db.send(image("2"), seconds=0)
    db.until(["1", "1", "1"])  # db-3 is stopping
    db.send(Pause())
    assert (db.partition, db.tags) == (3, ["1", "1", "1", "2"])


def test_a_pause_of_what_is_complete_keeps_the_next_change_waiting() -> None:
    db = SetOperator()
    assert db.send(Pause()).effects[0] == "Nothing is rolling out, so no pod changes now."
    assert db.rollout.why == "complete, but paused: a change waits until it is resumed"
    made = db.send(image("2"))
    assert "It is paused by its partition: nothing is replaced until it is resumed." in made.warnings
    assert db.tags == ["1"] * 4
    assert db.rollout.why == "changed while paused: nothing rolls out until it is resumed"
    db.send(Promote())
    assert db.tags == ["2"] * 4


def test_the_partition_of_before_comes_back() -> None:
    db = SetOperator(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})
    db.send(image("2"), seconds=0)
    db.until(["1", "1", "1", "2"])
    db.send(Pause())
    assert db.partition == 3
    made = db.send(Resume())
    assert "The partition of before stays in force: the first 1 are kept." in made.effects
    assert db.tags == ["1", "2", "2", "2"]
    # It was set by someone else: that is taken off only when it is asked for.
    db.send(Promote())
    assert db.tags == ["2"] * 4


# Canaries


def test_a_canary_in_steps_and_in_full() -> None:
    db = SetOperator()
    made = db.send(canary("2", "1,50%"))
    assert made.title == "Hold a canary of 1 of 4 pods of StatefulSet shop/db at db:2"
    assert made.effects[1] == (
        "1 pod of revision 2, image db:2, will replace db-3, and be held there: "
        "a StatefulSet has no surge, so no pod is added."
    )
    assert made.effects[3] == "Promote then goes to 50% (2), all 4."
    assert (db.rollout.phase, db.rollout.why) == ("held", "canary of 1 of 4 held, step 1 of 3, by admin")
    offer = db.offer(Action.PROMOTE)
    assert offer is not None
    assert offer.label == "promote to 2 of 4 (step 2 of 3)"
    assert "a partition holds it at 1 of 4 already, by admin" in db.refused(canary("3"))
    db.send(Promote())
    assert db.tags == ["1", "1", "2", "2"]
    assert "only grows" in db.refused(Promote("1"))
    db.send(Promote("3"))
    assert db.tags == ["1", "2", "2", "2"]
    db.send(Promote())
    assert (db.tags, db.partition) == (["2"] * 4, 0)
    assert ANNOTATION not in db.annotations


@pytest.mark.parametrize("partition", [0, 1, 2])
def test_an_abort_brings_template_and_partition_back_in_one_patch(partition: int) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    db = SetOperator(metadata={"annotations": {"team": "blue"}}, updateStrategy=rolling)
    before, annotations = db.spec, db.annotations
    db.send(canary("2", "2"))
    assert db.tags == ["1", "1", "2", "2"]
    made = db.send(Abort())
    assert made.title == "Abort: roll back StatefulSet shop/db to revision 1 (db:1)"
    assert f"The hold of the canary ends: the partition goes from 2 back to {partition}." in made.effects
    assert (db.spec, db.annotations) == (before, annotations)
    assert db.tags == ["1"] * 4


def test_a_canary_that_is_paused_on_its_way_to_a_step_is_a_smaller_canary() -> None:
    db = SetOperator()
    before = db.spec
    db.send(canary("2", "1,3"))
    db.send(Promote(), seconds=0)
    db.until(["1", "1", "2", "2"])
    made = db.send(Pause())
    assert made.undo.sentence == "Promote takes the canary on from there."
    assert db.tags == ["1", "1", "2", "2"]
    assert (db.rollout.phase, db.rollout.why) == ("held", "canary of 2 of 4 held, step 1 of 3, by admin")
    assert db.refused(Resume()) == "a canary of 2 of 4 is held: promote takes it to its next step, or in full"
    assert db.offer(Action.RESUME) is None
    db.send(Promote())
    assert db.tags == ["1", "2", "2", "2"]
    db.send(Abort())
    assert (db.spec, db.tags) == (before, ["1"] * 4)


def test_a_canary_that_is_paused_before_it_began_is_resumed_to_its_size() -> None:
    db = SetOperator()
    db.send(canary("2", "1,3"), seconds=0)
    db.send(Pause())
    assert (db.tags, db.rollout.phase) == (["1"] * 4, "paused")
    assert db.send(Resume()).title == "Promote StatefulSet shop/db to 1 of 4 pods at db:2 (step 1 of 3)"
    assert db.tags == ["1", "1", "1", "2"]


def test_while_it_is_held_space_and_p_do_the_same_only_where_one_says_so() -> None:
    """Held by a canary, a pause, somebody else's partition; on its way and at rest."""
    compared, same = 0, 0
    for partition, steps, seconds, pauses in itertools.product((0, 3), ("", "3"), (1, 120), (False, True)):
        db = SetOperator()
        if partition:
            db.merge({"spec": {"updateStrategy": {"rollingUpdate": {"partition": partition}}}})
        db.send(canary("2", steps) if steps else image("2"), seconds=seconds)
        if pauses and (pause := db.offer(Action.PAUSE)) is not None and pause.open:
            db.send(Pause())
        offers = [(offer, request) for action, request in KEYS.items() if (offer := db.offer(action)) and offer.open]
        if len(offers) == 2:
            (space, pause_or_resume), (promote, further) = offers
            is_same = db.planned(pause_or_resume).patch == db.planned(further).patch
            assert is_same == (promote.instead is space.action), (partition, steps, seconds, pauses)
            compared, same = compared + 1, same + is_same
    assert compared > same > 0, "or nothing was compared"


def test_a_canary_of_a_single_pod_or_of_none_is_refused() -> None:
    assert "there is only one: no old pod would be left" in SetOperator(replicas=1).refused(canary("2"))
    assert "scaled to zero" in SetOperator(replicas=0).refused(canary("2"))
    db = SetOperator()
    db.send(image("2"), seconds=1)
    assert "a running rollout cannot become a canary" in db.refused(canary("3"))
    assert db.refused(Promote()) == "nothing to promote: it runs by itself"


def test_someone_elses_partition_is_promoted_and_taken_back() -> None:
    db = SetOperator()
    db.merge({"spec": {"updateStrategy": {"rollingUpdate": {"partition": 3}}}})
    db.send(image("2"))
    assert (db.rollout.phase, db.rollout.why) == ("held", "canary of 1 held, ready")
    assert "it is held already: its partition lets 1 of 4 through" in db.refused(Pause())
    db.send(Promote("2"))
    assert db.tags == ["1", "1", "2", "2"]
    made = db.send(Abort())
    assert "The hold of the canary ends: the partition goes to 2. Below the 3 of before, pods would stay new." in (
        made.effects
    )
    assert (db.tags, db.partition) == (["1", "1", "1", "1"], 2)
