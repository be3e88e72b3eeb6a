"""`ktui audit`: what was done with ktui on this machine. It asks no cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import click

from ktui.actions.audit import AuditLog, Entry
from ktui.cli import printing
from ktui.cli.audit.document import audit_document
from ktui.cli.exit_codes import FAILED
from ktui.cli.options import NAMES, WORKLOAD, Command, color_option, flags_of, output_option, settings_of
from ktui.cli.since import since_option
from ktui.figures import period
from ktui.model.reference import Reference
from ktui.model.resources import unique_name
from ktui.settings import audit_file
from ktui.text import local_time

_OUTCOMES: Final = ("done", "failed", "conflict", "unclear", "partly", "interrupted", "begun")
_COLOURS: Final = {"done": "green", "failed": "red", "conflict": "yellow"}
_DOUBTFUL: Final = "yellow"
_DONE: Final = "done"


@click.command(cls=Command, shows=True, shared=("context", "namespace"))
@click.argument("names", metavar="[NAME]...", type=WORKLOAD, nargs=-1, shell_complete=NAMES)
@since_option
@click.option("--user", metavar="NAME", help="Show only actions of this user.")
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="Show only actions that ended like this.")
@click.option("--automatic", "is_automatic", is_flag=True, help="Show only automatic rollbacks.")
@output_option
@color_option
@click.pass_context
def audit(
    context: click.Context,
    names: tuple[Reference, ...],
    *,
    back: str,
    user: str | None,
    outcome: str | None,
    is_automatic: bool,
    output: str,
) -> int:
    """Show what was done with ktui on this machine, newest last: who, when, what, and how it ended.

    It reads ktui's audit log, of all contexts and namespaces, and does not connect to a cluster. What others did is in
    `ktui timeline` and `ktui history`.

    \b
    Examples:
      ktui audit                                   the last seven days
      ktui audit checkout -n shop --since 24h      what was done to one rollout
      ktui audit --context prod-eu --outcome failed
      ktui audit -o json | jq '.actions[] | select(.automatic != null)'
    """
    settings_of(context)
    flags = flags_of(context)
    since = period.since(back, datetime.now(UTC))
    log = AuditLog(audit_file())
    try:
        everything = log.since(since)
    except OSError as error:
        printing.error(f"The audit log {log.path} cannot be read: {error.strerror or error}.")
        return FAILED
    wanted = {(unique_name(name.resource), name.name) for name in names}
    found = [
        each
        for each in everything
        if (not wanted or (each.resource, each.name) in wanted)
        and flags.get("context") in (None, each.context)
        and flags.get("namespace") in (None, each.namespace)
        and user in (None, each.user)
        and outcome in (None, each.outcome)
        and (each.automatic or not is_automatic)
    ]
    if output != "text":
        printing.document(audit_document(found, since), output)
    elif found:
        _print(found)
    else:
        others = f" {len(everything)} others are in the log." if everything else ""
        printing.note(f"No such action is recorded since {local_time(since):%Y-%m-%d %H:%M}.{others}")
    return 0


def _print(entries: Sequence[Entry]) -> None:
    rows = [
        [f"{local_time(each.time):%Y-%m-%d %H:%M:%S}", each.context, each.user or "-", each.outcome, _action(each)]
        for each in entries
    ]
    colours = [{3: _COLOURS.get(each.outcome, _DOUBTFUL)} for each in entries]
    printing.table(["TIME", "CONTEXT", "USER", "OUTCOME", "ACTION"], rows, colours)


def _action(entry: Entry) -> str:
    parts = [entry.plan]
    if entry.automatic:
        parts.append(f"automatic: {entry.automatic}")
    if entry.outcome != _DONE:
        parts.append(entry.sentence)
    return " · ".join(parts)
