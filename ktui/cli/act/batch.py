"""Carry one action out on several workloads: one plan, one question, then one after another until one fails."""

from __future__ import annotations

from collections.abc import Sequence

from ktui import signals
from ktui.actions.batch import Applied, Batch, one_after_another, try_all
from ktui.actions.outcome import Done, Outcome
from ktui.actions.read import Planned
from ktui.cli import printing
from ktui.cli.act.carry_out import Manner, Reached, Stopped, ask, check, planner, reached, unsent
from ktui.cli.exit_codes import FAILED
from ktui.cli.rollout_document import batch_document
from ktui.model.reference import Reference
from ktui.plans.plan import Plan, called
from ktui.plans.request import Request
from ktui.settings import Settings
from ktui.text import count


def carry_out_all(settings: Settings, requests: Sequence[tuple[Reference, Request]], manner: Manner) -> int:
    """Do what is requested to each of the workloads that are named. Raises KubeError.

    The exit code is 1 where any was not done; of a dry run, where any could not be.
    """
    try:
        check(settings, manner)
        with reached(settings) as cluster:
            return _carry_out(cluster, settings, requests, manner)
    except Stopped as stop:
        printing.error(str(stop), stop.hint)
        return FAILED


def _carry_out(
    cluster: Reached, settings: Settings, requests: Sequence[tuple[Reference, Request]], manner: Manner
) -> int:
    with unsent():
        wanted = [_wanted(cluster, settings, *each) for each in requests]
        batch = cluster.run(try_all(cluster.api, wanted, cluster.rules))
        if manner.output == "text" or not (manner.dry_run or manner.yes):
            # Where standard output is for a document, the question still needs its plan.
            _show(batch, err=manner.output != "text")
        if batch.accepted and not manner.dry_run and not manner.yes:
            ask(f"Apply to {count(len(batch.accepted), 'rollout')}?")
    applied = None
    if batch.accepted and not manner.dry_run:
        applied = _apply(cluster, batch, says=manner.output == "text")
    if manner.output != "text":
        printing.document(batch_document(batch, applied, dry_run=manner.dry_run), manner.output)
    done = applied is None or all(isinstance(outcome, Done) for outcome in applied.outcomes)
    return 0 if done and not batch.left_out else FAILED


def _wanted(cluster: Reached, settings: Settings, reference: Reference, request: Request) -> tuple[str, Planned]:
    planned = planner(settings, reference, request)
    name = called(reference.resource, cluster.namespace, reference.name)
    return name, lambda: planned(cluster.api, cluster.namespace, cluster.kubectl)


def _apply(cluster: Reached, batch: Batch, *, says: bool) -> Applied:
    async def send(made: Plan) -> Outcome:
        progress.step(len(sending), len(batch.accepted))
        sending.append(made)
        outcome = await cluster.send(made)
        if not isinstance(outcome, Done):
            printing.error(outcome.sentence, outcome.hint)
        elif says:
            printing.line(outcome.sentence)
        return outcome

    sending: list[Plan] = []
    progress = cluster.api.connection.progress
    try:
        applied = cluster.run(one_after_another(batch, send))
    except (KeyboardInterrupt, signals.Ended):
        last = f"{sending[-1].target} was being sent: it is not known whether the change was applied" if sending else ""
        rest = ", ".join(str(each.plan.target) for each in batch.accepted[len(sending) :])
        printing.error(". ".join(part for part in (last, f"Not done: {rest}" if rest else "") if part) + ".")
        raise
    if applied.stopped:
        printing.error(applied.stopped)
    return applied


def _show(batch: Batch, *, err: bool) -> None:
    """The plans in a line each, and what is left out."""
    say = printing.note if err else printing.line
    for accepted in batch.accepted:
        made, seen = accepted.plan, accepted.preview
        say(f"{made.title}: {' '.join(made.effects)}")
        for warning in (*made.warnings, *seen.warnings):
            say(f"  Warning: {warning}")
        say(f"  {seen.sentence}")
    for left in batch.left_out:
        printing.note(f"Left out: {left.target}: {left.reason}")
    if not batch.accepted:
        printing.error("None of them allows this: nothing was sent.")
        return
    for text in ("", f"In all: {batch.total}.", "", "The same with kubectl:"):
        say(text)
    for accepted in batch.accepted:
        for command in accepted.plan.commands:
            say(f"  {command}")
    say("")
