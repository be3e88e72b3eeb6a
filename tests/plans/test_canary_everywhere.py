"""Holds of every size, on Deployments of every size and strategy, in virtual time (issue 4)."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ktui.kinds.deployment.strategy import promised
from ktui.plans.request import Abort, Promote
from ktui.rollout import steps
from ktui.rollout.hold import ANNOTATION
from ktui.sim import SimulatedCluster
from ktui.sim.controllers.common import is_active
from tests.plans.canaries import AMOUNTS, NEW, Watch, is_new
from tests.plans.operator import NAMESPACE, Operator, canary
from tests.sim.deployments import rolling
from tests.simulated import manifest


@settings(max_examples=10, deadline=None)
@given(
    replicas=st.integers(1, 50),
    surge=AMOUNTS,
    unavailable=AMOUNTS,
    min_ready=st.integers(0, 3),
    first=st.sampled_from(["1", "2", "25%"]),
    with_surge=st.booleans(),
    to_the_end=st.booleans(),
    seed=st.integers(0, 1000),
)
@example(2, 1, 0, 0, "1", False, True, 0)
@example(1, 1, 0, 0, "1", True, True, 0)
@example(50, "25%", "25%", 0, "25%", False, False, 0)
def test_no_more_new_pods_than_are_held_and_no_less_capacity_than_is_promised(  # noqa: PLR0917
    replicas: int,
    surge: int | str,
    unavailable: int | str,
    min_ready: int,
    first: str,
    with_surge: bool,
    to_the_end: bool,
    seed: int,
) -> None:
    if str(surge).rstrip("%") == "0" and str(unavailable).rstrip("%") == "0":
        surge = 1  # the API server refuses both to be 0
    cluster = SimulatedCluster(seed=seed)
    cluster.apply(manifest(replicas=replicas, strategy=rolling(surge, unavailable), minReadySeconds=min_ready))
    cluster.settle(120)
    cluster.run_for(10)
    operator = Operator(cluster)
    before, promise = operator.spec, _promise(operator)
    request = canary(NEW, first, surge=with_surge)
    if steps.wrong(request.steps, replicas, surge=with_surge):
        assert operator.refused(request)
        return

    watch = Watch(cluster)
    held = steps.in_pods(first, replicas)
    watch.most_new, watch.least_ready = held, replicas if with_surge else replicas - held
    operator.send(request, 30)
    assert operator.sizes == {"cart:5.0": held, "cart:4.9": replicas if with_surge else replicas - held}
    assert operator.hold is not None
    assert operator.hold.disturbance is None

    more = held + max(1, replicas // 4)
    if more < replicas:
        watch.most_new, watch.least_ready = more, replicas if with_surge else replicas - more
        operator.send(Promote(str(more)), 30)
        assert operator.sizes["cart:5.0"] == more
        held = more

    watch.most_new = None if to_the_end else held
    watch.least_ready = min(watch.least_ready, promise) if with_surge else min(promise, replicas - held)
    operator.send(Promote(steps.FULL) if to_the_end else Abort(), 5)
    cluster.settle(300)
    assert watch.breaches == []
    after = operator.spec
    if to_the_end:
        assert is_new(after["template"])
        after["template"]["spec"]["containers"][0]["image"] = before["template"]["spec"]["containers"][0]["image"]
    assert after == before
    assert ANNOTATION not in operator.annotations
    assert len([pod for pod in cluster.list("pods", NAMESPACE) if is_active(pod)]) == replicas


def _promise(operator: Operator) -> int:
    return promised(operator.subject.workload)
