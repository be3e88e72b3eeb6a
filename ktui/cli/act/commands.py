"""The actions: plan, dry run, question, send, outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import click
from click.core import ParameterSource

from ktui.cli.act.batch import carry_out_all
from ktui.cli.act.carry_out import Job, Manner, carry_out, carry_out_job, planner
from ktui.cli.act.watch import Watch, follower, refusing, rolling_options, watch_of
from ktui.cli.naming import Read, workloads, workloads_or_services
from ktui.cli.options import NAMES, REVISIONS, Command, ServiceName, output_option, refuse_scope_flags, settings_of
from ktui.cli.running import run
from ktui.model.reference import Reference
from ktui.plans.change_cause import wrong_cause
from ktui.plans.request import (
    Abort,
    Pause,
    Request,
    Restart,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
)

_Callback = Callable[..., int]


def action_on(read: Read, metavar: str = "NAME...", *, rolls: bool = False) -> Callable[[_Callback], click.Command]:
    """A command for an action on the NAMEs that `read` makes of its words, with the options that all of them have.

    `rolls` adds the options to follow the rollout that it begins.
    """

    def decorate_all(callback: _Callback) -> click.Command:
        for decorate in (
            *((rolling_options,) if rolls else ()),
            click.pass_context,
            output_option,
            click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation."),
            click.option(
                "--confirm", metavar="NAME", default="", help="The name, where a guardrail requires it to be typed."
            ),
            click.option("--dry-run", is_flag=True, help="Print the plan and the server's answer; change nothing."),
            click.argument("names", metavar=metavar, nargs=-1, required=True, callback=read, shell_complete=NAMES),
        ):
            callback = decorate(callback)
        return click.command(cls=Command)(callback)

    return decorate_all


action: Final = action_on(workloads)
"""A command for an action on one workload or several."""

rolling_action: Final = action_on(workloads, rolls=True)
"""The same for one that begins or continues a rollout, which can be followed."""

_returning_action: Final = action_on(workloads_or_services, rolls=True)
"""The same for one that goes back: of a Service, it says how that is done."""


def cause_option(callback: _Callback) -> _Callback:
    """The option that says why: every action that changes the template has it."""
    said = "The reason, shown by `kubectl rollout history`. Without it, the annotation does not change."
    return click.option("--change-cause", metavar="TEXT", default="", callback=_cause, help=said)(callback)


def _cause(ctx: click.Context, param: click.Parameter, value: str) -> str:
    wrong = wrong_cause(value) if ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE else ""
    if wrong:
        raise click.BadParameter(wrong, ctx, param)
    return value.strip()


Names = tuple[Reference, ...]


def act(
    context: click.Context,
    names: Names,
    request: Request,
    manner: dict[str, Any],
    watch: Watch | None = None,
    *,
    rolls: bool = False,
) -> int:
    """Carry a request out on each NAME; the exit code. `rolls` says that a rollout begins with it."""
    return act_on_each(context, [(name, request) for name in names], manner, watch, rolls=rolls)


def act_on_each(
    context: click.Context,
    requests: Sequence[tuple[Reference, Request]],
    manner: dict[str, Any],
    watch: Watch | None = None,
    *,
    rolls: bool = False,
) -> int:
    """Carry a request of its own out on each name; what is named twice is done once. The exit code.

    One alone may be watched afterwards.
    """
    refuse_scope_flags(context)
    wanted = dict(requests)
    if len(wanted) > 1:
        if watch is not None:
            raise click.UsageError("--watch follows one rollout: give one NAME.")
        return carry_out_all(settings_of(context), list(wanted.items()), Manner(**manner))
    (name, request), *_ = wanted.items()
    settings, how = settings_of(context), Manner(**manner)
    if watch is None:
        return carry_out(settings, name, request, how, rolls=rolls)
    job = Job(
        refusing(watch, planner(settings, name, request)),
        follow=follower(watch, settings, says=how.output == "text"),
        note=watch.note,
        later=watch.later,
    )
    return carry_out_job(settings, job, how)


def act_and_watch(
    context: click.Context,
    names: Names,
    request: Request,
    options: dict[str, Any],
) -> int:
    """Carry it out, and follow the rollout if `options` say so; the exit code."""
    manner = dict(options)
    wanted = {name: manner.pop(name) for name in ("watch", "auto_abort", "timeout", "patience")}
    return act(context, names, request, manner, watch_of(**wanted), rolls=True)


def _go_back(
    context: click.Context, names: tuple[Reference | ServiceName, ...], request: Request, options: dict[str, Any]
) -> int:
    """Carry it out on workloads; of a Service, say what does the same."""
    service = next((name for name in names if isinstance(name, ServiceName)), None)
    if service is None:
        return act_and_watch(context, tuple(name for name in names if isinstance(name, Reference)), request, options)
    from ktui.cli.service.command import refuse_to_roll_back  # noqa: PLC0415 - few need it

    return run(refuse_to_roll_back(settings_of(context), service))


@action
def pause(context: click.Context, names: Names, **manner: Any) -> int:
    """Pause the rollout of NAME. Running pods keep running. A StatefulSet is paused by its partition.

    \b
    Examples:
      ktui pause checkout -n shop       asks, with the server's dry run
      ktui pause checkout cart --yes    two at once, without a question
    """
    return act(context, names, Pause(), manner)


@rolling_action
def resume(context: click.Context, names: Names, **manner: Any) -> int:
    """Resume the paused rollout of NAME.

    \b
    Examples:
      ktui resume checkout -n shop --watch
    """
    return act_and_watch(context, names, Resume(), manner)


@_returning_action
@cause_option
def abort(context: click.Context, names: tuple[Reference | ServiceName, ...], change_cause: str, **manner: Any) -> int:
    """Abort the rollout or the canary of NAME and return to the previous version, even if it is paused.

    \b
    Examples:
      ktui abort checkout -n shop       back to the version before the rollout
      ktui abort checkout --yes --watch
    """
    return _go_back(context, names, Abort(change_cause), manner)


@rolling_action
def retry(context: click.Context, names: Names, **manner: Any) -> int:
    """Retry NAME: roll out again what was aborted. For Argo Rollouts and Flagger Canaries; enables a Kruise Rollout.

    \b
    Examples:
      ktui retry rollout/web -n shop
    """
    return act_and_watch(context, names, Retry(), manner)


@action
@click.option(
    "--analysis", metavar="NAME", default="", help="The AnalysisRun to end. Default: the only one that is running."
)
def terminate(context: click.Context, names: Names, analysis: str, **manner: Any) -> int:
    """Terminate the analysis of NAME: its measurements so far decide. For Argo Rollouts; disables a Kruise Rollout.

    \b
    Examples:
      ktui terminate rollout/web -n shop
    """
    return act(context, names, Terminate(analysis), manner)


@rolling_action
@cause_option
def restart(context: click.Context, names: Names, change_cause: str, **manner: Any) -> int:
    """Restart NAME: replace every pod in a new rollout.

    \b
    Examples:
      ktui restart checkout -n shop --watch
      ktui restart ds/agent --change-cause 'new certificate' --yes
    """
    return act_and_watch(context, names, Restart(change_cause), manner)


@_returning_action
@click.option(
    "--to-revision",
    type=int,
    metavar="N",
    help="The revision to roll back to. Default: the last one that was good.",
    shell_complete=REVISIONS,
)
@cause_option
def rollback(
    context: click.Context,
    names: tuple[Reference | ServiceName, ...],
    to_revision: int | None,
    change_cause: str,
    **manner: Any,
) -> int:
    """Roll NAME back to an earlier revision, even during a rollout or while it is paused.

    \b
    Examples:
      ktui rollback checkout -n shop    to the last good revision
      ktui rollback sts/db --to-revision 3 --dry-run
      ktui rollback checkout cart --yes
    """
    return _go_back(context, names, RollBack(to_revision, change_cause), manner)


@action
@click.option("--replicas", type=click.IntRange(min=0), required=True, metavar="N", help="The new number of pods.")
def scale(context: click.Context, names: Names, replicas: int, **manner: Any) -> int:
    """Set the number of pods of NAME.

    \b
    Examples:
      ktui scale checkout --replicas 6 -n shop
    """
    return act(context, names, Scale(replicas), manner, rolls=True)


class _Image(click.ParamType[tuple[str, str]]):
    name = "container=image"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        container, equals, image = str(value).partition("=")
        if not (container and equals and image):
            self.fail(f'"{value}" is not CONTAINER=IMAGE.', param, ctx)
        return container, image


IMAGE: Final = _Image()


_IMAGES: Final = "CONTAINER=IMAGE..."


def _names_and_images(
    ctx: click.Context, param: click.Parameter, words: Sequence[str]
) -> tuple[Reference | tuple[str, str], ...]:
    names = [word for word in words if "=" not in word]
    images = [IMAGE.convert(word, param, ctx) for word in words if "=" in word]
    return (*(workloads(ctx, param, names) if names else ()), *images)


@action_on(_names_and_images, f"NAME... {_IMAGES}", rolls=True)
@cause_option
def set_image(
    context: click.Context, names: tuple[Reference | tuple[str, str], ...], change_cause: str, **manner: Any
) -> int:
    """Roll out another image of NAME. CONTAINER can be * for all containers.

    \b
    Examples:
      ktui set-image checkout checkout=registry.example/checkout:2.4 --watch
      ktui set-image checkout '*=registry.example/checkout:2.4' --dry-run
    """
    meant = tuple(word for word in names if isinstance(word, Reference))
    images = tuple(word for word in names if not isinstance(word, Reference))
    if len(meant) > 1 and not images:
        raise click.UsageError(f'"{meant[-1].short}" is not CONTAINER=IMAGE.')
    if not (meant and images):
        raise click.UsageError(f"Missing argument '{_IMAGES if meant else 'NAME...'}'.")
    return act_and_watch(context, meant, SetImage(images, change_cause), manner)
