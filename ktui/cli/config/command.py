"""`ktui config check`: whether config.toml can be used, and which rules apply to what. It asks no cluster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import click

from ktui.cli import printing
from ktui.cli.cluster import access
from ktui.cli.exit_codes import FAILED
from ktui.cli.habits import habits_of
from ktui.cli.naming import one_or_service
from ktui.cli.options import CONTEXT_SETTINGS, NAMES, Command, ServiceName, settings_of
from ktui.kube.auth.chosen import whereabouts
from ktui.kube.errors import KubeError
from ktui.model.reference import Reference
from ktui.model.resources import SERVICES
from ktui.notify.command import DeliveryError, program
from ktui.plans.guardrails import Place, Rule
from ktui.settings import Settings, config_file
from ktui.text import clean, count
from ktui.tui.options import Habits
from ktui.tui.overview.selection import SORTS
from ktui.tui.own_keys import shown


def _one(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> Reference | ServiceName | None:
    return one_or_service(ctx, param, words) if words else None


@click.group(context_settings=CONTEXT_SETTINGS)
def config() -> None:
    """Check the settings and the guardrails in config.toml."""


@config.command(
    cls=Command,
    shows=True,
    shared=("kubeconfig", "context", "namespace"),
    short_help="Check config.toml, and list the rules that apply.",
)
@click.argument("names", metavar="[NAME]", nargs=-1, callback=_one, shell_complete=NAMES)
@click.pass_context
def check(context: click.Context, names: Reference | ServiceName | None) -> int:
    """Check config.toml, and explain which rules apply to a context, a namespace and NAME, and what is notified.

    It does not connect to a cluster. The exit code is 1 if the file has a mistake: ktui then does nothing until it is
    corrected. Guardrails protect against slips, not against malice: anyone who can edit the file can change them.

    \b
    Examples:
      ktui config check                                 the rules that apply to the current context
      ktui config check --context prod-eu -n shop cart  what they forbid for one rollout
      ktui config check service/shop -n shop            for the switch of a blue-green Service
    """
    settings = settings_of(context)
    rules, habits, path = settings.guardrails, habits_of(settings), config_file()
    is_there = path is not None and path.exists()
    printing.line(f"{clean(str(path))} is valid." if is_there else "There is no config.toml: the defaults hold.")
    code = _check_notifications(settings) if settings.notify else 0
    for line in _habits(habits):
        printing.line(line)
    if settings.read_only:
        printing.line("read_only is set: every action is disabled.")
    if not rules.rules:
        printing.line("There are no guardrails.")
        return code
    place = _place(settings, names)
    found = list(rules.meeting(place))
    printing.line(f"{len(found)} of {count(len(rules.rules), 'rule')} for {place}{':' if found else '.'}")
    for line in _lines(found):
        printing.line(line)
    return code


def _check_notifications(settings: Settings) -> int:
    """Say what is announced, and which ways do not work; the exit code."""
    wanted = settings.notifications
    for line in wanted.lines:
        printing.line(line)
    problems = []
    if wanted.command and shutil.which(program(wanted.command)) is None:
        problems.append(f"The notification command {wanted.command[0]} is not an executable file that can be found.")
    if wanted.webhook is not None:
        from ktui.notify.webhook import read_address  # noqa: PLC0415 - with an HTTP client

        try:
            read_address(wanted.webhook, os.environ)
        except DeliveryError as error:
            problems.append(str(error))
    for problem in problems:
        printing.error(problem)
    return FAILED if problems else 0


def _habits(habits: Habits) -> Iterator[str]:
    if habits.keys:
        yield f"Own keys: {'; '.join(f'{keys} {meaning}' for keys, meaning in shown(habits.keys))}."
    if habits.columns:
        yield f"Columns: {', '.join(habits.columns)}."
    if habits.sort:
        yield f"Order: {SORTS[habits.sort]}."
    for name, words in habits.filters.items():
        yield clean(f"Filter @{name}: {words}")


def _place(settings: Settings, name: Reference | ServiceName | None) -> Place:
    try:
        context, namespace = whereabouts(access(settings))
    except KubeError:
        # Without a kubeconfig the rules can still be checked.
        context, namespace = settings.context, settings.namespace
    if name is None:
        return Place(context, settings.namespace)
    if isinstance(name, ServiceName):
        return Place(context, namespace, SERVICES, name)
    return Place(context, namespace, name.resource, name.name)


def _lines(found: list[tuple[int, Rule]]) -> Iterator[str]:
    for number, rule in found:
        yield f"  rule {number}: {rule.scope}"
        for effect in rule.effects:
            yield f"    {effect}"
