"""Shares of traffic and tags, of a workload whose traffic is sent to its revisions by shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ktui.cli.act.commands import act, action_on
from ktui.cli.naming import workloads
from ktui.model.reference import Reference
from ktui.plans.request import Share, Traffic

_LATEST = "latest"
"""How people call whatever revision is the latest that is ready."""


def _share(word: str, param: click.Parameter, ctx: click.Context) -> Share:
    revision, _, percent = word.partition("=")
    digits = percent.removesuffix("%")
    if not revision or not digits.isascii() or not digits.isdecimal() or len(digits) > 3:
        raise click.BadParameter(f'"{word}" is not REVISION=PERCENT, such as 2=10 or latest=100.', ctx, param)
    return Share(_revision(revision), int(digits))


def _revision(word: str) -> str:
    return "" if word == _LATEST else word


def _name_and_shares(ctx: click.Context, param: click.Parameter, words: Sequence[str]) -> tuple[Reference | Share, ...]:
    names = workloads(ctx, param, [word for word in words if "=" not in word])
    if len(names) != 1:
        raise click.UsageError("Give one NAME.", ctx)
    return (*names, *(_share(word, param, ctx) for word in words if "=" in word))


def _tags(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[Share, ...]:
    found = []
    for value in values:
        tag, equals, revision = value.partition("=")
        if not (tag and equals and revision):
            raise click.BadParameter(f'"{value}" is not TAG=REVISION, such as next=latest.', ctx, param)
        found.append(Share(_revision(revision), 0, tag))
    return tuple(found)


@action_on(_name_and_shares, "NAME [REVISION=PERCENT...]")
@click.option("--tag", "tags", metavar="TAG=REVISION", multiple=True, callback=_tags, help="Give a revision a URL.")
@click.option("--untag", metavar="TAG", multiple=True, help="Remove a tag and its URL.")
def traffic(
    context: click.Context,
    names: tuple[Reference | Share, ...],
    tags: tuple[Share, ...],
    untag: tuple[str, ...],
    **manner: Any,
) -> int:
    """Split the traffic of NAME between its revisions, by number or name. For Knative Services.

    `latest` is the latest revision that is ready, whichever that is.

    \b
    Examples:
      ktui traffic ksvc/web 1=90 2=10
      ktui traffic ksvc/web latest=100 --tag next=latest
    """
    meant = tuple(word for word in names if isinstance(word, Reference))
    shares = tuple(word for word in names if isinstance(word, Share))
    if not (shares or tags or untag):
        raise click.UsageError("Give REVISION=PERCENT, --tag or --untag.", context)
    return act(context, meant, Traffic((*shares, *tags), keep=True, untag=untag), manner)
