"""Services between two sides: which Deployments these are, and which of them gets the traffic."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.actions.read_service import read_service
from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.exit_codes import FAILED, NOT_FINISHED
from ktui.cli.options import ServiceName
from ktui.cli.service.document import service_document
from ktui.kube.api import Api
from ktui.plans.switch import ServiceSubject
from ktui.rollout.traffic.bluegreen import BlueGreen, Side
from ktui.settings import Settings
from ktui.text import clean, count

_HEADER = ["SIDE", "TRAFFIC", "ROLLOUT", "PHASE", "READY", "REV", "IMAGE"]


async def show_services(settings: Settings, names: Sequence[ServiceName], output: str) -> int:
    """Print each Service and its sides.

    The exit code is 0 if all traffic goes where the selectors say, 3 if it is still moving, and 1 if nothing answers or
    a Service has no sides. Raises KubeError.
    """
    async with connected(settings) as connection:
        subjects = [await read_service(Api(connection), connection.namespace, name) for name in names]
    codes, documents = [0], []
    for subject in subjects:
        states = [subject.state(pairing) for pairing in subject.pairings]
        if not states:
            printing.error(_without_sides(subject))
            codes.append(FAILED)
        for state in states:
            codes.append(_code(state))
            if output == "text":
                _print(state)
            else:
                documents.append(service_document(state, subject.store))
    if output != "text":
        printing.document(documents[0] if len(documents) == 1 == len(names) else {"services": documents}, output)
    return FAILED if FAILED in codes else max(codes)


async def refuse_to_roll_back(settings: Settings, name: ServiceName) -> int:
    """Say that a Service is switched, and how; the exit code. Raises KubeError."""
    async with connected(settings) as connection:
        subject = await read_service(Api(connection), connection.namespace, name)
        namespace = connection.namespace
    idle = [side for pairing in subject.pairings for side in subject.state(pairing).idle]
    if not idle:
        printing.error(_without_sides(subject), "A rollback is for a Deployment, a StatefulSet or a DaemonSet.")
        return FAILED
    commands = [f"ktui promote service/{clean(name)} --to {side.name} -n {clean(namespace)}" for side in idle]
    printing.error(
        f"Service {clean(name)} has no revisions to roll back: its traffic is switched.",
        f"To switch it back: {' or '.join(commands)}",
    )
    return FAILED


def _without_sides(subject: ServiceSubject) -> str:
    name = clean(subject.service.metadata.name)
    return f"Service {name} does not choose between Deployments: no two differ in one label of its selector alone."


def _code(state: BlueGreen) -> int:
    if state.side(state.active) is None or (state.endpoints_known and not state.serving):
        return FAILED
    return 0 if state.has_moved or not state.endpoints_known else NOT_FINISHED


def _print(state: BlueGreen) -> None:
    name = f"Service {state.namespace}/{state.service}"
    printing.line(f"{name} sends traffic to {clean(state.active)} ({state.key}={clean(state.active)}).")
    rows = [_row(side, state, at) for side in state.sides for at in range(max(1, len(side.rollouts)))]
    active = [side.is_active for side in state.sides for _ in range(max(1, len(side.rollouts)))]
    printing.table(_HEADER, rows, [{1: "green"} if is_active else {} for is_active in active])
    for warning in state.warnings:
        printing.line(f"Warning: {warning}")


def _row(side: Side, state: BlueGreen, at: int) -> list[str]:
    traffic = count(side.endpoints, "ready endpoint") if state.endpoints_known else "unknown"
    if not side.endpoints and state.endpoints_known:
        traffic = "none"
    cells = [side.name, f"{traffic}{' (selected)' if side.is_active else ''}"] if not at else ["", ""]
    if not side.rollouts:
        return [*cells, "-", "", "", "", ""]
    rollout = side.rollouts[at]
    ready = f"{rollout.progress.ready}/{rollout.progress.desired}"
    return [*cells, rollout.label, rollout.phase.value, ready, str(rollout.revision or ""), clean(rollout.image)]
