"""What was done with ktui, to what, by whom, and how it ended: JSON lines that are only ever appended to.

No secret gets in: of a patch its digest is kept, not its text.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ktui.actions.outcome import Conflict, Done, Failed, Outcome, Partly, Unclear
from ktui.actions.plan import Plan
from ktui.actions.request import AnyRequest, for_the_record
from ktui.model.changes import Resource
from ktui.model.reading import NotRead, read

_TAIL: Final = 256 * 1024
"""Bytes from the end of the log that are looked at for its last entries."""


class Operator(msgspec.Struct, frozen=True):
    """On whose behalf, and where."""

    context: str
    server: str
    user: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One action. `outcome` is done, failed, conflict, unclear, partly or interrupted."""

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
    resource: str = Resource.DEPLOYMENTS.plural
    """What the action was done to; entries that do not say it are about Deployments."""
    automatic: str = ""
    """Why it was done without anybody being asked at that moment; empty where a person did it."""


def entry(plan: Plan, outcome: Outcome | None, operator: Operator, now: datetime, *, automatic: str = "") -> Entry:
    """What the log says about an action; no outcome means that it was interrupted before one was known."""
    kind, sentence = _told(outcome)
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
        patch_sha256=hashlib.sha256(msgspec.json.encode(plan.patch)).hexdigest(),
        outcome=kind,
        sentence=sentence,
        resource=plan.target.resource.plural,
        automatic=automatic,
    )


def _told(outcome: Outcome | None) -> tuple[str, str]:
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
            return "interrupted", "Interrupted while it was being sent: whether it took place is not known."
    return kind, outcome.sentence


class AuditLog:
    """The log in one file, which only its owner may read. Several ktui may append to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, added: Entry) -> str:
        """Write one line. Returns a sentence where that failed, which must be said but stops nothing; else nothing."""
        line = msgspec.json.encode(added) + b"\n"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One write of one line to a file that is open for appending does not mix with those of others.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                written = os.write(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            return f"The audit log {self.path} cannot be written: {error.strerror or error}."
        return "" if written == len(line) else f"The audit log {self.path} is cut: the disk may be full."

    def tail(self, most: int = 100) -> tuple[Entry, ...]:
        """The last entries, the newest last; lines that cannot be read are passed over. Raises OSError."""
        try:
            with self.path.open("rb") as file:
                file.seek(0, os.SEEK_END)
                start = max(0, file.tell() - _TAIL)
                file.seek(start)
                lines = file.read().splitlines()[1 if start else 0 :]
        except FileNotFoundError:
            return ()
        entries = []
        for line in lines[-most:]:
            try:
                entries.append(read(_decoder, line))
            except NotRead:
                continue
        return tuple(entries)


_decoder: Final = msgspec.json.Decoder(Entry)
