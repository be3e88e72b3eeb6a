"""Proxies that hold a change, send it twice or cut its answer: what is said of it is what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from aiohttp import web

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done, Failed, Unclear
from ktui.actions.perform import perform
from ktui.actions.pod_deletion import clear
from ktui.actions.read import Reader
from ktui.actions.verify import Recheck
from ktui.kinds.planning import plan
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.reference import Reference
from ktui.plans.plan import Plan, PodToDelete
from ktui.plans.request import Pause, Request, Resume, RollBack, Scale, SetImage
from ktui.sim import SimulatedCluster
from tests.between import Bend, Between, abort, answer, between, cut, repeat, replace
from tests.simulated import STUCK, Witness, image_patch

THERE_ALREADY = (
    "The change was already there: the request arrived twice, or someone made the same change at the same time."
)
SOON = (0.0, 0.05, 0.05)


@pytest.fixture
def proxy(cluster: SimulatedCluster) -> Iterator[Between]:
    with between(cluster.url) as proxy:
        yield proxy


@pytest.fixture
def bent(proxy: Between, cluster: SimulatedCluster, kubeconfig: Path, tmp_path: Path) -> Path:
    bent = tmp_path / "through-the-proxy"
    bent.write_text(kubeconfig.read_text().replace(cluster.url, proxy.url))
    return bent


@pytest.fixture
async def through(bent: Path) -> AsyncIterator[Api]:
    """The API through the proxy."""
    async with await connect(Access(str(bent), namespace="shop"), Surroundings(environ={})) as connection:
        yield Api(connection)


async def planned(api: Api, request: Request) -> Plan:
    made = plan(request, await Reader(api).subject("shop", Reference("cart")))
    assert isinstance(made, Plan), made
    return made


def changes(request: web.BaseRequest) -> bool:
    """What is no read and no dry run."""
    return request.method in ("PATCH", "DELETE") and "dryRun" not in request.query


async def test_a_change_that_is_held_on_its_way_is_looked_for_until_it_lands(
    through: Api, proxy: Between, cart: Witness, log: AuditLog
) -> None:
    made, told, is_told = await planned(through, Pause()), [], asyncio.Event()
    may_land = asyncio.Event()

    def say(sentence: str) -> None:
        told.append(sentence)
        is_told.set()

    async def hold(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        abort(request)

        async def land() -> None:
            while not may_land.is_set():  # noqa: ASYNC110 - set in another loop
                await asyncio.sleep(0.01)
            async with (
                aiohttp.ClientSession() as session,
                session.patch(f"{proxy.server}{request.path_qs}", data=body, headers=request.headers) as landed,
            ):
                assert landed.status == 200

        landing.append(asyncio.create_task(land()))
        return web.Response()

    landing: list[asyncio.Task[None]] = []
    proxy.once(changes, hold)
    sending = asyncio.create_task(perform(through, made, log, recheck=Recheck(say, (0.0, *[0.05] * 400))))
    await is_told.wait()
    assert told == ["The response was lost. ktui checks whether the change was applied."]
    assert cart.deployment().spec.paused is None
    may_land.set()
    outcome = (await sending).outcome
    assert isinstance(outcome, Done)
    assert outcome.sentence == "The response was lost. The change was applied. shop/cart paused."


@pytest.mark.parametrize("status", [0, 502, 504])
async def test_what_has_not_landed_yet_is_never_said_not_to_have_taken_place(
    status: int, through: Api, proxy: Between, cart: Witness, log: AuditLog
) -> None:
    made = await planned(through, Pause())
    proxy.once(changes, answer(status) if status else cut)
    outcome = (await perform(through, made, log, recheck=Recheck(waits=SOON))).outcome
    assert isinstance(outcome, Unclear)
    assert "has not been applied so far, but a delayed request may still apply it" in outcome.sentence
    assert sum(each.method == "PATCH" for each in proxy.passed) == 1


async def test_what_cannot_land_any_more_is_said_so(through: Api, proxy: Between, cart: Witness, log: AuditLog) -> None:
    made = await planned(through, Pause())
    proxy.once(changes, cut)
    cart.patch({"spec": {"minReadySeconds": 2}})
    outcome = (await perform(through, made, log, recheck=Recheck(waits=SOON))).outcome
    assert isinstance(outcome, Unclear)
    assert "was changed in the meantime" in outcome.sentence


@pytest.mark.parametrize(
    "request_", [Pause(), RollBack(), Scale(7), Scale(0), SetImage((("cart", "cart:6"),))], ids=repr
)
async def test_a_change_that_is_sent_twice_on_its_way_is_done_once(
    request_: Request, through: Api, proxy: Between, cart: Witness, log: AuditLog
) -> None:
    made = await planned(through, request_)
    proxy.once(changes, repeat())
    outcome = (await perform(through, made, log)).outcome
    assert isinstance(outcome, Done)
    assert outcome.sentence == f"{THERE_ALREADY} {made.done_sentence}"
    assert cart.deployment().metadata.generation == made.target.generation + 1
    assert [entry.outcome for entry in log.tail()][-1] == "done"


async def test_of_two_who_do_the_same_at_once_both_are_told_that_it_is_there(
    api: Api, cart: Witness, log: AuditLog
) -> None:
    plans = [await planned(api, Scale(7)) for _ in range(2)]
    performed = await asyncio.gather(*(perform(api, made, log) for made in plans))
    done = plans[0].done_sentence
    assert sorted(each.outcome.sentence for each in performed) == sorted([done, f"{THERE_ALREADY} {done}"])
    assert cart.deployment().metadata.generation == plans[0].target.generation + 1


async def test_a_page_of_a_gateway_says_nothing_of_the_object(
    through: Api, proxy: Between, cart: Witness, log: AuditLog
) -> None:
    made = await planned(through, Pause())
    proxy.once(changes, answer(404, b"<html>default backend</html>", "text/html"))
    outcome = (await perform(through, made, log)).outcome
    assert isinstance(outcome, Failed)
    assert "does not exist" not in outcome.sentence
    assert not cart.deployment().spec.paused


async def test_a_change_that_takes_a_field_away_is_known_again_too(
    through: Api, proxy: Between, cart: Witness, log: AuditLog
) -> None:
    cart.patch({"spec": {"paused": True}})
    made = await planned(through, Resume())
    proxy.once(changes, repeat())
    assert isinstance((await perform(through, made, log)).outcome, Done)


async def test_the_same_change_by_another_hand_is_not_called_ones_own(api: Api, cart: Witness, log: AuditLog) -> None:
    made = await planned(api, Pause())
    cart.patch({"spec": {"paused": True}})
    assert isinstance((await perform(api, made, log)).outcome, Conflict)


async def test_of_two_operators_at_once_one_has_an_effect(api: Api, cart: Witness, log: AuditLog) -> None:
    images = [SetImage((("cart", f"cart:{number}"),)) for number in (6, 7)]
    plans = [await planned(api, request) for request in images]
    performed = await asyncio.gather(*(perform(api, made, log) for made in plans))
    assert sorted(type(each.outcome).__name__ for each in performed) == ["Conflict", "Done"]
    assert cart.deployment().metadata.generation == plans[0].target.generation + 1


# Pods that are deleted


async def pods_to_delete(api: Api, cart: Witness, cluster: SimulatedCluster) -> tuple[Plan, Done, str]:
    """A plan that has been carried out but for one pod that is never ready."""
    cart.patch(image_patch(STUCK))

    def stuck() -> list[str]:
        pods = cluster.list("pods", "shop")
        return [pod["metadata"]["name"] for pod in pods if pod["spec"]["containers"][0]["image"] == STUCK]

    cluster.wait_until(lambda _: stuck())
    cart.patch({"spec": {"paused": True}})
    name = stuck()[0]
    uid = next(pod["metadata"]["uid"] for pod in cluster.list("pods", "shop") if pod["metadata"]["name"] == name)
    cluster.settle()
    # A pod whose kubelet writes its status between the look and the deletion is another case.
    cluster.pause()
    made = msgspec.structs.replace(await planned(api, Scale(9)), deletes=(PodToDelete(name, uid),))
    return made, Done("Done.", cart.raw()), name


def is_gone(cluster: SimulatedCluster, name: str) -> bool:
    pods = [pod for pod in cluster.list("pods", "shop") if pod["metadata"]["name"] == name]
    return all("deletionTimestamp" in pod["metadata"] for pod in pods)


async def done_and_lost(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
    """The server does it, and its answer is lost."""
    head = {"Content-Type": "application/json", "Authorization": request.headers.get("Authorization", "")}
    async with (
        aiohttp.ClientSession() as session,
        session.delete(f"{proxy.server}{request.path_qs}", data=await request.read(), headers=head) as answered,
    ):
        assert answered.status == 200
    return web.Response(status=504)


async def done_and_cut(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
    """The same, and the connection drops, which aiohttp would take for a reason to send it again."""
    response = await done_and_lost(proxy, request)
    abort(request)
    return response


@pytest.mark.parametrize("bend", [done_and_lost, done_and_cut], ids=["504", "cut"])
async def test_a_deletion_whose_answer_is_lost_is_sent_once_and_told(
    bend: Bend, through: Api, proxy: Between, cart: Witness, cluster: SimulatedCluster
) -> None:
    made, done, name = await pods_to_delete(through, cart, cluster)
    proxy.bend(lambda request: request.method == "DELETE", bend)
    outcome = await clear(through, msgspec.structs.replace(made, subresource=""), done)
    assert outcome.sentence == f"Done. Deleted pods: {name}."
    assert sum(each.method == "DELETE" for each in proxy.passed) == 1
    assert is_gone(cluster, name)


async def test_a_deletion_that_is_sent_twice_on_its_way_is_told(
    through: Api, proxy: Between, cart: Witness, cluster: SimulatedCluster
) -> None:
    made, done, name = await pods_to_delete(through, cart, cluster)
    proxy.bend(lambda request: request.method == "DELETE", repeat())
    outcome = await clear(through, msgspec.structs.replace(made, subresource=""), done)
    assert outcome.sentence == f"Done. Deleted pods: {name}."


async def test_an_answer_that_is_no_object_is_looked_behind(
    through: Api, proxy: Between, cart: Witness, log: AuditLog
) -> None:
    made = await planned(through, Pause())

    proxy.once(lambda request: request.method == "GET", answer(200, b'{"metadata": {}}'))
    proxy.once(changes, replace(b'"uid"', b'"_id"'))
    performed = await perform(through, made, log, recheck=Recheck(waits=SOON))
    assert isinstance(performed.outcome, Done), performed.outcome
    assert cart.deployment().spec.paused
