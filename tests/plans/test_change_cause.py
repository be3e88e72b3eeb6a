"""A change-cause that is given goes with the change, in one patch; without one the old one stays, and that is said."""

from __future__ import annotations

import shlex

import jsonpatch
import pytest

from ktui.kinds.planning import plan
from ktui.plans.change_cause import with_cause, wrong_cause
from ktui.plans.patch import took_place
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Pause, Request, Restart, RollBack, Scale, SetImage
from tests.plans.builders import CAUSE, complete, midway

WHY = 'hotfix: it\'s 5.1 "now"'


@pytest.mark.parametrize(
    "request_",
    [
        SetImage((("cart", "cart:5.1"),), WHY),
        Restart(WHY),
        RollBack(change_cause=WHY),
        Abort(change_cause=WHY),
    ],
)
def test_a_cause_goes_with_the_change_and_is_recognised_in_what_took_place(request_: Request) -> None:
    made = plan(request_, midway())
    assert isinstance(made, Plan)
    after = jsonpatch.apply_patch(made.before, list(made.patch))
    assert after == made.after
    assert after["metadata"]["annotations"][CAUSE] == WHY
    assert took_place(made.patch, made.before, after)
    assert f'The change-cause becomes "{WHY}".' in made.effects
    assert not any("will describe" in each or "goes:" in each for each in (*made.warnings, *made.effects))
    words = shlex.split(made.commands[-1])
    assert words[-4:] == ["annotate", "deployment/cart", f"{CAUSE}={WHY}", "--overwrite"]


def test_a_cause_that_is_corrected_replaces_the_first() -> None:
    made = plan(RollBack(change_cause="first"), midway())
    assert isinstance(made, Plan)
    again = with_cause(made, "second")
    assert again.after["metadata"]["annotations"][CAUSE] == "second"
    assert [each for each in again.commands if "annotate" in each] == [again.commands[-1]]
    assert [each for each in again.effects if "change-cause" in each] == ['The change-cause becomes "second".']
    assert jsonpatch.apply_patch(again.before, list(again.patch)) == again.after


def test_what_changes_no_template_takes_no_cause() -> None:
    for request_ in (Pause(), Scale(3)):
        made = plan(request_, complete())
        assert isinstance(made, Plan)
        assert made.annotate == ""


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("release 5.1", False), ("naïve – ✓", False), ("", True), ("  ", True), ("a\nb", True), ("x" * 2000, True)],
)
def test_a_cause_is_one_line(text: str, wrong: bool) -> None:
    assert bool(wrong_cause(text)) is wrong
