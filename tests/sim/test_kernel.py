"""Virtual time, and the pace at which real time drives it."""

import asyncio
from functools import partial

import pytest

from ktui.sim.kernel import Kernel, Pace, rfc3339, seconds_of


def test_what_is_due_happens_in_order_of_time_and_then_of_planning() -> None:
    kernel, done = Kernel(100.0, 0), []
    for name, due in (("late", 103.0), ("first", 101.0), ("second", 101.0)):
        kernel.at(due, partial(lambda name: done.append((kernel.now, name)), name))
    kernel.run_until(102.0)
    assert done == [(101.0, "first"), (101.0, "second")]
    assert kernel.now == 102.0
    kernel.run_until(110.0)
    assert done[-1] == (103.0, "late")


def test_the_past_is_due_now_and_not_within_the_call() -> None:
    kernel, done = Kernel(100.0, 0), []
    kernel.at(50.0, lambda: done.append(kernel.now))
    assert done == []
    kernel.run_until(100.0)
    assert done == [100.0]


def test_a_cancelled_timer_never_happens() -> None:
    kernel, done = Kernel(0.0, 0), []
    timer = kernel.after(1.0, lambda: done.append("cancelled"))
    kernel.after(2.0, lambda: done.append("kept"))
    timer.cancel()
    assert kernel.next_due() == 2.0
    kernel.run_until(5.0)
    assert done == ["kept"]
    assert kernel.next_due() is None


def test_a_slice_ends_early_and_leaves_the_rest_for_later() -> None:
    kernel = Kernel(0.0, 0)
    done: list[int] = []
    for number in range(1, 4):
        kernel.at(float(number), partial(done.append, number))
    assert not kernel.run_until(3.0, for_at_most=0.0)
    assert (done, kernel.now) == ([1], 1.0)
    assert kernel.run_until(3.0)
    assert done == [1, 2, 3]


def test_timestamps_are_utc_and_whole_seconds() -> None:
    assert rfc3339(1_795_000_000.9) == "2026-11-18T11:06:40Z"
    assert seconds_of("2026-11-18T11:06:40Z") == 1_795_000_000


async def driven(pace: Pace, until: asyncio.Event) -> None:
    driver = asyncio.create_task(pace.drive())
    await until.wait()
    driver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driver


async def test_real_time_drives_the_kernel_at_its_speed() -> None:
    kernel, reached = Kernel(0.0, 0), asyncio.Event()
    kernel.at(600.0, reached.set)
    await driven(Pace(kernel, speed=10_000.0), reached)
    assert kernel.now >= 600.0


async def test_something_planned_while_it_sleeps_wakes_it() -> None:
    kernel, reached = Kernel(0.0, 0), asyncio.Event()
    pace = Pace(kernel, speed=1.0)
    kernel.at(3600.0, lambda: pytest.fail("an hour has not passed"))
    asyncio.get_running_loop().call_later(0.01, lambda: kernel.after(0.01, reached.set))
    await driven(pace, reached)


async def test_time_stands_still_while_paused() -> None:
    kernel = Kernel(0.0, 0)
    pace = Pace(kernel, speed=1000.0)
    pace.paused = True
    stood = kernel.now
    await asyncio.sleep(0.01)
    assert pace.target() == stood
    pace.paused = False
    await asyncio.sleep(0.01)
    assert pace.target() > stood
