"""Who imports whom, as it is when the program runs: what the import rules of pyproject.toml cannot see."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_REPORT = """
import json, sys
{code}
print(json.dumps(sorted(sys.modules)))
"""


def _imported(code: str) -> set[str]:
    """The modules that a fresh interpreter holds after it has run this, with every warning an error."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", _REPORT.format(code=code)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert not answer.stderr
    return set(json.loads(answer.stdout))


def _found(imported: set[str], *packages: str) -> set[str]:
    return {name for name in imported for package in packages if name == package or name.startswith(f"{package}.")}


def _all_of(package: str) -> str:
    return (
        f"import importlib, pkgutil, {package}\n"
        f"for module in pkgutil.walk_packages({package}.__path__, '{package}.'): importlib.import_module(module.name)"
    )


def test_the_first_frame_waits_for_no_client_and_no_simulator() -> None:
    imported = _imported("import ktui.cli.root, ktui.cli.dashboard, ktui.tui.app")
    assert not _found(imported, "aiohttp", "kubernetes_asyncio", "yaml", "jsonpatch", "ktui.sim", "ktui.live.session")


def test_the_dashboard_on_a_real_cluster_does_not_load_the_simulator() -> None:
    assert not _found(
        _imported(_all_of("ktui.tui") + "\nimport ktui.cli.dashboard"), "ktui.sim", "ktui.cli.demo.command"
    )


def test_what_is_known_is_worked_out_without_screens_network_or_client() -> None:
    imported = _imported("\n".join(map(_all_of, ("ktui.model", "ktui.rollout", "ktui.plans"))))
    assert not _found(imported, "textual", "rich", "aiohttp", "kubernetes_asyncio", "asyncio", "socket", "click")
    assert not _found(imported, "ktui.kube", "ktui.actions", "ktui.tui", "ktui.cli", "ktui.sim", "ktui.settings")


def test_client_actions_and_live_state_know_no_screen() -> None:
    imported = _imported("\n".join(map(_all_of, ("ktui.kube", "ktui.live", "ktui.actions"))))
    assert not _found(imported, "textual", "rich", "ktui.tui", "ktui.cli", "ktui.sim")


def test_the_client_loads_none_of_the_800_model_classes() -> None:
    imported = _imported(_all_of("ktui.kube") + "\nfrom ktui.kube.auth.library import oidc_library\noidc_library()")
    assert not _found(imported, "kubernetes_asyncio.client.models", "kubernetes_asyncio.client.api")


def test_the_simulator_stands_alone() -> None:
    imported = _imported(_all_of("ktui.sim"))
    others = {name for name in _found(imported, "ktui") if not name.startswith("ktui.sim")}
    assert others == {"ktui"}
    assert not _found(imported, "textual", "rich", "click")


def test_a_command_that_prints_does_not_load_the_dashboard() -> None:
    assert not _found(
        _imported("import ktui.cli.get.command, ktui.cli.status.command, ktui.cli.act.commands"), "textual", "ktui.tui"
    )


@pytest.mark.parametrize("module", ["ktui.__main__", "ktui.cli.root", "ktui.tui.app", "ktui.sim"])
def test_importing_warns_of_nothing_and_prints_nothing(module: str) -> None:
    assert _imported(f"import {module}")


_CLOCKS = """
import ast, importlib.util, pathlib
for module in {packages!r}:
    folder = pathlib.Path(importlib.util.find_spec(module).origin).parent
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert not called.endswith((".now", ".utcnow", ".today", ".monotonic", ".time", ".sleep")), (file, called)
            assert called not in ("open", "print", "input", "monotonic", "perf_counter", "sleep"), (file, called)
"""


def test_there_is_no_clock_and_no_input_or_output_in_model_and_rollout() -> None:
    _imported(_CLOCKS.format(packages=("ktui.model", "ktui.rollout")))
