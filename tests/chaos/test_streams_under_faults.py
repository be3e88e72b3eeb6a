"""Faults of the table in any order, short, with the cluster at work: the picture is right afterwards, and said so."""

from __future__ import annotations

import asyncio

import pytest

from tests.chaos.mixed import survive


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("seed", "remote"), [(5, False), (6, True)], ids=["streamed lists", "compressed pages"])
async def test_after_any_faults_the_picture_is_right(seed: int, *, remote: bool) -> None:
    it = await survive(16, seed, remote=remote, measure=False)
    assert not it.told.complaints, "\n".join(it.told.complaints)
    assert not it.tasks
    assert it.descriptors <= 4
    assert len(asyncio.all_tasks()) == 1
