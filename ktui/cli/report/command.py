"""`ktui report`: what the rollouts that ktui remembers come to. It asks no cluster."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from textwrap import wrap
from typing import Final

import click

from ktui.cli import printing
from ktui.cli.cluster import access
from ktui.cli.exit_codes import FAILED
from ktui.cli.figures_file import open_book
from ktui.cli.options import NAMES, WORKLOAD, Command, output_option_of, settings_of
from ktui.cli.report.document import Report, report_document
from ktui.cli.since import since_option
from ktui.cli.waiting import counting
from ktui.figures import period, words
from ktui.figures.book import BookError
from ktui.figures.record import Record
from ktui.figures.statistics import Figures, Service, by_service, figures
from ktui.kube.auth.chosen import whereabouts
from ktui.kube.errors import ConfigError
from ktui.model.reference import Reference
from ktui.settings import Settings
from ktui.text import clean

_LABEL: Final = 14
_WIDEST: Final = 120
_WIDE: Final = 110
"""Cells from which on a rollout is shown with the image that gave way."""
_LEAST: Final = 12
"""Cells that the last column of a table is left on the line."""
_BARS: Final = 12


@click.command(cls=Command, shows=True, shared=("kubeconfig", "context", "namespace", "all_namespaces"))
@click.argument("names", metavar="[NAME]...", type=WORKLOAD, nargs=-1, shell_complete=NAMES)
@since_option
@output_option_of("html")
@click.pass_context
def report(context: click.Context, names: tuple[Reference, ...], *, back: str, output: str) -> int:
    """Report how rollouts went: success rate, durations, time to recover, worst services.

    The report covers the rollouts that ktui recorded in this context. It does not connect to the cluster. With -o html
    it is one page for a browser, which loads nothing else.

    \b
    Examples:
      ktui report -A                    all namespaces, the last seven days
      ktui report checkout --since 30d  each rollout of one service
      ktui report -A -o html > report.html
    """
    settings = settings_of(context)
    if names and settings.all_namespaces:
        raise click.UsageError("A NAME is one rollout of one namespace; -A chooses all of them.")
    place, namespace = _place(settings)
    until = datetime.now(UTC)
    since = period.since(back, until)
    book = open_book(place)
    try:
        everything, watched = book.read(since, counting("the history", "rollouts")), book.since()
    except BookError as error:
        printing.error(str(error))
        return FAILED
    report = Report(
        context=place,
        namespace=namespace or None,
        names=tuple(name.full for name in names),
        since=since,
        until=until,
        watched_since=watched,
        rollouts=[each for each in everything if _is_meant(each, namespace, names)],
    )
    if output == "html":
        from ktui.cli.report.page import report_page  # noqa: PLC0415 - only for this format

        printing.verbatim(report_page(report))
        return 0
    if output != "text":
        printing.document(report_document(report), output)
        return 0
    if not report.rollouts:
        _explain_empty(report, knows_others=bool(everything))
        return 0
    _print(report)
    return 0


def _place(settings: Settings) -> tuple[str, str]:
    """The context, and the namespace, empty for all of them. Raises ConfigError."""
    try:
        context, namespace = whereabouts(access(settings))
    except ConfigError:
        # What was once watched can be reported on when it is in no kubeconfig any more.
        if not settings.context:
            raise
        context, namespace = settings.context, settings.namespace
    return context, "" if settings.all_namespaces else namespace


def _is_meant(record: Record, namespace: str, names: Sequence[Reference]) -> bool:
    is_named = any((record.kind, record.name) == (name.kind, name.name) for name in names)
    return (not namespace or record.namespace == namespace) and (not names or is_named)


def _explain_empty(report: Report, *, knows_others: bool) -> None:
    about = f"the namespace {report.namespace}" if report.namespace else "any namespace"
    if report.names:
        about = f"{', '.join(report.names)} in {about}"
    printing.note(f"No rollout of {about} in {report.context} is recorded since {_stamp(report.since)}.")
    if knows_others:
        printing.note("Other namespaces have some: -A reports on all namespaces.")
    else:
        printing.note(
            "ktui records rollouts while it runs: in the dashboard, in `ktui status` and `ktui get --watch`, "
            "and in actions with --watch. A longer --since may find older ones."
        )


def _print(report: Report) -> None:
    room = min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)
    about = report.namespace or "all namespaces"
    printing.line(clean(f"{report.context} · {about} · since {_stamp(report.since)}"))
    if report.watched_since is not None and report.watched_since > report.since:
        for line in wrap(
            f"watched since {_stamp(report.watched_since)}; earlier rollouts are inferred from the cluster", room
        ):
            printing.line(line)
    printing.line()
    for label, text in words.summary(figures(report.rollouts, report.since, report.until), report.since, report.until):
        lines = wrap(clean(text), room - _LABEL)
        for name, line in zip_longest((label,), lines, fillvalue=""):
            printing.line(f"{name:<{_LABEL}}{line}")
    printing.line()
    if report.names:
        _print_rollouts(report, room)
    else:
        _print_services(
            by_service(report.rollouts, report.since, report.until), room, with_namespace=report.namespace is None
        )


def _print_services(services: Sequence[tuple[Service, Figures]], room: int, *, with_namespace: bool) -> None:
    highest = words.highest((its for _, its in services), _BARS)
    durations = f"DURATIONS {words.scale(highest)}" if highest else "DURATIONS"
    header = ["SERVICE", "CHANGES", "FAILED", "MEDIAN", "P95", "RECOVERY", durations, "CAUSE"]
    rows = []
    for service, its in services:
        cause = its.troubles[0] if its.troubles else None
        rows.append(
            [
                clean(words.name(service, with_namespace=with_namespace)),
                str(its.changes),
                words.failures(its),
                words.seconds(its.durations.median),
                words.seconds(its.durations.p95),
                words.recovery(its),
                words.line(its, _BARS, highest) or "-",
                f"{cause.cause} ×{cause.count}" if cause is not None else "-",
            ]
        )
    _print_table(header, rows, room, (durations, "P95"))


def _print_rollouts(report: Report, room: int) -> None:
    header = ["BEGAN", "NAME", "OUTCOME", "REV", "IMAGE", "TOOK", "LOWEST", "WHY"]
    rows = [
        [
            words.stamp(each.at, report.until),
            words.name(each, with_namespace=False),
            words.outcome(each, is_under_way=False),
            str(each.revision),
            clean(words.images(each) if room >= _WIDE else each.image),
            words.took(each),
            words.low(each),
            clean(each.sentence),
        ]
        for each in reversed(report.rollouts)
    ]
    _print_table(header, rows, room, ("LOWEST",), ("NAME",) if len(report.names) == 1 else ())


def _print_table(
    header: list[str], rows: list[list[str]], room: int, in_turn: Sequence[str], at_once: Sequence[str] = ()
) -> None:
    """A table without the columns `at_once`, and without those that are named `in_turn` until it fits."""
    left_out = set(at_once)
    for name in (*in_turn, ""):
        kept = [at for at, column in enumerate(header) if column not in left_out]
        widths = printing.widths_of([[row[at] for at in kept] for row in (header, *rows)])
        # Sentences at the end of a line may be as long as they are: they wrap.
        if sum(widths[:-1]) + 3 * len(widths) + min(widths[-1], _LEAST) <= room or not name:
            break
        left_out.add(name)
    printing.table([header[at] for at in kept], [[row[at] for at in kept] for row in rows])


def _stamp(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
