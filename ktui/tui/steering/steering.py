"""From a key to an action that was planned, shown, agreed to, sent and verified."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.notifications import SeverityLevel

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done, Outcome
from ktui.actions.perform import perform
from ktui.actions.preview import preview
from ktui.actions.read import Reader
from ktui.actions.rights import Reviews
from ktui.actions.verify import Looking
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.model.changes import resource_of
from ktui.model.reference import reference_to
from ktui.model.store import Store
from ktui.model.workloads import DaemonSet, Workload
from ktui.plans import by_kind
from ktui.plans.offers import Offer, Rights
from ktui.plans.plan import Plan
from ktui.plans.request import (
    PLAIN,
    Action,
    Request,
    RollBack,
    Scale,
    SetImage,
)
from ktui.plans.wording import target_of
from ktui.rollout import images
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Accounts
from ktui.text import count
from ktui.tui.dialogs.ask import AskScreen
from ktui.tui.dialogs.confirm import ConfirmScreen
from ktui.tui.dialogs.pick import PickScreen
from ktui.tui.door import takes_text
from ktui.tui.steering.canary_dialogs import ask_canary
from ktui.tui.steering.sending import Sending

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

MAX_REPLICAS: Final = 2147483647

_IMAGE: Final = re.compile(r"[\w./:@+-]+", re.ASCII)


@dataclass(frozen=True)
class _Awaited:
    generation: int
    until: datetime


def offers_on(
    store: Store,
    workload: Workload,
    *,
    read_only: bool = False,
    rights: Rights | None = None,
    remembered: Accounts | None = None,
) -> tuple[Offer, ...]:
    """The actions on a workload of any kind, from what the streams have brought."""
    return by_kind.offers(by_kind.known(store, workload, remembered), read_only=read_only, rights=rights)


class Steering:
    """Carries out what keys ask for. One action at a time on a screen; each is a person's own decision."""

    def __init__(self, app: KtuiApp, session: Session, *, read_only: bool) -> None:
        self._app = app
        self._session = session
        self._read_only = read_only
        self._reviews: Reviews | None = None
        """Of the present connection."""
        self._planning: list[str] = []
        """The uids that the server is being asked about, for a plan; one may be there twice."""
        self._sent: dict[str, str] = {}
        """What was sent, and is being done, by uid."""
        self._awaited: dict[str, _Awaited] = {}
        """What the server has taken and the stream has not reported yet."""
        self._is_deciding = False
        self.sending = Sending(session)

    # What is open

    def offers(self, uid: str) -> tuple[Offer, ...]:
        """The actions on a rollout, open or not. What the user may do is found out on the way."""
        workload = self._app.live.store.workload(uid)
        if workload is None:
            return ()
        place = (workload.metadata.namespace, resource_of(workload))
        reviews = self._reviews_now()
        if reviews is not None and self._session.connection is not None and reviews.take(*place):
            self._app.run_worker(self._ask_rights(reviews, workload), group="rights")
        return offers_on(
            self._app.live.store,
            workload,
            read_only=self._read_only,
            rights=reviews.known(*place) if reviews is not None else None,
            remembered=self._app.past.accounts(uid),
        )

    @property
    def pending(self) -> Mapping[str, str]:
        """What is under way on which rollout, by uid: an action that was sent, or the question before one."""
        return {**dict.fromkeys(self._planning, "asking"), **self._sent}

    def forget(self) -> None:
        """Another cluster or scope: rights and pending actions are others there."""
        self._reviews = None
        self._sent.clear()
        self._awaited.clear()

    def _reviews_now(self) -> Reviews | None:
        connection = self._session.connection
        if connection is not None and (self._reviews is None or self._reviews.api.connection is not connection):
            self._reviews = Reviews(Api(connection), lambda: self._app.now().timestamp())
        return self._reviews

    async def _ask_rights(self, reviews: Reviews, workload: Workload) -> None:
        meta = workload.metadata
        try:
            await reviews.ask(meta.namespace, meta.name, resource_of(workload))
        except KubeError:
            # Not known is not refused: the server has the last word when something is sent. Asked again later.
            return
        if self._reviews is reviews:
            self._app.draw_soon()

    # What is done

    async def steer(self, uid: str, name: str, *, revision: int | None = None) -> None:
        """Everything from the key to the outcome; `revision` is the one to roll back to, None the one before."""
        workload = self._app.live.store.workload(uid)
        connection = self._session.connection
        if workload is None:
            self.say("This rollout is gone.", "warning")
            return
        if connection is None:
            self.say("There is no connection to the cluster now.", "warning")
            return
        if self._is_deciding:
            self.say("One thing at a time: the server is still being asked about the last one.", "warning")
            return
        offers = self.offers(uid)
        action = Action.ROLLBACK if revision is not None else steered(name, offers)
        offer = next((each for each in offers if each.action is action), None)
        if offer is not None and not offer.open:
            self.say(f"{offer.label}: {offer.why_not}", "warning")
            return
        with self._deciding():
            request = RollBack(revision) if revision is not None else await self._request(action, workload)
        if request is not None:
            try:
                await self._carry_out(request, workload, connection)
            except KubeError as error:
                self.say(f"{error} {error.hint}".strip(), "error")

    async def _request(self, action: Action, workload: Workload) -> Request | None:
        if action in PLAIN:
            return PLAIN[action]()
        if action is Action.SCALE:
            return await self._ask_scale(workload)
        name = str(target_of(workload))
        title = f"Canary of {name}" if action is Action.CANARY else f"Set the image of {name}"
        image = await self._ask_image(workload, title)
        if image is None or action is not Action.CANARY or isinstance(workload, DaemonSet):
            return image
        return await ask_canary(self._app, workload, image.images, title)

    async def _ask_scale(self, workload: Workload) -> Request | None:
        assert not isinstance(workload, DaemonSet), "which cannot be scaled, and so is not asked about"
        now = workload.spec.desired
        title = f"Scale {target_of(workload)}"
        value = await self._app.push_screen_wait(
            AskScreen(title, f"Currently {count(now, 'replica')}. New number:", str(now), wrong_number)
        )
        return Scale(int(value)) if value is not None else None

    async def _ask_image(self, workload: Workload, title: str) -> SetImage | None:
        containers = workload.spec.template.containers
        container = containers[0]
        if len(containers) > 1:
            choices = [(each.name, f"{each.name}  {each.image}") for each in containers]
            name = await self._app.push_screen_wait(PickScreen(title, choices, container.name))
            if name is None:
                return None
            container = next(each for each in containers if each.name == name)
        note = f"The container {container.name} runs {container.image} now. A tag alone keeps the repository."
        repository, rest = images.split(container.image)
        # What is typed first takes the place of the tag; a digest goes with its sign.
        kept = len(repository) + (1 if rest.startswith(":") else 0)
        value = await self._app.push_screen_wait(AskScreen(title, note, container.image, _wrong_image, kept=kept))
        return SetImage(((container.name, value),)) if value is not None else None

    async def _carry_out(self, request: Request, workload: Workload, connection: Connection) -> None:
        api, meta, reference = Api(connection), workload.metadata, reference_to(workload)

        async def planned() -> Plan | Refusal:
            self._planning.append(meta.uid)
            self._app.draw_soon()
            try:
                return await self.reader(api).plan(meta.namespace, reference, request, meta.uid)
            finally:
                self._planning.remove(meta.uid)
                self._app.draw_soon()

        await self.carry_out(api, planned)

    def reader(self, api: Api) -> Reader:
        """What plans actions here."""
        return Reader(api, self._session.kubectl, self._app.now, self._app.past.recall)

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
            self.say("You moved on before the server answered: press the key again.", "warning")
            return None
        if isinstance(made, Refusal):
            self.say(made.reason, "warning")
            return None
        for note in [*notes, *([f"{made.insist} Apply anyway?"] if made.insist else [])]:
            guarded = self._app.guard_note(made.target.uid)
            question = ConfirmScreen(made, partial(preview, api), note=f"{note} {guarded}".strip())
            if not await self._app.push_screen_wait(question):
                return None
            made = question.plan
        return made

    @property
    def _is_typing(self) -> bool:
        return takes_text(self._app.focused)

    async def send(self, api: Api, planned: Plan) -> Outcome:
        """Send what a person has said yes to, and say how it ended; the row shows it as pending meanwhile."""
        uid, action = planned.target.uid, planned.action
        self._awaited.pop(uid, None)
        self._sent[uid] = _DOING[action]
        self._app.draw_soon()
        done, target = False, planned.target
        try:
            looking = Looking(lambda sentence: self.say(sentence, "warning"))
            log = AuditLog(self._app.options.audit)
            with self.sending.of(planned.title, target.resource, target.namespace, target.name):
                performed = await perform(api, planned, log, clock=self._app.now, looking=looking)
            done = isinstance(performed.outcome, Done)
        finally:
            if not done:
                self._sent.pop(uid, None)
                self._app.draw_soon()
        outcome = performed.outcome
        if isinstance(outcome, Done):
            generation = outcome.after.get("metadata", {}).get("generation", planned.target.generation + 1)
            self._awaited[uid] = _Awaited(generation, self._app.now() + _PATIENCE)
            if self._app.announcements is not None:
                self._app.announcements.follow(uid, generation)
            self.say(outcome.sentence, "information")
        else:
            self.say(f"{outcome.sentence} {outcome.hint}".strip(), _severity(outcome))
        if performed.audit_failure:
            self.say(performed.audit_failure, "warning")
        return outcome

    def settle(self) -> None:
        """End what was pending where the stream has reported it, or has not for too long."""
        for uid, awaited in list(self._awaited.items()):
            workload = self._app.live.store.workload(uid)
            if (
                workload is None
                or workload.metadata.generation >= awaited.generation
                or self._app.now() > awaited.until
            ):
                del self._awaited[uid]
                self._sent.pop(uid, None)

    def say(self, sentence: str, severity: SeverityLevel) -> None:
        """Tell a person how it went."""
        self._app.notify(sentence, severity=severity, timeout=8)


def steered(name: str, offers: Sequence[Offer]) -> Action:
    """The action that a key stands for here: some keys do one of two, whichever is offered."""
    offered = {offer.action for offer in offers}
    if name == "toggle_pause":
        return Action.RESUME if Action.RESUME in offered else Action.PAUSE
    if name == Action.CANARY and Action.REPAIR in offered:
        return Action.REPAIR
    return next((each.instead for each in offers if each.action == name and each.instead), Action(name))


def _severity(outcome: Outcome) -> SeverityLevel:
    return "warning" if isinstance(outcome, Conflict) else "error"


def wrong_number(value: str) -> str:
    """What is wrong with it as a number of pods; nothing where it is one."""
    # Not more digits than that: Python refuses to read very many.
    if value.isascii() and value.isdecimal() and len(value) <= 10 and int(value) <= MAX_REPLICAS:
        return ""
    return "Not a number of pods: enter a whole number, 0 or more."


def _wrong_image(value: str) -> str:
    if not value:
        return "An image is needed, such as registry.example/shop/cart:5.1."
    return "" if _IMAGE.fullmatch(value) else "An image's name has letters, digits and . _ - / : @ and no spaces."
