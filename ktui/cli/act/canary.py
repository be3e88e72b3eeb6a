"""Held canaries: begin one, take it further, repair it."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from ktui.cli.act.carry_out import Manner, unsent
from ktui.cli.act.commands import IMAGE, Names, act, act_on_each, action, action_on, cause_option
from ktui.cli.act.manifest import read_template
from ktui.cli.act.switch import switch
from ktui.cli.act.watch import watch_of, watch_options
from ktui.cli.naming import workloads_or_services
from ktui.cli.options import DURATION, ServiceName
from ktui.kinds.registry import kind_at
from ktui.model.reference import Reference
from ktui.plans.request import Canary, Promote, Repair, Switch
from ktui.rollout.steps import FULL, Steps, read_steps


@action
@click.option("--image", "images", metavar="C=IMAGE", type=IMAGE, multiple=True, help="The canary's image.")
@click.option("-f", "--filename", metavar="FILE", help="Take the canary's template from NAME in this manifest.")
@click.option("--pods", type=click.IntRange(min=1), metavar="N", help="How many new pods to hold. Default: 1.")
@click.option("--percent", type=click.IntRange(1, 99), metavar="P", help="The same as a share of the desired pods.")
@click.option("--steps", metavar="SIZES", help="Several sizes, one after another: 1,25%,50%,100%.")
@click.option(
    "--surge/--no-surge",
    default=True,
    help="Add new pods beside the old ones (the default), or replace old pods. A StatefulSet always replaces.",
)
@click.option(
    "--repair",
    is_flag=True,
    help="Repair a hold that someone else changed, or delete the pods that a StatefulSet is waiting for.",
)
@click.option("--timeout", type=DURATION, default="0", help="With --watch: stop waiting after this time. 0: no limit.")
@cause_option
@watch_options
def canary(
    context: click.Context,
    names: Names,
    images: tuple[tuple[str, str], ...],
    *,
    filename: str | None,
    pods: int | None,
    percent: int | None,
    steps: str | None,
    surge: bool,
    repair: bool,
    change_cause: str,
    timeout: str,
    watch: bool,
    auto_abort: bool,
    patience: str | None,
    soak: str,
    advance: bool,
    **manner: Any,
) -> int:
    """Roll out to a few pods of NAME and hold there. `promote` continues, `abort` goes back.

    The hold is in the object itself (a StatefulSet uses its partition), so ktui does not have to keep running.

    \b
    Examples:
      ktui canary checkout --image checkout=registry.example/checkout:2.4 --pods 2
      ktui canary checkout --image checkout=registry.example/checkout:2.4 \\
          --steps 1,25%,100% --watch --advance --auto-abort
      ktui canary checkout --repair
    """
    watched = watch_of(
        watch=watch, auto_abort=auto_abort, patience=patience, soak=soak, timeout=timeout, advance=advance
    )
    if repair:
        if images or filename or pods or percent or steps or watched or change_cause:
            raise click.UsageError("--repair repairs a hold that exists; it does not begin one.")
        return act(context, names, Repair(), manner)
    if not images and filename is None:
        raise click.UsageError("Name the new version: --image CONTAINER=IMAGE, or -f with a manifest.")
    if len([size for size in (pods, percent, steps) if size]) > 1:
        raise click.UsageError("--pods, --percent and --steps exclude one another: give one of them.")
    if filename == "-" and len(names) > 1:
        raise click.UsageError("Standard input can be read only once: for several NAMEs, use a file.")
    sizes = _steps(steps or (f"{percent}%" if percent else str(pods or 1)))

    has_asked_for_surge = surge and context.get_parameter_source("surge") is ParameterSource.COMMANDLINE

    def request(name: Reference) -> Canary:
        if has_asked_for_surge and not kind_at(name.resource).can_surge:
            raise click.UsageError(f"{name.full} has no surge: each new pod of a {name.kind} replaces an old one.")
        with unsent():
            template = read_template(filename, name) if filename is not None else None
        return Canary(
            steps=sizes,
            images=images,
            template=template,
            manifest=filename or "",
            surge=surge,
            change_cause=change_cause,
        )

    return act_on_each(context, [(name, request(name)) for name in names], manner, watched)


@action_on(workloads_or_services)
@click.option("--pods", type=click.IntRange(min=1), metavar="N", help="Promote a held canary to this many pods.")
@click.option("--percent", type=click.IntRange(1, 100), metavar="P", help="Promote it to this share. 100 is --full.")
@click.option("--full", is_flag=True, help="Skip the remaining steps and replace all pods.")
@click.option("--skip-step", is_flag=True, help="Argo Rollouts: skip the current step, even if it is not complete.")
@click.option("--to", metavar="COLOUR", default="", help="For a Service: the side that gets the traffic.")
@click.option(
    "--force", is_flag=True, help="For a Service: switch even if that side is not fully available. Asks twice."
)
@click.option(
    "--timeout",
    type=DURATION,
    help="Stop waiting after this time: for a Service, 1m by default; for others with --watch. 0: no limit.",
)
@watch_options
def promote(
    context: click.Context,
    names: tuple[Reference | ServiceName, ...],
    *,
    pods: int | None,
    percent: int | None,
    full: bool,
    skip_step: bool,
    to: str,
    force: bool,
    timeout: str | None,
    watch: bool,
    auto_abort: bool,
    patience: str | None,
    soak: str,
    advance: bool,
    **manner: Any,
) -> int:
    """Promote the rollout of NAME to its next step.

    A held canary goes to its next step, or to the size that you give. A paused rolling update continues to its end.
    An Argo Rollout leaves the pause or the step that it is at; --full skips all steps and analyses.
    For service/NAME, traffic switches from blue to green, or to the side that you give with --to.

    \b
    Examples:
      ktui promote checkout -n shop     to the next step
      ktui promote checkout --full --yes
      ktui promote service/shop --to green
    """
    services = [name for name in names if isinstance(name, ServiceName)]
    if services:
        if len(names) > 1:
            raise click.UsageError("A Service is switched on its own: give no other NAME with it.")
        if pods or percent or full or skip_step:
            raise click.UsageError(
                "--pods, --percent, --full and --skip-step are for a canary; a Service switches as a whole."
            )
        if watch or auto_abort or patience or advance:
            raise click.UsageError("--watch and --auto-abort are for a rollout; a switch is always followed.")
        return switch(context, services[0], Switch(to, force=force), timeout or "1m", Manner(**manner))
    watched = watch_of(
        watch=watch, auto_abort=auto_abort, patience=patience, soak=soak, timeout=timeout or "0", advance=advance
    )
    if to or force or (timeout and not watched):
        raise click.UsageError("--to, --force and --timeout are for a Service: write service/NAME.")
    if len([size for size in (pods, percent, full, skip_step) if size]) > 1:
        raise click.UsageError("--pods, --percent, --full and --skip-step exclude one another: give one of them.")
    to = FULL if full else f"{percent}%" if percent else str(pods or "")
    workloads = tuple(name for name in names if isinstance(name, Reference))
    return act(context, workloads, Promote(to, skip_step), manner, watched)


def _steps(text: str) -> Steps:
    try:
        return read_steps(text)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
