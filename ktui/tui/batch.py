"""One action on the rollouts that are selected: one plan, one question, one after another until one fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from ktui.actions.batch import Batch, LeftOut, Planned, one_after_another, try_all
from ktui.actions.plan import Plan
from ktui.actions.planning import plan
from ktui.actions.request import Abort, Action, Pause, Promote, Repair, Request, Restart, Resume, RollBack, Scale
from ktui.actions.subject import read_subject
from ktui.kube.api import Api
from ktui.model.objects import Deployment
from ktui.rollout.revisions import Refusal
from ktui.rollout.words import clean, count
from ktui.tui.screens.ask import AskScreen
from ktui.tui.screens.confirm_batch import ConfirmBatchScreen
from ktui.tui.screens.dialog import Dialog
from ktui.tui.steering import wrong_number

if TYPE_CHECKING:
    from ktui.tui.app import KtuiApp
    from ktui.tui.session import Session
    from ktui.tui.steering import Steering

_REQUESTS: Final[dict[Action, Callable[[], Request]]] = {
    Action.PAUSE: Pause,
    Action.RESUME: Resume,
    Action.PROMOTE: Promote,
    Action.ROLLBACK: RollBack,
    Action.ABORT: Abort,
    Action.RESTART: Restart,
    Action.REPAIR: Repair,
}


async def steer_all(app: KtuiApp, session: Session, steering: Steering, uids: Sequence[str], name: str) -> None:
    """Everything from the key to the outcomes, for the rollouts with these uids in that order."""
    if isinstance(app.screen, Dialog):
        # A key that was pressed twice, before the first question was to be seen.
        return
    found = [app.live.store.deployment(uid) for uid in uids]
    deployments = [deployment for deployment in found if deployment is not None]
    connection = session.connection
    if connection is None or not deployments:
        steering.say("There is no connection to the cluster now.", "warning")
        return
    action = _action(name, deployments, steering)
    if action in (Action.SET_IMAGE, Action.CANARY):
        steering.say("A new image is for one rollout at a time: esc clears the selection.", "warning")
        return
    title = f"{action.value.capitalize()}: {count(len(deployments), 'selected rollout')}"
    request = await _ask_scale(app, title) if action is Action.SCALE else _REQUESTS[action]()
    if request is None:
        return
    api = Api(connection)
    closed = _closed(action, deployments, steering)
    wanted = [
        (_name(each), _planned(api, each, request, app, session))
        for each in deployments
        if each.metadata.uid not in closed
    ]

    async def ask() -> Batch:
        batch = await try_all(api, wanted)
        return Batch(batch.accepted, (*closed.values(), *batch.left_out))

    guarded = sum(each.metadata.uid in app.guarded for each in deployments)
    note = f"Auto-abort is on for {guarded} of them: if a new pod fails or the deadline passes, it goes back by itself."
    agreed = await app.push_screen_wait(ConfirmBatchScreen(title, ask, note=note if guarded else ""))
    if agreed is None:
        return
    applied = await one_after_another(agreed, lambda made: steering.send(api, made))
    if applied.stopped:
        steering.say(applied.stopped, "error")


def _action(name: str, deployments: Sequence[Deployment], steering: Steering) -> Action:
    if name == "toggle_pause":
        return Action.RESUME if all(each.spec.paused for each in deployments) else Action.PAUSE
    if name == Action.CANARY:
        offers = (offer for each in deployments for offer in steering.offers(each.metadata.uid))
        return Action.REPAIR if any(offer.action is Action.REPAIR for offer in offers) else Action.CANARY
    return Action(name)


def _closed(action: Action, deployments: Sequence[Deployment], steering: Steering) -> dict[str, LeftOut]:
    """What the screen knows to be closed, by uid: the server need not be asked about it."""
    closed = {}
    for deployment in deployments:
        uid = deployment.metadata.uid
        offer = next((each for each in steering.offers(uid) if each.action is action), None)
        if offer is not None and not offer.open:
            closed[uid] = LeftOut(_name(deployment), offer.why_not)
    return closed


def _planned(api: Api, deployment: Deployment, request: Request, app: KtuiApp, session: Session) -> Planned:
    meta = deployment.metadata

    async def planned() -> Plan | Refusal:
        subject = await read_subject(api, meta.namespace, meta.name, session.kubectl, clock=app.now)
        if subject.deployment.metadata.uid != meta.uid:
            return Refusal("It was deleted, and another one has its name now.")
        return plan(request, subject)

    return planned


async def _ask_scale(app: KtuiApp, title: str) -> Scale | None:
    value = await app.push_screen_wait(AskScreen(title, "How many pods should each of them have?", "", wrong_number))
    return Scale(int(value)) if value is not None else None


def _name(deployment: Deployment) -> str:
    return clean(f"{deployment.metadata.namespace}/{deployment.metadata.name}")
