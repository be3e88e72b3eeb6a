"""The abort that nobody is asked about: only of the rollout it was armed for, only once, and never by force."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ktui.actions.audit import AuditLog
from ktui.actions.auto_abort import auto_abort
from ktui.actions.read import Reader
from ktui.kinds.auto_abort import Armed, arm
from ktui.kube.api import Api
from ktui.model.reference import Reference
from ktui.sim import SimulatedCluster
from tests.simulated import NEW, STUCK, Witness, image_patch, manifest

CAUSE = "image cart:nopull cannot be pulled"
FOREIGN = "registry.example/shop/cart:7.0"


@pytest.fixture
async def armed(api: Api, cart: Witness) -> Armed:
    """shop/cart on its way to an image that cannot be pulled."""
    cart.patch(image_patch(STUCK))
    return arm((await Reader(api).subject("shop", Reference("cart"))).workload)


async def test_it_goes_back_and_the_log_says_that_it_was_automatic(
    api: Api, armed: Armed, cart: Witness, log: AuditLog
) -> None:
    aborted = await auto_abort(Reader(api), armed, CAUSE, log)
    assert aborted.is_done
    assert aborted.sentence.endswith(f"This was automatic, because {CAUSE}.")
    assert cart.image() == NEW
    (entry,) = log.tail()
    assert (entry.outcome, entry.automatic, entry.uid) == ("done", CAUSE, armed.uid)


async def test_a_second_one_finds_another_template(api: Api, armed: Armed, cart: Witness, log: AuditLog) -> None:
    assert (await auto_abort(Reader(api), armed, CAUSE, log)).is_done
    again = await auto_abort(Reader(api), armed, CAUSE, log)
    assert again.sentence == "shop/cart was not aborted: its pod template was changed: that is another rollout."
    assert cart.image() == NEW
    assert len(log.tail()) == 1


async def test_pods_added_by_someone_else_stay(api: Api, armed: Armed, cart: Witness, log: AuditLog) -> None:
    cart.patch({"spec": {"replicas": 7}})
    assert (await auto_abort(Reader(api), armed, CAUSE, log)).is_done
    assert (cart.image(), cart.deployment().spec.replicas) == (NEW, 7)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (image_patch(FOREIGN), "its pod template was changed"),
        ({"spec": {"paused": True}}, "it was paused"),
    ],
    ids=["template", "paused"],
)
async def test_what_someone_else_changed_in_the_last_moment_is_let_be(
    *, api: Api, armed: Armed, cart: Witness, log: AuditLog, body: dict[str, object], reason: str
) -> None:
    def changed_meanwhile() -> datetime:
        """Between the reading and the dry run."""
        cart.patch(body)
        return datetime.now(UTC)

    aborted = await auto_abort(Reader(api, clock=changed_meanwhile), armed, CAUSE, log)
    assert not aborted.is_done
    assert aborted.sentence.startswith(f"shop/cart was not aborted: {reason}")
    assert cart.image() == (FOREIGN if reason.startswith("its") else STUCK)
    assert log.tail() == ()


async def test_another_deployment_of_that_name_is_let_be(
    api: Api, armed: Armed, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    cart.delete()
    cluster.settle()
    cluster.apply(manifest(STUCK))
    aborted = await auto_abort(Reader(api), armed, CAUSE, log)
    assert "another one has its name now" in aborted.sentence
    assert cart.image() == STUCK


async def test_a_server_that_cannot_be_asked(
    api: Api, armed: Armed, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    with cluster.faults.refusing_connections():
        aborted = await auto_abort(Reader(api), armed, CAUSE, log)
    assert not aborted.is_done
    assert aborted.sentence.startswith("shop/cart was not aborted: ")
    assert cart.image() == STUCK
