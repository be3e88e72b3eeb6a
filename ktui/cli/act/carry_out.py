"""Carry one action out on the command line: show the plan, ask, send, say how it ended."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click
import msgspec

from ktui import signals
from ktui.actions.audit import AuditLog
from ktui.actions.batch import Accepted, try_out
from ktui.actions.outcome import Conflict, Done, Failed, Outcome
from ktui.actions.perform import EXPLAINED, perform
from ktui.actions.preview import Preview
from ktui.actions.read import Reader
from ktui.actions.unfinished import settle_unfinished
from ktui.actions.verify import Recheck
from ktui.cli import printing
from ktui.cli.cluster import access, say_notes, surroundings
from ktui.cli.exit_codes import FAILED
from ktui.cli.figures_file import book_opener, recaller
from ktui.cli.rollout_document import action_document
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.cli.waiting import waiting
from ktui.kube.api import Api
from ktui.kube.connection import Connection, connect
from ktui.model.reference import Reference
from ktui.plans.guardrails import Rules, name_of, places_of
from ktui.plans.plan import Plan
from ktui.plans.request import Action, Request
from ktui.plans.switch import AlreadySwitched
from ktui.rollout.revisions import Refusal
from ktui.settings import Settings, audit_file

T = TypeVar("T")

_NOT_SENT: Final = "Nothing was sent."


@dataclass(frozen=True)
class Manner:
    """How an action is carried out."""

    dry_run: bool
    yes: bool
    output: str
    confirm: str = ""
    """The name of the workload, typed for a rule that asks for it."""


@dataclass(frozen=True)
class Followed:
    """What was seen after an action was done: members for its document, and the exit code."""

    document: dict[str, Any]
    code: int = 0

    @property
    def is_held(self) -> bool:
        """Whether it ended with a canary that is held and ready."""
        return bool(self.document["watch"]["outcome"] == HELD)


def watched(outcome: str, sentence: str, code: int) -> Followed:
    """How the watch of a rollout ended."""
    return Followed({"watch": {"outcome": outcome, "sentence": sentence, "exitCode": code}}, code)


HELD: Final = "held"
"""The outcome of a watch that ended with a canary that is held and ready."""

Planned = Callable[[Api, str, tuple[str, ...]], Awaitable[Plan | Refusal]]

Follow = Callable[[Api, Plan], Coroutine[Any, Any, Followed]]


@dataclass(frozen=True)
class Job:
    """An action on the command line, whatever it is done to."""

    plan: Planned
    """Plans it on what is there now, in the namespace that is meant, with kubectl called that way."""
    insist: Callable[[Plan], str] = lambda _: ""
    """A second question before it is sent; nothing where one is enough."""
    advise: Callable[[Refusal], str] = lambda _: ""
    """What to do about a refusal; nothing where there is nothing to do."""
    follow: Follow | None = None
    """Follows the rollout after the action was sent, until it takes effect. The plan's `after` is what the
    server made of it then."""
    note: str = ""
    """What the question has to say beside the plan."""
    later: tuple[tuple[str, Action], ...] = ()
    """What may follow without a question, and which action it is: rules have to allow it from the beginning."""
    rolls: bool = False
    """Whether a rollout begins with it: then the output says how to follow that."""


class Stopped(Exception):  # noqa: N818 - said in one sentence, and that is that
    """The action goes no further; nothing was changed."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class NothingToDo(Exception):  # noqa: N818 - as above
    """All is as it was asked for; nothing was changed."""


def planner(settings: Settings, reference: Reference, request: Request) -> Planned:
    """Plans that for the workload that is named, for a `Job`."""

    async def planned(api: Api, namespace: str, kubectl: tuple[str, ...]) -> Plan | Refusal:
        async with pointing_to_namesakes(api, namespace, reference) as meant:
            recall = recaller(book_opener(settings), api.connection.context)
            return await Reader(api, kubectl, recall=recall).plan(namespace, meant, request)

    return planned


def carry_out(settings: Settings, reference: Reference, request: Request, manner: Manner, *, rolls: bool) -> int:
    """Do that to the workload that is named; the exit code, as of `carry_out_job`. Raises KubeError."""
    return carry_out_job(settings, Job(planner(settings, reference, request), rolls=rolls), manner)


def carry_out_job(settings: Settings, job: Job, manner: Manner) -> int:
    """The exit code: 0 for done (or a dry run that the server accepts), 1 for anything else. Raises KubeError.

    A job that is followed ends with the code of what was seen.
    """
    try:
        check(settings, manner)
        with reached(settings) as cluster:
            return _Carrying(cluster).run(job, manner)
    except NothingToDo as already:
        _say_that_it_is_so(str(already), manner)
        return 0
    except Stopped as stop:
        printing.error(str(stop), stop.hint)
        return FAILED


def _say_that_it_is_so(sentence: str, manner: Manner) -> None:
    sentence = f"{sentence[:1].upper()}{sentence[1:]}."
    if manner.output == "text":
        printing.line(sentence)
    else:
        outcome = {"is": "nothing to do", "sentence": sentence}
        printing.document({"dryRun": manner.dry_run, "outcome": outcome}, manner.output)


@dataclass(frozen=True)
class Reached:
    """A cluster that is connected to. Questions are asked outside of the event loop, which `runner` enters.

    Inside, the first Ctrl-C would only cancel a task.
    """

    runner: asyncio.Runner
    api: Api
    namespace: str
    kubectl: tuple[str, ...]
    rules: Rules

    def run(self, question: Coroutine[Any, Any, T]) -> T:
        """What it returns. Raises KubeError, and `signals.Ended` where a signal ends it."""

        async def shown() -> T:
            async with waiting() as waits:
                waits.follow(self.api.connection)
                return await question

        return run(shown(), self.runner)

    async def send(self, made: Plan, typed: str = "") -> Outcome:
        """Perform it, and write it down. `typed` is the name that a person typed, if a rule asks for that."""
        recheck = Recheck(lambda sentence: printing.note(f"ktui: {sentence}"))
        performed = await perform(
            self.api, made, AuditLog(audit_file()), rules=self.rules, typed=typed, recheck=recheck
        )
        if performed.audit_failure:
            printing.note(f"ktui: {performed.audit_failure}")
        return performed.outcome


async def _connected(settings: Settings) -> Connection:
    async with waiting():
        return await connect(access(settings), surroundings())


@contextmanager
def reached(settings: Settings) -> Iterator[Reached]:
    """Connected for a while. Raises KubeError."""
    with asyncio.Runner() as runner:
        with unsent():
            connection = run(_connected(settings), runner)
        api = Api(connection)
        try:
            say_notes(connection)
            with unsent():
                settled = run(settle_unfinished(api, AuditLog(audit_file()), connection.clock.now), runner)
            for sentence in (*settled.known, *settled.open):
                printing.note(f"ktui: {sentence}")
            yield Reached(runner, api, connection.namespace, connection.kubectl, settings.guardrails)
        finally:
            runner.run(connection.aclose())


def check(settings: Settings, manner: Manner) -> None:
    """Whether an action may be begun at all. Raises Stopped."""
    if settings.read_only:
        raise Stopped("ktui is read-only: nothing was sent.", "Set by --read-only, KTUI_READ_ONLY or config.toml.")
    if not manner.dry_run and not manner.yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Stopped(
            "This needs a confirmation, and there is no terminal to ask on: nothing was sent.",
            "Use --yes to skip the question, or --dry-run to see what would change.",
        )


@contextmanager
def unsent() -> Iterator[None]:
    """What comes before anything is sent: if Ctrl-C, Ctrl-D at a question or a signal ends it, that is said."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort, signals.Ended):
        printing.begin_line()
        printing.error(_NOT_SENT)
        raise


def ask(question: str) -> None:
    """Go on if a person says yes. Raises Stopped for no, and click.Abort for Ctrl-C or Ctrl-D."""
    if not printing.confirm(question):
        raise Stopped(_NOT_SENT)


class _Carrying:
    """One action from the plan to the outcome."""

    def __init__(self, cluster: Reached) -> None:
        self._cluster = cluster

    def run(self, job: Job, manner: Manner) -> int:
        """Show, ask, send; where the target changed while it was shown, show again what it comes to now."""
        while True:
            with unsent():
                made, seen = self._planned(job)
                if manner.output == "text" or not (manner.dry_run or manner.yes):
                    # Where standard output is for a document, the question still needs its plan.
                    _show(made, seen, job.note, err=manner.output != "text")
                if manner.dry_run:
                    if manner.output != "text":
                        printing.document(action_document(made, seen, None), manner.output)
                    return 0
                typed = self._typed(made, manner)
                for question in ("" if typed else "Apply?", twice(made), job.insist(made)):
                    if question and not manner.yes:
                        ask(question)
            outcome = self._sent(made, typed)
            if isinstance(outcome, Conflict) and not outcome.gone and not manner.yes:
                printing.note(f"ktui: {outcome.sentence} The new plan:")
                continue
            return self._conclude(job, made, seen, outcome, manner)

    def _conclude(self, job: Job, made: Plan, seen: Preview, outcome: Outcome, manner: Manner) -> int:
        followed = Followed({}, 0 if isinstance(outcome, Done) else FAILED)
        if not isinstance(outcome, Done):
            printing.error(outcome.sentence, outcome.hint)
        elif manner.output == "text":
            printing.line(outcome.sentence)
            if job.rolls and job.follow is None:
                printing.line(f"To follow it: {_status_command(self._cluster, made)}")
        if isinstance(outcome, Done) and job.follow is not None:
            there = msgspec.structs.replace(made, after=outcome.after or made.after)
            followed = self._cluster.run(job.follow(self._cluster.api, there))
        if manner.output != "text":
            printing.document({**action_document(made, seen, outcome), **followed.document}, manner.output)
        return followed.code

    def _planned(self, job: Job) -> tuple[Plan, Preview]:
        """A plan that the server accepts. Raises Stopped."""
        there = self._cluster
        answer = there.run(try_out(there.api, lambda: job.plan(there.api, there.namespace, there.kubectl), there.rules))
        match answer:
            case Accepted():
                self._check_what_follows(answer.plan, job.later)
                return answer.plan, answer.preview
            case AlreadySwitched():
                raise NothingToDo(answer.reason)
            case Refusal():
                raise Stopped(answer.reason, job.advise(answer))
            case Failed():
                raise Stopped(answer.sentence, answer.hint)

    def _check_what_follows(self, made: Plan, later: tuple[tuple[str, Action], ...]) -> None:
        connection = self._cluster.api.connection
        places, now = places_of(made, connection.context), connection.clock.now()
        for what, action in later:
            if refused := self._cluster.rules.refuse(action, *places, now=now):
                raise Stopped(f"{what} is not allowed: {refused.reason}. {_NOT_SENT}", EXPLAINED)

    def _typed(self, made: Plan, manner: Manner) -> str:
        """The name that a person typed, if a rule asks for that. Raises Stopped for another one, or none."""
        rules, context = self._cluster.rules, self._cluster.api.connection.context
        refused = rules.refuse_untyped(made, context)
        if refused is None:
            return ""
        typed = manner.confirm
        if not typed and not manner.yes:
            printing.note(f"ktui: {refused.reason}.")
            typed = printing.ask("Type the name to apply")
        if rules.refuse_untyped(made, context, typed) is not None:
            raise Stopped(f"{refused.reason}. {_NOT_SENT}", f"Give --confirm {name_of(made)}; --yes is not enough.")
        return typed

    def _sent(self, made: Plan, typed: str) -> Outcome:
        try:
            return self._cluster.run(self._cluster.send(made, typed))
        except (KeyboardInterrupt, signals.Ended):
            printing.error(
                "Interrupted while the request was being sent: it is not known whether the change was applied."
            )
            raise


def _status_command(cluster: Reached, made: Plan) -> str:
    """The command that follows the rollout: `ktui --context prod -n shop status cart`."""
    name = made.followed.short
    return shlex.join(["ktui", *cluster.kubectl[1:], "-n", made.target.namespace, "status", name])


def twice(made: Plan) -> str:
    """The second question about what is known to be bad; nothing where one is enough."""
    return f"{made.insist} Apply anyway?" if made.insist else ""


def _show(made: Plan, seen: Preview, note: str, *, err: bool) -> None:
    """The plan as text."""
    say = printing.note if err else printing.line
    say(made.title)
    for effect in made.effects:
        say(f"  {effect}")
    for warning in made.warnings:
        say(f"  Warning: {warning}")
    if note:
        say(f"  {note}")
    say(f"  Undo: {made.undo.sentence}")
    say("")
    say(seen.sentence)
    for warning in seen.warnings:
        say(f"  Warning: {warning}")
    for change in seen.changes:
        say(f"  {change}")
    say("")
    say("The same with kubectl:")
    for command in made.commands:
        say(f"  {command}")
    say("")
