"""The actions: plan, dry run, question, send, outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from ktui.actions.request import Abort, Pause, Request, Restart, Resume, RollBack, Scale, SetImage
from ktui.cli.carry import Manner, carry_out
from ktui.cli.options import NAME, Command, output_option, refuse_scope_flags, settings_of

_Callback = Callable[..., int]


def action_on(kind: click.ParamType[Any]) -> Callable[[_Callback], click.Command]:
    """A command for an action on one NAME of that kind, with the options that all of them have."""

    def decorate_all(callback: _Callback) -> click.Command:
        for decorate in (
            click.pass_context,
            output_option,
            click.option("-y", "--yes", is_flag=True, help="Do not ask."),
            click.option("--dry-run", is_flag=True, help="Print the plan and the server's answer; change nothing."),
            click.argument("name", type=kind),
        ):
            callback = decorate(callback)
        return click.command(cls=Command)(callback)

    return decorate_all


action: Final = action_on(NAME)
"""A command for an action on a Deployment."""


def act(context: click.Context, name: str, request: Request, manner: dict[str, Any]) -> int:
    """Carry a request out on NAME; the exit code."""
    refuse_scope_flags(context)
    return carry_out(settings_of(context), name, request, Manner(**manner))


@action
def pause(context: click.Context, name: str, **manner: Any) -> int:
    """Stop rolling NAME out where it is; what runs keeps running."""
    return act(context, name, Pause(), manner)


@action
def resume(context: click.Context, name: str, **manner: Any) -> int:
    """Let the paused Deployment NAME roll out again."""
    return act(context, name, Resume(), manner)


@action
def abort(context: click.Context, name: str, **manner: Any) -> int:
    """Give up the rollout of NAME, or its canary, and go back to what was there before, paused or not."""
    return act(context, name, Abort(), manner)


@action
def restart(context: click.Context, name: str, **manner: Any) -> int:
    """Replace every pod of NAME, as a rollout of its own."""
    return act(context, name, Restart(), manner)


@action
@click.option("--to-revision", type=int, metavar="N", help="The revision to bring back; without it, the previous one.")
def rollback(context: click.Context, name: str, to_revision: int | None, **manner: Any) -> int:
    """Bring an earlier revision of NAME back, in the middle of a rollout or while paused too."""
    return act(context, name, RollBack(to_revision), manner)


@action
@click.option("--replicas", type=click.IntRange(min=0), required=True, metavar="N", help="How many pods.")
def scale(context: click.Context, name: str, replicas: int, **manner: Any) -> int:
    """Ask for another number of pods of NAME."""
    return act(context, name, Scale(replicas), manner)


class _Image(click.ParamType[tuple[str, str]]):
    name = "container=image"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        container, equals, image = str(value).partition("=")
        if not (container and equals and image):
            self.fail(f'"{value}" is not CONTAINER=IMAGE.', param, ctx)
        return container, image


IMAGE: Final = _Image()


@action
@click.argument("images", metavar="CONTAINER=IMAGE...", type=IMAGE, nargs=-1, required=True)
def set_image(context: click.Context, name: str, images: tuple[tuple[str, str], ...], **manner: Any) -> int:
    """Roll another image of NAME out. The container * means all of them."""
    return act(context, name, SetImage(images), manner)
