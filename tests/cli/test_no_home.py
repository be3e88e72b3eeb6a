"""A user id without a name and without HOME, as containers on OpenShift have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulated import Witness

NOTE = "ktui: There is no home folder (set HOME): ktui works without its settings, records and audit log.\n"

START = """
import os, pwd
def nobody(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")
pwd.getpwuid = nobody
from ktui.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "arguments", [("get",), ("status", "cart"), ("pause", "cart", "--yes"), ("report",), ("get", "-o", "json")]
)
def test_every_command_works_and_says_once_what_is_missing(
    cart: Witness, kubeconfig: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    there = tmp_path / "there"
    there.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", START, "--kubeconfig", str(kubeconfig), "-n", "shop", *arguments],
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=there,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr.count(NOTE)) == (0, 1)
    assert "Traceback" not in ran.stderr
    assert list(there.iterdir()) == []
    assert arguments[0] != "pause" or cart.deployment().spec.paused
