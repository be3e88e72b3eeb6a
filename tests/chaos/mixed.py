"""Faults in any order, one over the other, while the cluster is at work: a seed makes it the same again.

`python -m tests.chaos.mixed SEED COUNT` plays so many, and prints as JSON what came of it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from random import Random

from tests.chaos.client import QUICK, Client, Times
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.play import Told, at_work, is_same, play, tasks_left
from tests.chaos.rig import Rig, descriptors, rigged
from tests.chaos.server import Server

_WATCHED = ("*/ktui/kube/*", "*/ktui/live/*", "*/ktui/model/*", "*/ktui/rollout/*", "*/ktui/figures/*")
"""Whose memory counts: the simulator and the proxy are in the same process."""

_SETTLED = 0.25
"""After that part of the faults, memory has to be flat."""


@dataclass
class Survived:
    """What a run came to."""

    seed: int = 0
    told: Told = field(default_factory=Told)
    grown: float = 0.0
    """MB that ktui holds at the end beyond what it held once it was warm."""
    tasks: list[str] = field(default_factory=list)
    descriptors: int = 0
    """How many more files and sockets are open after the end than before the beginning."""


async def survive(
    count: int,
    seed: int,
    *,
    times: Times = QUICK,
    remote: bool = False,
    measure: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Survived:
    """Play so many faults; every fifth time all has to be well again, and at the end."""
    random, it = Random(seed), Survived(seed)
    before = descriptors()
    with Server(random) as server:
        async with (
            rigged(server, times, seed=seed, remote=remote) as (rig, client),
            at_work(server, beats=0.25, works=1.5),
        ):
            if not await is_same(rig, client, client.times.back):
                it.told.complaints.append(f"nothing came: {client.states}")
            await _survive(rig, client, count, random, it, measure=measure, say=say)
    it.tasks = tasks_left()
    await asyncio.sleep(0.1)
    it.descriptors = descriptors() - before
    return it


async def _survive(
    rig: Rig, client: Client, count: int, random: Random, it: Survived, *, measure: bool, say: Callable[[str], None]
) -> None:
    warm, told = 0.0, it.told
    if measure:
        tracemalloc.start()
    while told.played < count:
        over: list[Fault] = random.choices(FAULTS, k=random.randrange(4))
        for fault in over:
            await asyncio.to_thread(fault.begin, rig, random)
            await asyncio.sleep(random.uniform(0.0, 0.4))
            if random.random() < 0.5:
                await asyncio.to_thread(rig.clear)
        told.played += len(over)
        last, complaints = random.choice(FAULTS), len(told.complaints)
        await play(rig, client, last, random, lasts=random.uniform(0.0, 1.2), told=told)
        for complaint in told.complaints[complaints:]:
            say(f"after {', '.join(each.name for each in over) or 'nothing'}: {complaint}")
        if measure and not warm and told.played >= count * _SETTLED:
            warm = _held()
        client.lies.clear()
        rig.proxy.passed.clear()
    if measure:
        it.grown = _held() - warm
        tracemalloc.stop()


def _held() -> float:
    gc.collect()
    kept = [tracemalloc.Filter(True, pattern) for pattern in _WATCHED]
    return sum(each.size for each in tracemalloc.take_snapshot().filter_traces(kept).traces) / 1e6


def main(seed: int, count: int) -> None:
    logging.getLogger("aiohttp.server").disabled = True
    played = survive(count, seed, remote=bool(seed % 2), say=lambda sentence: print(sentence, file=sys.stderr))
    print(json.dumps(asdict(asyncio.run(played))), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
