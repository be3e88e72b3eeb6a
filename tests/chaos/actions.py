"""Actions while everything goes wrong: each has one effect or none, and what is said of it is true when it is said."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp
from aiohttp import web

from ktui.actions.audit import BEGUN, INTERRUPTED, AuditLog, Entry
from ktui.actions.outcome import Conflict, Done, Failed, Outcome, Unclear
from ktui.actions.perform import perform
from ktui.actions.read import Reader
from ktui.actions.unfinished import settle_unfinished
from ktui.actions.verify import Recheck
from ktui.kinds.planning import plan
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.reference import Reference
from ktui.plans.patch import took_place
from ktui.plans.plan import Plan
from ktui.plans.request import Pause, Request, Scale, SetImage
from ktui.sim import SimulatedCluster
from tests.between import LOGIN_PAGE, Bend, Between, abort, answer, between, cut, hold, repeat
from tests.simulated import OLD, manifest

JSON = dict[str, Any]
Sleep = tuple[float, float]

_PAGE: Final = b"<html><body>default backend - 404</body></html>"
_SIGNALS: Final = (
    signal.SIGKILL,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
)


@dataclass
class Rounds:
    """What came of the rounds of one fault."""

    fault: str
    played: int = 0
    once: int = 0
    none: int = 0
    known: int = 0
    unknown: int = 0
    """How often it was said that the outcome was not known, or not known yet."""
    wrong: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """A cluster, a proxy, and ktui's way to it."""

    cluster: SimulatedCluster
    proxy: Between
    api: Api
    log: AuditLog
    folder: Path
    random: Random
    held: Sleep
    """Between how many seconds a proxy holds a change."""
    waits: Sequence[float] | None
    landing: set[asyncio.Task[None]] = field(default_factory=set)
    _number: int = 0

    def recheck(self, said: list[str]) -> Recheck:
        return Recheck(said.append) if self.waits is None else Recheck(said.append, self.waits)

    def fresh(self) -> str:
        """A Deployment of its own for a round."""
        self._number += 1
        name = f"act-{self._number}"
        self.cluster.apply(manifest(OLD, name=name, replicas=1))
        return name

    def now(self, name: str) -> JSON:
        """The object as it is in the cluster."""
        found = self.cluster.get("deployments", name, "shop")
        assert found is not None
        return found

    def request(self) -> Request:
        number = self.random.randrange(1000)
        image = SetImage((("cart", f"registry.example/shop/cart:{number}"),))
        choice: list[Request] = [Pause(), Scale(self.random.randrange(2, 6)), image]
        return self.random.choice(choice)

    async def planned(self, name: str, request: Request) -> Plan:
        made = plan(request, await Reader(self.api).subject("shop", Reference(name)))
        assert isinstance(made, Plan), made
        return made


Round = Callable[[Scene, Rounds], Awaitable[None]]


def _changes(name: str) -> Callable[[web.BaseRequest], bool]:
    """The change of that Deployment, or of its scale."""
    paths = (f"/deployments/{name}", f"/deployments/{name}/scale")
    return lambda request: request.method == "PATCH" and "dryRun" not in request.query and request.path.endswith(paths)


# What a proxy does


def _done_and_lost(status: int = 0) -> Bend:
    """The server does it, and its answer is lost, or another one comes instead."""

    async def losing(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        await _sent_on(proxy, request, await request.read())
        if not status:
            abort(request)
        return web.Response(status=status or 500)

    return losing


def _held(scene: Scene, *, cuts: bool) -> Bend:
    """The change arrives later, and is answered then, or the connection is gone by that time."""
    seconds = scene.random.uniform(*scene.held)

    async def holding(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()

        async def land() -> None:
            await asyncio.sleep(seconds)
            await _sent_on(proxy, request, body)

        task = asyncio.create_task(land())
        if cuts:
            abort(request)
            return web.Response()
        # What was passed on is not taken back where the client goes away.
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
        return web.Response(status=504)

    return holding


async def _sent_on(proxy: Between, request: web.BaseRequest, body: bytes) -> None:
    left_out = {"content-length", "host", "connection", "accept-encoding"}
    headers = {key: value for key, value in request.headers.items() if key.lower() not in left_out}
    async with (
        aiohttp.ClientSession() as session,
        session.request(request.method, f"{proxy.server}{request.path_qs}", data=body, headers=headers) as answered,
    ):
        await answered.read()


# Rounds


def _bent(how: Callable[[Scene], Bend]) -> Round:
    async def play(scene: Scene, rounds: Rounds) -> None:
        name = scene.fresh()
        made = await scene.planned(name, scene.request())
        before, told = scene.now(name), _Told(scene, rounds, made)
        bend = how(scene)

        async def witnessed(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
            if not any(entry.uid == made.target.uid for entry in scene.log.tail(1000)):
                rounds.wrong.append(f"{rounds.fault}: the audit log did not have it before it was sent")
            return await bend(proxy, request)

        scene.proxy.once(_changes(name), witnessed)
        outcome = (await perform(scene.api, made, scene.log, recheck=scene.recheck(told.said))).outcome
        told.at_once(outcome, scene.now(name))
        await asyncio.sleep(scene.held[1] if isinstance(outcome, Unclear | Failed) else 0)
        told.afterwards(outcome, before, scene.now(name))

    return play


async def _conflict(scene: Scene, rounds: Rounds) -> None:
    name = scene.fresh()
    made = await scene.planned(name, scene.request())
    scene.cluster.apply(manifest(OLD, name=name, replicas=9))
    before, told = scene.now(name), _Told(scene, rounds, made)
    outcome = (await perform(scene.api, made, scene.log, recheck=scene.recheck(told.said))).outcome
    told.at_once(outcome, scene.now(name))
    told.afterwards(outcome, before, scene.now(name))


async def _made_anew(scene: Scene, rounds: Rounds) -> None:
    name = scene.fresh()
    made = await scene.planned(name, scene.request())
    async with aiohttp.ClientSession() as session:
        url = f"{scene.cluster.url}/apis/apps/v1/namespaces/shop/deployments/{name}"
        async with session.delete(url, json={"propagationPolicy": "Background"}) as answered:
            assert answered.status == 200
    scene.cluster.apply(manifest(OLD, name=name, replicas=1))
    before, told = scene.now(name), _Told(scene, rounds, made)
    outcome = (await perform(scene.api, made, scene.log, recheck=scene.recheck(told.said))).outcome
    told.at_once(outcome, scene.now(name))
    told.afterwards(outcome, before, scene.now(name))


def _at_once(*, same: bool) -> Round:
    """Two at the same moment: the same change, as of a key that is pressed twice, or two different ones."""

    async def play(scene: Scene, rounds: Rounds) -> None:
        name = scene.fresh()
        wishes = [Scale(3), Scale(3)] if same else [Scale(3), Scale(4)]
        plans = [await scene.planned(name, wish) for wish in wishes]
        before = scene.now(name)
        tolds = [_Told(scene, rounds, made) for made in plans]
        performed = await asyncio.gather(
            *(
                perform(scene.api, made, scene.log, recheck=scene.recheck(told.said))
                for made, told in zip(plans, tolds, strict=True)
            )
        )
        now = scene.now(name)
        effects = now["metadata"]["generation"] - before["metadata"]["generation"]
        outcomes = [each.outcome for each in performed]
        if effects != 1:
            rounds.wrong.append(f"{rounds.fault}: {effects} effects")
        if not same and sorted(type(each).__name__ for each in outcomes) != ["Conflict", "Done"]:
            rounds.wrong.append(f"{rounds.fault}: {outcomes}")
        for told, outcome in zip(tolds, outcomes, strict=True):
            told.at_once(outcome, now)
        rounds.played += 1
        rounds.once += effects == 1

    return play


def _killed(sent: signal.Signals, *, applied: bool) -> Round:
    """A command is killed while its change is under way; the next one tells what became of it."""

    async def play(scene: Scene, rounds: Rounds) -> None:
        name, arrived = scene.fresh(), asyncio.Event()
        loop, before = asyncio.get_running_loop(), scene.now(name)

        async def bend(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
            if applied:
                await _sent_on(proxy, request, await request.read())
            loop.call_soon_threadsafe(arrived.set)
            return await hold(proxy, request)

        scene.proxy.once(_changes(name), bend)
        state = scene.folder / name
        command = ("-m", "ktui", "--kubeconfig", str(scene.folder / "kubeconfig"), "-n", "shop", "pause", name, "--yes")
        environment = {**os.environ, "XDG_STATE_HOME": str(state), "HOME": str(state)}
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet
        )
        async with asyncio.timeout(90):
            await arrived.wait()
            process.send_signal(sent)
            await process.wait()
        log, now = AuditLog(state / "ktui" / "audit.jsonl"), scene.now(name)
        effects = now["metadata"]["generation"] - before["metadata"]["generation"]
        entries = log.tail()
        if [entry.outcome for entry in entries] != [BEGUN if sent is signal.SIGKILL else INTERRUPTED]:
            rounds.wrong.append(f"{rounds.fault}: the audit log says {[entry.outcome for entry in entries]}")
        clock = scene.api.connection.clock.now
        settled = await settle_unfinished(scene.api, log, clock)
        said = [*settled.known, *settled.open]
        became = "The change was applied." if effects else "The change has not been applied so far"
        if not any(became in sentence for sentence in said):
            rounds.wrong.append(f"{rounds.fault}: {became}, and said was {said}")
        rounds.unknown += bool(settled.open)
        later = await settle_unfinished(scene.api, log, lambda: clock() + timedelta(hours=1))
        if not effects and not any("The change was not applied." in sentence for sentence in later.known):
            rounds.wrong.append(f"{rounds.fault}: later was said: {later}")
        rounds.known += len(settled.known) + len(later.known)
        if effects != applied:
            rounds.wrong.append(f"{rounds.fault}: {effects} effects")
        rounds.played += 1
        rounds.once += effects == 1
        rounds.none += effects == 0

    return play


class _Told:
    """What was said of one action, held against what became of it."""

    def __init__(self, scene: Scene, rounds: Rounds, made: Plan) -> None:
        self._scene, self._rounds, self._made = scene, rounds, made
        self.said: list[str] = []
        """What was said on the way."""

    def _is_there(self, now: JSON) -> bool:
        if now["metadata"]["uid"] != self._made.target.uid:
            return False
        if self._made.subresource:
            return bool(now["spec"]["replicas"] == self._made.patch[-1]["value"])
        return took_place(self._made.patch, self._made.before, now)

    def at_once(self, outcome: Outcome, now: JSON) -> None:
        """At the moment at which it is said."""
        is_there, wrong = self._is_there(now), self._rounds.wrong
        if isinstance(outcome, Done) and not is_there:
            wrong.append(f"{self._rounds.fault}: said to be done, and it is not: {outcome.sentence}")
        if isinstance(outcome, Conflict | Failed) and is_there and "scaled to" not in outcome.sentence:
            wrong.append(f"{self._rounds.fault}: said not to be done, and it is: {outcome.sentence}")
        entries = [(each.outcome, each.sentence) for each in self._entries()]
        if (type(outcome).__name__.lower(), outcome.sentence) not in entries:
            wrong.append(f"{self._rounds.fault}: the audit log says something else: {entries}")
        self._rounds.known += not isinstance(outcome, Unclear)
        self._rounds.unknown += isinstance(outcome, Unclear) or any("not known yet" in each for each in self.said)

    def afterwards(self, outcome: Outcome, before: JSON, now: JSON) -> None:
        """When all that was under way has arrived."""
        rounds = self._rounds
        effects = now["metadata"]["generation"] - before["metadata"]["generation"]
        if now["metadata"]["uid"] == self._made.target.uid:
            if effects > 1:
                rounds.wrong.append(f"{rounds.fault}: {effects} effects")
            if isinstance(outcome, Failed | Conflict) and effects:
                rounds.wrong.append(f"{rounds.fault}: it came later, and was said not to: {outcome.sentence}")
        rounds.played += 1
        rounds.once += effects == 1
        rounds.none += effects == 0

    def _entries(self) -> list[Entry]:
        return [each for each in self._scene.log.tail(1000) if each.uid == self._made.target.uid]


_ROUNDS: Final[dict[str, Round]] = {
    "answer lost before it was applied": _bent(lambda scene: cut),
    "answer lost after it was applied": _bent(lambda scene: _done_and_lost()),
    "502 before it was applied": _bent(lambda scene: answer(502)),
    "504 after it was applied": _bent(lambda scene: _done_and_lost(504)),
    "500 after it was applied": _bent(lambda scene: _done_and_lost(500)),
    "held, then applied, and answered with 504": _bent(lambda scene: _held(scene, cuts=False)),
    "cut, and applied later": _bent(lambda scene: _held(scene, cuts=True)),
    "a gateway's 404 before it was applied": _bent(lambda scene: answer(404, _PAGE, "text/html")),
    "a gateway's 403 after it was applied": _bent(lambda scene: _done_and_lost(403)),
    "a login page instead of the answer": _bent(lambda scene: LOGIN_PAGE),
    "sent twice by a proxy": _bent(lambda scene: repeat()),
    "sent three times by a proxy": _bent(lambda scene: repeat(3)),
    "changed by someone else between plan and key": _conflict,
    "deleted and created again between plan and key": _made_anew,
    "two operators at once": _at_once(same=False),
    "the same key twice at once": _at_once(same=True),
}

_KILLS: Final[dict[str, Round]] = {
    f"killed by {sent.name} {'after' if applied else 'before'} it was applied": _killed(sent, applied=applied)
    for sent in _SIGNALS
    for applied in (False, True)
}


async def act(
    seed: int,
    *,
    rounds: int = 12,
    held: Sleep = (0.3, 60.0),
    waits: Sequence[float] | None = None,
    kills: bool = True,
) -> list[Rounds]:
    """Play every fault so many times; those of one fault at the same time, each on a Deployment of its own."""
    random = Random(seed)
    with (
        SimulatedCluster(seed=seed, speed=5.0, developer_namespace="shop").serving() as cluster,
        between(cluster.url) as proxy,
        tempfile.TemporaryDirectory(prefix="ktui-chaos-") as folder,
    ):
        file = cluster.write_kubeconfig(Path(folder) / "kubeconfig")
        file.write_text(file.read_text().replace(cluster.url, proxy.url))
        async with await connect(Access(str(file), namespace="shop"), Surroundings(environ={})) as connection:
            log = AuditLog(Path(folder) / "audit.jsonl")
            scene = Scene(cluster, proxy, Api(connection), log, Path(folder), random, held, waits)
            played = await asyncio.gather(*(_played(scene, name, each, rounds) for name, each in _ROUNDS.items()))
            if kills:
                # One after the other: each is a process that starts.
                played += [await _played(scene, name, each, 2) for name, each in _KILLS.items()]
            return played


async def _played(scene: Scene, name: str, each: Round, times: int) -> Rounds:
    rounds = Rounds(name)
    await asyncio.gather(*(each(scene, rounds) for _ in range(times)))
    return rounds
