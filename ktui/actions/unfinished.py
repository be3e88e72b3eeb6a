"""Actions that a ktui was killed in the middle of: whether they were applied, found out by the next one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from ktui.actions.audit import BEGUN, INTERRUPTED, AuditLog, Entry
from ktui.actions.verify import is_gone
from ktui.kube.api import FIELD_MANAGER, Api
from ktui.kube.errors import KubeError, NotFound
from ktui.model.resources import resource_named

_STILL_SENDING: Final = timedelta(minutes=10)
"""For how long a process with the number of the one that began it may be that one."""

_ON_ITS_WAY: Final = timedelta(seconds=90)
"""For how long what was sent may still arrive: gateways and API servers end a request after a minute."""

_CLOCKS: Final = timedelta(seconds=60)
"""How far the clocks of this machine and of the cluster may be apart."""


class Settled(msgspec.Struct, frozen=True):
    """What has become of them, in a sentence each."""

    known: tuple[str, ...] = ()
    """These are written to the log: each is said once."""
    open: tuple[str, ...] = ()
    """These may still arrive, or cannot be looked at now: they are left for the next time."""


class _MayYetComeError(Exception):
    """It has not been applied so far, and a proxy may hold it."""


async def settle_unfinished(api: Api, log: AuditLog, clock: Callable[[], datetime]) -> Settled:
    """Look up what has become of them in this cluster. Never raises KubeError."""
    known, still_open = [], []
    for each in await asyncio.to_thread(_unfinished, api, log, clock()):
        at = f"{each.plan}: ktui ended while the request was being sent, at {each.time:%Y-%m-%d %H:%M:%S} UTC."
        try:
            outcome, sentence = await _looked_up(api, each, clock())
        except KubeError as error:
            still_open.append(f"{at} It is not known whether the change was applied: {error}")
        except _MayYetComeError:
            still_open.append(f"{at} The change has not been applied so far, but a delayed request may still apply it.")
        else:
            log.append(msgspec.structs.replace(each, time=clock(), outcome=outcome, sentence=sentence))
            known.append(f"{at} {sentence}")
    return Settled(tuple(known), tuple(still_open))


def _unfinished(api: Api, log: AuditLog, now: datetime) -> list[Entry]:
    try:
        entries = log.tail()
    except OSError:
        # Who writes to it next says what is wrong with it.
        return []
    server = api.connection.address
    return [
        each
        for each in entries
        if each.server == server
        and (each.outcome == INTERRUPTED or (each.outcome == BEGUN and not _is_being_sent(each, now)))
    ]


def _is_being_sent(entry: Entry, now: datetime) -> bool:
    """Whether another ktui, or this one, may be at it now."""
    if now - entry.time > _STILL_SENDING:
        return False
    try:
        os.kill(entry.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return entry.pid > 0


async def _looked_up(api: Api, entry: Entry, now: datetime) -> tuple[str, str]:
    """The outcome and a sentence for it. Raises KubeError, and _MayYetComeError."""
    resource = resource_named(entry.resource)
    if resource is None:
        return "unclear", "It is not known whether the change was applied: this ktui does not know its kind."
    try:
        meta = (await api.get(resource, entry.namespace, entry.name)).get("metadata") or {}
    except NotFound as error:
        if not is_gone(error):
            raise
        return "conflict", "It no longer exists."
    if meta.get("uid") != entry.uid:
        return "conflict", "It was deleted and created again: it is another object now."
    generation = meta.get("generation", 0)
    if generation and generation == entry.generation:
        if now - entry.time < _ON_ITS_WAY:
            raise _MayYetComeError
        return "failed", "The change was not applied."
    if _has_written(meta, entry.time - _CLOCKS):
        return "done", "The change was applied."
    return "unclear", "It is not known whether the change was applied. Check the current state."


def _has_written(meta: dict[str, Any], since: datetime) -> bool:
    """Whether ktui has changed that object from then on (managedFields; its times are in whole seconds)."""
    entries = [each for each in meta.get("managedFields") or () if each.get("manager") == FIELD_MANAGER]
    return any(datetime.fromisoformat(each["time"]) >= since for each in entries if each.get("time"))
