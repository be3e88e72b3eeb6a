from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kube.backoff import Backoff, Pacing, Throttle

PACING = Pacing(first_wait=0.5, longest_wait=30.0)


@given(seed=st.integers(), failures=st.integers(0, 200))
def test_waits_double_up_to_the_limit_spread_by_a_half(seed: int, failures: int) -> None:
    backoff = Backoff(PACING, Random(seed))
    for _ in range(failures):
        backoff.next()
    expected = min(30.0, 0.5 * 2**failures)
    assert expected * 0.5 <= backoff.next() <= expected * 1.5


def test_what_was_heard_makes_the_next_failure_a_first_one() -> None:
    backoff = Backoff(PACING, Random(1))
    for _ in range(10):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 0.75


@pytest.mark.parametrize("asked", [0.0, 3.0, 600.0])
def test_it_is_never_shorter_than_the_server_asked_for(asked: float) -> None:
    for seed in range(100):
        assert Backoff(PACING, Random(seed)).next(asked) >= asked


def test_two_clients_do_not_come_back_together() -> None:
    assert len({Backoff(PACING, Random(seed)).next(60.0) for seed in range(100)}) > 40


@pytest.mark.parametrize("streams", [0, 8, 40])
async def test_however_many_streams_there_are_each_may_begin_at_once(streams: int) -> None:
    throttle = Throttle(Pacing(burst=4, rate=0.001))
    throttle.streams = streams
    turns = [asyncio.create_task(throttle.turn()) for _ in range(streams + 5)]
    await asyncio.sleep(0)
    assert [turn.done() for turn in turns] == [True] * (streams + 4) + [False]
    turns[-1].cancel()
