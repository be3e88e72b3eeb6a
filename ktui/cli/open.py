"""`ktui open NAME`, or just `ktui NAME`: the dashboard at one rollout."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final, NamedTuple

import click
import msgspec

from ktui.cli.cluster import connected
from ktui.cli.dashboard import check_terminal, dashboard
from ktui.cli.options import NAMES, Command, refuse_scope_flags, settings_of, theme_option
from ktui.cli.running import run
from ktui.cli.similar_names import Place, joined, no_such, places
from ktui.kinds.registry import WORKLOADS
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.listing import list_once
from ktui.model.changes import Put
from ktui.model.reference import Reference, can_be_name, read_kinds
from ktui.model.resources import Resource
from ktui.settings import Settings
from ktui.text import clean

_MOST: Final = 3
"""Names that a hint offers."""


class Wanted(NamedTuple):
    """What is to be opened. Without a kind, the first of that name: a Deployment, a StatefulSet, a DaemonSet."""

    name: str
    kinds: tuple[Resource, ...] = ()
    namespace: str = ""


def read_wanted(words: tuple[str, ...]) -> Wanted | None:
    """What `web`, `shop/web`, `deploy/web`, `deploy web` or `shop/deploy/web` means; None for anything else."""
    *before, name = [part for word in words for part in word.split("/")]
    kinds = read_kinds(before[-1]) if before else None
    if kinds is not None:
        before.pop()
    if len(before) > 1 or not all(map(can_be_name, (*before, name))):
        return None
    return Wanted(name, kinds or (), before[0] if before else "")


@click.command(cls=Command, params=[theme_option()])
@click.argument("words", metavar="NAME", nargs=-1, required=True, shell_complete=NAMES)
@click.pass_context
def open(context: click.Context, words: tuple[str, ...]) -> int:
    """Open the dashboard at one rollout. `ktui NAME` does the same.

    \b
    NAME is one of:
      checkout                the rollout of that name, in whichever namespace it is
      shop/checkout           the one in the namespace shop
      statefulset/db -n shop  with its kind, and the namespace as an option

    \b
    Examples:
      ktui open checkout
      ktui open shop/checkout --read-only
    """
    wanted = read_wanted(words)
    if wanted is None:
        raise click.UsageError(f'"{" ".join(words)}" does not name a rollout; write web, shop/web or statefulset/db.')
    refuse_scope_flags(context)
    check_terminal()
    settings = settings_of(context)
    if wanted.namespace:
        settings = msgspec.structs.replace(settings, namespace=wanted.namespace)
    place = run(_find(settings, wanted))
    return dashboard(msgspec.structs.replace(settings, namespace=place.namespace), opens=place.uid)


async def _find(settings: Settings, wanted: Wanted) -> Place:
    async with connected(settings) as connection:
        found = await places(connection, wanted.name, wanted.kinds)
        here = [place for place in found if place.namespace == connection.namespace]
        if here:
            return here[0]
        if settings.namespace:
            raise await no_such(
                connection, connection.namespace, Reference(wanted.name, (wanted.kinds or WORKLOADS)[0])
            )
        namespaces = list(dict.fromkeys(place.namespace for place in found))
        if len(namespaces) > 1:
            raise KubeError(
                f"{clean(wanted.name)} is in {joined(namespaces, 'and')}.",
                hint=f"Say which: ktui {clean(namespaces[0])}/{clean(wanted.name)}",
            )
        if not found:
            raise await _unknown(connection, wanted)
        return found[0]


async def _unknown(connection: Connection, wanted: Wanted) -> KubeError:
    names: set[str] = set()
    for kind in wanted.kinds or WORKLOADS:
        try:
            contents = await list_once(connection, kind, connection.namespace)
        except KubeError:
            continue
        names |= {each.object.metadata.name for each in contents if isinstance(each, Put)}
    close = get_close_matches(wanted.name, sorted(names), n=_MOST)
    hint = (
        f"Did you mean {joined(close, 'or')}?"
        if close
        else "`ktui get -A` lists the rollouts; `ktui --help`, the commands."
    )
    return KubeError(f'There is neither a command nor a rollout called "{clean(wanted.name)}".', hint=hint)
