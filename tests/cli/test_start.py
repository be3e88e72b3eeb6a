"""What a start costs: the first frame waits for nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["aiohttp", "kubernetes_asyncio", "yaml", "ktui.kube.connection", "ktui.sim", "hypothesis"]


@pytest.mark.parametrize(
    "start",
    ["import ktui.cli.root", "import ktui.cli.root, ktui.cli.dashboard"],
    ids=["the command line", "the dashboard until its first frame"],
)
def test_the_client_library_is_not_imported(start: str) -> None:
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
    for module in ("ktui.cli.get", "ktui.kube", "ktui.actions", "ktui.tui", "ktui.rollout"):
        assert f"'{module}" not in ran.stderr
