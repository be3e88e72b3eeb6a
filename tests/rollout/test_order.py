"""The order of rollouts: by harm, then by phase and time; rows move up at once and down when it has been quiet."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ktui.rollout.order import QUIET, Harm, Standings, harm, steady, worst_first
from ktui.rollout.progress import Progress, Side
from ktui.rollout.rollout import Phase, Rollout
from tests.rollout.made import NOW, Made

EMPTY = Made("web:1", 4, replicas=4, updatedReplicas=4, readyReplicas=4, availableReplicas=4).rollout()


def a(
    name: str,
    phase: Phase,
    available: int,
    *,
    desired: int = 4,
    promised: int = 3,
    since: int = 60,
    previous_revision: int = 1,
    at: datetime = NOW,
) -> Rollout:
    side = Side(desired, desired, available, available)
    return msgspec.structs.replace(
        EMPTY,
        uid=name,
        name=name,
        phase=phase,
        since=at - timedelta(seconds=since),
        previous_revision=previous_revision,
        progress=Progress(desired, side, Side(), 1, 1, promised, desired),
        settled=False,
    )


def names(rollouts: list[Rollout]) -> list[str]:
    return [rollout.name for rollout in rollouts]


def test_what_serves_nobody_comes_first_whatever_its_phase() -> None:
    rows = [
        a("quota", Phase.FAILED, 4),
        a("thin", Phase.PROGRESSING, 2),
        a("down", Phase.STALLED, 0),
        a("well", Phase.COMPLETE, 4),
    ]
    assert names(worst_first(rows)) == ["down", "thin", "quota", "well"]


def test_equal_harm_goes_by_phase_and_then_by_how_long_it_lasts() -> None:
    rows = [
        a("new", Phase.FAILED, 4, since=10),
        a("stalled", Phase.STALLED, 4, since=9000),
        a("old", Phase.FAILED, 4, since=900),
        a("b", Phase.COMPLETE, 4, since=5),
        a("a", Phase.COMPLETE, 4, since=9),
    ]
    assert names(worst_first(rows)) == ["old", "new", "stalled", "a", "b"]


def test_nobody_misses_what_has_never_served_or_is_to_have_no_pods() -> None:
    assert harm(a("first", Phase.PROGRESSING, 0, previous_revision=0)) is Harm.NONE
    assert harm(a("first", Phase.STALLED, 0, previous_revision=0)) is Harm.DOWN
    assert harm(a("zero", Phase.SCALED_TO_ZERO, 0, desired=0, promised=0)) is Harm.NONE
    assert harm(a("going", Phase.DELETED, 0)) is Harm.NONE
    assert harm(a("recreated", Phase.PROGRESSING, 0, promised=0)) is Harm.DOWN


def test_a_row_moves_up_at_once_and_down_once_it_has_been_quiet() -> None:
    standings, well = Standings(), a("well", Phase.PROGRESSING, 4)
    sick, cured = a("web", Phase.STALLED, 0), a("web", Phase.COMPLETE, 4)
    assert names(standings.worst_first([well, cured], NOW)) == ["well", "web"]
    assert names(standings.worst_first([well, sick], NOW)) == ["web", "well"]
    for seconds in (3, 9):
        assert names(standings.worst_first([well, cured], NOW + timedelta(seconds=seconds))) == ["web", "well"]
    assert names(standings.worst_first([well, sick], NOW + timedelta(seconds=12))) == ["web", "well"]
    assert names(standings.worst_first([well, cured], NOW + timedelta(seconds=20))) == ["web", "well"]
    later = NOW + timedelta(seconds=12) + QUIET
    assert names(standings.worst_first([well, cured], later)) == ["well", "web"]


def test_rows_keep_their_places_and_new_ones_come_where_the_order_puts_them() -> None:
    rows = [a(name, Phase.COMPLETE, 4) for name in ("new", "c", "a", "b")]
    assert names(steady(rows, {"a": 0, "b": 1, "c": 2})) == ["new", "a", "b", "c"]
