"""What a start costs: the first frame waits for nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ktui.tui import stylesheets

HEAVY = [
    "aiohttp", "kubernetes_asyncio", "yaml", "sqlite3", "tomllib", "ktui.kube.connection", "ktui.sim", "ktui.actions",
    "ktui.kinds.deployment.diagnosis", "ktui.kinds.controller_revisions.diagnosis", "ktui.rollout.detail",
    "ktui.plans.plan", "ktui.tui.detail.screen", "hypothesis",
]  # fmt: skip


@pytest.mark.parametrize(
    "start",
    ["import ktui.cli.root", "import ktui.cli.root, ktui.cli.dashboard"],
    ids=["the command line", "the dashboard until its first frame"],
)
def test_nothing_is_imported_that_is_not_needed_yet(start: str) -> None:
    code = f"{start}\nimport sys\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_help_imports_no_command() -> None:
    code = (
        "import sys, ktui.cli.root as root\n"
        "code = root.main(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('ktui.') and name.count('.') > 1], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "ktui.cli.options" in ran.stderr
    for module in ("ktui.cli.get.command", "ktui.kube", "ktui.actions", "ktui.tui", "ktui.rollout"):
        assert f"'{module}" not in ran.stderr


def test_every_style_sheet_is_read_with_the_first_frame_or_after_it() -> None:
    read = {Path(sheet) for sheet in (*stylesheets.FIRST, *stylesheets.OTHERS)}
    assert read == set(next(iter(read)).parent.glob("*.tcss"))
