"""`ktui usage`: what the pods of one rollout use now, new against old, and what the quotas leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

import click
import msgspec

from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.exit_codes import FAILED
from ktui.cli.naming import one_workload
from ktui.cli.options import Command, output_option, refuse_scope_flags, settings_of
from ktui.cli.resources.document import Measured, usage_document
from ktui.cli.running import run
from ktui.cli.similar_names import pointing_to_namesakes
from ktui.kinds.registry import kind_at, revisions_of, rollout_of
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import NotFound
from ktui.kube.listing import list_once
from ktui.kube.metrics import Absent, Metrics
from ktui.kube.policies import read_container_defaults, read_quotas
from ktui.kube.selection import selector_text
from ktui.live.snapshot import claimed, leave_out_others
from ktui.model.changes import Put
from ktui.model.quantities import amount_text
from ktui.model.reference import Reference
from ktui.model.resources import PODS, Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.rollout.capacity.headroom import headroom
from ktui.rollout.capacity.quota import Room
from ktui.rollout.capacity.usage import Meter, PodUse, RevisionUse, Usage, with_pods
from ktui.rollout.capacity.usage import usage as usage_of
from ktui.rollout.capacity.usage_words import NAMES, compared, near_limits
from ktui.rollout.capacity.usage_words import room as room_text
from ktui.settings import Settings
from ktui.text import age, clean, duration, percent


@click.command(cls=Command, shows=True)
@one_workload
@click.option("--pods", "each_pod", is_flag=True, help="Also show each pod. json and yaml always include them.")
@output_option
@click.pass_context
def resources(context: click.Context, reference: Reference, *, each_pod: bool, output: str) -> int:
    """Show CPU and memory of the new and old pods of NAME against requests and limits, and what quotas leave.

    The cluster needs a metrics server. Without one, the exit code is 1.

    \b
    Examples:
      ktui resources checkout -n shop   new pods against old ones
      ktui resources checkout --pods    each pod, too
    """
    refuse_scope_flags(context)
    found = run(_read(settings_of(context), reference))
    if output == "text":
        _print(found, each_pod=each_pod)
    else:
        printing.document(usage_document(found), output)
    if found.problem:
        printing.error(found.problem)
    return FAILED if found.problem else 0


async def _read(settings: Settings, named: Reference) -> Measured:
    async with connected(settings) as connection:
        api, namespace = Api(connection), connection.namespace
        async with pointing_to_namesakes(api, namespace, named) as reference:
            raw = await api.get(reference.resource, namespace, reference.name)
        selector = selector_text(raw)
        store = Store()
        read = msgspec.convert(raw, reference.resource.type, dec_hook=decode_hook)
        store.apply([Put(reference.resource, read), *await claimed(connection, read)])
        for puts in await asyncio.gather(
            *(_list(connection, each, selector) for each in dict.fromkeys((*kind_at(reference.resource).parts, PODS)))
        ):
            store.apply(puts)
        samples, quotas, defaults = await asyncio.gather(
            Metrics(connection).read(namespace, selector),
            read_quotas(api, namespace),
            read_container_defaults(api, namespace),
        )
    leave_out_others(store, read)
    workload = next(store.shown())
    now = connection.clock.now()
    rollout, found = rollout_of(store, workload, None, now)[1], with_pods(revisions_of(store, workload))
    problem = samples.sentence if isinstance(samples, Absent) else ""
    return Measured(
        kind=reference.kind,
        rollout=rollout,
        usage=usage_of(found, () if isinstance(samples, Absent) else samples),
        rooms=headroom(workload, rollout.progress, found, quotas, defaults),
        now=now,
        problem=problem,
    )


async def _list(connection: Connection, resource: Resource, selector: str) -> list[Put]:
    try:
        listed = await list_once(connection, resource, connection.namespace, selector)
    except NotFound:
        # What tells how such a workload goes may be of a group that this cluster does not have.
        return []
    return [item for item in listed if isinstance(item, Put)]


def _print(found: Measured, *, each_pod: bool) -> None:
    used = found.usage
    for sentence in (*compared(used), *(f"Warning: {sentence}" for sentence in near_limits(used))):
        printing.line(sentence)
    if used.at is not None:
        rows = [row for resource in ("memory", "cpu") for row in _rows(used, resource)]
        printing.table(
            ["RESOURCE", "REVISION", "MEASURED", "A POD", "HIGHEST", "OF REQUEST", "NEAREST LIMIT", "ALL"], rows
        )
    if used.at is not None and each_pod:
        printing.table(["POD", "REVISION", "MEMORY", "CPU", "NEAREST MEMORY LIMIT", "AGE"], _pods(used, found.now))
    if found.rooms:
        printing.table(["QUOTA", "RESOURCE", "USED", ""], [_room(room) for room in found.rooms])
    if used.at is not None:
        stale = "stale: " if used.is_stale(found.now) else ""
        printing.note(f"ktui: {stale}measured {age(used.at, found.now)} ago, over {duration(used.window)}.")
    elif not found.problem:
        printing.note("ktui: No pod is measured yet.")


def _rows(used: Usage, resource: str) -> Iterable[list[str]]:
    for each in used.revisions:
        meter = each.meter(resource)
        measured = f"{each.measured} of {len(each.pods)}"
        if meter is None:
            yield [NAMES[resource], _revision(each), measured, "-", "-", "-", "-", "-"]
            continue
        yield [
            NAMES[resource],
            _revision(each),
            measured,
            amount_text(resource, meter.mean),
            f"{amount_text(resource, meter.highest)} {meter.highest_pod}",
            _request(meter),
            _limit(meter),
            amount_text(resource, meter.total),
        ]


def _revision(each: RevisionUse) -> str:
    return f"{each.number or '?'} {'new' if each.is_current else 'old'}"


def _request(meter: Meter) -> str:
    if meter.of_request is None or meter.request is None:
        return "no request"
    return f"{percent(meter.of_request)} of {amount_text(meter.resource, meter.request)}"


def _limit(meter: Meter) -> str:
    near = meter.nearest
    return f"{percent(near.share)} of {amount_text(meter.resource, near.limit)}" if near is not None else "no limit"


def _pods(used: Usage, now: datetime) -> list[list[str]]:
    return [_pod(each, pod, now) for each in used.revisions for pod in each.pods]


def _pod(each: RevisionUse, pod: PodUse, now: datetime) -> list[str]:
    near = dict(pod.nearest).get("memory")
    parts = [amount_text(resource, pod.used(resource)) if pod.is_measured else "-" for resource in ("memory", "cpu")]
    nearest = f"{percent(near.share)} of {amount_text('memory', near.limit)}" if near is not None else "-"
    return [pod.name, _revision(each), *parts, nearest, age(pod.created, now)]


def _room(room: Room) -> list[str]:
    used = f"{amount_text(room.resource, room.used)} of {amount_text(room.resource, room.hard)}"
    return [clean(room.quota), clean(room.resource), used, ("Warning: " if room.is_short else "") + room_text(room)]
