"""The lines of the blue-green screen: pure functions from a Service and its sides to spans."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.cells import cell_len

from ktui import signs
from ktui.rollout.podstatus import Health, PodState
from ktui.rollout.rollout import Rollout
from ktui.rollout.traffic.bluegreen import BlueGreen, Move, Side, took
from ktui.text import age, clean, count, duration, local_time
from ktui.tui.draw import glyphs
from ktui.tui.draw.difference import Lines, bullet
from ktui.tui.draw.widgets import Span, fit, shorten, wrap

_INDENT: Final = "    "
_LEAST_BAR: Final = 12
_MOST_BAR: Final = 60
_MOST_FRONTS: Final = 6


def headline(state: BlueGreen, pending: str, place: str, cells: int) -> list[Span]:
    """Which Service, and who gets its traffic. `place` tells which of several Services this is."""
    spans = [Span(f"{state.namespace}/{state.service}", "title"), Span("  Service  ", "dim")]
    chosen = state.side(state.active)
    if chosen is None:
        spans.append(Span(f"{signs.CROSS} {state.key}={clean(state.active)}, which selects no pods", "failed"))
    else:
        spans += [Span(f"{signs.DISC} {chosen.name}", "complete"), Span(" is selected", "dim")]
    if pending:
        spans.append(Span(f"   … {pending}", "warn"))
    if place:
        spans.append(Span(f"   {place}", "dim"))
    return shorten(spans, cells)


def summary(state: BlueGreen, cells: int) -> list[Span]:
    """What the Service selects, and where it sends it."""
    ports = f"   ports {state.ports}" if state.ports else ""
    return shorten([Span(f"selector {state.selector}{ports}", "dim")], cells)


def in_front(state: BlueGreen, room: int) -> Lines:
    """The Ingresses and HTTPRoutes that lead to the Service."""
    if not state.fronts:
        return [[Span("No Ingress or HTTPRoute of this namespace leads here.", "dim")]]
    lines: Lines = []
    for front in state.fronts[:_MOST_FRONTS]:
        spans = [Span(f"{front.kind} ", "dim"), Span(front.name, "strong"), Span(f"  {', '.join(front.addresses)}")]
        lines.append(shorten(spans, room))
    if len(state.fronts) > _MOST_FRONTS:
        lines.append([Span(f"and {len(state.fronts) - _MOST_FRONTS} more", "dim")])
    return lines


def traffic(state: BlueGreen, move: Move | None, problem: str, now: datetime, cells: int) -> Lines:
    """A bar for each side: as long as its share of what can be had, and full where traffic goes there."""
    if problem:
        return [[Span(text, "warn")] for text in wrap(f"Where traffic goes cannot be seen: {problem}", cells, 3)]
    if not state.endpoints_known:
        return [[Span("asking where traffic goes…", "dim")]]
    name = max(cell_len(side.name) for side in state.sides)
    whole = max(*(max(side.endpoints, side.desired) for side in state.sides), 1)
    length = max(_LEAST_BAR, min(_MOST_BAR, cells - name - 44))
    lines = [shorten(_bar(side, name, whole, length), cells) for side in state.sides]
    return [*lines, shorten(verdict(state, move, now), cells)]


def stale(reason: str, cells: int) -> list[Span]:
    """What stands in the place of the verdict while it is not known whether it still holds."""
    return shorten(
        [Span(f"{signs.TRIANGLE} {clean(reason)} Where traffic goes may have changed since.", "warn")], cells
    )


def _bar(side: Side, name: int, whole: int, length: int) -> list[Span]:
    gets = min(length, max(round(side.endpoints * length / whole), 1 if side.endpoints else 0))
    drains = min(length - gets, round(side.draining * length / whole))
    mark = Span(f"{signs.DISC} ", "complete") if side.is_active else Span(f"{signs.RING} ", "dim")
    spans = [mark, Span(fit(side.name, name), "strong" if side.is_active else ""), Span("  ")]
    spans += [
        Span(glyphs.NEW_READY * gets, "new" if side.is_active else "starting"),
        Span(glyphs.OLD * drains, "stopping"),
    ]
    spans += [Span(signs.RULE * (length - gets - drains), "frame"), Span("  ")]
    spans.append(Span(count(side.endpoints, "ready endpoint"), "strong" if side.endpoints else "dim"))
    if side.draining:
        spans.append(Span(f", {side.draining} stopping", "dim"))
    return spans


def verdict(state: BlueGreen, move: Move | None, now: datetime) -> list[Span]:
    """Where traffic goes, in a sentence: whether it has moved, and how long that took."""
    chosen = state.side(state.active)
    if not state.serving:
        return [Span(f"{signs.CROSS} nothing answers: no endpoint is ready", "failed")]
    if move is not None and move.after == state.active:
        names = f"from {clean(move.before)} to {clean(move.after)}"
        if move.ended is None:
            astray = ", ".join(f"{count(side.endpoints, 'endpoint')} of {side.name}" for side in _astray(state))
            still = f": {astray} still there" if astray else ""
            return [
                Span(
                    f"{signs.HALF} traffic moves {names}, for {duration((now - move.began).total_seconds())}{still}",
                    "warn",
                )
            ]
        at = local_time(move.ended).strftime("%H:%M:%S")
        return [Span(f"{signs.TICK} traffic moved {names} in {took(move.seconds or 0.0)}, at {at}", "good")]
    if state.has_moved and chosen is not None:
        return [Span(f"{signs.TICK} all traffic goes to {chosen.name}", "good")]
    if chosen is not None and not _astray(state):
        text = f"{chosen.endpoints} of {count(chosen.ready, 'ready pod')}"
        return [Span(f"{signs.HALF} traffic goes to {chosen.name}, to {text} so far", "warn")]
    return [Span(f"{signs.HALF} traffic does not go where the selector says yet", "warn")]


def _astray(state: BlueGreen) -> list[Side]:
    return [side for side in state.idle if side.endpoints]


def sides(
    state: BlueGreen, chosen: str, now: datetime, room: int, *, every: bool, is_spaced: bool
) -> tuple[Lines, int]:
    """Both sides with their Deployments and pods, and the line of the one under the cursor.

    With `every`, pods are listed by name; otherwise only those that are not ready. With `is_spaced`, an empty line
    stands between the sides.
    """
    lines: Lines = []
    cursor = 0
    for side in state.sides:
        if is_spaced and lines:
            lines.append([])
        if side.colour == chosen:
            cursor = len(lines)
        lines.append(shorten(_side(side, is_chosen=side.colour == chosen), room))
        for rollout in side.rollouts:
            lines.append(shorten(_rollout(rollout, now), room))
        lines += _cells(side, room)
        listed = [pod for pod in side.pods if every or pod.health is not Health.READY]
        lines += [shorten(_pod(pod, now), room) for pod in listed]
    return lines, cursor


def _side(side: Side, *, is_chosen: bool) -> list[Span]:
    spans = [Span(f"{signs.POINTER} " if is_chosen else "  ", "key")]
    spans.append(Span(f"{signs.DISC} ", "complete") if side.is_active else Span(f"{signs.RING} ", "dim"))
    spans.append(Span(f"{side.name}  ", "strong"))
    if side.is_active:
        spans.append(Span("selected"))
    elif side.shortfall:
        spans += [Span("idle, "), Span("not fully available", "warn")]
    else:
        spans += [Span("idle, "), Span("fully available", "good")]
    return [*spans, Span(f"   {side.available} of {count(side.desired, 'pod')} available", "dim")]


def _rollout(rollout: Rollout, now: datetime) -> list[Span]:
    since = age(rollout.since, now)
    revision = f"revision {rollout.revision}" if rollout.revision else "no revision yet"
    return [
        Span(_INDENT),
        Span(f"{rollout.name}  ", "dim"),
        glyphs.phase(rollout.phase),
        Span(f"  {rollout.image}  "),
        Span(f"{revision}{f'  for {since}' if since else ''}", "dim"),
        Span(f"  {rollout.why}" if rollout.why else "", "warn"),
    ]


def _cells(side: Side, room: int) -> Lines:
    per_line = max(10, room - 2 * len(_INDENT))
    cells = [_cell(pod, is_active=side.is_active) for pod in side.pods]
    return [[Span(_INDENT), *cells[start : start + per_line]] for start in range(0, len(cells), per_line)]


def _cell(pod: PodState, *, is_active: bool) -> Span:
    glyph, style = glyphs.PODS[pod.health]
    return Span(glyph, "old" if pod.health is Health.READY and not is_active else style)


def _pod(pod: PodState, now: datetime) -> list[Span]:
    glyph, style = glyphs.PODS[pod.health]
    facts = f"  {pod.ready}  {fit(age(pod.created, now), 5, right=True)}  {pod.node or 'no node'}"
    return [
        Span(f"{_INDENT}  {pod.name} "),
        Span(f"{glyph} {pod.word}", style),
        Span(facts, "dim"),
        Span(f"  {pod.reason}" if pod.reason else "", style),
    ]


def warnings(state: BlueGreen, room: int) -> Lines:
    """What to know before a switch."""
    if not state.warnings:
        return [[Span("none", "dim")]]
    return [line for warning in state.warnings for line in bullet("!", warning, room, "warn")]
