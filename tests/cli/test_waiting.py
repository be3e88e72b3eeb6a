"""What takes its time says so on a terminal, with how far it is and how it is stopped; elsewhere nothing is added."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import OLD, manifest
from tests.terminal import Terminal


@pytest.fixture
def many(cluster: SimulatedCluster) -> Iterator[SimulatedCluster]:
    """More pods than a page of a list has."""
    cluster.apply(manifest(OLD, replicas=510))
    cluster.settle()
    yield cluster
    cluster.faults.clear()


def test_a_list_that_is_read_and_a_server_that_does_not_answer(
    many: SimulatedCluster, kubeconfig: Path, own_folders: Path, ktui: Ktui
) -> None:
    many.faults.delay_seconds = 0.8
    arguments = ("-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", "get")
    with Terminal.python(*arguments, home=own_folders) as terminal:
        terminal.sees("Waiting for the server, 1s · ctrl+c stops waiting", "Reading 500 of 510 pods · ctrl+c")
        terminal.sees("510/510")
        assert terminal.ends() == 0
    # Nothing of it is left.
    assert "Waiting" not in terminal.text
    assert "Reading" not in terminal.text
    with many.faults.silence(), Terminal.python(*arguments, home=own_folders) as terminal:
        terminal.sees("Waiting for the server")
        terminal.press("\x03")
        assert terminal.ends() == 130
        assert "Waiting" not in terminal.text
    # A file gets what was asked for, and nothing else.
    assert ktui("get").err == ""
