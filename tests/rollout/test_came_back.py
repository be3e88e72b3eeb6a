"""A template that came back is known for one whatever has been read first: its new number, or the workload."""

from __future__ import annotations

import pytest

from tests.rollout import sets
from tests.rollout.made import Made


@pytest.mark.parametrize(("number", "former"), [(3, "1"), (1, "")], ids=["its new number is read", "not yet"])
def test_of_a_deployment(number: int, former: str) -> None:
    made = Made("web:1.0", 2).revision(2, "web:1.1", 0, age=60)
    assert made.revision(number, "web:1.0", 2, ready=2, age=900, former=former).rollout().came_back


def test_a_new_template_did_not_come_back() -> None:
    made = Made("web:1.1", 2).revision(1, "web:1.0", 0, age=900)
    assert not made.revision(2, "web:1.1", 2, ready=2, age=60).rollout().came_back


@pytest.mark.parametrize("number", [3, 1], ids=["its new number is read", "not yet"])
def test_of_a_statefulset(number: int) -> None:
    made = sets.statefulset("db:1.0", 1).revision(2, "db:1.1", age=60)
    assert made.revision(number, "db:1.0", age=900).rollout().came_back
