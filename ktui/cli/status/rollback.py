"""Roll a failed rollout back without a question, because the command says so, and wait until that is complete."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, cast

import msgspec

from ktui.actions.audit import AuditLog
from ktui.actions.automatic_rollback import plan_automatic_rollback
from ktui.actions.batch import Accepted, try_out
from ktui.actions.outcome import Conflict, Done, Failed, Partly
from ktui.actions.perform import perform
from ktui.actions.read import Reader, Recall
from ktui.cli import printing
from ktui.cli.status.follow import Follow, Manner, Outcome
from ktui.kinds.auto_abort import Armed
from ktui.kinds.registry import kind_at
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.live.inspection import inert
from ktui.model.reference import reference_to
from ktui.model.template import decode_hook
from ktui.model.workloads import Workload
from ktui.plans.guardrails import Rules
from ktui.plans.plan import Plan
from ktui.rollout.revisions import Refusal
from ktui.settings import audit_file

_PATIENCE: Final = 60.0
"""Seconds that a cause which blocks may last in what is rolled back, where the gate itself had no patience."""

_ATTEMPTS: Final = 3
"""How often it is planned again where something else of the object, such as its size, changed in that moment."""


class Recovered(StrEnum):
    """What became of the rollback."""

    COMPLETE = "complete"
    NOT_COMPLETE = "not complete"
    """It was sent, but did not come to its end."""
    NOT_DONE = "not done"
    UNCLEAR = "unclear"


class Recovery(msgspec.Struct, frozen=True):
    """How a rollback ended, in a sentence; `title` is what was planned, where it came to a plan."""

    outcome: Recovered
    sentence: str
    title: str = ""


async def roll_back(
    connection: Connection,
    armed: Armed,
    manner: Manner,
    why: str,
    say: Callable[[str], None],
    *,
    recall: Recall | None = None,
    rules: Rules,
) -> Recovery:
    """Take the rollout back that was `armed`, and nothing else; `why` goes into the audit log. Never raises KubeError.

    `say` prints what is going to happen. `manner` is how its end is waited for.
    """
    try:
        return await _roll_back(connection, armed, manner, why, say, recall=recall, rules=rules)
    except KubeError as error:
        return Recovery(Recovered.NOT_DONE, f"Not rolled back: {error}")


async def _roll_back(
    connection: Connection,
    armed: Armed,
    manner: Manner,
    why: str,
    say: Callable[[str], None],
    *,
    recall: Recall | None,
    rules: Rules,
) -> Recovery:
    api = Api(connection)
    reader = Reader(api, recall=recall)

    async def planned() -> Plan | Refusal:
        return plan_automatic_rollback(armed, await reader.subject(connection.namespace, armed.reference))

    for _ in range(_ATTEMPTS):
        match await try_out(api, planned, rules, automatic=True):
            case Accepted(plan):
                made = plan
            case Refusal(reason):
                return Recovery(Recovered.NOT_DONE, f"Not rolled back: {reason}.")
            case Failed(sentence):
                return Recovery(Recovered.NOT_DONE, f"Not rolled back: {sentence}")
        _show(made, say)
        performed = await perform(api, made, AuditLog(audit_file()), rules=rules, automatic=why)
        if performed.audit_failure:
            printing.note(f"ktui: {performed.audit_failure}")
        match performed.outcome:
            case Done(sentence, after):
                say(sentence)
                return await _complete(connection, msgspec.structs.replace(made, after=after or made.after), manner)
            case Partly(sentence, hint):
                return Recovery(Recovered.NOT_COMPLETE, f"{sentence} {hint}".strip(), made.title)
            case Conflict(gone=False):
                continue
            case Conflict(sentence) | Failed(sentence):
                return Recovery(Recovered.NOT_DONE, f"Not rolled back: {sentence}", made.title)
            case unclear:
                return Recovery(
                    Recovered.UNCLEAR, f"It is not clear whether it was rolled back: {unclear.sentence}", made.title
                )
    return Recovery(Recovered.NOT_DONE, "Not rolled back: it changes too often to plan a rollback.")


async def _complete(connection: Connection, made: Plan, manner: Manner) -> Recovery:
    """Wait until the earlier revision is back in full."""
    workload = cast(Workload, msgspec.convert(made.after, made.target.resource.type, dec_hook=decode_hook))
    # What has no deadline would be waited for indefinitely.
    patience = None if kind_at(made.target.resource).has_deadline else manner.patience or _PATIENCE
    template = workload.spec.template.digest
    watched = msgspec.structs.replace(manner, patience=patience, rolls_back=False, revision=None, template=template)
    try:
        ending = await Follow(connection, reference_to(workload), watched).to_the_end()
    except KubeError as error:
        return Recovery(
            Recovered.NOT_COMPLETE, f"{made.done_sentence} ktui cannot see whether it is complete: {error}", made.title
        )
    if ending.outcome is Outcome.COMPLETE:
        return Recovery(Recovered.COMPLETE, f"{made.done_sentence} The rollback is complete.", made.title)
    return Recovery(
        Recovered.NOT_COMPLETE, f"{made.done_sentence} The rollback is not complete: {ending.error}.", made.title
    )


def _show(made: Plan, say: Callable[[str], None]) -> None:
    say(made.title)
    for effect in made.effects:
        say(inert(f"  {effect}"))
    for warning in made.warnings:
        say(inert(f"  Warning: {warning}"))
