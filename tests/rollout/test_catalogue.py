"""The catalogue of causes, played on the simulated cluster in virtual time, and held against docs/causes.md."""

from __future__ import annotations

import pytest

from ktui.rollout.diagnosis.cause import Remedy
from ktui.rollout.rollout import Phase
from ktui.sim.scenario import find_scenario
from tests.causes import CASES, DOCUMENT, SCENARIOS, Case, Play, document

ROLLED_BACK = [case for case in CASES if Remedy.ROLLBACK in case.keys and case.phase is not Phase.PAUSED]


def names(cases: list[Case] | tuple[Case, ...]) -> list[str]:
    return [case.name for case in cases]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_the_first_sentence_is_the_right_one(case: Case) -> None:
    play = Play(case.name)
    assert [cause for cause in play.rollout.causes if not cause.remark] == []
    seen = list(play.run(case.after))
    rollout = seen[-1]
    assert rollout.phase is case.phase
    # No other trouble is called one on the way there.
    blocking = {cause.kind for each in seen for cause in each.causes if cause.blocking}
    assert blocking <= {cause.kind for cause in rollout.causes if cause.blocking}
    causes = [cause for cause in (*rollout.causes, *play.remarks) if cause.remark is case.is_remark]
    if not case.says:
        assert causes == []
        return
    assert (causes[0].sentence, causes[0].try_next, causes[0].remedies) == (case.says, case.helps, case.keys)
    if not case.is_remark:
        assert rollout.why == case.says
    assert any(cause.blocking for cause in rollout.causes) is (case.phase in (Phase.STALLED, Phase.FAILED))


@pytest.mark.parametrize("case", ROLLED_BACK, ids=names(ROLLED_BACK))
def test_nothing_is_left_of_it_once_it_was_rolled_back(case: Case) -> None:
    play = Play(case.name)
    *_, stuck = play.run(case.after)
    assert stuck.causes
    play.roll_back()
    seen = list(play.run(90))
    assert seen[-1].phase is Phase.COMPLETE
    assert seen[-1].causes == ()
    # From the moment on at which the controller has seen the change, nothing that blocks is said of the old trouble.
    assert not any(cause.blocking for each in seen if each.observed for cause in each.causes)


def test_what_is_only_slow_never_stalls() -> None:
    for name in ("only-slow", "slow-image", "slow-init-container", "long-grace"):
        assert {each.phase for each in Play(name).run(300)} <= {Phase.PROGRESSING, Phase.COMPLETE}


def test_a_scenario_for_each_and_each_for_a_scenario() -> None:
    assert sorted(names(CASES)) == sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
    titles = [find_scenario(f"causes/{case.name}", {}).description for case in CASES]
    assert len(set(titles)) == len(titles)


def test_each_cause_that_ktui_can_do_something_about_says_so() -> None:
    stalled = [case for case in CASES if case.phase is Phase.STALLED]
    assert all(case.keys for case in stalled if not case.name.startswith("nodes-"))
    assert all(case.helps for case in CASES if case.says)


def test_the_document_is_what_the_table_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m tests.causes"
