"""One action on the rollouts that are selected: one plan, one question, one after another until one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from ktui.actions.batch import Applied, Batch, LeftOut, one_after_another, try_all
from ktui.actions.outcome import Outcome
from ktui.actions.read import Planned, Reader
from ktui.kube.api import Api
from ktui.live.session import Session
from ktui.model.reference import reference_to
from ktui.model.workloads import Workload
from ktui.plans.plan import Plan
from ktui.plans.request import PLAIN, Action, Request
from ktui.plans.wording import target_of
from ktui.text import clean, count
from ktui.tui.dialogs.confirm_batch import ConfirmBatchScreen
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.dialogs.sending_batch import SendingBatchScreen
from ktui.tui.host import Host
from ktui.tui.steering.offers import steered
from ktui.tui.steering.questions import ask_scale
from ktui.tui.steering.steering import Steering

_WORTH_A_WORD: Final = 0.5
"""Seconds of sending after which a dialog shows it."""


async def steer_all(host: Host, session: Session, steering: Steering, uids: Sequence[str], name: str) -> None:
    """Everything from the key to the outcomes, for the rollouts with these uids in that order."""
    try:
        await _steer_all(host, session, steering, uids, name)
    finally:
        # Where it came to no dialog, the keys that were kept for one are let go.
        host.release_keys()


async def _steer_all(host: Host, session: Session, steering: Steering, uids: Sequence[str], name: str) -> None:
    if isinstance(host.screen, Dialog):
        # A key that was pressed twice, before the first question was to be seen.
        return
    found = [host.live.store.workload(uid) for uid in uids]
    workloads = [workload for workload in found if workload is not None]
    connection = session.connection
    if connection is None or not workloads:
        steering.say("There is no connection to the cluster now.", "warning")
        return
    action = _action(name, workloads, steering)
    if action in (Action.SET_IMAGE, Action.CANARY):
        steering.say("A new image is for one rollout at a time: esc clears the selection.", "warning")
        return
    title = f"{action.value.capitalize()}: {count(len(workloads), 'selected rollout')}"
    request = (
        await ask_scale(host, title, "How many pods should each of them have?")
        if action is Action.SCALE
        else PLAIN[action]()
    )
    if request is None:
        return
    api = Api(connection)
    reader = steering.reader(api)
    closed = _closed(action, workloads, steering)
    wanted = [(_name(each), _planned(reader, each, request)) for each in workloads if each.metadata.uid not in closed]

    async def ask() -> Batch:
        batch = await try_all(api, wanted, host.options.rules)
        return Batch(batch.accepted, (*closed.values(), *batch.left_out))

    guarded = sum(each.metadata.uid in host.guarded for each in workloads)
    note = f"Auto-abort is on for {guarded} of them: if a new pod fails or the deadline passes, ktui rolls it back."
    question = ConfirmBatchScreen(
        title, ask, connection.progress, note=note if guarded else "", to_read=host.options.to_read
    )
    agreed = await host.push_screen_wait(question)
    if agreed is None:
        return
    applied = await _send(host, steering, api, title, agreed)
    if applied.stopped:
        steering.say(applied.stopped, "error")


async def _send(host: Host, steering: Steering, api: Api, title: str, batch: Batch) -> Applied:
    """Send them one after another. If that takes longer, a dialog counts them, and can stop it."""
    shown, sent = SendingBatchScreen(title, len(batch.accepted)), 0

    async def send(made: Plan) -> Outcome:
        nonlocal sent
        sent += 1
        shown.sends(sent, made.title)
        return await steering.send(api, made)

    async def show() -> None:
        await asyncio.sleep(_WORTH_A_WORD)
        while isinstance(host.screen, Dialog):  # noqa: ASYNC110 - no event tells when a dialog ends
            await asyncio.sleep(_WORTH_A_WORD)
        host.push_screen(shown)

    showing = asyncio.create_task(show())
    try:
        return await one_after_another(batch, send, lambda: shown.is_stopped)
    finally:
        showing.cancel()
        shown.end()


def _action(name: str, workloads: Sequence[Workload], steering: Steering) -> Action:
    """What the key stands for: all have to be paused for it to resume, and one that can be repaired is.

    Some keys stand for another action on one rollout and not on the next. Then each key is what it is called.
    """
    meant = {steered(name, steering.offers.of(each.metadata.uid)) for each in workloads}
    if Action.REPAIR in meant:
        return Action.REPAIR
    if len(meant) == 1:
        return meant.pop()
    return Action.PAUSE if name == "toggle_pause" else Action(name)


def _closed(action: Action, workloads: Sequence[Workload], steering: Steering) -> dict[str, LeftOut]:
    """What the screen knows to be closed, by uid: the server need not be asked about it."""
    closed = {}
    for workload in workloads:
        uid = workload.metadata.uid
        offer = next((each for each in steering.offers.of(uid) if each.action is action), None)
        if offer is not None and not offer.open:
            closed[uid] = LeftOut(_name(workload), offer.why_not)
    return closed


def _planned(reader: Reader, workload: Workload, request: Request) -> Planned:
    meta, reference = workload.metadata, reference_to(workload)
    return lambda: reader.plan(meta.namespace, reference, request, meta.uid)


def _name(workload: Workload) -> str:
    return clean(str(target_of(workload)))
