"""Switch a Service's traffic from one colour to another.

It is a patch of one label of the Service's selector, with tests of its uid and of the selector that it had: a Service
has no generation. No pod is started or stopped by it, so that the way back is as short. Whether traffic has moved is
known by the EndpointSlices afterwards (docs/semantics.md, Blue-green).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ktui.model.objects import LAST_APPLIED
from ktui.model.resources import SERVICES
from ktui.model.routing import Service
from ktui.model.store import Store
from ktui.model.traffic import Traffic
from ktui.plans.draft import PlanDraft
from ktui.plans.patch import expect
from ktui.plans.plan import Plan, Target, Undo
from ktui.plans.request import Switch
from ktui.rollout.provenance import marked
from ktui.rollout.revisions import Refusal
from ktui.rollout.rollout import Rollout
from ktui.rollout.traffic.bluegreen import BlueGreen, Pairing, Side, blue_green
from ktui.text import clean, count, shell_line


class ServiceSubject(msgspec.Struct, frozen=True):
    """One Service as it was read just now, with everything that a switch of it is planned on."""

    service: Service
    raw: dict[str, Any]
    pairings: tuple[Pairing, ...]
    store: Store
    traffic: Traffic
    rollouts: Mapping[str, Rollout]
    """By uid: those of the Deployments on its sides."""
    now: datetime
    kubectl: tuple[str, ...] = ("kubectl",)

    def state(self, pairing: Pairing) -> BlueGreen:
        """The Service and the sides of that pairing."""
        return blue_green(self.service, pairing, self.store, self.traffic, rollouts=self.rollouts, now=self.now)


class NotAvailable(Refusal, frozen=True):
    """The side is not fully available; who forces the switch gets it anyway."""


class AlreadySwitched(Refusal, frozen=True):
    """The Service selects that side already: there is nothing to do, and nothing wrong."""


def plan_switch(request: Switch, subject: ServiceSubject) -> Plan | Refusal:
    """Send the traffic to another side."""
    chosen = _chosen(request, subject)
    if isinstance(chosen, Refusal):
        return chosen
    state, pairing, side = chosen
    if side.shortfall and not request.force:
        return NotAvailable(f"{side.name} is not fully available: {side.shortfall}")
    key = pairing.key
    meta = subject.service.metadata
    target = Target(meta.namespace, meta.name, meta.uid, 0, SERVICES)
    selector = subject.service.spec.selector
    draft = PlanDraft(
        target, subject.raw, (expect(("metadata", "uid"), meta.uid), expect(("spec", "selector"), selector))
    )
    draft.put(("spec", "selector", key), side.colour)
    before = clean(state.active)
    return draft.plan(
        Switch(side.colour, force=request.force),
        title=f"Switch {target} from {before} to {side.name}",
        done=f"switched from {before} to {side.name}",
        effects=tuple(_effects(state, side)),
        warnings=tuple(_warnings(state, side, subject.raw)),
        undo=Undo(f"Switch back to {before}: its pods keep running.", Switch(state.active)),
        commands=(_command(subject, key, side.colour),),
    )


_Chosen = tuple[BlueGreen, Pairing, Side]


def _chosen(request: Switch, subject: ServiceSubject) -> _Chosen | Refusal:
    """The side that is meant, or why there is none to be meant."""
    name = f'service "{clean(subject.service.metadata.name)}"'
    if subject.service.metadata.deletion_timestamp is not None:
        return Refusal(f"{name} is being deleted")
    states = [(subject.state(pairing), pairing) for pairing in subject.pairings]
    if not states:
        return Refusal(
            f"nothing to switch: no two Deployments differ in one label that the selector of {name} names, "
            "and agree with it in the others"
        )
    if request.to and any(request.to == state.active for state, _ in states):
        return AlreadySwitched(f"nothing to switch: {name} selects {clean(request.to)} already")
    sides = [(state, pairing, side) for state, pairing in states for side in state.idle]
    meant = [each for each in sides if request.to in ("", each[2].colour)]
    choice = ", ".join(f"{state.key}={side.name}" for state, _, side in sides)
    if not meant:
        return Refusal(f'no idle side of {name} is called "{clean(request.to)}"; available: {choice}')
    if len(meant) > 1:
        return Refusal(f"several sides of {name} are idle, so one has to be named: {choice}")
    return meant[0]


def _effects(state: BlueGreen, side: Side) -> Iterable[str]:
    active = state.side(state.active)
    comes = f"{side.ready} of {side.name} ({side.deployments})"
    if active is None:
        yield f"{count(side.ready, 'endpoint')} of {side.name} ({side.deployments}) will get the traffic."
    else:
        now = active.endpoints if state.endpoints_known else active.ready
        leaves = f"{count(now, 'endpoint')} of {active.name} ({active.deployments})"
        yield f"{leaves} {'gives' if now == 1 else 'give'} way to {comes}."
        yield f"No pod is started or stopped: {active.name} stays as the backup."
    for front in state.fronts:
        yield f"{front} leads here: its requests move too."


def _warnings(state: BlueGreen, side: Side, raw: dict[str, Any]) -> Iterable[str]:
    if side.shortfall:
        yield f"FORCED: {side.name} is not fully available: {side.shortfall}."
        if not side.ready:
            yield f"No pod of {side.name} is ready: nothing will answer."
    unready = {f"{each.name} is not fully available: {each.shortfall}." for each in state.idle}
    yield from (warning for warning in state.warnings if warning not in unready)
    meta = raw["metadata"]
    owner = marked(meta.get("labels") or {}, meta.get("annotations") or {})
    if owner is not None:
        yield owner.sentence
    elif LAST_APPLIED in (meta.get("annotations") or {}):
        yield "It was deployed with kubectl apply: applying the same manifest again switches it back."


def _command(subject: ServiceSubject, key: str, colour: str) -> str:
    meta = subject.service.metadata
    patch = msgspec.json.encode({"spec": {"selector": {key: colour}}}).decode()
    arguments = ("-n", meta.namespace, "patch", f"service/{meta.name}", "--type=merge", "-p", patch)
    return shell_line((*subject.kubectl, *arguments))
