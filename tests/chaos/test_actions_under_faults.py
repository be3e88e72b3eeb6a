"""Actions under every fault, short: one effect or none, and nothing is said of them that is not true."""

from __future__ import annotations

import pytest

from tests.chaos.actions import act


@pytest.mark.timeout(300)
async def test_an_action_has_one_effect_or_none_and_what_is_said_of_it_is_true() -> None:
    played = await act(3, rounds=2, held=(0.1, 0.5), waits=(0.0, *[0.2] * 5), kills=False)
    assert not [wrong for rounds in played for wrong in rounds.wrong]
    assert all(rounds.played == 2 for rounds in played)
    assert all(rounds.once + rounds.none == 2 for rounds in played)
