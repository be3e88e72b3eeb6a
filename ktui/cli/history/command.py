"""`ktui history` and `ktui diff`: the revisions of a rollout, and what differs between any two of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import click

from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.exit_codes import FAILED
from ktui.cli.figures_file import book_opener, recaller
from ktui.cli.history.document import (
    changes_of_all,
    difference_document,
    history_document,
    revision_document,
    revisions_kind,
)
from ktui.cli.naming import one_workload
from ktui.cli.options import REVISIONS, Command, output_option, refuse_scope_flags, settings_of
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.kinds.registry import KINDS, history_of, kind_at, rollout_of
from ktui.kube.api import Api, readable
from ktui.kube.connection import Connection
from ktui.kube.errors import Forbidden
from ktui.kube.listing import list_once
from ktui.kube.revisions import WithRevisions, read_with_revisions
from ktui.kube.selection import selector_text
from ktui.model.changes import Change, Listed, Put
from ktui.model.reference import Reference, short
from ktui.model.resources import PODS
from ktui.model.store import Store
from ktui.rollout.diff.revisions import Pair, Templates, chosen, compare, compare_as_yaml, label, templates
from ktui.rollout.diff.templates import DiffLine, TemplateDiff, presentable, yaml_lines
from ktui.rollout.history import History, PastRevision, Writer, by_whom
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import BAD_OUTCOMES, KNOWN_OUTCOMES, Accounts, outcome_mark
from ktui.settings import Settings
from ktui.text import age, duration

_PATIENCE: Final = (0.1, 0.2, 0.4, 0.8)
"""Seconds between looks at what the controller has not seen yet."""

_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan", " ": ""}


@click.command(cls=Command, shows=True)
@one_workload
@click.option(
    "--revision",
    type=int,
    metavar="N",
    help="Show one revision in full, with its template.",
    shell_complete=REVISIONS,
)
@output_option
@click.pass_context
def history(context: click.Context, reference: Reference, revision: int | None, output: str) -> int:
    """Show the revisions of NAME, newest first: what changed in each, when, why, and who deployed it.

    \b
    Examples:
      ktui history checkout -n shop     all revisions that are left
      ktui history sts/db --revision 3  one of them, with its template
    """
    refuse_scope_flags(context)
    kept, known, now = run(_read(settings_of(context), reference))
    if revision is None:
        if output == "text":
            _print_table(kept, known, now)
        else:
            printing.document(history_document(kept, known), output)
        return 0
    found = kept.find(revision)
    if found is None:
        return _refuse(Refusal(f"unable to find specified revision {revision} in history"))
    if output == "text":
        _print_revision(kept, known, found, now)
    else:
        printing.document(revision_document(kept, known, found), output)
    return 0


@click.command(cls=Command, shows=True)
@one_workload
@click.option(
    "--from",
    "before",
    type=int,
    metavar="N",
    help="The older revision. Default: the one before --to.",
    shell_complete=REVISIONS,
)
@click.option(
    "--to",
    "after",
    type=int,
    metavar="N",
    help="The newer revision. Default: the live one.",
    shell_complete=REVISIONS,
)
@click.option("--yaml", "as_yaml", is_flag=True, help="Show the difference as YAML, not by field.")
@output_option
@click.pass_context
def diff(
    context: click.Context, reference: Reference, *, before: int | None, after: int | None, as_yaml: bool, output: str
) -> int:
    """Show what differs between the pod templates of two revisions of NAME.

    Without --from and --to, it shows what the live revision changed. Values that look secret are not shown.

    \b
    Examples:
      ktui diff checkout                what the live revision changed
      ktui diff checkout --from 3 --to 5 --yaml
    """
    refuse_scope_flags(context)
    if as_yaml and output != "text":
        raise click.UsageError("--yaml is a way to print text; it does not go with -o json or -o yaml.")
    kept, known, _ = run(_read(settings_of(context), reference))
    compared = chosen(kept, before, after)
    if isinstance(compared, Refusal):
        return _refuse(compared)
    found = compare(kept, known, compared)
    # All revisions of the history were read together with their templates.
    assert found is not None
    if output == "text":
        _print_difference(kept, compared, found, compare_as_yaml(kept, known, compared) if as_yaml else None)
    else:
        printing.document(difference_document(kept, compared, found), output)
    return 0


async def _read(settings: Settings, named: Reference) -> tuple[History, Templates, datetime]:
    async with connected(settings) as connection:
        api, namespace = Api(connection), connection.namespace
        async with pointing_to_namesakes(api, namespace, named) as meant:
            reference = meant
            if kind_at(meant.resource) not in KINDS:
                reference = await _with_template(api, namespace, meant)
            found = await _settled(api, namespace, reference)
        pods = await _pods(connection, reference, found)
        remembered = await recaller(book_opener(settings), connection.context)(found.uid)
        now = connection.clock.now()
    return _history(reference, found, pods, remembered, now), _templates(reference, found), now


def _templates(reference: Reference, found: WithRevisions) -> Templates:
    return templates(found.raw, found.revisions, kind_at(reference.resource).template_of)


async def _with_template(api: Api, namespace: str, reference: Reference) -> Reference:
    """The workload that has the revisions: itself, or the one that it takes through its steps."""
    raw = await api.get(reference.resource, namespace, reference.name)
    there = kind_at(reference.resource).template_in(raw)
    return reference if there is None else Reference(there[1], there[0])


async def _settled(api: Api, namespace: str, reference: Reference) -> WithRevisions:
    """With the revision of a change that was made just now: the controller is waited for, though not for long."""
    for pause in _PATIENCE:
        found = await read_with_revisions(api, namespace, reference, kind_at(reference.resource).parts[0])
        if kind_at(reference.resource).has_observed(found.raw):
            return found
        await asyncio.sleep(pause)
    return await read_with_revisions(api, namespace, reference, kind_at(reference.resource).parts[0])


async def _pods(connection: Connection, reference: Reference, found: WithRevisions) -> list[Change]:
    """The pods of what counts none by revision; nothing where they may not be read."""
    if PODS not in kind_at(reference.resource).parts:
        return []
    try:
        listed = await list_once(connection, PODS, connection.namespace, selector_text(found.raw))
    except Forbidden:
        return []
    return [*(put for put in listed if isinstance(put, Put)), Listed(PODS)]


def _history(
    reference: Reference, found: WithRevisions, pods: Sequence[Change], remembered: Accounts, now: datetime
) -> History:
    resource = reference.resource
    kept_as = kind_at(resource).parts[0]
    store = Store()
    for of, raw in ((resource, found.raw), *((kept_as, raw) for raw in found.revisions.values())):
        store.apply([Put(of, readable(raw, of))])
    store.apply(pods)
    workload = store.workload(found.uid)
    assert workload is not None, "it was just put there"
    track, _ = rollout_of(store, workload, None, now)
    return history_of(store, workload, track.took, remembered)


def _refuse(refusal: Refusal) -> int:
    printing.error(refusal.reason)
    return FAILED


def _print_table(kept: History, known: Templates, now: datetime) -> None:
    """kubectl's columns are the first and the last; what it says of a missing change-cause stays as well."""
    if not kept.revisions:
        printing.note(f"{short(kept.kind, kept.name)} has no revision yet.")
        return
    changed = changes_of_all(kept, known)
    header = ["REVISION", "STATE", "IMAGES", "CHANGED", "PODS", "AGE", "TOOK", "BY", "CHANGE-CAUSE"]
    printing.table(header, [_row(each, changed[each.uid], known.writer, now) for each in kept.revisions])
    if kept.current is None:
        printing.note("ktui: the live template has no revision yet.")


def _row(revision: PastRevision, changed: tuple[str, ...] | None, writer: Writer | None, now: datetime) -> list[str]:
    stale = " (stale)" if revision.cause_is_stale else ""
    return [
        str(revision.number),
        _state(revision),
        ",".join(image.short for image in revision.images if image.is_new or not image.is_init) or "-",
        ",".join(changed) if changed else "-",
        f"{revision.ready}/{revision.wanted}",
        age(revision.age_from, now) or "-",
        duration(revision.took) if revision.took is not None else "-",
        by_whom(revision, writer) or "-",
        f"{revision.change_cause}{stale}" if revision.change_cause else "<none>",
    ]


def _state(revision: PastRevision) -> str:
    if revision.is_current:
        return f"live, {revision.outcome}" if revision.outcome in BAD_OUTCOMES else "live"
    marked = outcome_mark(revision.account)
    return marked or ("undo" if revision.is_undo else "-")


def _print_revision(kept: History, known: Templates, revision: PastRevision, now: datetime) -> None:
    """What `kubectl rollout history --revision` prints, and what ktui knows besides."""
    printing.line(f"{kept.kind.lower()}.apps/{kept.name} with revision #{revision.number}")
    facts = _facts(kept, known, revision, now)
    width = max(14, *(len(name) + 1 for name, _ in facts))
    for name, value in facts:
        printing.line(f"{name + ':':<{width}} {value}")
    printing.line("Pod Template:")
    for line in yaml_lines(presentable(known.revisions[revision.uid])):
        printing.line(f"  {line}")


def _facts(kept: History, known: Templates, revision: PastRevision, now: datetime) -> list[tuple[str, str]]:
    changed = changes_of_all(kept, known)[revision.uid]
    owner, wrote = revision.deployed_by, known.writer if revision.is_current else None
    account = revision.account
    facts = [
        ("Outcome", account.sentence(revision.number, now) if account.standing in KNOWN_OUTCOMES else ""),
        ("State", "live" if revision.is_current else "kubectl rollout undo leads here" if revision.is_undo else ""),
        ("Formerly", ", ".join(map(str, revision.former))),
        (revisions_kind(kept), revision.name),
        ("Pods", f"{revision.ready} of {revision.wanted} ready"),
        ("Made", f"{revision.created:%Y-%m-%d %H:%M:%S} UTC" if revision.created is not None else ""),
        ("Took", duration(revision.took) if revision.took is not None else ""),
        ("Restarted", revision.restarted),
        ("Changed", ", ".join(changed) if changed else ""),
        ("Deployed by", owner.name if owner is not None else ""),
        ("Written by", f"{wrote.manager} ({wrote.operation})" if wrote is not None else ""),
        ("Change-cause", revision.change_cause + (" (stale)" if revision.cause_is_stale else "")),
    ]
    return [(name, value) for name, value in facts if value]


def _print_difference(kept: History, compared: Pair, found: TemplateDiff, yaml: Sequence[DiffLine] | None) -> None:
    printing.line(f"{short(kept.kind, kept.name)}: {label(kept, compared.before)} → {label(kept, compared.after)}")
    if found.is_empty:
        printing.line("no difference")
    for note in found.notes:
        printing.line(f"• {note}")
    for line in yaml or ():
        _print_yaml(line)
    for change in found.changes if not yaml else ():
        printing.line(str(change))


def _print_yaml(line: DiffLine) -> None:
    text = f"@@ {line.text}" if line.sign == "@" else f"{line.sign} {line.text}"
    printing.line(text, colour=_COLOURS[line.sign])
