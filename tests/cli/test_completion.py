"""What Tab offers, asked of click as the scripts of the shells ask it, and once of a real shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from ktui.cli.root import root
from ktui.sim import SimulatedCluster
from tests.tui.conftest import Stage


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("completion")
    with SimulatedCluster(seed=3, name="prod-eu").serving() as cluster:
        stage = Stage(cluster, folder)
        stage.deploy("cart", "cart:1.0", replicas=1)
        stage.deploy("catalog", "catalog:1.0", replicas=1)
        stage.deploy("other", "other:1.0", namespace="search", replicas=1)
        stage.advance(20)
        stage.set_image("cart", "cart:2.0")
        stage.advance(20)
        yield stage.kubeconfig()
        stage.close()


@pytest.fixture(autouse=True)
def _around(kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("HOME", str(tmp_path))


def offered(line: str) -> list[str]:
    """What is offered for the last word of a line."""
    *words, incomplete = line.split(" ")
    found = BashComplete(root, {}, "ktui", "_KTUI_COMPLETE").get_completions(words, incomplete)
    return [each.value for each in found]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sta", ["status"]),
        ("status -n shop ca", ["cart", "catalog"]),
        ("-n shop status ca", ["cart", "catalog"]),
        ("-n search status ca", []),
        ("-n search open ", ["other"]),
        ("-n shop status deploy/cat", ["deploy/catalog"]),
        ("-n shop history deploy cat", ["catalog"]),
        ("-n shop status sts/", []),
        ("-n shop pause cart ", ["catalog"]),
        ("-n shop report c", ["cart", "catalog"]),
        ("status -n se", ["search"]),
        (
            "status --context p",
            ["prod-eu", "prod-eu-developer", "prod-eu-releaser", "prod-eu-stranger", "prod-eu-viewer"],
        ),
        ("-n shop rollback cart --to-revision ", ["2", "1"]),
        ("-n shop history deploy cart --revision ", ["2", "1"]),
        ("-n shop diff cart --from 1 --to ", ["2", "1"]),
        ("-n shop logs cart -c ", ["cart"]),
        ("-n shop logs nothing-such -c ", []),
        ("demo blue", ["blue-green"]),
        ("--theme textual-l", ["textual-light"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("chec x", []),
    ],
)
def test_what_is_offered(line: str, words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert offered(line) == words
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("line", ["-n shop status ", "status -n ", "-n shop rollback cart --to-revision "])
def test_without_a_cluster_it_is_silent(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for content in (None, "no: kubeconfig", '{"current-context": "gone"}'):
        path = tmp_path / "kubeconfig"
        if content is not None:
            path.write_text(content)
        monkeypatch.setenv("KUBECONFIG", str(path))
        assert offered(line) == []
    assert capfd.readouterr() == ("", "")


def _run(shell: str, script: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [shell, "-c", script], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True
    )
    assert ran.stderr == ""
    return ran.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_in_a_real_bash() -> None:
    script = """
        source <(ktui completion bash)
        COMP_WORDS=(ktui -n shop status ca) COMP_CWORD=4
        _ktui_completion ktui
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert _run("bash", script).split() == ["cart", "catalog"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_in_a_real_fish() -> None:
    shown = _run("fish", "ktui completion fish | source; complete -C 'ktui -n shop status ca'")
    assert [line.split("\t")[0] for line in shown.splitlines()] == ["cart", "catalog"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_a_real_zsh_takes_the_script() -> None:
    script = 'autoload -Uz compinit && compinit -u -D; eval "$(ktui completion zsh)"; whence -w _ktui_completion'
    assert _run("zsh", script) == "_ktui_completion: function\n"
