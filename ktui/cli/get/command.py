"""`ktui get`: rollouts, one per line, worst first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Final

import click

from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.exit_codes import FAILED
from ktui.cli.figures_file import book_opener, recording
from ktui.cli.get.watch import Happened, JsonLines, Reported, Speaker, watch
from ktui.cli.naming import Chosen, chosen_or_services
from ktui.cli.options import NAMES, Command, color_option, output_option, refuse_scope_flags, settings_of
from ktui.cli.rollout_document import rollout_document
from ktui.cli.running import run
from ktui.cli.similar_names import say_missing
from ktui.kinds.registry import rollout_of
from ktui.live.extensions import settle
from ktui.live.snapshot import read_store
from ktui.model.reference import reference_to
from ktui.model.resources import Resource
from ktui.model.store import Store
from ktui.rollout.order import worst_first
from ktui.rollout.rollout import Phase, Rollout
from ktui.settings import Settings
from ktui.text import age, clean

GET_SCHEMA: Final = "ktui.get/1"
"""Members may be added; if one changes its meaning or goes, the number changes."""

PHASE_COLOURS: Final = {
    Phase.FAILED: "red",
    Phase.STALLED: "yellow",
    Phase.PROGRESSING: "cyan",
    Phase.HELD: "magenta",
    Phase.PAUSED: "blue",
    Phase.COMPLETE: "green",
    Phase.SCALED_TO_ZERO: "bright_black",
    Phase.DELETED: "bright_black",
}

_HEADER: Final = ["NAME", "PHASE", "NEW", "READY", "REV", "IMAGE", "FOR", "WHY"]


@click.command(cls=Command, shows=True)
@click.argument("wanted", metavar="[NAME]...", nargs=-1, callback=chosen_or_services, shell_complete=NAMES)
@click.option("-w", "--watch", "watches", is_flag=True, help="Keep printing changes; with -o json, as JSON lines.")
@click.option("--notify", "notifies", is_flag=True, help="With --watch: notify you as [notify] in config.toml says.")
@output_option
@color_option
@click.pass_context
def get(context: click.Context, wanted: Chosen, *, watches: bool, notifies: bool, output: str) -> int:
    """Show the rollouts of Deployments, StatefulSets and DaemonSets, one per line, worst first.

    A NAME is web, statefulset/db or daemonset/agent; kubectl's forms work too: deploy web, deploy,sts, sts/db ds/agent.
    Without a NAME, it shows all rollouts of the namespace, or of all namespaces with -A. service/shop shows the sides
    of a blue-green pair and which of them gets the traffic.

    \b
    Examples:
      ktui get -A                       all rollouts of the cluster
      ktui get -A -o json | jq -r '.rollouts[] | select(.phase == "failed") | .name'
      ktui get checkout sts/db --watch  two of them, as they change
      ktui get -A --watch --notify      all, with a bell when one completes, fails, stalls, is held or aborted
    """
    settings = settings_of(context)
    if wanted.services:
        from ktui.cli.service.command import show_services  # noqa: PLC0415 - few need it

        if watches:
            raise click.UsageError("A Service is not watched: watch the rollouts of its sides.")
        refuse_scope_flags(context)
        return run(show_services(settings, wanted.services, output))
    if wanted.names and (settings.selector or settings.all_namespaces):
        raise click.UsageError("A NAME is one rollout of one namespace; -l and -A choose several.")
    if watches and output == "yaml":
        raise click.UsageError("A watch prints lines: as text, or with -o json.")
    if notifies and not watches:
        raise click.UsageError("--notify goes with --watch: without it, nothing changes.")
    if watches:
        return run(_watch(settings, wanted, output, notifies=notifies))
    return run(_get(settings, wanted, output))


async def _get(settings: Settings, wanted: Chosen, output: str) -> int:
    names = wanted.names
    async with connected(settings) as connection:
        namespace = None if settings.all_namespaces else connection.namespace
        names = tuple([await settle(connection, name) for name in names])
        store = await read_store(
            connection, namespace, settings.selector, names, connection.clock.now, note=printing.remark
        )
        now = connection.clock.now()
        found = [each for each in _rollouts(store, now) if _is_of(each, wanted.kinds)]
        there = {reference_to(workload) for workload in store.workloads()}
        missing = [name for name in names if name not in there]
        if output == "text":
            _print(found, now, namespace, with_namespace=settings.all_namespaces, quiet=bool(names))
        else:
            documents = [rollout_document(rollout, store.workload(rollout.uid)) for rollout in found]
            printing.document({"schema": GET_SCHEMA, "rollouts": documents}, output)
        await say_missing(connection, missing)
    return FAILED if missing else 0


async def _watch(settings: Settings, wanted: Chosen, output: str, *, notifies: bool) -> int:
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(connected(settings))
        namespace = None if settings.all_namespaces else connection.namespace
        speaker: Speaker = (
            JsonLines(connection.clock.now)
            if output == "json"
            else _Rows(connection.clock.now, with_namespace=settings.all_namespaces)
        )
        after: Callable[[bool], None] | None = None
        if notifies:
            from ktui.cli.get.announcer import announcing  # noqa: PLC0415 - few watches need it

            announcer = await stack.enter_async_context(announcing(settings.notifications, connection))
            speaker, after = announcer.beside(speaker), announcer.announce
        if wanted.kinds:
            speaker = _OfKinds(speaker, wanted.kinds)
        names = tuple([await settle(connection, name) for name in wanted.names])
        recorder = await stack.enter_async_context(recording(connection, book_opener(settings)))
        return await watch(connection, namespace, settings.selector, names, speaker, recorder=recorder, after=after)


def _rollouts(store: Store, now: datetime) -> list[Rollout]:
    """All rollouts of a store, worst first."""
    found = [rollout_of(store, workload, None, now)[1] for workload in store.shown()]
    return worst_first(found)


def _print(
    found: Sequence[Rollout], now: datetime, namespace: str | None, *, with_namespace: bool, quiet: bool
) -> None:
    if not found:
        if not quiet:
            printing.note(f"No rollouts found in {f'the namespace {namespace}' if namespace else 'any namespace'}.")
        return
    rows = [_row(rollout, now) for rollout in found]
    header = _HEADER
    if with_namespace:
        header = ["NAMESPACE", *header]
        rows = [[rollout.namespace, *row] for rollout, row in zip(found, rows, strict=True)]
    printing.table(header, rows, [_colours(rollout, header) for rollout in found])


def _colours(rollout: Rollout, header: list[str]) -> dict[int, str]:
    return {header.index("PHASE"): PHASE_COLOURS.get(rollout.phase, "")}


def _is_of(rollout: Rollout, kinds: Sequence[Resource]) -> bool:
    """Whether it is of one of the kinds that were asked for; of any where none were."""
    # Kinds of two groups may have the same name: StatefulSets are those of Kubernetes, and `asts` those of OpenKruise.
    called = {(kind.kind, f"{kind.short}/{rollout.name}" if kind.short else rollout.name) for kind in kinds}
    return not kinds or (rollout.kind, rollout.label) in called


class _OfKinds:
    """Passes on what is of some kinds alone."""

    def __init__(self, speaker: Speaker, kinds: Sequence[Resource]) -> None:
        self._speaker, self._kinds = speaker, kinds
        self._count = 0

    def news(self, happened: Happened, reported: Reported) -> None:
        """What happened to one rollout."""
        if _is_of(reported.rollout, self._kinds):
            self._count += 1
            self._speaker.news(happened, reported)

    def listed(self, count: int) -> None:
        """All that exists has been said."""
        self._speaker.listed(self._count)


class _Rows:
    """A watch for people: a table of what there is, then a row for each rollout that changes."""

    def __init__(self, clock: Callable[[], datetime], *, with_namespace: bool) -> None:
        self._clock = clock
        self._with_namespace = with_namespace
        self._header = ["NAMESPACE", *_HEADER] if with_namespace else _HEADER
        self._first: list[Rollout] = []
        self._widths: list[int] | None = None
        self._shown: dict[str, list[str]] = {}
        """The newest row of each rollout, without how long: that passes by itself."""

    def news(self, happened: Happened, reported: Reported) -> None:
        """The row of one rollout; of one that is gone, only that."""
        if self._widths is None:
            self._first.append(reported.rollout)
            return
        cells = self._cells(reported.rollout)
        if happened is Happened.GONE:
            place = len(self._header) - len(_HEADER) + 1
            cells[place:] = [happened.value, *([""] * (len(cells) - place - 1))]
        lasting = [cell for name, cell in zip(self._header, cells, strict=True) if name != "FOR"]
        if self._shown.get(reported.rollout.uid) != lasting:
            coloured = _colours(reported.rollout, self._header) if happened is not Happened.GONE else {}
            printing.row(cells, self._widths, coloured)
        self._shown[reported.rollout.uid] = lasting

    def listed(self, count: int) -> None:
        """The table."""
        first = worst_first(self._first)
        rows = [self._cells(rollout) for rollout in first]
        self._widths = printing.widths_of([self._header, *rows])
        printing.table(self._header, rows, [_colours(rollout, self._header) for rollout in first])

    def _cells(self, rollout: Rollout) -> list[str]:
        row = _row(rollout, self._clock())
        return [rollout.namespace, *row] if self._with_namespace else row


def _row(rollout: Rollout, now: datetime) -> list[str]:
    numbers = rollout.progress
    return [
        rollout.label,
        rollout.phase.value,
        f"{numbers.new.existing}/{numbers.desired}",
        f"{numbers.ready}/{numbers.desired}",
        str(rollout.revision or ""),
        clean(rollout.image),
        age(rollout.since, now),
        clean(rollout.why),
    ]
