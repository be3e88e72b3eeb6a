"""From a key to an action that was planned, shown, agreed to, sent and verified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from textual.notifications import SeverityLevel

from ktui.actions.audit import AuditLog
from ktui.actions.batch import allowed
from ktui.actions.outcome import Conflict, Done, Outcome
from ktui.actions.perform import perform
from ktui.actions.preview import preview
from ktui.actions.read import Reader
from ktui.actions.verify import Recheck
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.live.session import Session
from ktui.model.reference import reference_to
from ktui.model.workloads import Workload
from ktui.plans.change_cause import with_cause
from ktui.plans.guardrails import name_of
from ktui.plans.plan import Plan
from ktui.plans.request import Action, Request, RollBack
from ktui.rollout.revisions import Refusal
from ktui.tui.announcements import Announcements
from ktui.tui.dialogs.confirm import ConfirmScreen
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.door import takes_text
from ktui.tui.host import Host
from ktui.tui.steering.offers import Offers, steered
from ktui.tui.steering.pending import Pending
from ktui.tui.steering.questions import ask_cause, ask_name, ask_request
from ktui.tui.steering.sending import Sending

_GUARDED: Final = "Auto-abort is on: if a new pod fails or the deadline passes, ktui rolls it back."
_MOVED_ON: Final = "You moved on before the server answered: press the key again."


class Steering:
    """Carries out what keys ask for. One action at a time on a screen; each is a person's own decision."""

    def __init__(self, host: Host, session: Session, announcements: Announcements) -> None:
        self._host, self._session, self._announcements = host, session, announcements
        self._is_deciding = False
        self.offers = Offers(host)
        self.pending = Pending(host)
        self.sending = Sending(session)

    @property
    def goes_by_the_clock(self) -> bool:
        """What was sent is waited for no longer than some time."""
        return bool(self.pending.sentences)

    def update(self) -> None:
        """What was sent may have been reported."""
        self.pending.update()

    def leave(self) -> None:
        """Another cluster or scope: rights and pending actions are others there."""
        self.offers.leave()
        self.pending.leave()

    async def steer(self, uid: str, name: str, *, revision: int | None = None) -> None:
        """Everything from the key to the outcome; `revision` is the one to roll back to, None the one before."""
        workload = self._host.live.store.workload(uid)
        connection = self._session.connection
        try:
            if workload is None:
                self.say("This rollout is gone.", "warning")
                return
            if connection is None:
                self.say("There is no connection to the cluster now.", "warning")
                return
            request = await self._request(workload, name, revision)
        finally:
            # Where no dialog of its own came first, the server is asked, and a person may go on meanwhile.
            self._host.release_keys()
        if request is not None:
            try:
                await self._carry_out(request, workload, connection)
            except KubeError as error:
                self.say(f"{error} {error.hint}".strip(), "error")

    async def _request(self, workload: Workload, name: str, revision: int | None) -> Request | None:
        """What is wanted; None if it is not open now, which is said, or if the person left a dialog."""
        if self._is_deciding:
            self.say("One action at a time: the server has not answered about the last one yet.", "warning")
            return None
        if self.moved_on():
            return None
        uid = workload.metadata.uid
        offers = self.offers.of(uid)
        action = Action.ROLLBACK if revision is not None else steered(name, offers)
        offer = next((each for each in offers if each.action is action), None)
        if offer is not None and not offer.open:
            self.say(f"{offer.label}: {offer.why_not}", "warning")
            return None
        with self._deciding():
            return RollBack(revision) if revision is not None else await ask_request(self._host, action, workload)

    async def _carry_out(self, request: Request, workload: Workload, connection: Connection) -> None:
        api, meta, reference = Api(connection), workload.metadata, reference_to(workload)

        async def planned() -> Plan | Refusal:
            with self.pending.asking(meta.uid):
                return await self.reader(api).plan(meta.namespace, reference, request, meta.uid)

        await self.carry_out(api, planned)

    def reader(self, api: Api) -> Reader:
        """What plans actions here."""
        return Reader(api, self._session.kubectl, self._host.now, self._host.recorder.recall)

    async def carry_out(self, api: Api, planned: Callable[[], Awaitable[Plan | Refusal]], insist: str = "") -> None:
        """Plan, show, ask, send; again where the target changed while it was shown. Raises KubeError.

        With `insist` it is asked again, and that is what the second question says.
        """
        note = ""
        # What a conflict leads to is not put before someone who is busy with something else by then.
        while not self._is_deciding:
            with self._deciding():
                agreed = await self._agreed(api, planned, [note, insist] if insist else [note])
            if agreed is None:
                return
            outcome = await self.send(api, agreed, name_of(agreed))
            if not isinstance(outcome, Conflict) or outcome.gone:
                return
            note = f"{outcome.sentence} This is the new plan."

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
        front, to_read = self._host.screen, self._host.options.to_read
        try:
            made = await planned()
        except KubeError:
            if self._session.connection is not api.connection:
                return None
            raise
        if self._session.connection is not api.connection or self._host.screen is not front or self._is_typing:
            # A dialog that comes up under someone's fingers may be answered before it is read.
            self.say(_MOVED_ON, "warning")
            return None
        rules, context = self._host.options.rules, api.connection.context
        if isinstance(made, Plan) and rules.wants_cause(made, context, self._host.now()):
            cause = await ask_cause(self._host, made)
            if cause is None:
                return None
            made = with_cause(made, cause)
        made = allowed(made, api, rules)
        if isinstance(made, Refusal):
            self.say(made.reason, "warning")
            return None
        for note in [*notes, *([f"{made.insist} Apply anyway?"] if made.insist else [])]:
            guarded = _GUARDED if made.target.uid in self._host.guarded else ""
            question = ConfirmScreen(made, partial(preview, api), note=f"{note} {guarded}".strip(), to_read=to_read)
            if not await self._host.push_screen_wait(question):
                return None
            made = question.plan
        if (untyped := rules.refuse_untyped(made, context)) and not await ask_name(self._host, made, untyped.reason):
            return None
        return made

    def moved_on(self) -> bool:
        """Whether a dialog is in front by now, which was opened by a key that was typed ahead; that is said."""
        if isinstance(self._host.screen, Dialog):
            self.say(_MOVED_ON, "warning")
            return True
        return False

    @property
    def _is_typing(self) -> bool:
        return takes_text(self._host.focused)

    async def send(self, api: Api, planned: Plan, typed: str = "") -> Outcome:
        """Send what a person has said yes to, and say how it ended; the row shows it as pending meanwhile.

        `typed` is the name that the person typed, if a rule asks for that.
        """
        done, target = False, planned.target
        self.pending.sent(target.uid, planned.action)
        try:
            recheck = Recheck(lambda sentence: self.say(sentence, "warning"))
            log = AuditLog(self._host.options.audit)
            with self.sending.of(planned.title, target.resource, target.namespace, target.name):
                rules = self._host.options.rules
                performed = await perform(
                    api, planned, log, rules=rules, typed=typed, clock=self._host.now, recheck=recheck
                )
            done = isinstance(performed.outcome, Done)
        finally:
            if not done:
                self.pending.not_taken(target.uid)
        outcome = performed.outcome
        if isinstance(outcome, Done):
            generation = outcome.after.get("metadata", {}).get("generation", target.generation + 1)
            self.pending.taken(target.uid, generation)
            self._announcements.started(target.uid, generation)
            self.say(outcome.sentence, "information")
        else:
            self.say(f"{outcome.sentence} {outcome.hint}".strip(), _severity(outcome))
        if performed.audit_failure:
            self.say(performed.audit_failure, "warning")
        return outcome

    def say(self, sentence: str, severity: SeverityLevel) -> None:
        """Tell a person how it went."""
        self._host.notify(sentence, severity=severity, timeout=8)


def _severity(outcome: Outcome) -> SeverityLevel:
    return "warning" if isinstance(outcome, Conflict) else "error"
