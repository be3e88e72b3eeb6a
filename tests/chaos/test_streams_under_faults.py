"""Faults of the table in any order, short, with the cluster at work: the picture is right afterwards, and said so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

import pytest

from tests.chaos.client import QUICK, Times
from tests.chaos.mixed import survive

_PATIENT: Final[Times] = replace(QUICK, slack=8.0, back=60.0)
"""The budgets are measured by `make chaos`: here other tests take the processor, and what is right comes late."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("seed", "remote"), [(5, False), (6, True)], ids=["streamed lists", "compressed pages"])
async def test_after_any_faults_the_picture_is_right(seed: int, *, remote: bool) -> None:
    it = await survive(16, seed, times=_PATIENT, remote=remote, measure=False)
    assert not it.told.complaints, "\n".join(it.told.complaints)
    assert not it.tasks
    assert it.descriptors <= 4
    assert len(asyncio.all_tasks()) == 1
