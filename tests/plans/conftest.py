from __future__ import annotations

import pytest

from ktui.sim import SimulatedCluster
from tests.plans.disturbed import BEFORE
from tests.plans.operator import Operator
from tests.simulated import manifest


@pytest.fixture
def operator() -> Operator:
    """shop/cart with 12 pods of cart:4.9, complete, with settings of its own."""
    cluster = SimulatedCluster(seed=3)
    cluster.apply(manifest(replicas=12, **BEFORE))
    cluster.settle()
    cluster.run_for(10)
    return Operator(cluster)
