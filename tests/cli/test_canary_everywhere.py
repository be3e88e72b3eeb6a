"""Holds of every size, on Deployments of every size and strategy, through the real command line and over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ktui.cli.root import main
from ktui.rollout import steps
from ktui.rollout.hold import ANNOTATION
from ktui.sim import SimulatedCluster
from tests.plans.canaries import AMOUNTS, NEW, Watch
from tests.plans.operator import Operator
from tests.sim.deployments import rolling
from tests.simulated import manifest

SIZES = {"1": ["--pods", "1"], "2": ["--pods", "2"], "25%": ["--percent", "25"]}


class Shell:
    """The command line on a cluster whose time passes only here."""

    def __init__(self, cluster: SimulatedCluster, folder: Path) -> None:
        self._cluster = cluster
        self._kubeconfig = str(cluster.write_kubeconfig(folder / "kubeconfig"))

    def run(self, *arguments: str, seconds: float = 30.0) -> int:
        """A command, and what comes of it."""
        code = main(["--kubeconfig", self._kubeconfig, "-n", "shop", *arguments])
        self.advance(seconds)
        return code

    def advance(self, seconds: float) -> None:
        kernel = self._cluster.kernel
        self._cluster.call(lambda: kernel.run_until(kernel.now + seconds))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    replicas=st.integers(1, 50),
    surge=AMOUNTS,
    unavailable=AMOUNTS,
    first=st.sampled_from(list(SIZES)),
    with_surge=st.booleans(),
    to_the_end=st.booleans(),
)
@example(replicas=1, surge=1, unavailable=0, first="1", with_surge=True, to_the_end=True)
@example(replicas=2, surge=1, unavailable=0, first="1", with_surge=False, to_the_end=False)
@example(replicas=50, surge="25%", unavailable="25%", first="25%", with_surge=False, to_the_end=True)
def test_no_more_new_pods_than_are_held_and_the_spec_is_what_it_was(
    own_folders: Path, *, replicas: int, surge: Any, unavailable: Any, first: str, with_surge: bool, to_the_end: bool
) -> None:
    if str(surge).rstrip("%") == "0" and str(unavailable).rstrip("%") == "0":
        surge = 1  # the API server refuses both to be 0
    with SimulatedCluster(seed=replicas).serving() as cluster:
        cluster.pause()
        shell, operator = Shell(cluster, own_folders), Operator(cluster)
        cluster.apply(manifest(replicas=replicas, strategy=rolling(surge, unavailable)))
        shell.advance(60)
        before = operator.spec
        begin = ["canary", "cart", "--image", f"cart={NEW}", *SIZES[first], *([] if with_surge else ["--no-surge"])]
        asked = steps.read_steps(first)
        if steps.wrong(asked, replicas, surge=with_surge):
            assert shell.run(*begin, "--yes") == 1
            assert operator.spec == before
            return

        watch = Watch(cluster)
        held = steps.in_pods(first, replicas)
        watch.most_new, watch.least_ready = held, replicas if with_surge else replicas - held
        assert shell.run(*begin, "--yes") == 0
        assert operator.sizes == {"cart:5.0": held, "cart:4.9": replicas if with_surge else replicas - held}
        assert watch.breaches == []

        watch.most_new, watch.least_ready = None, 0
        end = ["promote", "cart", "--full"] if to_the_end else ["abort", "cart"]
        assert shell.run(*end, "--yes", seconds=120) == 0
        after = operator.spec
        if to_the_end:
            assert after["template"]["spec"]["containers"][0]["image"] == NEW
            after["template"]["spec"]["containers"][0]["image"] = before["template"]["spec"]["containers"][0]["image"]
        assert after == before
        assert ANNOTATION not in operator.annotations
