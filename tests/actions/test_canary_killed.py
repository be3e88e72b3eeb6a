"""ktui ends between any two of its calls: the cluster has the state before or the one after, and another goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Done
from ktui.actions.perform import perform
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Reader
from ktui.kinds.deployment.hold import hold_of
from ktui.kinds.planning import plan
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.objects import Deployment, ReplicaSet
from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS, REPLICASETS
from ktui.model.template import decode_hook
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Canary, Promote, Request
from ktui.rollout.hold import ANNOTATION, Hold
from ktui.sim import SimulatedCluster
from tests.simulated import NEW, Witness, deployment_of

JSON = dict[str, Any]
BEGIN = Canary(steps=("1", "2", "100%"), images=(("cart", "registry.example/shop/cart:6.0"),))


class Killed(BaseException):
    """The end of a process, as far as what it does in the cluster goes."""


class Mortal:
    """A connection's requests, until one of them is the last."""

    def __init__(self, request: Callable[..., Awaitable[bytes]], last: int, *, answered: bool) -> None:
        self._request, self._last, self._answered = request, last, answered
        self._made = 0

    async def __call__(self, *arguments: Any, **options: Any) -> bytes:
        self._made += 1
        is_last = self._made == self._last
        if is_last and not self._answered:
            raise Killed
        try:
            return await self._request(*arguments, **options)
        finally:
            # A refusal is an answer too.
            if is_last:
                raise Killed


async def carry_out(api: Api, request: Request, log: AuditLog) -> None:
    made = plan(request, await Reader(api).subject("shop", Reference("cart")))
    assert isinstance(made, Plan), made
    assert isinstance(await preview(api, made), Preview)
    assert isinstance((await perform(api, made, log)).outcome, Done)


def state(witness: Witness) -> JSON:
    """The spec and the record; who begins a hold when is not what counts here."""
    raw = witness.raw()
    return {"spec": raw["spec"], "held": ANNOTATION in (raw["metadata"].get("annotations") or {})}


REQUESTS: dict[str, tuple[Request, tuple[Request, ...]]] = {
    "canary": (BEGIN, ()),
    "next step": (Promote(), (BEGIN,)),
    "in full": (Promote("100%"), (BEGIN,)),
    "abort": (Abort(), (BEGIN,)),
}
"""Each with what has to be done first."""


@pytest.mark.parametrize("name", list(REQUESTS))
@pytest.mark.parametrize("answered", [False, True])
async def test_killed_at_any_call(
    name: str, *, answered: bool, cluster: SimulatedCluster, cart: Witness, api: Api, log: AuditLog
) -> None:
    request, first = REQUESTS[name]
    original = state(cart)

    async def as_before() -> JSON:
        await _undone(api, cluster, log, original, cart)
        cluster.settle()
        cluster.wait_until(lambda _: _is_at_rest(cluster))
        cluster.settle()
        for each in first:
            await carry_out(api, each, log)
        cluster.wait_until(lambda _: _is_observed(cluster))
        return state(cart)

    before = await as_before()
    await carry_out(api, request, log)
    after = state(cart)
    assert after != before
    found, send = [], api.connection.request
    for last in range(1, 100):
        assert await as_before() == before
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(api.connection, "request", Mortal(send, last, answered=answered))
            try:
                await carry_out(api, request, log)
            except Killed:
                found.append(state(cart))
            else:
                break
    assert len(found) > 5
    assert all(each in (before, after) for each in found)
    # The patch is the last call. Whether its answer came does not matter, only whether it was sent.
    assert found[-1] == (after if answered else before)
    await _undone(api, cluster, log, original, cart)


async def held(api: Api) -> Hold | None:
    deployment = await api.read(DEPLOYMENTS, "shop", "cart")
    assert isinstance(deployment, Deployment)
    listed = await api.get_path(REPLICASETS.path("shop"))
    return hold_of(deployment, [msgspec.convert(each, ReplicaSet, dec_hook=decode_hook) for each in listed["items"]])


async def _undone(api: Api, cluster: SimulatedCluster, log: AuditLog, original: JSON, cart: Witness) -> None:
    """Another ktui carries on with whatever it finds, and takes everything back."""
    cluster.wait_until(lambda _: _is_observed(cluster))
    hold = await held(api)
    if hold is not None:
        assert hold.disturbance is None
        assert hold.by == "admin"
        await carry_out(api, Abort(), log)
    elif cart.image() != NEW:
        cart.patch({"spec": {"template": {"spec": {"containers": [{"name": "cart", "image": NEW}]}}}})
    assert state(cart) == original


def _is_observed(cluster: SimulatedCluster) -> bool:
    found = deployment_of(cluster)
    return bool(found["status"].get("observedGeneration") == found["metadata"]["generation"])


def _is_at_rest(cluster: SimulatedCluster) -> bool:
    """Whether the old pods are gone, so that no rollout is in flight."""
    sizes = [rs["spec"]["replicas"] or rs["status"].get("replicas", 0) for rs in cluster.list("replicasets", "shop")]
    return len([size for size in sizes if size]) == 1


async def test_another_operator_sees_the_same_hold_and_ends_it(
    cluster: SimulatedCluster, cart: Witness, api: Api, log: AuditLog, tmp_path: Any
) -> None:
    original = state(cart)
    await carry_out(api, BEGIN, log)
    other = cluster.write_kubeconfig(tmp_path / "other", "developer")
    async with await connect(Access(str(other), namespace="shop"), Surroundings(environ={})) as connection:
        second = Api(connection)
        hold = await held(second)
        assert hold is not None
        assert (hold.step, hold.by) == ("step 1 of 3", "admin")
        await carry_out(second, Promote(), log)
        await carry_out(second, Abort(), log)
    assert state(cart) == original
