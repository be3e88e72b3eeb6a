"""Sending a plan to a server that changes its mind, loses its answers or says no; the official client looks on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done, Failed, Outcome, Unclear
from ktui.actions.perform import perform
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Reader
from ktui.actions.verify import Recheck
from ktui.kinds.planning import plan
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.connection import connect
from ktui.model.reference import Reference
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Pause, Promote, Request, Restart, Resume, RollBack, Scale, SetImage
from ktui.sim import SimulatedCluster
from tests.simulated import OLD, STUCK, Witness, image_patch, manifest


async def planned(api: Api, request: Request) -> Plan:
    made = plan(request, await Reader(api).subject("shop", Reference("cart")))
    assert isinstance(made, Plan), made
    return made


def settled(log: AuditLog) -> list[str]:
    return [entry.outcome for entry in log.tail()]


async def test_a_change_of_the_spec_between_plan_and_yes_is_a_conflict_and_nothing_is_forced(
    api: Api, cart: Witness, log: AuditLog
) -> None:
    made = await planned(api, RollBack())
    cart.patch(image_patch("registry.example/shop/cart:5.1"))
    before = cart.raw()
    for outcome in (await preview(api, made), (await perform(api, made, log)).outcome):
        assert isinstance(outcome, Conflict)
        assert not outcome.gone
        generation = made.target.generation
        assert outcome.sentence.startswith(f"shop/cart was changed in the meantime (generation {generation}, now ")
    assert cart.raw()["spec"] == before["spec"]
    assert settled(log) == ["conflict"]


async def test_after_a_conflict_the_plan_that_is_made_again_goes_through(
    api: Api, cart: Witness, log: AuditLog
) -> None:
    request = SetImage((("cart", "cart:7"),))
    stale = await planned(api, request)
    cart.patch({"spec": {"minReadySeconds": 1}})
    assert isinstance((await perform(api, stale, log)).outcome, Conflict)
    assert isinstance((await perform(api, await planned(api, request), log)).outcome, Done)
    assert cart.image() == "cart:7"


async def test_a_status_that_changes_between_plan_and_yes_is_no_conflict(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    cart.patch(image_patch("registry.example/shop/cart:slow"))
    cluster.wait_until(lambda it: (it.get("deployments", "cart", "shop") or {})["status"].get("updatedReplicas"))
    made = await planned(api, Pause())
    version = cart.deployment().metadata.resource_version
    cluster.wait_until(lambda _: cart.deployment().metadata.resource_version != version)
    assert isinstance((await perform(api, made, log)).outcome, Done)


async def test_another_object_of_the_same_name_is_not_touched(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    for request in (Pause(), Scale(9)):
        made = await planned(api, request)
        cart.delete()
        cluster.wait_until(lambda it: it.get("deployments", "cart", "shop") is None)
        outcome = (await perform(api, made, log)).outcome
        assert outcome == Conflict("shop/cart no longer exists.", gone=True)
        cluster.apply(manifest(OLD))
        outcome = (await perform(api, made, log)).outcome
        assert isinstance(outcome, Conflict)
        assert outcome.sentence.startswith("shop/cart was deleted and created again")
        assert cart.deployment().spec.replicas == 4


async def test_a_scale_that_someone_else_was_faster_with(api: Api, cart: Witness, log: AuditLog) -> None:
    made = await planned(api, Scale(9))
    cart.patch({"spec": {"replicas": 5}})
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Conflict)
    assert outcome.sentence == "shop/cart was scaled to 5 in the meantime; it was at 4."
    assert cart.deployment().spec.replicas == 5


async def test_a_scale_does_not_mind_another_template(api: Api, cart: Witness, log: AuditLog) -> None:
    made = await planned(api, Scale(9))
    cart.patch(image_patch("registry.example/shop/cart:5.1"))
    assert isinstance((await perform(api, made, log)).outcome, Done)
    assert cart.deployment().spec.replicas == 9


@pytest.mark.parametrize("request_", [Pause(), RollBack(), Scale(0), Scale(9)], ids=repr)
async def test_a_lost_answer_is_looked_after_and_the_change_found(
    request_: Request, api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, request_)
    cluster.faults.lose_answers()
    patches = number_of_patches(cluster)
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Done)
    assert outcome.sentence == f"The response was lost. The change was applied. {made.done_sentence}"
    assert number_of_patches(cluster) == patches + 1
    assert cart.deployment().metadata.generation == made.target.generation + 1
    assert settled(log) == ["done"]


def number_of_patches(cluster: SimulatedCluster) -> int:
    return sum(request.method == "PATCH" for request in cluster.requests)


async def test_a_lost_answer_after_which_someone_else_changed_it_back_is_not_called_done(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    cluster.faults.fail_next(1, 504, verb="patch")
    cart_patched = asyncio.create_task(perform(api, made, log))
    await until(lambda: any(request.status == 504 for request in cluster.requests))
    cart.patch({"spec": {"minReadySeconds": 3}})
    outcome = (await cart_patched).outcome
    assert isinstance(outcome, Unclear)
    assert "The change is not there, or no longer there" in outcome.sentence
    assert settled(log) == ["unclear"]


async def test_a_server_that_fails_is_looked_after_and_nothing_sent_again(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    cluster.faults.fail_next(1, 500, verb="patch")
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Failed)
    assert outcome.sentence.endswith("The change was not applied.")
    assert cart.deployment().spec.paused is None
    assert settled(log) == ["failed"]


async def test_a_lost_answer_that_cannot_be_looked_after_is_unclear(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    cluster.faults.lose_answers()
    cluster.faults.fail_next(9, 503, verb="get")
    outcome = (await perform(api, made, log, recheck=Recheck(waits=(0.0, 0.0)))).outcome
    assert isinstance(outcome, Unclear)
    assert "could not be read again" in outcome.sentence
    assert outcome.hint == "Check it before you try again."


async def test_a_server_that_is_busy_has_done_nothing_and_is_asked_again(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    cluster.faults.fail_next(1, 429, verb="patch", retry_after=1)
    assert isinstance((await perform(api, made, log)).outcome, Done)
    assert cart.deployment().spec.paused


async def test_a_server_that_is_gone_has_been_sent_nothing(
    api: Api, cart: Witness, cluster: SimulatedCluster, kubeconfig: Path, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    async with await connect(Access(str(kubeconfig))) as anew:
        with cluster.faults.refusing_connections():
            outcome = (await perform(Api(anew), made, log)).outcome
    assert isinstance(outcome, Failed)
    assert cart.deployment().spec.paused is None


async def test_a_right_that_is_taken_away_is_told(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    cluster.faults.forbid("patch", "deployments")
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Failed)
    assert outcome.sentence.startswith("Not allowed: ")
    assert outcome.hint


async def test_what_the_server_calls_invalid_is_told_in_its_words(api: Api, cart: Witness) -> None:
    made = await planned(api, SetImage((("cart", "cart:6"),)))
    broken = dict(made.patch[-1], value={"not": "an image"})
    outcome = await preview(api, replaced(made, (*made.patch[:-1], broken)))
    assert isinstance(outcome, Failed)
    assert cart.image() != "cart:6"


def replaced(made: Plan, patch: tuple[dict[str, object], ...]) -> Plan:
    import msgspec

    return msgspec.structs.replace(made, patch=patch)


async def test_an_action_that_is_interrupted_is_written_down(
    api: Api, cart: Witness, cluster: SimulatedCluster, log: AuditLog
) -> None:
    made = await planned(api, Pause())
    with cluster.faults.silence():
        sending = asyncio.create_task(perform(api, made, log))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert settled(log) == ["interrupted"]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.005)


async def test_a_preview_is_the_servers_answer_and_changes_nothing(api: Api, cart: Witness) -> None:
    before = cart.raw()
    seen = await preview(api, await planned(api, RollBack()))
    assert isinstance(seen, Preview)
    assert [str(change) for change in seen.changes] == [
        "~ spec.template.spec.containers[cart].image: registry.example/shop/cart:5.0 → registry.example/shop/cart:4.9"
    ]
    assert cart.raw() == before


async def test_a_preview_tells_what_the_server_warns_of(api: Api, cart: Witness) -> None:
    made = await planned(api, SetImage((("cart", "cart:6"),)))
    seen = await preview(api, replaced(made, (*made.patch, {"op": "add", "path": "/spec/replica", "value": 1})))
    assert isinstance(seen, Preview)
    assert seen.warnings == ('The server warns: unknown field "spec.replica"',)
    assert cart.image() != "cart:6"


async def test_a_preview_of_a_scale_is_about_the_number_alone(api: Api, cart: Witness) -> None:
    for number in (9, 0):
        seen = await preview(api, await planned(api, Scale(number)))
        assert isinstance(seen, Preview)
        assert [change.path for change in seen.changes] == ["spec.replicas"]


def test_outcomes_are_one_sentence_each() -> None:
    outcomes: list[Outcome] = [Done("a."), Failed("b."), Conflict("c."), Unclear("d.")]
    assert [outcome.sentence for outcome in outcomes] == ["a.", "b.", "c.", "d."]


async def test_where_a_webhook_knows_no_dry_run_the_expected_changes_are_shown_and_said_to_be_untried(
    api: Api, cart: Witness, tmp_path: Path
) -> None:
    made = await planned(api, RollBack())
    status = {
        "kind": "Status",
        "code": 400,
        "reason": "BadRequest",
        "message": 'admission webhook "guard.example" does not support dry run',
    }

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response(status, status=400)

    server = TestServer(web.Application())
    server.app.router.add_route("*", "/{path:.*}", refuse)
    async with server:
        config = json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c"}}],
                "clusters": [{"name": "c", "cluster": {"server": str(server.make_url("/"))}}],
            }
        )
        (tmp_path / "other").write_text(config)
        async with await connect(Access(str(tmp_path / "other"))) as connection:
            seen = await preview(Api(connection), made)
    assert isinstance(seen, Preview)
    assert seen.sentence == (
        'The server cannot do a dry run: admission webhook "guard.example" does not support dry run. '
        "This is the expected result:"
    )
    assert [change.path for change in seen.changes] == ["spec.template.spec.containers[cart].image"]


@pytest.mark.parametrize(
    "requests",
    [
        [Pause(), SetImage((("*", "cart:6"),)), Promote()],
        [Pause(), SetImage((("cart", "cart:6"),)), Abort()],
        [SetImage((("cart", STUCK),)), Pause(), RollBack(1), RollBack()],
        [Scale(0), Scale(6), Restart(), RollBack(), Pause(), Resume()],
    ],
    ids=["promoted", "aborted", "to and fro", "all sorts"],
)
async def test_what_the_official_client_finds_is_what_the_plan_said(
    requests: list[Request], api: Api, cart: Witness, log: AuditLog
) -> None:
    for request in requests:
        made = await planned(api, request)
        before = cart.raw()
        seen = await preview(api, made)
        assert isinstance(seen, Preview)
        assert cart.raw()["spec"] == before["spec"]
        assert isinstance((await perform(api, made, log)).outcome, Done)
        after = cart.raw()
        if made.subresource:
            assert after["spec"] == {**before["spec"], "replicas": made.after["spec"].get("replicas", 0)}
        else:
            assert after["spec"] == made.after["spec"]
        assert after["metadata"]["generation"] == made.target.generation + 1
    assert settled(log) == ["done"] * len(requests)
