"""From a key to an action that was planned, shown, agreed to, sent and verified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from textual.notifications import SeverityLevel
from textual.widgets import Input

from ktui.actions.access import Offer, Reviews, Rights, open_actions
from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done, Outcome
from ktui.actions.perform import perform
from ktui.actions.plan import Plan
from ktui.actions.planning import plan
from ktui.actions.preview import preview
from ktui.actions.request import (
    Abort,
    Action,
    Pause,
    Promote,
    Repair,
    Request,
    Restart,
    Resume,
    RollBack,
    Scale,
    SetImage,
)
from ktui.actions.subject import read_subject
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.model.objects import Deployment
from ktui.rollout.revisions import Refusal
from ktui.rollout.words import clean
from ktui.tui.canary_dialogs import ask_canary
from ktui.tui.screens.ask import AskScreen
from ktui.tui.screens.confirm import ConfirmScreen
from ktui.tui.screens.pick import PickScreen

if TYPE_CHECKING:
    from ktui.tui.app import KtuiApp
    from ktui.tui.session import Session

_DOING: Final = {
    Action.PAUSE: "pausing",
    Action.RESUME: "resuming",
    Action.PROMOTE: "promoting",
    Action.ROLLBACK: "rolling back",
    Action.ABORT: "aborting",
    Action.SET_IMAGE: "new image",
    Action.SCALE: "scaling",
    Action.RESTART: "restarting",
    Action.CANARY: "canary",
    Action.REPAIR: "repairing",
    Action.SWITCH: "switching",
}
"""What a row says from the moment that an action was sent until the stream reports it."""

_PATIENCE: Final = timedelta(seconds=20)
"""How long the stream may take to report an action before the row stops saying that it is under way."""

_RIGHTS_LAST: Final = timedelta(seconds=60)
"""How long rights count, and how long those that could not be found out are left alone."""

MAX_REPLICAS: Final = 2147483647


@dataclass(frozen=True)
class _Pending:
    generation: int
    until: datetime


class Steering:
    """Carries out what keys ask for. One action at a time on a screen; each is a person's own decision."""

    def __init__(self, app: KtuiApp, session: Session, *, read_only: bool) -> None:
        self._app = app
        self._session = session
        self._read_only = read_only
        self._reviews: Reviews | None = None
        self._reviewed: Connection | None = None
        self._rights: dict[str, Rights] = {}
        self._asked: dict[str, datetime] = {}
        """The namespaces whose rights have been asked for, and until when they are not asked for again."""
        self._awaited: dict[str, _Pending] = {}
        self._is_deciding = False

    # What is open

    def offers(self, uid: str) -> tuple[Offer, ...]:
        """The actions on a rollout, open or not. What the user may do is found out on the way."""
        deployment = self._app.live.store.deployment(uid)
        if deployment is None:
            return ()
        namespace = deployment.metadata.namespace
        now = self._app.now()
        if self._asked.get(namespace, now) <= now and self._session.connection is not None:
            self._asked[namespace] = now + _RIGHTS_LAST
            self._app.run_worker(self._ask_rights(deployment), group="rights")
        replicasets = self._app.live.store.replicasets(uid)
        return open_actions(deployment, replicasets, read_only=self._read_only, rights=self._rights.get(namespace))

    def forget(self) -> None:
        """Another cluster or scope: rights and pending actions are others there."""
        self._rights.clear()
        self._asked.clear()
        self._awaited.clear()

    async def _ask_rights(self, deployment: Deployment) -> None:
        connection = self._session.connection
        if connection is None:
            return
        if self._reviewed is not connection or self._reviews is None:
            self._reviews, self._reviewed = Reviews(Api(connection)), connection
        namespace = deployment.metadata.namespace
        try:
            rights = await self._reviews.rights(namespace, deployment.metadata.name)
        except KubeError:
            # Not known is not refused: the server has the last word when something is sent. Asked again later.
            return
        if self._session.connection is connection:
            self._rights[namespace] = rights
            self._app.draw_soon()

    # What is done

    async def steer(self, uid: str, name: str, *, revision: int | None = None) -> None:
        """Everything from the key to the outcome; `revision` is the one to roll back to, None the one before."""
        deployment = self._app.live.store.deployment(uid)
        connection = self._session.connection
        if deployment is None:
            self.say("This Deployment is gone.", "warning")
            return
        if connection is None:
            self.say("There is no connection to the cluster now.", "warning")
            return
        if self._is_deciding:
            self.say("One thing at a time: the server is still being asked about the last one.", "warning")
            return
        offers = self.offers(uid)
        action = self._action(name, deployment, offers)
        offer = next((each for each in offers if each.action is action), None)
        if offer is not None and not offer.open:
            self.say(f"{offer.label}: {offer.why_not}", "warning")
            return
        with self._deciding():
            request = RollBack(revision) if revision is not None else await self._request(action, deployment)
        if request is not None:
            try:
                await self._carry_out(request, deployment, connection)
            except KubeError as error:
                self.say(f"{error} {error.hint}".strip(), "error")

    def _action(self, name: str, deployment: Deployment, offers: Sequence[Offer]) -> Action:
        if name == "toggle_pause":
            return Action.RESUME if deployment.spec.paused else Action.PAUSE
        if name == Action.CANARY and any(offer.action is Action.REPAIR for offer in offers):
            return Action.REPAIR
        return Action(name)

    async def _request(self, action: Action, deployment: Deployment) -> Request | None:
        simple: dict[Action, Callable[[], Request]] = {
            Action.PAUSE: Pause,
            Action.RESUME: Resume,
            Action.PROMOTE: Promote,
            Action.ROLLBACK: RollBack,
            Action.ABORT: Abort,
            Action.RESTART: Restart,
            Action.REPAIR: Repair,
        }
        if action in simple:
            return simple[action]()
        if action is Action.SCALE:
            return await self._ask_scale(deployment)
        name = f"{deployment.metadata.namespace}/{deployment.metadata.name}"
        title = f"Canary of {name}" if action is Action.CANARY else f"Set the image of {name}"
        image = await self._ask_image(deployment, title)
        if image is None or action is not Action.CANARY:
            return image
        return await ask_canary(self._app, deployment, image.images, title)

    async def _ask_scale(self, deployment: Deployment) -> Request | None:
        now = deployment.spec.desired
        title = f"Scale {deployment.metadata.namespace}/{deployment.metadata.name}"
        value = await self._app.push_screen_wait(
            AskScreen(title, f"{now} pods are asked for now. How many should there be?", str(now), wrong_number)
        )
        return Scale(int(value)) if value is not None else None

    async def _ask_image(self, deployment: Deployment, title: str) -> SetImage | None:
        containers = deployment.spec.template.containers
        container = containers[0]
        if len(containers) > 1:
            choices = [(each.name, f"{each.name}  {each.image}") for each in containers]
            name = await self._app.push_screen_wait(PickScreen(title, choices, container.name))
            if name is None:
                return None
            container = next(each for each in containers if each.name == name)
        note = f"The container {container.name} runs {container.image} now."
        value = await self._app.push_screen_wait(AskScreen(title, note, container.image, _wrong_image))
        return SetImage(((container.name, value),)) if value is not None else None

    async def _carry_out(self, request: Request, deployment: Deployment, connection: Connection) -> None:
        api, meta = Api(connection), deployment.metadata

        async def planned() -> Plan | Refusal:
            self._app.pending[meta.uid] = "asking"
            self._app.draw_soon()
            try:
                kubectl = self._session.kubectl
                subject = await read_subject(api, meta.namespace, meta.name, kubectl, clock=self._app.now)
            finally:
                self._app.pending.pop(meta.uid, None)
                self._app.draw_soon()
            if subject.deployment.metadata.uid != meta.uid:
                return Refusal("This Deployment was deleted, and another one has its name now. Nothing was sent.")
            return plan(request, subject)

        await self.carry_out(api, planned)

    async def carry_out(self, api: Api, planned: Callable[[], Awaitable[Plan | Refusal]], insist: str = "") -> None:
        """Plan, show, ask, send; again where the target changed while it was shown. Raises KubeError.

        With `insist` it is asked once more, and that is what the second question says.
        """
        note = ""
        # What a conflict leads to is not put before someone who is busy with something else by then.
        while not self._is_deciding:
            with self._deciding():
                agreed = await self._agreed(api, planned, [note, insist] if insist else [note])
            if agreed is None:
                return
            outcome = await self.send(api, agreed)
            if not isinstance(outcome, Conflict) or outcome.gone:
                return
            note = f"{outcome.sentence} This is the plan for what it is now."

    @contextmanager
    def _deciding(self) -> Iterator[None]:
        """One decision at a time: a key that is pressed again meanwhile does not ask again."""
        self._is_deciding = True
        try:
            yield
        finally:
            self._is_deciding = False

    async def _agreed(
        self, api: Api, planned: Callable[[], Awaitable[Plan | Refusal]], notes: Sequence[str]
    ) -> Plan | None:
        """The plan that a person has said yes to, once for each note."""
        front = self._app.screen
        try:
            made = await planned()
        except KubeError:
            if self._session.connection is not api.connection:
                return None
            raise
        if self._session.connection is not api.connection or self._app.screen is not front or self._is_typing:
            # A dialog that comes up under someone's fingers may be answered before it is read.
            self.say("Not asked for any more, for you went on: press it again.", "warning")
            return None
        if isinstance(made, Refusal):
            self.say(made.reason, "warning")
            return None
        for note in notes:
            guarded = self._app.guard_note(made.target.uid)
            if not await self._app.push_screen_wait(_confirm(api, made, f"{note} {guarded}".strip())):
                return None
        return made

    @property
    def _is_typing(self) -> bool:
        return isinstance(self._app.focused, Input)

    async def send(self, api: Api, planned: Plan) -> Outcome:
        """Send what a person has said yes to, and say how it ended; the row shows it as pending meanwhile."""
        uid, action = planned.target.uid, planned.action
        self._app.pending[uid] = _DOING[action]
        self._app.draw_soon()
        done = False
        try:
            performed = await perform(api, planned, AuditLog(self._app.options.audit))
            done = isinstance(performed.outcome, Done)
        finally:
            if not done:
                self._app.pending.pop(uid, None)
                self._app.draw_soon()
        outcome = performed.outcome
        if isinstance(outcome, Done):
            generation = outcome.after.get("metadata", {}).get("generation", planned.target.generation + 1)
            self._awaited[uid] = _Pending(generation, self._app.now() + _PATIENCE)
            self.say(outcome.sentence, "information")
        else:
            self.say(f"{outcome.sentence} {outcome.hint}".strip(), _severity(outcome))
        if performed.audit_failure:
            self.say(performed.audit_failure, "warning")
        return outcome

    def settle(self) -> None:
        """End what was pending where the stream has reported it, or has not for too long."""
        for uid, awaited in list(self._awaited.items()):
            deployment = self._app.live.store.deployment(uid)
            if (
                deployment is None
                or deployment.metadata.generation >= awaited.generation
                or self._app.now() > awaited.until
            ):
                del self._awaited[uid]
                self._app.pending.pop(uid, None)

    def say(self, sentence: str, severity: SeverityLevel) -> None:
        """Tell a person how it went."""
        self._app.notify(clean(sentence), severity=severity, timeout=8, markup=False)


def _severity(outcome: Outcome) -> SeverityLevel:
    return "warning" if isinstance(outcome, Conflict) else "error"


def _confirm(api: Api, planned: Plan, note: str) -> ConfirmScreen:
    return ConfirmScreen(planned, lambda: preview(api, planned), note=note)


def wrong_number(value: str) -> str:
    """What is wrong with it as a number of pods; nothing where it is one."""
    # Not more digits than that: Python refuses to read very many.
    if value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= MAX_REPLICAS:
        return ""
    return "That is no number of pods: a whole number from 0 on is."


def _wrong_image(value: str) -> str:
    if not value:
        return "An image is needed, such as registry.example/shop/cart:5.1."
    return "" if value.isprintable() and not any(char.isspace() for char in value) else "An image's name has no spaces."
