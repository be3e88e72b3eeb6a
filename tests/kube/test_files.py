"""What stands in the place of a file of a kubeconfig is read, or refused in time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ktui.kube.auth import files
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings, choose
from ktui.kube.auth.files import first_bytes
from ktui.kube.auth.kubeconfig_schema import Cluster, User
from ktui.kube.auth.tls import read_material
from ktui.kube.connection import connect
from ktui.kube.errors import ConfigError, CredentialError
from tests.kube.conftest import WriteKubeconfig


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def test_what_is_there_is_read(tmp_path: Path, fifo: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 200_000)
    assert first_bytes(tmp_path / "file", 1_000_000) == b"x" * 200_000
    assert first_bytes(tmp_path / "file", 10) == b"x" * 10
    assert first_bytes(Path("/dev/zero"), 100_000) == bytes(100_000)
    writer = threading.Thread(target=fifo.write_bytes, args=(b"y" * 200_000,))
    writer.start()
    assert first_bytes(fifo, 1_000_000) == b"y" * 200_000
    writer.join()
    with pytest.raises(IsADirectoryError):
        first_bytes(tmp_path, 10)


@pytest.mark.parametrize("is_open", [False, True], ids=["no writer", "a writer that writes nothing"])
async def test_a_pipe_that_nobody_writes_to_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, write_kubeconfig: WriteKubeconfig, fifo: Path, is_open: bool
) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.01)
    writer = os.open(fifo, os.O_RDWR) if is_open else None
    reads: list[Callable[[], object]] = [
        lambda: choose(Access(kubeconfig=str(fifo)), Surroundings(environ={})),
        lambda: read_material(Cluster(server="https://a", certificate_authority=str(fifo)), User()),
    ]
    for read in reads:
        with pytest.raises(ConfigError, match="cannot be read: nobody has written to it for"):
            read()
    with pytest.raises(CredentialError, match="missing or empty"):
        await connect(Access(write_kubeconfig("https://127.0.0.1", {"tokenFile": str(fifo)})))
    if writer is not None:
        os.close(writer)
