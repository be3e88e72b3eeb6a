"""A terminal may be as small as one cell, and a panel in it has no room at all: nothing that is drawn minds. Pure."""

from __future__ import annotations

import msgspec
import pytest

from ktui.kinds.deployment.detail import detail
from ktui.rollout.diagnosis.cause import Cause, Kind
from ktui.rollout.diff.fields import Change
from ktui.rollout.diff.fields import Kind as Changed
from ktui.tui.detail.lines import conditions, summary
from ktui.tui.detail.pod_lines import pods
from ktui.tui.detail.why_lines import why
from ktui.tui.draw.difference import fields
from ktui.tui.draw.widgets import chopped, wrap
from ktui.tui.overview.lines import explanation
from tests.rollout.made import NOW, Made

WIDE = "容器 web-0 crashes: exit 1, and says that 設定 is missing"
CAUSE = Cause(Kind.CRASH, WIDE, try_next="read what it logged", blocking=True)


def made() -> Made:
    found = Made("web:2", 2).revision(1, "web:1", 2).revision(2, "web:2", 1).pod(2, "web-2-a").pod(1, "web-1-a")
    return found.condition("Available", "False", "MinimumReplicasUnavailable", message=WIDE)


@pytest.mark.parametrize("room", range(-6, 14))
def test_lines_are_made_for_any_room(room: int) -> None:
    there = made()
    found = detail(there.store, there.deployment(), there.track(), NOW)
    found = msgspec.structs.replace(found, rollout=msgspec.structs.replace(found.rollout, causes=(CAUSE,)))
    assert summary(found, NOW, room)
    assert why(found, room)
    assert conditions(found.conditions, NOW, room)
    assert pods(found, {}, NOW, room, every=True)
    assert fields([Change(Changed.CHANGED, "spec.template.spec.containers[web].image", "web:1", WIDE)], room)
    assert explanation(found.rollout, room, 6)


@pytest.mark.parametrize("cells", range(-3, 4))
@pytest.mark.parametrize("text", ["", "a", "ab cd", WIDE])
def test_nothing_is_lost_where_it_is_chopped(text: str, cells: int) -> None:
    assert "".join(chopped(text, cells)) == text
    assert len(wrap(text, cells, 5)) <= 5
