"""`ktui audit`: who did what, by ktui's log of this machine, and by what workloads tell that are named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import click

from ktui.actions.audit import AuditLog
from ktui.actions.who_did_what import DONE, WROTE, Deed, deeds
from ktui.cli import printing
from ktui.cli.audit.document import audit_document
from ktui.cli.cluster import connected
from ktui.cli.exit_codes import FAILED
from ktui.cli.options import NAMES, WORKLOAD, Command, color_option, flags_of, output_option, settings_of
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.cli.since import since_option
from ktui.figures import period
from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.model.reference import Reference
from ktui.model.resources import unique_name
from ktui.rollout.writings import Writing, writings
from ktui.settings import Settings, audit_file
from ktui.text import count, local_time

_OUTCOMES: Final = (DONE, "failed", "conflict", "unclear", "partly", "interrupted", "begun", WROTE)
_COLOURS: Final = {DONE: "green", "failed": "red", "conflict": "yellow", WROTE: ""}
_SHARED: Final = ("kubeconfig", "context", "namespace", "as_user", "as_groups", "request_timeout")
_DOUBTFUL: Final = "yellow"


@click.command(cls=Command, shows=True, shared=_SHARED)
@click.argument("names", metavar="[NAME]...", type=WORKLOAD, nargs=-1, shell_complete=NAMES)
@since_option
@click.option("--user", metavar="NAME", help="Show only what this user, tool or field manager did.")
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="Show only actions that ended like this.")
@click.option("--automatic", "is_automatic", is_flag=True, help="Show only automatic rollbacks.")
@click.option("--local", "is_local", is_flag=True, help="Show only ktui's log; do not connect to the cluster.")
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
    is_local: bool,
    output: str,
) -> int:
    """Show who did what, newest last: actions of ktui on this machine, and, of each NAME, who wrote which field.

    Without a NAME, it shows ktui's audit log of all contexts and namespaces, and does not connect to a cluster. With a
    NAME, it also shows what the object in the cluster tells: the field manager of each tool, the fields that it owns
    now, and when it last changed one of them. What was overwritten since is no longer known.

    \b
    Examples:
      ktui audit                                   the last seven days
      ktui audit checkout -n shop --since 24h      one rollout: ktui, kubectl, Argo CD, controllers
      ktui audit --context prod-eu --outcome failed
      ktui audit -o json | jq '.actions[] | select(.automatic != null)'
    """
    settings = settings_of(context)
    flags = flags_of(context)
    since = period.since(back, datetime.now(UTC))
    log = AuditLog(audit_file())
    try:
        everything = log.since(since)
    except OSError as error:
        printing.error(f"The audit log {log.path} cannot be read: {error.strerror or error}.")
        return FAILED
    wanted = {(unique_name(name.resource), name.name) for name in names}
    entries = [
        each
        for each in everything
        if (not wanted or (each.resource, each.name) in wanted)
        and flags.get("context") in (None, each.context)
        and flags.get("namespace") in (None, each.namespace)
    ]
    written = run(_written(settings, names)) if names and not is_local else []
    found = [
        each
        for each in deeds(entries, [each for each in written if each.time is None or each.time >= since])
        if outcome in (None, each.outcome)
        and (user is None or user in each.names)
        and ((each.entry is not None and each.entry.automatic) or not is_automatic)
    ]
    if output != "text":
        printing.document(audit_document(found, since), output)
    elif found:
        _print(found)
    else:
        others = f" The log has {count(len(everything), 'other action')}." if everything else ""
        printing.note(f"No such action is recorded since {local_time(since):%Y-%m-%d %H:%M}.{others}")
    return 0


async def _written(settings: Settings, names: Sequence[Reference]) -> list[Writing]:
    """What those workloads tell; if they cannot be read, that is said, and the log is shown alone."""
    found: list[Writing] = []
    try:
        async with connected(settings) as connection:
            api, namespace = Api(connection), connection.namespace
            for name in names:
                async with pointing_to_namesakes(api, namespace, name) as reference:
                    raw = await api.get(reference.resource, namespace, reference.name)
                found += writings(raw, unique_name(reference.resource))
    except KubeError as error:
        printing.error(f"Only ktui's log is shown: {error}", error.hint)
    return found


def _object(deed: Deed) -> str:
    assert deed.writing is not None, "or it has an entry of the log"
    return f"{deed.writing.namespace}/{deed.writing.name}"


def _print(found: Sequence[Deed]) -> None:
    rows = [
        [
            f"{local_time(each.at):%Y-%m-%d %H:%M:%S}" if each.at is not None else "-",
            each.entry.context if each.entry is not None else "-",
            each.who or "-",
            each.outcome,
            each.text if each.entry is not None else f"{_object(each)}: {each.text}",
        ]
        for each in found
    ]
    colours = [{3: _COLOURS.get(each.outcome, _DOUBTFUL)} for each in found]
    printing.table(["TIME", "CONTEXT", "USER", "OUTCOME", "ACTION"], rows, colours)
