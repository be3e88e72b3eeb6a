"""The head of a rollout's page: from which revision to which it goes."""

from __future__ import annotations

import pytest

from ktui.kinds.deployment.detail import detail
from ktui.tui.detail.lines import summary
from tests.rollout.made import NOW, Made


def head(made: Made) -> str:
    lines = summary(detail(made.store, made.deployment(), made.track(), NOW), NOW, 120)
    return "\n".join("".join(span.text for span in line) for line in lines)


@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("annotations", [{}, {"deployment.kubernetes.io/revision": "1"}])
def test_a_revision_that_does_not_exist_yet_is_not_called_by_the_number_of_the_one_before(
    annotations: dict[str, str], is_paused: bool
) -> None:
    made = Made("web:2", 2).spec(paused=is_paused).revision(1, "web:1", 2)
    made.raw["metadata"]["annotations"] = annotations
    assert "web:1  →  web:2   revision 1 → none yet" in head(made)


def test_once_it_exists_both_are_named() -> None:
    assert "web:1  →  web:2   revision 1 → 2" in head(Made("web:2", 2).revision(1, "web:1", 2).revision(2, "web:2", 1))


def test_both_are_named_until_the_last_pods_are_there_although_no_old_one_is_left() -> None:
    made = Made("web:2", 2).revision(1, "web:1", 0).revision(2, "web:2", 2, available=1)
    assert "web:1  →  web:2   revision 1 → 2" in head(made)


def test_at_rest_there_is_one() -> None:
    made = Made("web:2", 2, replicas=2, updatedReplicas=2, readyReplicas=2, availableReplicas=2)
    made.revision(1, "web:1", 0).revision(2, "web:2", 2, ready=2)
    assert "\nweb:2   revision 2 " in head(made)
