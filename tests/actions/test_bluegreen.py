"""A switch sent to a server that loses answers, or whose Service changed meanwhile; the official client looks on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done, Failed
from ktui.actions.perform import perform
from ktui.actions.preview import preview
from ktui.actions.read_service import read_service
from ktui.kube.api import Api
from ktui.plans.plan import Plan
from ktui.plans.request import Switch
from ktui.plans.switch import NotAvailable, plan_switch
from ktui.sim import SimulatedCluster
from tests.bluegreen import ServiceWitness, make_pair, service


@pytest.fixture
def shop(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[ServiceWitness]:
    make_pair(cluster)
    cluster.settle()
    witness = ServiceWitness(kubeconfig)
    yield witness
    witness.close()


async def planned(api: Api, request: Switch | None = None) -> Plan:
    made = plan_switch(request or Switch(), await read_service(api, "shop", "shop", ("kubectl", "--context", "prod")))
    assert isinstance(made, Plan), made
    return made


async def test_the_plan_tests_the_service_and_the_selector_that_it_replaces(api: Api, shop: ServiceWitness) -> None:
    made = await planned(api)
    assert made.patch == (
        {"op": "test", "path": "/metadata/uid", "value": shop.service().metadata.uid},
        {"op": "test", "path": "/spec/selector", "value": {"app": "shop", "color": "blue"}},
        {"op": "add", "path": "/spec/selector/color", "value": "green"},
    )
    assert made.path == "/api/v1/namespaces/shop/services/shop"
    assert made.undo.request == Switch("blue")
    assert made.commands == (
        "kubectl --context prod -n shop patch service/shop --type=merge "
        """-p '{"spec":{"selector":{"color":"green"}}}'""",
    )


async def test_the_undo_of_a_switch_is_a_switch_back(api: Api, shop: ServiceWitness, log: AuditLog) -> None:
    made = await planned(api)
    assert isinstance((await perform(api, made, log)).outcome, Done)
    undo = made.undo.request
    assert isinstance(undo, Switch)
    assert isinstance((await perform(api, await planned(api, undo), log)).outcome, Done)
    assert shop.colour() == "blue"
    assert [(entry.resource, entry.outcome) for entry in log.tail()] == [("services", "done")] * 2


async def test_what_was_switched_meanwhile_is_a_conflict(api: Api, shop: ServiceWitness, log: AuditLog) -> None:
    made = await planned(api)
    shop.select("green")
    for outcome in (await preview(api, made), (await perform(api, made, log)).outcome):
        assert isinstance(outcome, Conflict)
        assert (
            "was switched in the meantime, to app=shop, color=green; it was app=shop, color=blue." in outcome.sentence
        )
    assert shop.colour() == "green"


async def test_another_service_of_the_same_name_is_not_touched(
    api: Api, shop: ServiceWitness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api)
    shop.delete()
    outcome = (await perform(api, made, log)).outcome
    assert outcome == Conflict("Service shop/shop no longer exists.", gone=True)
    cluster.apply(service())
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Conflict)
    assert outcome.sentence.startswith("Service shop/shop was deleted and created again")
    assert shop.colour() == "blue"


async def test_a_lost_answer_is_looked_after(
    api: Api, shop: ServiceWitness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api)
    cluster.faults.lose_answers()
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Done)
    assert outcome.sentence == (
        "The response was lost. The change was applied. Service shop/shop switched from blue to green."
    )
    cluster.faults.fail_next(1, 500, verb="patch")
    outcome = (await perform(api, await planned(api), log)).outcome
    assert isinstance(outcome, Failed)
    assert shop.colour() == "green"


async def test_what_may_not_be_read_is_left_out(api: Api, shop: ServiceWitness, cluster: SimulatedCluster) -> None:
    for resource in ("pods", "endpointslices", "ingresses"):
        cluster.faults.forbid("list", resource)
    made = await planned(api)
    assert made.effects[0].startswith("3 endpoints of blue (shop-blue, image shop:1.0) give way to 3 of green")


async def test_scaled_to_zero_is_refused_unless_it_is_forced(
    api: Api, shop: ServiceWitness, cluster: SimulatedCluster
) -> None:
    shop.apps.patch_namespaced_deployment("shop-green", "shop", {"spec": {"replicas": 0}})
    cluster.settle()
    refused = plan_switch(Switch(), await read_service(api, "shop", "shop"))
    assert refused == NotAvailable("green is not fully available: shop-green is scaled to zero")
    made = await planned(api, Switch(force=True))
    assert made.warnings == (
        "FORCED: green is not fully available: shop-green is scaled to zero.",
        "No pod of green is ready: nothing will answer.",
    )
