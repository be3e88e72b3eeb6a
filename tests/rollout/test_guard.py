"""When a guard acts, when it waits, and when it lets go: by table, and on what real clusters did."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ktui.model.objects import Deployment
from ktui.rollout.cause import Cause, Kind
from ktui.rollout.guard import Armed, Judgement, Move, arm, judge, refuse_arm
from ktui.rollout.hold import Disturbance, Hold
from ktui.rollout.rollout import Phase, Rollout
from tests.rollout.replay import Moment, moments

HEALTHY = (
    "held-canary",
    "min-ready-seconds",
    "pause-resume",
    "recreate",
    "restart",
    "rollback-to-revision",
    "rolling-update",
    "blue-green-service",
)
FAILING = ("crashloop-deadline-undo", "image-pull-failure", "unschedulable", "quota-exceeded")


def _under_way(name: str = "rolling-update") -> Moment:
    """A moment in the middle of a rollout that goes well."""
    return next(
        m
        for m in moments(name)
        if m.rollout.phase is Phase.PROGRESSING
        and m.rollout.observed
        and not m.rollout.settled
        and m.rollout.progress.new.existing
        and m.rollout.progress.old.existing
    )


@pytest.fixture
def moment() -> Moment:
    return _under_way()


def _judged(moment: Moment, armed: Armed | None = None, **changes: Any) -> Judgement:
    rollout = msgspec.structs.replace(moment.rollout, **changes)
    return judge(armed or arm(moment.deployment), moment.deployment, rollout, is_live=True)


CRASH = Cause(Kind.CRASH, "2 of 2 new pods crash", blocking=True)


@pytest.mark.parametrize(
    ("changes", "judged"),
    [
        ({}, Judgement(Move.KEEP)),
        ({"causes": (CRASH,)}, Judgement(Move.ABORT, "2 of 2 new pods crash")),
        ({"causes": (msgspec.structs.replace(CRASH, blocking=False),)}, Judgement(Move.KEEP)),
        ({"causes": (Cause(Kind.STOPPING, "1 old pod does not stop", blocking=True),)}, Judgement(Move.KEEP)),
        ({"causes": (Cause(Kind.NODE, "node-3 is gone", blocking=True),)}, Judgement(Move.KEEP)),
        ({"causes": (msgspec.structs.replace(CRASH, of_old=True),)}, Judgement(Move.KEEP)),
        ({"causes": (CRASH,), "observed": False}, Judgement(Move.KEEP)),
        ({"causes": (CRASH,), "settled": True}, Judgement(Move.OVER, "it is complete")),
        ({"phase": Phase.COMPLETE}, Judgement(Move.OVER, "it is complete")),
        (
            {"hold": Hold(None, True, 1, 4, Disturbance.CHANGED, "maxSurge is 3")},
            Judgement(Move.DISARM, "somebody else had a hand in its hold: maxSurge is 3"),
        ),
    ],
)
def test_the_rollout_that_is_watched_over(moment: Moment, changes: dict[str, Any], judged: Judgement) -> None:
    assert _judged(moment, **changes) == judged


def test_a_deadline_that_has_passed(moment: Moment) -> None:
    failed = msgspec.structs.replace(moment.rollout.verdict, failed=True)
    assert _judged(moment, verdict=failed) == Judgement(Move.ABORT, "its progress deadline has passed")


def _changed(deployment: Deployment, meta: dict[str, object], spec: dict[str, object]) -> Deployment:
    return msgspec.structs.replace(
        deployment,
        metadata=msgspec.structs.replace(deployment.metadata, **meta),
        spec=msgspec.structs.replace(deployment.spec, **spec),
    )


@pytest.mark.parametrize(
    ("meta", "spec", "reason"),
    [
        ({"uid": "another"}, {}, "it was deleted, and another one has its name now"),
        ({"deletion_timestamp": datetime(2026, 1, 1, tzinfo=UTC)}, {}, "it is being deleted"),
        ({}, {"paused": True}, "it was paused: whoever did that decides what comes next"),
    ],
)
def test_what_is_not_the_same_rollout_is_let_go(
    moment: Moment, meta: dict[str, object], spec: dict[str, object], reason: str
) -> None:
    now = _changed(moment.deployment, meta, spec)
    crashing = msgspec.structs.replace(moment.rollout, causes=(CRASH,))
    assert judge(arm(moment.deployment), now, crashing, is_live=True) == Judgement(Move.DISARM, reason)


def test_another_template_is_another_rollout(moment: Moment) -> None:
    armed = msgspec.structs.replace(arm(moment.deployment), template=b"another")
    judged = _judged(moment, armed, causes=(CRASH,))
    assert judged == Judgement(Move.DISARM, "its pod template was changed: that is another rollout")


def test_what_is_older_than_the_guard_tells_nothing(moment: Moment) -> None:
    armed = msgspec.structs.replace(
        arm(moment.deployment), generation=moment.deployment.metadata.generation + 1, template=b"the next"
    )
    assert _judged(moment, armed, causes=(CRASH,)) == Judgement(Move.KEEP)


def test_more_pods_are_still_the_same_rollout(moment: Moment) -> None:
    generation = moment.deployment.metadata.generation + 1
    scaled = _changed(moment.deployment, {"generation": generation}, {"replicas": 20})
    rollout = msgspec.structs.replace(moment.rollout, generation=generation, causes=(CRASH,))
    assert judge(arm(moment.deployment), scaled, rollout, is_live=True).move is Move.ABORT


def test_a_lost_connection_never_triggers_it(moment: Moment) -> None:
    crashing = msgspec.structs.replace(moment.rollout, causes=(CRASH,))
    armed = arm(moment.deployment)
    assert judge(armed, moment.deployment, crashing, is_live=False) == Judgement(Move.KEEP)
    assert judge(armed, None, None, is_live=False) == Judgement(Move.KEEP)
    assert judge(armed, None, None, is_live=True) == Judgement(Move.DISARM, "it was deleted")


def _replayed(name: str) -> list[tuple[Rollout, Judgement]]:
    """Every rollout of a recording, watched over from its first moment on until the guard lets go."""
    armed: Armed | None = None
    judged = []
    for each in moments(name):
        if armed is None and not refuse_arm(each.rollout):
            armed = arm(each.deployment)
        if armed is not None and armed.uid == each.rollout.uid:
            judgement = judge(armed, each.deployment, each.rollout, is_live=True)
            judged.append((each.rollout, judgement))
            if judgement.move is not Move.KEEP:
                armed = None
    return judged


@pytest.mark.parametrize("name", HEALTHY)
def test_no_false_alarm(name: str) -> None:
    judged = _replayed(name)
    assert judged
    assert [(rollout.name, j.reason) for rollout, j in judged if j.move is Move.ABORT] == []


@pytest.mark.parametrize("name", FAILING)
def test_failures_are_found(name: str) -> None:
    assert any(judgement.move is Move.ABORT for _, judgement in _replayed(name))
