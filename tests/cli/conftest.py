"""The real command line against the simulated cluster over HTTP, with the official client as the witness."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ktui.cli.exit_codes import BUG
from ktui.cli.root import main
from ktui.sim import SimulatedCluster
from tests.cli.sets import Sets
from tests.cli.sets import manifest as set_manifest
from tests.simulated import NEW, OLD, STUCK, Witness, image_patch, manifest


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


Ktui = Callable[..., Ran]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No setting, kubeconfig or log of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("KTUI_") or name == "KUBECONFIG"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def state(own_folders: Path) -> Path:
    """ktui's state folder."""
    return own_folders / "state" / "ktui"


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """A cluster of its own, twenty times as fast as life."""
    with SimulatedCluster(speed=20.0, developer_namespace="shop").serving() as cluster:
        yield cluster


@pytest.fixture
def kubeconfig(cluster: SimulatedCluster, tmp_path: Path) -> Path:
    """The kubeconfig of its administrator."""
    return cluster.write_kubeconfig(tmp_path / "kubeconfig")


@pytest.fixture
def ktui(kubeconfig: Path, state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ktui:
    """Run the command line in this process, in the namespace `shop` unless it is told another."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("KTUI_NAMESPACE", "shop")
    crash = state / "crash.log"

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(list(arguments))
        captured = capsys.readouterr()
        if code == BUG and crash.exists():
            print(crash.read_text())
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def ktui_process(kubeconfig: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line as a process of its own; however the test ends, none of them outlasts it."""
    with ExitStack() as started:

        def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", *arguments],
                text=True,
                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


@pytest.fixture
def witness(kubeconfig: Path) -> Iterator[Witness]:
    witness = Witness(kubeconfig)
    yield witness
    witness.close()


@pytest.fixture
def cart(cluster: SimulatedCluster, witness: Witness) -> Witness:
    """shop/cart: revision 1 is cart:4.9, revision 2 is cart:5.0, both complete."""
    cluster.apply(manifest(OLD))
    cluster.settle()
    witness.patch(image_patch(NEW))
    cluster.settle()
    return witness


@pytest.fixture
def stuck(cluster: SimulatedCluster, cart: Witness) -> Witness:
    """shop/cart with a third revision whose image cannot be pulled: it stays in the middle of its rollout."""
    cart.patch(image_patch(STUCK))
    cluster.wait_until(cannot_pull)
    return cart


def cannot_pull(cluster: SimulatedCluster) -> bool:
    return any(
        (status["state"].get("waiting") or {}).get("reason") in ("ErrImagePull", "ImagePullBackOff")
        for pod in cluster.list("pods", "shop")
        for status in pod["status"].get("containerStatuses") or ()
    )


@pytest.fixture
def sets(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[Sets]:
    """shop/db, three pods, and shop/agent, one on each node: revision 1 of both, complete."""
    sets = Sets(kubeconfig, cluster)
    cluster.apply(set_manifest("StatefulSet", "db", "1", replicas=3, serviceName="db"))
    cluster.apply(set_manifest("DaemonSet", "agent", "1"))
    sets.settle()
    yield sets
    sets.close()
