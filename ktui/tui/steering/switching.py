"""From a key to a Service whose traffic was switched: what is open, and the way through plan and questions."""

from __future__ import annotations

from typing import Final

from ktui.actions.read_service import read_service
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.live.session import Session
from ktui.plans.offers import READ_ONLY, Permission
from ktui.plans.plan import Plan
from ktui.plans.request import Switch
from ktui.plans.switch import plan_switch
from ktui.rollout.revisions import Refusal
from ktui.rollout.traffic.bluegreen import BlueGreen, Side
from ktui.tui.steering.steering import Steering

PATCH_SERVICE: Final = Permission("patch", "", "services")


async def may_switch(connection: Connection, state: BlueGreen) -> bool:
    """Whether the server lets us patch that Service. Raises KubeError."""
    verb, group, resource, _ = PATCH_SERVICE
    answer = await Api(connection).access_review(verb, group, resource, namespace=state.namespace, name=state.service)
    return bool(answer)


def closed(side: Side, *, read_only: bool, refused: Refusal | None, is_allowed: bool | None, force: bool) -> str:
    """Why that side cannot be switched to, in one sentence; empty where it can. An unknown right closes nothing."""
    if read_only:
        return READ_ONLY
    if refused is not None:
        return refused.reason
    if is_allowed is False:
        return f"not allowed: you may not {PATCH_SERVICE}"
    if side.is_active:
        return f"{side.name} is selected already"
    if side.shortfall and not force:
        return f"{side.name} is not fully available: {side.shortfall}"
    return ""


async def switch(steering: Steering, session: Session, state: BlueGreen, side: Side, *, force: bool) -> None:
    """Everything from the key to the outcome. Who forces it is asked twice."""
    if steering.moved_on():
        return
    connection = session.connection
    if connection is None:
        steering.say("There is no connection to the cluster now.", "warning")
        return
    api = Api(connection)

    async def planned() -> Plan | Refusal:
        subject = await read_service(api, state.namespace, state.service, session.kubectl)
        if subject.service.metadata.uid != state.uid:
            return Refusal("This Service was deleted, and another one has its name now. Nothing was sent.")
        return plan_switch(Switch(side.colour, force=force), subject)

    insist = f"This switch is forced. {side.name} is not fully available: {side.shortfall}." if force else ""
    try:
        await steering.carry_out(api, planned, insist if side.shortfall else "")
    except KubeError as error:
        steering.say(f"{error} {error.hint}".strip(), "error")
