"""Which changes of rollouts are announced: each once for each rollout, and nothing that was so before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.notify.announcement import Changes, What, sentences, title
from ktui.rollout.rollout import Controller, Phase, Rollout
from tests.rollout.made import Made

CALM = Made("web:1", 4, replicas=4, updatedReplicas=4, readyReplicas=4, availableReplicas=4).rollout()
P = Phase


def a(phase: Phase, template: str = "A", uid: str = "d", **more: Any) -> Rollout:
    made = msgspec.structs.replace(CALM, settled=False, started=None)
    return msgspec.structs.replace(made, uid=uid, name=uid, phase=phase, template=template.encode(), **more)


def announced(*looks: Rollout, started: int | None = None) -> list[What | None]:
    """What each look announces."""
    changes, found = Changes(), []
    for at, look in enumerate(looks):
        if at == started:
            changes.started(looks[at - 1], look.generation)
        said = changes.news({look.uid: look})
        assert len(said) <= 1
        found.append(said[0].what if said else None)
    return found


@pytest.mark.parametrize(
    ("looks", "says"),
    [
        # Nothing at the first look, whatever it is.
        ([a(P.FAILED)], [None]),
        ([a(P.COMPLETE)], [None]),
        # How a rollout ends, or goes wrong.
        ([a(P.PROGRESSING), a(P.COMPLETE)], [None, What.COMPLETE]),
        ([a(P.COMPLETE), a(P.PROGRESSING, "B"), a(P.COMPLETE, "B")], [None, None, What.COMPLETE]),
        ([a(P.PROGRESSING), a(P.STALLED), a(P.FAILED)], [None, What.STALLED, What.FAILED]),
        ([a(P.FAILED), a(P.COMPLETE)], [None, What.COMPLETE]),
        ([a(P.COMPLETE), a(P.COMPLETE, "B")], [None, What.COMPLETE]),
        ([a(P.COMPLETE), a(P.STALLED)], [None, What.STALLED]),
        # Once for each rollout, however often it comes and goes.
        ([a(P.PROGRESSING), a(P.STALLED), a(P.PROGRESSING), a(P.STALLED)], [None, What.STALLED, None, None]),
        ([a(P.COMPLETE), a(P.PROGRESSING), a(P.COMPLETE)], [None, None, None]),
        ([a(P.PROGRESSING, settled=True), a(P.COMPLETE, settled=True)], [None, None]),
        ([a(P.STALLED), a(P.PROGRESSING), a(P.STALLED)], [None, None, None]),
        ([a(P.STALLED), a(P.STALLED, "B")], [None, What.STALLED]),
        # What is not known yet, or is about to go, is nothing.
        ([a(P.READING), a(P.COMPLETE)], [None, None]),
        ([a(P.PROGRESSING), a(P.COMPLETE, observed=False), a(P.COMPLETE)], [None, None, What.COMPLETE]),
        ([a(P.COMPLETE), a(P.DELETED)], [None, None]),
        # Without pods there is nothing to roll out.
        ([a(P.SCALED_TO_ZERO), a(P.SCALED_TO_ZERO, "B")], [None, None]),
        ([a(P.PROGRESSING), a(P.PAUSED), a(P.PROGRESSING), a(P.COMPLETE)], [None, None, None, What.COMPLETE]),
    ],
)
def test_what_is_announced(looks: list[Rollout], says: list[What | None]) -> None:
    assert announced(*looks) == says


def test_each_step_of_a_canary_is_news_and_only_once() -> None:
    def step(number: int, phase: Phase = P.HELD) -> Rollout:
        return a(phase, controller=Controller(step=number, steps=3))

    looks = (step(0, P.PROGRESSING), step(1), step(1, P.PROGRESSING), step(1), step(2), step(2))
    assert announced(*looks) == [None, What.HELD, None, None, What.HELD, None]


def test_an_earlier_template_that_comes_back_too_soon_is_an_abort() -> None:
    new = a(P.PROGRESSING, "B")
    back, whole = a(P.PROGRESSING, "A", came_back=True), a(P.COMPLETE, "A", came_back=True)
    assert announced(a(P.COMPLETE), new, back, whole) == [None, None, What.ABORTED, What.COMPLETE]
    # The controller may number it a moment later.
    assert announced(a(P.COMPLETE), new, a(P.PROGRESSING), back, whole)[3:] == [What.ABORTED, What.COMPLETE]
    # Of a rollout that was complete, it is a rollback like any other.
    assert announced(a(P.PROGRESSING, "B"), a(P.COMPLETE, "B"), back, whole)[2:] == [None, What.COMPLETE]
    # Seen at once, both are said.
    changes = Changes()
    changes.news({"d": new})
    assert [each.what for each in changes.news({"d": whole})] == [What.ABORTED, What.COMPLETE]
    # A newer template is no abort.
    assert announced(a(P.COMPLETE), new, a(P.PROGRESSING, "C"))[2] is None


def test_an_abort_by_its_controller_is_no_failure() -> None:
    assert announced(a(P.PROGRESSING), a(P.FAILED, aborted=True), a(P.FAILED, aborted=True)) == [
        None,
        What.ABORTED,
        None,
    ]


def test_what_is_started_here_is_news_again() -> None:
    before, after = a(P.STALLED, generation=3), a(P.STALLED, generation=4)
    assert announced(before, after, started=1) == [None, What.STALLED]
    # What the server has not heard of yet is the state of before.
    assert announced(a(P.COMPLETE, generation=3), a(P.COMPLETE, generation=4), started=1) == [None, What.COMPLETE]
    changes = Changes()
    changes.news({"d": a(P.COMPLETE, generation=3)})
    changes.started(a(P.COMPLETE, generation=3), 4)
    assert changes.news({"d": a(P.COMPLETE, generation=3)}) == []


def test_reading_it_all_again_is_no_news_and_what_is_gone_is_forgotten() -> None:
    changes = Changes()
    known = {uid: a(phase, uid=uid) for uid, phase in (("a", P.PROGRESSING), ("b", P.STALLED), ("c", P.COMPLETE))}
    assert changes.news(known) == []
    again = {uid: msgspec.structs.replace(rollout) for uid, rollout in known.items()}
    assert changes.news(again) == []
    # In the meantime one has ended: that is news, and nothing else.
    again["a"] = a(P.COMPLETE, uid="a")
    assert [each.rollout.uid for each in changes.news(again)] == ["a"]
    # A namesake has another uid; the same uid after it was gone begins like any other.
    assert changes.news({uid: again[uid] for uid in "ac"}) == []
    assert changes.news(again) == []


def test_sentences_and_the_title() -> None:
    changes = Changes()
    changes.news({uid: a(P.PROGRESSING, uid=uid) for uid in "abcde"})
    found = changes.news({uid: a(P.STALLED if uid in "ab" else P.COMPLETE, uid=uid) for uid in "abcde"})
    assert sentences(found[:1])[0] == (f"▲ shop/a: stalled: {found[0].rollout.why}".removesuffix(": "), What.STALLED)
    assert sentences(found[2:]) == [(f"✔ shop/{uid}: complete", What.COMPLETE) for uid in "cde"]
    assert sentences(found) == [("5 rollouts: ▲2 stalled, ✔3 complete", What.STALLED)]
    assert title([a(P.COMPLETE)]) == "ktui"
    assert title([a(P.FAILED), a(P.STALLED), a(P.STALLED)]) == "✖1 ▲2 ktui"
