"""What commands say of an object that cannot be read: one of each kind, with a field of another type."""

from __future__ import annotations

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import manifest
from tests.spoiled import SPOILED, define_all, spoil

COMMANDS = ["get", "status", "history", "diff", "timeline", "logs", "resources", "restart"]


@pytest.fixture
def odd(cluster: SimulatedCluster) -> SimulatedCluster:
    """One of each kind in `shop`, which no controller reads, and `shop/cart`, which can be read."""
    define_all(cluster)
    cluster.apply(manifest())
    cluster.settle()
    spoil(cluster)
    return cluster


@pytest.mark.usefixtures("odd")
def test_every_command_names_the_object_the_field_and_what_to_do(ktui: Ktui) -> None:
    for each in SPOILED:
        for command in COMMANDS:
            ran = ktui(command, f"{each.plural}/odd", *(["--yes"] if command == "restart" else []))
            assert (ran.code, ran.out) == (1, ""), (command, each, ran)
            assert ran.err == (
                f"ktui: {each.why_not}\n"
                f"The cluster has it like this; `kubectl edit {each.plural} odd -n shop` corrects it.\n"
            ), (command, ran.err)


@pytest.mark.usefixtures("odd")
def test_the_list_has_the_others_and_names_each(ktui: Ktui) -> None:
    ran = ktui("get")
    assert [line.split()[0] for line in ran.lines] == ["NAME", "cart"]
    named = sorted(f"ktui: {each.sentence}" for each in SPOILED)
    assert sorted(ran.err.splitlines()) == named
    # The parts of what is rolled out are read whatever their labels are, and named once.
    assert len(ktui("get", "-l", "app=cart").err.splitlines()) <= len(named)


def test_a_revision_that_cannot_be_read_is_named(ktui: Ktui, cluster: SimulatedCluster) -> None:
    cluster.apply(manifest())
    cluster.settle()
    cluster.pause()
    resource = cluster.api.catalog.named("replicasets.apps")
    (whole,) = cluster.list("replicasets", "shop")
    spoiled = whole | {"spec": whole["spec"] | {"replicas": []}}
    cluster.call(lambda: cluster.api.storage.put(resource, spoiled))
    name = whole["metadata"]["name"]
    for arguments in (["history", "cart"], ["restart", "cart", "--yes"]):
        ran = ktui(*arguments)
        assert ran.code == 1
        assert ran.err.startswith(f"ktui: The ReplicaSet {name} cannot be read: spec.replicas must be a whole number")
        assert f"kubectl edit replicasets.apps {name} -n shop" in ran.err


@pytest.mark.parametrize(
    ("selector", "why"),
    [
        (5, "spec.selector must be an object, and is a whole number"),
        ({"matchLabels": ["app"]}, "spec.selector.matchLabels must be an object, and is a list"),
        ({"matchExpressions": "app"}, "spec.selector.matchExpressions must be a list, and is text"),
        ({"matchExpressions": [{"key": "app"}]}, "spec.selector.matchExpressions[0].operator is missing"),
    ],
)
def test_a_selector_that_cannot_be_read_is_named(
    ktui: Ktui, cluster: SimulatedCluster, selector: object, why: str
) -> None:
    define_all(cluster)
    spoil(cluster, selector=selector)
    # A Canary, a Knative Service and a Kruise Rollout have none; `status` has no need of it.
    for each in SPOILED[:7]:
        for command in (name for name in COMMANDS if name != "status"):
            ran = ktui(command, f"{each.plural}/odd", *(["--yes"] if command == "restart" else []))
            assert (ran.code, ran.err.splitlines()[0]) == (1, f"ktui: The {each.title} odd cannot be read: {why}.")
