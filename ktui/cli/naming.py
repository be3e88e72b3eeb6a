"""What the words of a command name, in kubectl's forms: NAME, TYPE/NAME, TYPE NAME, TYPE,TYPE NAME and TYPE alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import click

from ktui.cli.options import NAMES, TYPED, WORKLOAD, WORKLOAD_OR_SERVICE, ServiceName
from ktui.model.reference import Reference, read_kinds, read_reference
from ktui.model.resources import Resource

_Words = Sequence[str]
Read = Callable[[click.Context, click.Parameter, _Words], Any]
"""Reads an argument's words; a callback of click's. Raises UsageError."""

_SERVICES: Final = ("service", "services", "svc")


class Chosen(NamedTuple):
    """What words choose: workloads by name, or all of some kinds."""

    names: tuple[Reference, ...] = ()
    kinds: tuple[Resource, ...] = ()
    services: tuple[ServiceName, ...] = ()


def chosen(ctx: click.Context, param: click.Parameter, words: _Words) -> Chosen:
    """Workloads, or all of some kinds; nothing where there are no words."""
    ctx.meta[TYPED] = words
    kinds = read_kinds(words[0]) if words else None
    if kinds is None:
        _refuse_other_kinds(words[0] if words else "", ctx)
        each = [part for word in words for part in word.split(",")]
        return Chosen(tuple(dict.fromkeys(WORKLOAD.convert(part, param, ctx) for part in each)))
    names = [part for word in words[1:] for part in word.split(",")]
    return Chosen(_of_kinds(words[0], kinds, names, param, ctx), kinds if not names else ())


def _refuse_other_kinds(word: str, ctx: click.Context) -> None:
    parts = word.split(",")
    other = next((part for part in parts if read_kinds(part) is None), "")
    if len(parts) > 1 and any(read_kinds(part) for part in parts):
        raise click.UsageError(
            f'"{other}" is not a kind that ktui shows: deployments, statefulsets or daemonsets.', ctx
        )


def _of_kinds(
    written: str, kinds: Sequence[Resource], names: _Words, param: click.Parameter, ctx: click.Context
) -> tuple[Reference, ...]:
    found = []
    for kind in kinds:
        for name in dict.fromkeys(names):
            if "/" in name:
                raise click.UsageError(f'"{name}" already has its kind: leave out {written}, as with kubectl.', ctx)
            reference = read_reference(f"{kind.plural}/{name}")
            found.append(reference if reference is not None else WORKLOAD.convert(f"{written}/{name}", param, ctx))
    return tuple(found)


def workloads(ctx: click.Context, param: click.Parameter, words: _Words) -> tuple[Reference, ...]:
    """Workloads by name, for a command that is not for all of a kind."""
    found = chosen(ctx, param, words)
    if found.kinds:
        kind = found.kinds[0].kind
        raise click.UsageError(f"Which {kind}? Write {words[0]} NAME, or {words[0].partition(',')[0]}/NAME.", ctx)
    return found.names


def one(ctx: click.Context, param: click.Parameter, words: _Words) -> Reference:
    """The only workload that the words name."""
    names = workloads(ctx, param, words)
    if len(names) > 1:
        called = ", ".join(name.short for name in names)
        raise click.UsageError(f"{ctx.info_name} takes one workload, and these are {len(names)}: {called}.", ctx)
    return names[0]


def workloads_or_services(
    ctx: click.Context, param: click.Parameter, words: _Words
) -> tuple[Reference | ServiceName, ...]:
    """The same, and `service/shop` and `svc shop` among them."""
    kind, *names = words
    if kind.lower() in _SERVICES:
        return tuple(WORKLOAD_OR_SERVICE.convert(f"{kind}/{name}", param, ctx) for name in names) or workloads(
            ctx, param, words
        )
    if any(word.partition("/")[0].lower() in _SERVICES for word in words):
        return tuple(WORKLOAD_OR_SERVICE.convert(word, param, ctx) for word in words)
    return workloads(ctx, param, words)


def chosen_or_services(ctx: click.Context, param: click.Parameter, words: _Words) -> Chosen:
    """As `chosen`; Services, which are shown apart, are named alone."""
    if not any(word.partition("/")[0].lower() in _SERVICES for word in words):
        return chosen(ctx, param, words)
    found = workloads_or_services(ctx, param, words)
    services = tuple(dict.fromkeys(name for name in found if isinstance(name, ServiceName)))
    if len(services) < len(dict.fromkeys(found)):
        raise click.UsageError("Services are shown apart from rollouts: name only one of the two.", ctx)
    return Chosen(services=services)


def one_or_service(ctx: click.Context, param: click.Parameter, words: _Words) -> Reference | ServiceName:
    """The only workload that the words name, or the only Service."""
    services = chosen_or_services(ctx, param, words).services
    if not services:
        return one(ctx, param, words)
    if len(services) > 1:
        raise click.UsageError(f"{ctx.info_name} takes one Service, and these are {len(services)}.", ctx)
    return services[0]


one_workload: Final = click.argument(
    "reference", metavar="NAME", nargs=-1, required=True, callback=one, shell_complete=NAMES
)
"""The argument of a command about one workload: `web`, `deploy/web`, or `deploy web`."""
