from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ktui.rollout.detail import ConditionRow
from ktui.tui.detail.lines import conditions

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_", "status", "is_bad", "sign"),
    [
        ("Available", "True", False, "✔"),
        ("Available", "False", True, "✖"),
        ("Progressing", "Unknown", False, "?"),
        ("Healthy", "False", False, "·"),
        ("ReplicaFailure", "True", True, "✖"),
    ],
)
def test_only_a_condition_that_holds_has_a_tick(type_: str, status: str, is_bad: bool, sign: str) -> None:
    row = ConditionRow(type_, status, "Why", "", NOW, is_bad)
    ((mark, *_),) = conditions([row], NOW, 60)
    assert mark.text == f"{sign} "
