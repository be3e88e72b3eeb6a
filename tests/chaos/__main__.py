"""`make chaos`: everything goes wrong, in real time and in great number, and docs/reliability.md tells what came of it.

`python -m tests.chaos [lasting] [mixed] [actions] [--seed N]` plays those parts alone, and writes no document.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from time import strftime
from typing import Any, Final

from tests.benchmarks.terminal import take_precedence
from tests.chaos import report
from tests.chaos.actions import Rounds, act
from tests.chaos.faults import FAULTS
from tests.chaos.lasting import Figures
from tests.chaos.mixed import Survived
from tests.chaos.play import Told

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("lasting", "mixed", "actions")
AT_ONCE: Final = 6
"""How many faults are measured at the same time: each is waited for more than anything else."""
MIXED: Final = 2000
RUNS: Final = 4
"""Among so many seeds they are divided, each in a process of its own."""
_GIVEN_UP: Final = 3600.0


def _say(sentence: str) -> None:
    print(f"{strftime('%H:%M:%S')} {sentence}", flush=True)


def _ran(*command: str) -> dict[str, Any]:
    """What a process of its own prints, as JSON: processor time and memory are then those of one client."""
    ran = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=_GIVEN_UP, check=True
    )
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def _lasting() -> list[Figures]:
    def one(name: str) -> Figures:
        figures = Figures(**_ran("tests.chaos.lasting", name))
        _say(str(figures))
        return figures

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, [fault.name for fault in FAULTS]))


def _mixed(seed: int, count: int) -> list[tuple[int, Survived]]:
    def one(each: int) -> tuple[int, Survived]:
        document = _ran("tests.chaos.mixed", str(each), str(count // RUNS))
        survived = Survived(**{**document, "told": Told(**document["told"])})
        _say(f"seed {each}: {survived}")
        return each, survived

    with ThreadPoolExecutor(RUNS) as pool:
        return list(pool.map(one, range(seed, seed + RUNS)))


def _actions(seed: int) -> list[Rounds]:
    rounds = asyncio.run(act(seed))
    for each in rounds:
        _say(str(each))
    return rounds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; default: all")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another order of faults; default: 1")
    parser.add_argument("--faults", type=int, default=MIXED, help=f"how many mixed faults; default: {MIXED}")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)}")
    logging.getLogger("aiohttp.server").disabled = True
    _say(f"measured {take_precedence()}")
    parts, run = asked.parts or PARTS, report.Run()
    if "lasting" in parts:
        run.lasting = _lasting()
    if "mixed" in parts:
        run.mixed = _mixed(asked.seed, asked.faults)
    if "actions" in parts:
        run.actions = _actions(asked.seed)
    report.judge(run)
    for each in run.missed:
        _say(f"MISSED {each}")
    if set(parts) == set(PARTS):
        document = report.written(run, f"{datetime.now(UTC):%Y-%m-%d}")
        (ROOT / "docs" / "reliability.md").write_text(document, encoding="utf-8")
    return bool(run.missed)


if __name__ == "__main__":
    sys.exit(main())
