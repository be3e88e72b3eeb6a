"""`make chaos`: everything goes wrong, in real time and in great number; docs/reliability.md has what came of it.

`python -m tests.chaos [lasting] [mixed] [actions] [soak] [--seed N]` plays those parts alone. What came of each is kept
in build/chaos, and the document is made of the newest of all four.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import strftime
from typing import Any, Final

from tests.benchmarks.terminal import take_precedence
from tests.chaos import report
from tests.chaos.actions import Rounds, act
from tests.chaos.faults import FAULTS
from tests.chaos.lasting import NOTHING, Figures
from tests.chaos.mixed import Survived
from tests.chaos.play import Told
from tests.chaos.soak import MINUTES, Lived, Minute

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = ROOT / "build" / "chaos"
PARTS: Final = ("lasting", "mixed", "actions", "soak")
AT_ONCE: Final = 3
"""How many faults are measured at the same time: each is waited for more than anything else."""
MIXED: Final = 2000
RUNS: Final = 4
"""Among so many seeds they are divided, each in a process of its own."""
_GIVEN_UP: Final = 5400.0


def _say(sentence: str) -> None:
    print(f"{strftime('%H:%M:%S')} {sentence}", flush=True)


def _ran(*command: str) -> dict[str, Any]:
    """What a process of its own prints, as JSON: processor time and memory are then those of one client."""
    for attempt in range(2):
        ran = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            timeout=_GIVEN_UP,
            check=attempt > 0,
        )
        if not ran.returncode:
            break
        _say(f"{' '.join(command)}: failed, and is played again")
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def _lasting() -> list[Figures]:
    def one(name: str) -> Figures:
        figures = Figures(**_ran("tests.chaos.lasting", name))
        _say(str(figures))
        return figures

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, [fault.name for fault in (NOTHING, *FAULTS)]))


def _mixed(seed: int, count: int) -> list[Survived]:
    def one(each: int) -> Survived:
        document = _ran("tests.chaos.mixed", str(each), str(count // RUNS))
        survived = Survived(**{**document, "told": Told(**document["told"])})
        _say(str(survived))
        return survived

    with ThreadPoolExecutor(RUNS) as pool:
        return list(pool.map(one, range(seed, seed + RUNS)))


def _actions(seed: int) -> list[Rounds]:
    rounds = asyncio.run(act(seed))
    for each in rounds:
        _say(str(each))
    return rounds


def _soak(minutes: int) -> list[Lived]:
    lived = _lived(_ran("tests.chaos.soak", str(minutes)))
    _say(f"{lived.openings} openings, {lived.grown:+.1f} MB, {lived.minutes[-1]}")
    return [lived]


def _lived(document: dict[str, Any]) -> Lived:
    return Lived(**{**document, "minutes": [Minute(**each) for each in document["minutes"]]})


def _keep(part: str, results: Sequence[Any]) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{part}.json").write_text(json.dumps([asdict(each) for each in results]), encoding="utf-8")


def _kept() -> report.Run | None:
    """The newest of each part; None where one is missing."""
    if not all((KEPT / f"{part}.json").exists() for part in PARTS):
        return None
    lasting, mixed, actions, soak = (json.loads((KEPT / f"{part}.json").read_text(encoding="utf-8")) for part in PARTS)
    return report.Run(
        [Figures(**each) for each in lasting],
        [Survived(**{**each, "told": Told(**each["told"])}) for each in mixed],
        [Rounds(**each) for each in actions],
        [_lived(each) for each in soak],
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; default: all")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another order of faults; default: 1")
    parser.add_argument("--faults", type=int, default=MIXED, help=f"how many mixed faults; default: {MIXED}")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)}")
    logging.getLogger("aiohttp.server").disabled = True
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        # nohup, and a shell that runs this in the background, would have the processes that are killed ignore them.
        signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
    _say(f"measured {take_precedence()}")
    play: dict[str, Callable[[], Sequence[Any]]] = {
        "lasting": _lasting,
        "mixed": lambda: _mixed(asked.seed, asked.faults),
        "actions": lambda: _actions(asked.seed),
        "soak": lambda: _soak(MINUTES),
    }
    for part in asked.parts or PARTS:
        _keep(part, play[part]())
    run = _kept()
    if run is None:
        return 0
    report.judge(run)
    for each in run.missed:
        _say(f"MISSED {each}")
    document = report.written(run, f"{datetime.now(UTC):%Y-%m-%d}")
    (ROOT / "docs" / "reliability.md").write_text(document, encoding="utf-8")
    return bool(run.missed)


if __name__ == "__main__":
    sys.exit(main())
