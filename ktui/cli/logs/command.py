"""`ktui logs`: what the pods of a rollout write, chosen as the logs screen chooses them."""

from __future__ import annotations

import asyncio
import math
from typing import Final

import click
import msgspec

from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.exit_codes import FAILED
from ktui.cli.logs.follow import follow
from ktui.cli.logs.lines import Printer
from ktui.cli.naming import one_workload
from ktui.cli.options import CONTAINERS, DURATION, Command, color_option, refuse_scope_flags, settings_of
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError, Rejected
from ktui.kube.logs import ContainerLog, LogLine, read_log
from ktui.live.snapshot import read_workload
from ktui.model.reference import Reference
from ktui.settings import Settings, seconds
from ktui.text import clean, count
from ktui.tui.logs.sources import EVERY, Choice, Selection, Side, Watched, select

_AT_ONCE: Final = 8
"""Logs that are read at the same time."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which logs, and how much of each."""

    side: Side
    pod: str
    container: str
    previous: bool
    tail: int
    since: int | None


@click.command(cls=Command, shows=True)
@one_workload
@click.option("-f", "--follow", "follows", is_flag=True, help="Follow the logs, through restarts and new pods.")
@click.option("--old", is_flag=True, help="Show pods of old revisions instead of new ones.")
@click.option("--pod", default="", metavar="NAME", help="Show only this pod. The end of its name is enough.")
@click.option(
    "-c",
    "--container",
    default="",
    metavar="NAME",
    help="Show only this container, or '*' for all. Default: the first one, and any that is failing.",
    shell_complete=CONTAINERS,
)
@click.option("-p", "--previous", is_flag=True, help="Show only the logs from before the last restart.")
@click.option(
    "--tail",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    metavar="N",
    help="How many lines to show of each log.",
)
@click.option("--since", type=DURATION, help="Show only lines newer than this: 10m, 1h.")
@color_option
@click.pass_context
def logs(
    context: click.Context,
    reference: Reference,
    *,
    follows: bool,
    old: bool,
    pod: str,
    container: str,
    previous: bool,
    tail: int,
    since: str | None,
) -> int:
    """Show the logs of the new pods of NAME, pod by pod, failing pods first.

    For a container that crashed, the log from before the last restart comes first. If there are several pods, each
    line begins with the end of the pod's name. Values that look secret are masked.

    \b
    Examples:
      ktui logs checkout -n shop           why the new pods crash
      ktui logs checkout --old --tail 20   what the old pods log meanwhile
      ktui logs checkout -f --since 5m     the last five minutes, then follow
      ktui logs sts/db --pod db-2 -c '*'   every container of one pod
    """
    refuse_scope_flags(context)
    if follows and previous:
        raise click.UsageError("A log from before a restart does not grow: give --follow or --previous.")
    age = math.ceil(seconds(since)) if since is not None else None
    side = Side.OLD if old else Side.NEW
    asked = Asked(side=side, pod=pod, container=container, previous=previous, tail=tail, since=age)
    return run(_run(settings_of(context), reference, asked, follows=follows))


async def _run(settings: Settings, named: Reference, asked: Asked, *, follows: bool) -> int:
    async with connected(settings) as connection:
        async with pointing_to_namesakes(Api(connection), connection.namespace, named) as reference:
            store = await read_workload(connection, reference, connection.clock.now, note=printing.remark)
        (workload,) = store.shown()
        uid = workload.metadata.uid
        choice = _choice(select(store, uid, asked.side, Choice(EVERY)) or Selection(), asked)
        if choice is None:
            return FAILED
        if follows:
            return await follow(connection, uid, asked.side, choice, tail=asked.tail, since=asked.since)
        return await _print(connection, select(store, uid, asked.side, choice) or Selection(), asked)


def _choice(everything: Selection, asked: Asked) -> Choice | None:
    """The pod and the container that are meant; None, once that is said, if there is nothing of that name."""
    pods = [uid for uid, short in everything.pods if asked.pod == short]
    pods = pods or [each.source.uid for each in everything.watched if asked.pod and each.source.pod.endswith(asked.pod)]
    if asked.pod and not pods:
        known = ", ".join(short for _, short in everything.pods) or "none"
        printing.error(f'No pod of the {asked.side} revision is called "{clean(asked.pod)}"; available: {known}.')
        return None
    if asked.container not in ("", EVERY, *everything.containers) and everything.pods:
        known = ", ".join(map(clean, everything.containers))
        printing.error(f'No container is called "{clean(asked.container)}"; available: {known}.')
        return None
    return Choice(pods[0] if asked.pod else EVERY, asked.container)


async def _print(connection: Connection, selection: Selection, asked: Asked) -> int:
    """Pod after pod, so that no line of one stands among those of another. The exit code is 1 if one cannot be read."""
    printer = Printer([each.source for each in selection.watched])
    if not selection.pods:
        printing.note(f"ktui: There are no pods of the {asked.side} revision.")
    limit = asyncio.Semaphore(_AT_ONCE)
    reads = [asyncio.ensure_future(_read(connection, each, asked, limit)) for each in selection.watched]
    failures = 0
    try:
        for watched, reading in zip(selection.watched, reads, strict=True):
            for note, lines in await reading:
                if note:
                    printing.note(f"ktui: {printer.name(watched.source)}: {note}")
                printer.lines(watched.source, [line.text for line in lines])
                failures += note.startswith(_UNREAD)
    finally:
        for reading in reads:
            reading.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
    if selection.left_out:
        printing.note(f"ktui: {count(selection.left_out, 'more pod')} not shown: choose one with --pod.")
    return FAILED if failures else 0


_UNREAD: Final = "its log cannot be read"

_Run = tuple[str, list[LogLine]]
"""What is to be said before the lines of one run of a container, and the lines."""


async def _read(connection: Connection, watched: Watched, asked: Asked, limit: asyncio.Semaphore) -> list[_Run]:
    """What there is of one container's log, run by run."""
    if not watched.has_log:
        return [(f"it has no log: {watched.waiting or 'not started'}.", [])]
    source = watched.source
    log = ContainerLog(source.namespace, source.pod, source.container)
    runs: list[_Run] = []
    try:
        async with limit:
            if asked.previous or watched.crashed:
                runs += await _previous(connection, watched, log, asked)
            # Of a container that waits, the kubelet gives that same run for the present one.
            if not asked.previous and not (runs and watched.waiting):
                lines = await read_log(connection, log, tail=asked.tail, since_seconds=asked.since)
                runs.append(("this is the run after it." if runs and lines else "", lines))
    except KubeError as error:
        runs.append((f"{_UNREAD}: {error}", []))
    return runs


async def _previous(connection: Connection, watched: Watched, log: ContainerLog, asked: Asked) -> list[_Run]:
    """The run before the last restart; nothing if there was none, or the node does not have it any more."""
    try:
        lines = await read_log(connection, log, tail=asked.tail, previous=True, since_seconds=asked.since)
    except Rejected:
        return [("it has not been restarted.", [])] if asked.previous else []
    how = f" with {watched.last_end}" if watched.last_end else ""
    return [(f"this is the run before its last restart, which ended{how}.", lines)]
