"""`ktui timeline`: what happened to one rollout, the newest at the end, as the dashboard's timeline shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import click

from ktui.actions.audit import AuditLog
from ktui.actions.recorded_actions import recorded_actions
from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.naming import one_workload
from ktui.cli.options import Command, color_option, output_option, refuse_scope_flags, settings_of
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.cli.timeline.document import timeline_document
from ktui.kinds.registry import timeline_of
from ktui.kube.api import Api
from ktui.live.snapshot import read_events, read_workload
from ktui.model.reference import Reference
from ktui.model.resources import EVENTS
from ktui.rollout.happenings import GLYPHS, What
from ktui.rollout.rollout import unseen
from ktui.rollout.timeline import Moment, RecordedAction
from ktui.settings import Settings, audit_file
from ktui.text import age, local_time

_COLOURS: Final = {What.TROUBLE: "red", What.ACTION: "cyan", What.TURNED: "bright_white"}
_WARNING: Final = "yellow"


class _Found(NamedTuple):
    namespace: str
    moments: tuple[Moment, ...]
    now: datetime


@click.command(cls=Command, shows=True)
@one_workload
@click.option("--warnings", "only_warnings", is_flag=True, help="Show warnings only.")
@output_option
@color_option
@click.pass_context
def timeline(context: click.Context, reference: Reference, *, only_warnings: bool, output: str) -> int:
    """Show what happened to NAME, newest last: revisions, scaling, pods, crashes and actions by ktui.

    The sources are the cluster (which usually keeps events for an hour) and ktui's audit log.

    \b
    Examples:
      ktui timeline checkout -n shop             everything that is known
      ktui timeline sts/db --warnings            only what went wrong
      ktui timeline checkout -o json | jq '.moments[-1]'
    """
    refuse_scope_flags(context)
    found = run(_read(settings_of(context), reference))
    shown = [moment for moment in found.moments if moment.is_warning or not only_warnings]
    if output != "text":
        printing.document(timeline_document(reference, found.namespace, shown), output)
    elif shown:
        _print(shown, found.now)
    else:
        printing.note("No warnings are known." if found.moments else "Nothing is known yet.")
    return 0


async def _read(settings: Settings, named: Reference) -> _Found:
    async with connected(settings) as connection:
        async with pointing_to_namesakes(Api(connection), connection.namespace, named) as reference:
            store = await read_workload(connection, reference, connection.clock.now, note=printing.remark)
        await read_events(connection, store, connection.clock.now, note=printing.remark)
        if unseen(store, EVENTS):
            printing.note("ktui: events are left out: you may not list them.")
        (workload,) = store.shown()
        moments = timeline_of(store, workload, _recorded(workload.metadata.uid))
        return _Found(connection.namespace, moments, connection.clock.now())


def _recorded(uid: str) -> Sequence[RecordedAction]:
    log = AuditLog(audit_file())
    try:
        return recorded_actions(log, uid)
    except OSError as error:
        printing.note(f"ktui: The audit log {log.path} cannot be read: {error.strerror or error}.")
        return ()


def _print(moments: Sequence[Moment], now: datetime) -> None:
    stamps = [f"{local_time(moment.at):%Y-%m-%d %H:%M:%S}" for moment in moments]
    ages = [age(moment.at, now) for moment in moments]
    room = max(map(len, ages))
    for moment, stamp, ago in zip(moments, stamps, ages, strict=True):
        colour = _COLOURS.get(moment.what, "")
        if moment.is_warning:
            colour = _COLOURS[What.TROUBLE] if moment.what is What.TROUBLE else _WARNING
        extent = f"  ({moment.extent})" if moment.extent else ""
        printing.spans(
            [
                (f"{stamp}  {ago:>{room}} ago  ", "bright_black"),
                (f"{GLYPHS[moment.what]} {moment.sentence}", colour),
                (extent, "bright_black"),
            ]
        )
