"""Commands from start to end, against kubectl doing the same on the same server, turn by turn."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ktui.sim import SimulatedCluster
from tests.benchmarks.report import Figure

_KTUI: Final = (sys.executable, "-m", "ktui")
_KUBECTL: Final = str(Path(sys.executable).parent / "kubectl")

_Environment = dict[str, str]

_AGAINST_KUBECTL: Final[tuple[tuple[str, Sequence[str], _Environment, Sequence[str]], ...]] = (
    ("get", (*_KTUI, "get", "-n", "shop"), {}, (_KUBECTL, "get", "deployments", "-n", "shop")),
    (
        "status of a rollout that is complete",
        (*_KTUI, "status", "storefront", "-n", "shop"),
        {},
        (_KUBECTL, "rollout", "status", "deployment/storefront", "-n", "shop"),
    ),
    (
        "names that a shell completes",
        _KTUI,
        {"_KTUI_COMPLETE": "bash_complete", "COMP_WORDS": "ktui -n shop status ", "COMP_CWORD": "4"},
        (_KUBECTL, "__complete", "-n", "shop", "rollout", "status", "deployment", ""),
    ),
)
_AGAINST_PYTHON: Final = ("--version", "--help")


def commands(runs: int) -> list[Figure]:
    """The best of so many, by the clock."""
    figures = []
    quiet = SimulatedCluster(seed=1)
    quiet.load("demo")
    with tempfile.TemporaryDirectory(prefix="ktui-bench-") as folder, quiet.serving() as cluster:
        # What others do in it costs the same for both, and time.
        cluster.pause()
        config = cluster.write_kubeconfig(Path(folder) / "config")
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "KUBECONFIG": str(config), "TERM": "xterm"}
        for what, ours, own, theirs in _AGAINST_KUBECTL:
            ktui, kubectl = _in_turn(((ours, environment | own), (theirs, environment)), runs)
            told = f"kubectl {kubectl:.2f} s"
            figures.append(Figure(what, ktui, "s", 8 * kubectl, told, 2.5 * kubectl))
        for flag in _AGAINST_PYTHON:
            nothing = (sys.executable, "-c", "pass")
            ktui, python = _in_turn((((*_KTUI, flag), environment), (nothing, environment)), runs)
            figures.append(Figure(flag, ktui, "s", 5 * python, f"python -c pass {python:.3f} s", 3 * python))
    return figures


def _in_turn(programs: Sequence[tuple[Sequence[str], _Environment]], runs: int) -> list[float]:
    took: list[list[float]] = [[] for _ in programs]
    for _ in range(runs):
        for times, (command, environment) in zip(took, programs, strict=True):
            begun = time.monotonic()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            times.append(time.monotonic() - begun)
    return [min(times) for times in took]
