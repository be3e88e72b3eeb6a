"""What was done with ktui, to what, by whom, and how it ended: JSON lines that are only ever appended to.

Each action has two of them: one is on the disk before anything is sent, the other says how it ended. Where ktui is
killed in between, the first one stays, and is looked into later (`ktui.actions.unfinished`). No secret gets in: of a
patch its digest is kept, not its text.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from ktui import own_files
from ktui.actions.outcome import Conflict, Done, Failed, Outcome, Partly, Unclear
from ktui.model.reading import NotRead, read
from ktui.model.resources import DEPLOYMENTS, unique_name
from ktui.plans.plan import Plan
from ktui.plans.request import AnyRequest, for_the_record

_TAIL: Final = 256 * 1024
"""Bytes from the end of the log that are looked at for its last entries."""
_ALL: Final = 256 * 1024 * 1024
"""The same where a whole period is asked for: some hundred thousand actions."""

BEGUN: Final = "begun"
"""The outcome of an action that is about to be sent."""

INTERRUPTED: Final = "interrupted"
"""The outcome of one that was ended in the middle of: what became of it is looked up by the next ktui."""


class Operator(msgspec.Struct, frozen=True):
    """On whose behalf, and where."""

    context: str
    server: str
    user: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One action. `outcome` is begun, or done, failed, conflict, unclear, partly or interrupted."""

    time: datetime
    context: str
    server: str
    user: str
    namespace: str
    name: str
    uid: str
    generation: int
    """Of the target when the action was planned; 0 where it has none."""
    request: AnyRequest
    plan: str
    """The plan in one sentence: its title."""
    patch_sha256: str
    outcome: str
    sentence: str
    resource: str = DEPLOYMENTS.plural
    """What the action was done to; entries that do not say it are about Deployments."""
    automatic: str = ""
    """Why it was done without anybody being asked at that moment; empty where a person did it."""
    id: str = ""
    """What the two lines of one action have in common; entries of older releases have one line, and none."""
    pid: int = 0
    """The process that sends it."""


def begun(plan: Plan, operator: Operator, now: datetime, *, automatic: str = "") -> Entry:
    """What the log says about an action before it is sent."""
    made = entry(plan, None, operator, now, automatic=automatic)
    sentence = "It is about to be sent."
    return msgspec.structs.replace(made, outcome=BEGUN, sentence=sentence, id=uuid4().hex, pid=os.getpid())


def ended(before: Entry, outcome: Outcome | None, now: datetime) -> Entry:
    """The same action, as it has ended; no outcome means that it was interrupted before one was known."""
    kind, sentence = _kind_and_sentence(outcome)
    return msgspec.structs.replace(before, time=now, outcome=kind, sentence=sentence)


def entry(plan: Plan, outcome: Outcome | None, operator: Operator, now: datetime, *, automatic: str = "") -> Entry:
    """What the log says about an action; no outcome means that it was interrupted before one was known."""
    kind, sentence = _kind_and_sentence(outcome)
    return Entry(
        time=now,
        context=operator.context,
        server=operator.server,
        user=operator.user,
        namespace=plan.target.namespace,
        name=plan.target.name,
        uid=plan.target.uid,
        generation=plan.target.generation,
        request=for_the_record(plan.request),
        plan=plan.title,
        patch_sha256=hashlib.sha256(msgspec.json.encode((*plan.patch, *plan.then))).hexdigest(),
        outcome=kind,
        sentence=sentence,
        resource=unique_name(plan.target.resource),
        automatic=automatic,
    )


def _kind_and_sentence(outcome: Outcome | None) -> tuple[str, str]:
    match outcome:
        case Done():
            kind = "done"
        case Failed():
            kind = "failed"
        case Conflict():
            kind = "conflict"
        case Unclear():
            kind = "unclear"
        case Partly():
            kind = "partly"
        case None:
            return (
                INTERRUPTED,
                "Interrupted while the request was being sent: it is not known whether the change was applied.",
            )
    return kind, outcome.sentence


class AuditLog:
    """The log in one file, which only its owner may read. Several ktui may append to it at once.

    Without a path nothing is kept, where there is no place for it.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def append(self, added: Entry) -> str:
        """Write one line. Returns a sentence where that failed, which must be said but stops nothing; else nothing."""
        if self.path is None:
            return ""
        try:
            own_files.append(self.path, msgspec.json.encode(added) + b"\n")
        except OSError as error:
            return f"The audit log {self.path} cannot be written: {error.strerror or error}."
        return ""

    def tail(self, most: int = 100) -> tuple[Entry, ...]:
        """The last actions, the newest last, each as it ended, or as begun. Raises OSError.

        Lines that cannot be read are passed over.
        """
        return self._read(_TAIL)[-most:]

    def since(self, begins: datetime) -> tuple[Entry, ...]:
        """The actions since then, likewise."""
        return tuple(each for each in self._read(_ALL) if each.time >= begins)

    def _read(self, most: int) -> tuple[Entry, ...]:
        if self.path is None:
            return ()
        try:
            lines = own_files.tail(self.path, most)
        except FileNotFoundError:
            return ()
        entries = []
        for line in lines:
            with suppress(NotRead):
                entries.append(read(_decoder, line))
        newest = {each.id: each for each in entries if each.id}
        return tuple(each for each in entries if not each.id or newest[each.id] is each)


_decoder: Final = msgspec.json.Decoder(Entry)
