"""A simulated cluster that the real kubectl talks to, one for each module of tests."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.sim.certificates import issued
from tests.sim.kubectl import MANIFEST, Kubectl


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCluster]:
    cluster = SimulatedCluster(speed=20.0, developer_namespace="shop")
    with cluster.serving(tls=issued(tmp_path_factory.mktemp("tls"))):
        yield cluster


@pytest.fixture(scope="module")
def home(cluster: SimulatedCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a kubeconfig for each user, in which kubectl keeps what it has discovered."""
    home = tmp_path_factory.mktemp("home")
    for user in ("admin", "viewer", "developer"):
        cluster.write_kubeconfig(home / user, user)
    return home


@pytest.fixture
def kubectl(home: Path, request: pytest.FixtureRequest) -> Kubectl:
    """As the admin, in a namespace of this test's own."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:50].strip("-")
    kubectl = Kubectl(home / "admin", home, name)
    kubectl.ok("create", "namespace", name)
    return kubectl


@pytest.fixture
def web(kubectl: Kubectl) -> Kubectl:
    """With a Deployment of three pods, rolled out."""
    kubectl.ok("apply", "-f", "-", stdin=MANIFEST)
    kubectl.until_rolled_out()
    return kubectl
