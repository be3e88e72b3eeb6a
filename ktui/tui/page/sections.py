"""What a pod, a cause or an event says in full: pure functions to sections of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ktui import signs
from ktui.model.events import Event
from ktui.model.objects import ContainerState, ContainerStatus, Pod
from ktui.model.template import Container
from ktui.redaction import redact_message
from ktui.rollout.detail import EventRow, Revision
from ktui.rollout.detail import Section as KindSection
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.podstatus import PodState, is_sidecar, pod_state
from ktui.rollout.timeline import Moment
from ktui.text import age, clean, count, local_time
from ktui.tui.draw import glyphs


class Section(NamedTuple):
    """A heading and what stands below it; each text is wrapped, and has a style of `paint`."""

    title: str
    texts: tuple[tuple[str, str], ...]


class Page(NamedTuple):
    """Something in full."""

    title: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """All of it as plain text, to be copied."""
        parts = [self.title]
        for section in self.sections:
            parts += ["", section.title, *(text for text, _ in section.texts)]
        return "\n".join(parts) + "\n"


def pod_page(pod: Pod, events: Sequence[Event], now: datetime) -> Page:
    """A pod: its state, its containers with how they ended last, its conditions and its events."""
    state = pod_state(pod)
    return Page(
        f"Pod {clean(pod.metadata.namespace)}/{state.name}",
        (
            Section("STATUS", tuple(_status(pod, state, now))),
            Section("CONTAINERS", tuple(_containers(pod, now))),
            Section("CONDITIONS", tuple(_conditions(pod, now)) or (("all are as they should be", "dim"),)),
            Section("EVENTS", tuple(_events(events, now)) or (("none in the last hour", "dim"),)),
        ),
    )


def kind_page(title: str, found: Sequence[KindSection]) -> Page:
    """What only this kind of workload has, in full: its steps, an analysis."""
    return Page(
        title,
        tuple(
            Section(each.title, tuple((f"{line.text}  {line.note}".rstrip(), "") for line in each.lines))
            for each in found
        ),
    )


def _status(pod: Pod, state: PodState, now: datetime) -> Iterator[tuple[str, str]]:
    style = glyphs.PODS[state.health][1]
    yield (
        f"{glyphs.PODS[state.health][0]} {state.word}   {state.ready} ready   {count(state.restarts, 'restart')}",
        style,
    )
    yield f"{age(state.created, now)} old   on {state.node or 'no node yet'}", ""
    for text in (pod.status.reason, pod.status.message):
        if text:
            yield clean(redact_message(text)), style
    if pod.metadata.deletion_timestamp is not None:
        yield f"stopping: to be gone by {local_time(pod.metadata.deletion_timestamp):%H:%M:%S}", "warn"
    if pod.metadata.finalizers:
        yield f"finalizers: {', '.join(map(clean, pod.metadata.finalizers))}", "warn"


def _containers(pod: Pod, now: datetime) -> Iterator[tuple[str, str]]:
    statuses = {each.name: each for each in (*pod.status.init_container_statuses, *pod.status.container_statuses)}
    for container in pod.spec.init_containers:
        yield from _container("sidecar" if is_sidecar(container) else "init", container, statuses, now)
    for container in pod.spec.containers:
        yield from _container("", container, statuses, now)


def _container(
    sort: str, container: Container, statuses: dict[str, ContainerStatus], now: datetime
) -> Iterator[tuple[str, str]]:
    name = clean(container.name)
    yield f"{name}{f' ({sort})' if sort else ''}   {clean(container.image)}", "strong"
    requests, limits = container.resources.requests, container.resources.limits
    amounts = [
        f"{what} {resource} {clean(amount)}"
        for what, amounts in (("requests", requests), ("limit", limits))
        for resource in ("cpu", "memory")
        if (amount := amounts.of(resource))
    ]
    if amounts:
        yield "  " + ", ".join(amounts), "dim"
    status = statuses.get(container.name)
    if status is None:
        yield "  not started yet", "dim"
        return
    readiness = "ready" if status.ready else "not ready"
    yield f"  {_state(status.state, now)}   {readiness}   {count(status.restart_count, 'restart')}", _style(status)
    for text in _messages(status.state):
        yield f"    {text}", ""
    if status.last_state.terminated is not None:
        yield f"  before that: {_state(status.last_state, now)}", "warn"
        for text in _messages(status.last_state):
            yield f"    {text}", ""


def _style(status: ContainerStatus) -> str:
    if status.ready:
        return "good"
    return "warn" if status.state.running is not None else "failed" if status.restart_count else ""


def _state(state: ContainerState, now: datetime) -> str:
    if state.running is not None:
        return f"running for {age(state.running.started_at, now)}"
    if state.terminated is not None:
        ended = state.terminated
        how = f"signal {ended.signal}" if ended.signal else f"exit code {ended.exit_code}"
        reason = f", {clean(ended.reason)}" if ended.reason else ""
        when = f", {age(ended.finished_at, now)} ago" if ended.finished_at is not None else ""
        ran = f", ran for {age(ended.started_at, ended.finished_at)}" if ended.started_at and ended.finished_at else ""
        return f"ended with {how}{reason}{when}{ran}"
    return f"waiting: {clean(state.waiting.reason)}" if state.waiting is not None else "waiting"


def _messages(state: ContainerState) -> Iterator[str]:
    for part in (state.waiting, state.terminated):
        if part is not None and part.message:
            yield from (clean(line) for line in redact_message(part.message).splitlines() if line.strip())


def _conditions(pod: Pod, now: datetime) -> Iterator[tuple[str, str]]:
    for each in pod.status.conditions:
        mark = signs.TICK if each.status == "True" else signs.CROSS if each.status == "False" else "?"
        reason = f"  {clean(each.reason)}" if each.reason else ""
        since = f"  for {age(each.last_transition_time, now)}" if each.last_transition_time is not None else ""
        yield f"{mark} {clean(each.type)} {clean(each.status)}{reason}{since}", "" if each.status == "True" else "warn"
        if each.message:
            yield f"    {clean(redact_message(each.message))}", ""


def _events(events: Sequence[Event], now: datetime) -> Iterator[tuple[str, str]]:
    newest = sorted(events, key=lambda event: event.last_seen or now, reverse=True)
    for event in newest:
        times = f"  ×{event.times}" if event.times > 1 else ""
        style = "warn" if event.type == "Warning" else ""
        yield f"{age(event.last_seen, now)} ago  {clean(event.reason)}{times}", style or "strong"
        yield f"    {clean(redact_message(event.message))}", ""


def cause_page(cause: Cause) -> Page:
    """A cause: all that the cluster says, what to try, and which pods are concerned."""
    sections = [Section("CAUSE", ((cause.sentence, "failed" if cause.blocking else "warn"),))]
    if cause.detail:
        sections.append(Section("WHAT THE CLUSTER SAYS", ((cause.detail, ""),)))
    if cause.try_next:
        sections.append(Section("TRY", ((cause.try_next, ""),)))
    if cause.pods:
        sections.append(Section("PODS", tuple((name, "") for name in cause.pods)))
    return Page("Why", tuple(sections))


def event_page(rows: Sequence[EventRow], now: datetime) -> Page:
    """Events that happened to one thing for one reason, each with its whole message."""
    texts: list[tuple[str, str]] = []
    for row in rows:
        times = f"  ×{row.count}" if row.count > 1 else ""
        texts += [
            (f"{age(row.at, now)} ago  {row.kind} {row.name}{times}", "dim"),
            (row.message, "warn" if row.is_warning else ""),
        ]
    return Page(f"Events: {rows[0].reason}", (Section("EVENTS", tuple(texts)),))


def moment_page(moment: Moment, now: datetime) -> Page:
    """A moment of the timeline: when, and all that it says."""
    at = f"{local_time(moment.at):%Y-%m-%d %H:%M:%S}, {age(moment.at, now)} ago"
    texts = [(at, "dim"), (moment.sentence, "warn" if moment.is_warning else "")]
    if moment.extent:
        texts.append((moment.extent, "dim"))
    return Page("Timeline", (Section("WHAT HAPPENED", tuple(texts)),))


def revision_page(revision: Revision, full_images: Sequence[str], now: datetime) -> Page:
    """A revision: its object, its images in full, its numbers."""
    numbers = [
        (f"revision {revision.number}" + (", the current one" if revision.is_current else ""), "strong"),
        (f"{revision.name}   {age(revision.created, now)} old", ""),
        (
            f"{revision.wanted} wanted, {revision.existing} existing, {revision.ready} ready, "
            f"{revision.available} available",
            "",
        ),
    ]
    if revision.former:
        numbers.append((f"formerly revision {', '.join(map(str, revision.former))}", "dim"))
    if revision.change_cause:
        numbers.append((f'change-cause "{revision.change_cause}"', ""))
    return Page(
        f"Revision {revision.number}",
        (Section("REVISION", tuple(numbers)), Section("IMAGES", tuple((clean(each), "") for each in full_images))),
    )
