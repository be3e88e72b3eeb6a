"""`ktui status`: kubectl's lines as they come, then why it is stuck, and an exit code that says how it ended."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

import click
import msgspec

from ktui.actions.audit import AuditLog
from ktui.actions.read import Recall
from ktui.actions.unfinished import settle_unfinished
from ktui.cli import printing, report_file
from ktui.cli.cluster import connected
from ktui.cli.figures_file import book_opener, recaller, recording
from ktui.cli.naming import one_or_service
from ktui.cli.options import DURATION, NAMES, Command, ServiceName, output_option, refuse_scope_flags, settings_of
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.cli.status.document import Gated, junit_report, log_lines, reasons, status_document
from ktui.cli.status.follow import Ending, Follow, Manner, Outcome
from ktui.cli.status.junit import Report, Trouble, junit
from ktui.cli.status.record import GateRecorder, recording_gate
from ktui.cli.status.rollback import Recovered, Recovery, roll_back
from ktui.kinds.auto_abort import Armed
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError, NotFound
from ktui.live.inspection import Inspected, Inspector, LogTail, last_words
from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS
from ktui.plans.guardrails import NO_RULES, Place
from ktui.plans.request import Action
from ktui.settings import Settings, audit_file, seconds

_EVIDENCE_TIMEOUT: Final = 20.0
"""Seconds for reading what is shown at the end: a server that does not answer must not keep a verdict back."""


_INTERRUPTED_BEFORE: Final = Recovery(Recovered.NOT_DONE, "Interrupted: it was not rolled back.")
_INTERRUPTED: Final = Recovery(
    Recovered.UNCLEAR, "Interrupted during the rollback: it is not known whether it was applied. Check the workload."
)


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for beside the way of following."""

    output: str
    log_lines: int
    report: Path | None
    back_on_failure: bool
    back_on_timeout: bool


@click.command(cls=Command)
@click.argument("reference", metavar="NAME", nargs=-1, required=True, callback=one_or_service, shell_complete=NAMES)
@click.option(
    "--watch/--no-watch", "-w", default=True, help="Follow the rollout to its end (the default), or check once."
)
@click.option("--timeout", type=DURATION, default="0", help="Stop waiting after this time. 0, the default: no limit.")
@click.option("--revision", type=click.IntRange(min=1), help="Fail if another revision replaces this one.")
@click.option(
    "--patience",
    type=DURATION,
    help="Report a failure if the rollout has been stalled for this long, even before the progress deadline. With "
    "--rollback-on-failure, each cause has its own default (docs/patience.md); otherwise there is none.",
)
@click.option(
    "--heartbeat",
    type=DURATION,
    default="30s",
    help="Print a line after this long without output. 0: never. Default: 30s.",
)
@click.option(
    "--log-lines",
    type=click.IntRange(0, 1000),
    default=20,
    metavar="N",
    help="How many lines of a failing pod's log to show at the end. 0: none.",
)
@click.option(
    "--junit",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the result to FILE as a JUnit report.",
)
@click.option("--rollback-on-failure", "back_on_failure", is_flag=True, help="Roll back if the rollout fails.")
@click.option("--rollback-on-timeout", "back_on_timeout", is_flag=True, help="Roll back if --timeout passes.")
@output_option
@click.pass_context
def status(
    context: click.Context,
    /,
    reference: Reference | ServiceName,
    *,
    watch: bool,
    timeout: str,
    revision: int | None,
    patience: str | None,
    heartbeat: str,
    log_lines: int,
    report: Path | None,
    back_on_failure: bool,
    back_on_timeout: bool,
    output: str,
) -> int:
    """Follow the rollout of NAME to its end.

    Prints the lines of kubectl rollout status and, if the rollout is not complete, the cause. The exit code is 0 for
    complete, 1 for failed, 2 for wrong usage, 3 for not finished. A rollback does not change the exit code.

    For service/shop (blue-green), it shows which side gets the traffic. The exit code is 0 if that side gets all of it,
    3 while traffic is moving.

    \b
    Examples:
      ktui status checkout -n shop --timeout 10m               as a gate after a deploy
      ktui status checkout --rollback-on-failure --junit out.xml
      ktui status checkout --no-watch -o json | jq .phase      check once
    """
    refuse_scope_flags(context)
    settings = settings_of(context)
    if isinstance(reference, ServiceName):
        from ktui.cli.service.command import show_services  # noqa: PLC0415 - few need it

        if back_on_failure or back_on_timeout or report is not None or revision is not None:
            raise click.UsageError("A Service does not roll out: only -o goes with it.")
        return run(show_services(settings, [reference], output))
    if back_on_failure or back_on_timeout:
        _check_that_it_may_roll_back(settings, watch=watch, timeout=timeout, on_timeout=back_on_timeout)
    if revision is not None and reference.resource is not DEPLOYMENTS:
        printing.note(f"ktui: Like kubectl, ktui ignores --revision for a {reference.kind}.")
    if report is not None:
        _check_that_it_can_be_written(report, output)
    manner = Manner(
        watch=watch,
        limit=seconds(timeout) or None,
        revision=revision,
        heartbeat=seconds(heartbeat) or None,
        patience=seconds(patience) if patience is not None else None,
        rolls_back=back_on_failure,
        says_lines=output == "text",
    )
    options = _Options(
        output=output,
        log_lines=log_lines,
        report=report,
        back_on_failure=back_on_failure,
        back_on_timeout=back_on_timeout,
    )
    return run(_Gate(reference, manner, options).run(settings))


def _check_that_it_may_roll_back(settings: Settings, *, watch: bool, timeout: str, on_timeout: bool) -> None:
    """Said before anything is waited for. Raises UsageError."""
    if settings.read_only:
        raise click.UsageError("A rollback is a change, and ktui is read-only.")
    if not watch:
        raise click.UsageError("A single check decides nothing: --no-watch does not go with a rollback.")
    if on_timeout and not seconds(timeout):
        raise click.UsageError("--rollback-on-timeout needs a --timeout.")


def _check_that_it_can_be_written(report: Path, output: str) -> None:
    """A report that cannot be written is better known before ten minutes of waiting than after. Raises UsageError."""
    if report == report_file.STANDARD_OUTPUT and output != "text":
        raise click.UsageError("Standard output holds one document: give --junit a file, or leave out -o.")
    if trouble := report_file.check(report):
        raise click.UsageError(trouble)


class _Gate:
    """One run of the command."""

    def __init__(self, reference: Reference, manner: Manner, options: _Options) -> None:
        self._reference = reference
        self._name = reference.short
        self._manner = manner
        self._options = options
        self._namespace = ""
        self._gated: Gated | None = None
        """What has been found out, once there is a verdict."""
        self._recall: Recall | None = None
        self._rules = NO_RULES

    async def run(self, settings: Settings) -> int:
        """The exit code. Raises KubeError, and reports it where there is a report."""
        begun, start = datetime.now(UTC), monotonic()
        self._rules = settings.guardrails
        try:
            async with connected(settings) as connection:
                self._recall = recaller(book_opener(settings), connection.context)
                opener = book_opener(settings) if self._manner.watch else None
                async with (
                    recording(connection, opener) as recorder,
                    recording_gate(connection, self._reference, recorder) as gate_recorder,
                ):
                    gated = await self._judge(connection, gate_recorder, begun, start)
        except KubeError as error:
            trouble = Trouble("error", str(error), error.hint, is_error=True)
            self._write(self._no_verdict(settings, begun, start, trouble))
            raise
        except asyncio.CancelledError:
            trouble = Trouble("interrupted", "interrupted before there was a verdict", is_error=True)
            known = junit_report(self._gated) if self._gated is not None else None
            self._write(known or self._no_verdict(settings, begun, start, trouble))
            raise
        self._write(junit_report(gated))
        if self._options.output != "text":
            printing.document(status_document(gated), self._options.output)
        return gated.ending.code

    def _no_verdict(self, settings: Settings, begun: datetime, start: float, trouble: Trouble) -> Report:
        namespace = self._namespace or settings.namespace or "default"
        return Report(namespace, self._name, begun, monotonic() - start, trouble)

    async def _judge(self, connection: Connection, gate_recorder: GateRecorder, begun: datetime, start: float) -> Gated:
        self._namespace = connection.namespace
        api, namespace = Api(connection), connection.namespace
        if self._options.back_on_failure or self._options.back_on_timeout:
            # A gate that was killed in the middle of its roll back is followed by another one, as a rule.
            settled = await settle_unfinished(api, AuditLog(audit_file()), api.connection.clock.now)
            for sentence in (*settled.known, *settled.open):
                printing.note(f"ktui: {sentence}")
        # A name that does not exist is an error at once, not something to wait for.
        async with pointing_to_namesakes(api, namespace, self._reference) as self._reference:
            await api.read(self._reference.resource, namespace, self._reference.name)
        if self._options.back_on_failure or self._options.back_on_timeout:
            here = Place(connection.context, namespace, self._reference.resource, self._reference.name)
            if refused := self._rules.refuse(Action.ROLLBACK, here, now=connection.clock.now()):
                raise click.UsageError(f"A rollback is not allowed: {refused.reason}.")
        follow = Follow(connection, self._reference, self._manner)
        ending = await follow.to_the_end()
        took = monotonic() - start
        not_done = _INTERRUPTED_BEFORE if self._is_to_go_back(ending) else None
        self._gated = Gated(namespace, self._name, begun, took, ending, None, None, not_done)
        if ending.error:
            printing.note(f"error: {ending.error}")
        seen, log = await self._evidence(connection, follow, ending)
        await gate_recorder.also_saw(seen, ended=ending.outcome in (Outcome.COMPLETE, Outcome.DELETED))
        if ending.code and self._options.output == "text":
            self._explain(seen, log)
        # What the failed pods had to say is read by now: a rollback takes them away.
        gated = Gated(namespace, self._name, begun, took, ending, seen, log, recovery=None)
        if self._is_to_go_back(ending) and follow.first is not None:
            self._gated = msgspec.structs.replace(gated, recovery=_INTERRUPTED)
            gate_recorder.awaits_another_end()
            recovery = await self._roll_back(connection, follow.first, ending, seen)
            await gate_recorder.also_saw(None, ended=recovery.outcome is Recovered.COMPLETE)
            gated = msgspec.structs.replace(gated, recovery=recovery)
        return gated

    async def _evidence(
        self, connection: Connection, follow: Follow, ending: Ending
    ) -> tuple[Inspected | None, LogTail | None]:
        """The rollout as it is now, and what a failing pod logged; nothing where it is gone, or nobody asks."""
        seen = None
        if not ending.code and self._options.output == "text" and self._options.report is None:
            return None, None
        try:
            async with asyncio.timeout(_EVIDENCE_TIMEOUT):
                seen = await Inspector(connection, self._reference, printing.remark).inspect()
                if follow.first is not None and seen.rollout.uid != follow.first.uid:
                    return None, None
                most = self._options.log_lines if ending.code else 0
                return seen, await last_words(connection, seen, most)
        except NotFound:
            pass
        except TimeoutError:
            printing.note("ktui: The cluster takes too long to say why.")
        except KubeError as error:
            # It may be for want of a connection that the time was up.
            printing.note(f"ktui: {error}")
        return seen, None

    def _explain(self, seen: Inspected | None, log: LogTail | None) -> None:
        for line in reasons(seen.rollout) if seen is not None else ():
            printing.line(line)
        for line in log_lines(log) if log is not None else ():
            printing.line(line)

    def _is_to_go_back(self, ending: Ending) -> bool:
        """Where that was asked for, and this is such an end."""
        wanted = {
            Outcome.FAILED: self._options.back_on_failure,
            Outcome.STALLED: self._options.back_on_failure,
            Outcome.TIMED_OUT: self._options.back_on_timeout,
        }
        return wanted.get(ending.outcome, False)

    async def _roll_back(
        self, connection: Connection, first: Armed, ending: Ending, seen: Inspected | None
    ) -> Recovery:
        # The sentences of causes hold text of the cluster, the kinds do not: they go into the audit log.
        kinds = ", ".join(cause.kind.value for cause in seen.rollout.causes if cause.blocking) if seen else ""
        why = f"ktui status: {ending.outcome.value}" + (f" ({kinds})" if kinds else "")
        say = printing.line if self._options.output == "text" else printing.note
        recovery = await roll_back(connection, first, self._manner, why, say, recall=self._recall, rules=self._rules)
        say(recovery.sentence)
        return recovery

    def _write(self, report: Report) -> None:
        path = self._options.report
        if path is None:
            return
        try:
            report_file.write(path, junit(report))
        except OSError as error:
            printing.note(f"ktui: The report {path} could not be written: {error.strerror or error}.")
