"""Faults, one after the other, while the cluster is at work; and what has to be so after each."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from tests.chaos.client import Client
from tests.chaos.faults import Fault
from tests.chaos.rig import Rig
from tests.chaos.server import Server


@dataclass
class Told:
    """What came of the faults that were played."""

    played: int = 0
    slowest: float = 0.0
    """Seconds from the end of a fault until everything was live and the same as in the server."""
    complaints: list[str] = field(default_factory=list)


@asynccontextmanager
async def at_work(server: Server, *, beats: float, works: float) -> AsyncIterator[None]:
    """The cluster changes, with so many seconds between one change and the next."""

    async def beat() -> None:
        while True:
            await asyncio.to_thread(server.beat)
            await asyncio.sleep(beats)

    async def work() -> None:
        while True:
            await asyncio.to_thread(server.work)
            await asyncio.sleep(works)

    tasks = [asyncio.create_task(beat()), asyncio.create_task(work())]
    try:
        yield
    finally:
        for task in tasks:
            # A request that is under way is waited for: it changes something.
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def play(rig: Rig, client: Client, fault: Fault, random: Random, *, lasts: float, told: Told) -> None:
    """That fault, for so long; afterwards all has to be well again, within the time that there is for it."""
    loop = asyncio.get_running_loop()
    before = len(client.lies)
    await asyncio.to_thread(fault.begin, rig, random)
    await asyncio.sleep(lasts)
    await asyncio.to_thread(rig.clear)
    begun = loop.time()
    is_back = await is_same(rig, client, client.times.back)
    took = loop.time() - begun
    told.played += 1
    told.slowest = max(told.slowest, took)
    if not is_back:
        told.complaints.append(f"{fault.name}: not back after {took:.1f}s: {await _what_differs(rig, client)}")
        await is_same(rig, client, 3 * client.times.back)
    told.complaints += [f"{fault.name}: {lie}" for lie in client.lies[before:][:3]]


async def is_same(rig: Rig, client: Client, seconds: float) -> bool:
    """Whether in that time the header says live, and everything that is known is as a fresh list has it."""
    loop = asyncio.get_running_loop()
    left, before = seconds, loop.time()
    while left > 0:
        # While the machine is late, ktui is too.
        left, before = left - min(0.3, loop.time() - before), loop.time()
        if client.says_live and await asyncio.to_thread(rig.server.listed) == client.known and client.says_live:
            return True
        await asyncio.sleep(0.05)
    return False


async def _what_differs(rig: Rig, client: Client) -> str:
    there, known = await asyncio.to_thread(rig.server.listed), client.known
    counts = [
        f"{kind.plural}: {len(there[kind].keys() - known[kind].keys())} missing, "
        f"{len(known[kind].keys() - there[kind].keys())} that are no more, "
        f"{sum(known[kind].get(uid, version) != version for uid, version in there[kind].items())} older"
        for kind in there
        if there[kind] != known[kind]
    ]
    return "; ".join([*counts, client.states])


def tasks_left() -> list[str]:
    """What still runs in this loop beside the one who asks."""
    gc.collect()
    return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.done()]
