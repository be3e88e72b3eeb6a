"""When a guard acts, when it waits, and when it lets go: by table, and on what real clusters did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ktui.kinds.auto_abort import Armed, Judgement, Move, arm, judge, refuse_arm
from ktui.model.objects import Deployment
from ktui.rollout.countdown import NOTHING_SEEN, Seen, countdown, seen
from ktui.rollout.diagnosis.cause import Cause, Kind, Reason
from ktui.rollout.diagnosis.patience import PATIENCE_OF
from ktui.rollout.hold import Disturbance, Hold
from ktui.rollout.rollout import Phase, Rollout
from tests.recorded import clock
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


NOW = datetime(2100, 1, 1, tzinfo=UTC)
"""Later than everything in the recordings."""


def _judged(moment: Moment, armed: Armed | None = None, **changes: Any) -> Judgement:
    rollout = msgspec.structs.replace(moment.rollout, **changes)
    return judge(armed or arm(moment.deployment), moment.deployment, rollout, NOW, is_live=True)


CRASH = Cause(
    Kind.CRASH, "2 of 2 new pods crash", blocking=True, reason=Reason.CRASHES, since=NOW - timedelta(minutes=2)
)


def _of(reason: Reason) -> Cause:
    """A cause that has blocked for a day."""
    return Cause(Kind.POD, f"it is {reason}", blocking=True, reason=reason, since=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("changes", "judged"),
    [
        ({}, Judgement(Move.KEEP)),
        ({"causes": (CRASH,)}, Judgement(Move.ABORT, "2 of 2 new pods crash")),
        ({"causes": (msgspec.structs.replace(CRASH, blocking=False),)}, Judgement(Move.KEEP)),
        *(
            ({"causes": (_of(reason),)}, Judgement(Move.KEEP))
            for reason, granted in PATIENCE_OF.items()
            if granted.acts_after is None
        ),
        ({"causes": (msgspec.structs.replace(CRASH, of_old=True),)}, Judgement(Move.KEEP)),
        ({"causes": (CRASH,), "observed": False}, Judgement(Move.KEEP)),
        # Complete for kubectl, between two crashes.
        ({"causes": (CRASH,), "settled": True}, Judgement(Move.ABORT, "2 of 2 new pods crash")),
        ({"settled": True}, Judgement(Move.OVER, "it is complete")),
        ({"phase": Phase.COMPLETE}, Judgement(Move.OVER, "it is complete")),
        (
            {"hold": Hold(None, True, 1, 4, Disturbance.CHANGED, "maxSurge is 3")},
            Judgement(Move.DISARM, "someone else changed its hold: maxSurge is 3"),
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
        ({}, {"paused": True}, "it was paused: the person who paused it decides what happens next"),
    ],
)
def test_what_is_not_the_same_rollout_is_let_go(
    moment: Moment, meta: dict[str, object], spec: dict[str, object], reason: str
) -> None:
    now = _changed(moment.deployment, meta, spec)
    crashing = msgspec.structs.replace(moment.rollout, causes=(CRASH,))
    assert judge(arm(moment.deployment), now, crashing, NOW, is_live=True) == Judgement(Move.DISARM, reason)


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
    assert judge(arm(moment.deployment), scaled, rollout, NOW, is_live=True).move is Move.ABORT


def test_a_lost_connection_never_triggers_it(moment: Moment) -> None:
    crashing = msgspec.structs.replace(moment.rollout, causes=(CRASH,))
    armed = arm(moment.deployment)
    assert judge(armed, moment.deployment, crashing, NOW, is_live=False) == Judgement(Move.KEEP)
    assert judge(armed, None, None, NOW, is_live=False) == Judgement(Move.KEEP)
    assert judge(armed, None, None, NOW, is_live=True) == Judgement(Move.DISARM, "it was deleted")


def _replayed(name: str) -> list[tuple[Rollout, Judgement]]:
    """Every rollout of a recording, watched over from its first moment on until the guard lets go."""
    armed: Armed | None = None
    first_seen: Seen = NOTHING_SEEN
    judged = []
    for each in moments(name):
        if armed is None and not refuse_arm(each.rollout):
            armed = arm(each.deployment)
        if armed is not None and armed.uid == each.rollout.uid:
            now = clock(name) + timedelta(seconds=each.t)
            first_seen = seen(each.rollout, first_seen, now)
            judgement = judge(armed, each.deployment, each.rollout, now, is_live=True, first_seen=first_seen)
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


# What it waits for


def _with(moment: Moment, *causes: Cause) -> Rollout:
    return msgspec.structs.replace(moment.rollout, causes=causes, started=NOW - timedelta(hours=1))


def test_it_says_what_it_will_act_on_and_when(moment: Moment) -> None:
    crash = msgspec.structs.replace(CRASH, since=NOW - timedelta(seconds=20))
    rollout = _with(moment, crash)
    judged = judge(arm(moment.deployment), moment.deployment, rollout, NOW, is_live=True)
    assert judged.move is Move.KEEP
    assert judged.countdown is not None
    assert judged.countdown.sentence(NOW) == "rolls back in 40s unless it recovers"
    later = NOW + timedelta(seconds=40)
    assert judge(arm(moment.deployment), moment.deployment, rollout, later, is_live=True).move is Move.ABORT


def test_the_cause_whose_time_comes_first_counts(moment: Moment) -> None:
    slow = msgspec.structs.replace(CRASH, since=NOW)
    quick = Cause(Kind.IMAGE, "not found", blocking=True, reason=Reason.IMAGE_NOT_FOUND, since=NOW)
    waits = countdown(_with(moment, slow, quick), NOTHING_SEEN)
    assert waits is not None
    assert waits.cause is quick


def test_without_a_beginning_it_counts_from_when_it_was_first_seen(moment: Moment) -> None:
    rollout = _with(moment, msgspec.structs.replace(CRASH, since=None))
    assert countdown(rollout, NOTHING_SEEN) is None
    first = seen(rollout, NOTHING_SEEN, NOW)
    again = seen(rollout, first, NOW + timedelta(seconds=50))
    waits = countdown(rollout, again)
    assert waits is not None
    assert waits.due == NOW + timedelta(seconds=60)
    assert seen(_with(moment), again, NOW) == {}


def test_a_clock_that_is_wrong_does_not_keep_it_from_acting(moment: Moment) -> None:
    ahead = _with(moment, msgspec.structs.replace(CRASH, since=NOW + timedelta(hours=1)))
    waits = countdown(ahead, seen(ahead, NOTHING_SEEN, NOW))
    assert waits is not None
    assert waits.due == NOW + timedelta(seconds=60)


def test_what_was_wrong_before_the_rollout_began_does_not_shorten_it(moment: Moment) -> None:
    crash = msgspec.structs.replace(CRASH, since=NOW - timedelta(days=3))
    began = msgspec.structs.replace(_with(moment, crash), started=NOW)
    waits = countdown(began, NOTHING_SEEN)
    assert waits is not None
    assert waits.due == NOW + timedelta(seconds=60)
