from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ktui.actions.audit import AuditLog
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.sim import SimulatedCluster
from tests.simulated import NEW, OLD, Witness, image_patch, manifest


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """A cluster of its own, twenty times as fast as life."""
    with SimulatedCluster(speed=20.0, developer_namespace="shop").serving() as cluster:
        yield cluster


@pytest.fixture
def kubeconfig(cluster: SimulatedCluster, tmp_path: Path) -> Path:
    return cluster.write_kubeconfig(tmp_path / "kubeconfig")


@pytest.fixture
def cart(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[Witness]:
    """shop/cart: revision 1 is cart:4.9, revision 2 is cart:5.0, both complete."""
    witness = Witness(kubeconfig)
    cluster.apply(manifest(OLD))
    cluster.settle()
    witness.patch(image_patch(NEW))
    cluster.settle()
    yield witness
    witness.close()


@pytest.fixture
async def api(kubeconfig: Path) -> AsyncIterator[Api]:
    async with await connect(Access(str(kubeconfig), namespace="shop"), Surroundings(environ={})) as connection:
        yield Api(connection)


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "state" / "audit.jsonl")
