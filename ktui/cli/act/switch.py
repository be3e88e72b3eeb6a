"""Switch a Service between blue and green, and follow until its endpoints have moved."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import monotonic

import click
import msgspec

from ktui.actions.read_service import read_service
from ktui.cli import printing
from ktui.cli.act.carry_out import Followed, Job, Manner, carry_out_job
from ktui.cli.exit_codes import NOT_FINISHED
from ktui.cli.options import refuse_scope_flags, settings_of
from ktui.kube.api import Api
from ktui.kube.streams.reflector import Reflector
from ktui.model.changes import LinkState
from ktui.model.resources import ENDPOINT_SLICES
from ktui.model.routing import SERVICE_NAME, Service
from ktui.model.traffic import Traffic
from ktui.plans.plan import Plan
from ktui.plans.request import Switch
from ktui.plans.switch import NotAvailable, ServiceSubject, plan_switch
from ktui.rollout.revisions import Refusal
from ktui.rollout.traffic.bluegreen import BlueGreen, Side, took
from ktui.settings import seconds
from ktui.text import count


def switch(context: click.Context, service: str, request: Switch, timeout: str, manner: Manner) -> int:
    """Switch that Service; the exit code: 0 once traffic has moved, 3 where it has not in time. Raises KubeError."""
    refuse_scope_flags(context)
    switching = _Switching(service, request, seconds(timeout), says=manner.output == "text")
    job = Job(
        plan=switching.plan,
        insist=switching.insist,
        advise=lambda refusal: "--force switches anyway." if isinstance(refusal, NotAvailable) else "",
        follow=switching.follow,
    )
    return carry_out_job(settings_of(context), job, manner)


class _Switching:
    """One run of the command."""

    def __init__(self, service: str, request: Switch, limit: float, *, says: bool) -> None:
        self._service = service
        self._request = request
        self._limit = limit
        self._says = says
        self._subject: ServiceSubject | None = None
        self._shown = ""

    async def plan(self, api: Api, namespace: str, kubectl: tuple[str, ...]) -> Plan | Refusal:
        """What the switch comes to now."""
        self._subject = await read_service(api, namespace, self._service, kubectl)
        return plan_switch(self._request, self._subject)

    def insist(self, made: Plan) -> str:
        """Who forces it says so twice."""
        side = self._state(made, Traffic()).side(_colour(made))
        if side is None or not side.shortfall:
            return ""
        return f"{side.name} is not fully available: {side.shortfall}. Switch anyway?"

    async def follow(self, api: Api, made: Plan) -> Followed:
        """Print how the endpoints move, until they have."""
        traffic, begun = Traffic(), monotonic()
        reflector = Reflector(
            api.connection,
            ENDPOINT_SLICES,
            made.target.namespace,
            label_selector=f"{SERVICE_NAME}={made.target.name}",
        )
        try:
            async with asyncio.timeout(self._limit or None), aclosing(reflector.changes()) as batches:
                async for batch in batches:
                    traffic.apply(batch)
                    if self._is_over(made, traffic):
                        break
                    link = traffic.links[ENDPOINT_SLICES]
                    if link.state is LinkState.REFUSED:
                        printing.note(f"ktui: ktui cannot see whether traffic has moved: {link.reason}")
                        return Followed({"traffic": None}, NOT_FINISHED)
        except TimeoutError:
            state = self._state(made, traffic)
            printing.note(f"ktui: Traffic has not moved within {self._limit:g}s: {_state_text(state)}.")
            return Followed(_document(state, None), NOT_FINISHED)
        elapsed = monotonic() - begun
        state = self._state(made, traffic)
        self._say(f"Traffic has moved: {_state_text(state)}, {took(elapsed)} after the switch.")
        self._say_what_stays(state, made)
        return Followed(_document(state, elapsed))

    def _is_over(self, made: Plan, traffic: Traffic) -> bool:
        state = self._state(made, traffic)
        if not state.endpoints_known:
            return False
        text = _state_text(state)
        if text != self._shown:
            self._say(f"  {text}")
            self._shown = text
        return state.has_moved and state.serving > 0

    def _state(self, made: Plan, traffic: Traffic) -> BlueGreen:
        """The sides with the selector as it is after the switch."""
        subject = self._subject
        assert subject is not None, "what is followed was planned"
        now = msgspec.structs.replace(subject, service=msgspec.convert(made.after, Service), traffic=traffic)
        colour = _colour(made)
        states = [now.state(pairing) for pairing in subject.pairings]
        return next(state for state in states if state.active == colour and state.side(colour) is not None)

    def _say_what_stays(self, state: BlueGreen, made: Plan) -> None:
        before = made.undo.request.to if isinstance(made.undo.request, Switch) else ""
        side = state.side(before)
        if side is None:
            return
        here = f"-n {state.namespace}"
        back = f"ktui promote service/{state.service} --to {side.name} {here}"
        self._say(f"{side.name} stays as the backup. To go back: {back}")
        for rollout in side.rollouts:
            if rollout.progress.desired:
                self._say(f"Once it is no longer needed: ktui scale {rollout.name} --replicas 0 {here}")

    def _say(self, text: str) -> None:
        if self._says:
            printing.line(text)


def _colour(made: Plan) -> str:
    return made.request.to if isinstance(made.request, Switch) else ""


def _state_text(state: BlueGreen) -> str:
    """`3 ready endpoints, all of green`."""
    if not state.serving:
        return "no ready endpoint, so nothing answers"
    chosen = state.side(state.active)
    if chosen is not None and chosen.endpoints == state.serving:
        return f"{count(state.serving, 'ready endpoint')}, all of {chosen.name}"
    return ", ".join(f"{each.name} {_ready(each)}" for each in state.sides)


def _ready(side: Side) -> str:
    return count(side.endpoints, "ready endpoint")


def _document(state: BlueGreen, elapsed: float | None) -> dict[str, object]:
    return {
        "traffic": {
            "moved": elapsed is not None,
            "seconds": round(elapsed, 3) if elapsed is not None else None,
            "readyEndpoints": {side.name: side.endpoints for side in state.sides},
        }
    }
