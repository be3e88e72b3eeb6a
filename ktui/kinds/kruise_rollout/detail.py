"""What the page, the history and the timeline of a Rollout show: those of its workload, and the steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ktui.kinds.kruise_rollout import steps
from ktui.kinds.kruise_rollout.objects import KruiseRollout
from ktui.kinds.kruise_rollout.summary import DISABLED, KindOf, is_running, rollout_of
from ktui.kinds.kruise_rollout.target import extra_of, is_blue_green, is_controlled, released, target_of
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.rollout.bounds import Bounds
from ktui.rollout.detail import Capacity, Detail, Section, SectionLine, Tone, condition_row, newest_events
from ktui.rollout.happenings import Stamp, What, of_event
from ktui.rollout.history import History
from ktui.rollout.progress import Track
from ktui.rollout.track_record import Accounts
from ktui.text import count, duration


def detail(
    kind_of: KindOf, store: Store, workload: KruiseRollout, track: Track, now: datetime, *, policies: Policies | None
) -> Detail:
    """Everything known of it, and of its workload."""
    answers = rollout_of(kind_of, store, workload, track, now)[1]
    target, strategy = target_of(store, workload), workload.spec.strategy
    style = "BlueGreen" if strategy.blue_green is not None else "Canary"
    own = tuple(condition_row(each) for each in workload.status.conditions)
    events = [(event, "") for event in store.events(workload.metadata.uid)]
    if target is None:
        return Detail(
            rollout=answers,
            created=workload.metadata.creation_timestamp,
            strategy=style,
            bounds=Bounds(0, 0),
            min_ready_seconds=0,
            deadline_seconds=None,
            revisions=(),
            conditions=own,
            events=newest_events(events),
            capacity=Capacity(track.samples, 0, 0),
            sections=tuple(_sections(workload, now)),
        )
    inner = kind_of(target).detail(store, released(target), track, now, policies)
    extra = extra_of(store, workload)
    beside = kind_of(extra).detail(store, extra, track, now, None).revisions if extra is not None else ()
    note = (
        (Section("Blue-green", (SectionLine("no pod counts as available meanwhile: ready ones do", Tone.NOW),)),)
        if is_blue_green(target)
        else ()
    )
    return msgspec.structs.replace(
        inner,
        rollout=answers,
        created=workload.metadata.creation_timestamp,
        strategy=style,
        deadline_seconds=None if is_controlled(target) else inner.deadline_seconds,
        revisions=(*beside, *inner.revisions),
        conditions=(*own, *inner.conditions),
        events=(*newest_events(events), *inner.events),
        sections=(*_sections(workload, now), *note, *inner.sections),
        partition=0,
    )


def _sections(workload: KruiseRollout, now: datetime) -> Iterator[Section]:
    found = steps.steps_of(workload)
    if not found:
        return
    current = steps.current_step(workload)
    at = current[1] if current is not None else 0
    heading = f"Steps {at}/{len(found)}" if at else f"{count(len(found), 'step')}"
    if workload.status.phase in DISABLED:
        heading = f"{heading}, disabled"
    yield Section(heading, tuple(_steps(workload, at, now)))


def _steps(workload: KruiseRollout, at: int, now: datetime) -> Iterator[SectionLine]:
    is_routed = workload.spec.strategy.style.is_routed
    for number, step in enumerate(steps.steps_of(workload), 1):
        tone = Tone.GOOD if number < at else Tone.NOW if number == at else Tone.PLAIN
        if number == at and steps.waits_for_approval(workload):
            tone = Tone.WAIT
        pause = "until approved" if step.pause.duration is None else f"for {duration(step.pause.duration)}"
        note = f"then waits {pause}" if steps.pauses_after(workload, number) else ""
        text = f"{number}. {steps.label(step, is_routed=is_routed)}"
        yield SectionLine(text, tone, steps.doing(workload, now) if number == at else note)


def history(
    kind_of: KindOf, store: Store, workload: KruiseRollout, took: float | None, remembered: Accounts | None
) -> History:
    """The revisions of its workload."""
    target = target_of(store, workload)
    meta = workload.metadata
    if target is None:
        return History(
            uid=meta.uid,
            kind="Rollout",
            namespace=meta.namespace,
            name=meta.name,
            revisions=(),
            back=0,
            undo=0,
            provenance=None,
            live=b"",
        )
    found = kind_of(target).history(store, released(target), took, remembered)
    return msgspec.structs.replace(found, uid=meta.uid, kind="Rollout", namespace=meta.namespace, name=meta.name)


def happened(kind_of: KindOf, store: Store, workload: KruiseRollout) -> Iterator[Stamp]:
    """What the Rollout and its workload tell, in no order."""
    for event in store.events(workload.metadata.uid):
        what = What.TROUBLE if event.type == "Warning" else What.TURNED
        yield from of_event(event, what, said=event.message)
    for condition in workload.status.conditions:
        turned = condition.last_transition_time
        if condition.type == "Succeeded" and turned is not None and not is_running(workload):
            ended = "complete: all steps are done" if condition.status == "True" else "cancelled, or taken back"
            yield Stamp(turned, What.TURNED, ended)
    target = target_of(store, workload)
    if target is not None:
        yield from kind_of(target).happened(store, target)
    extra = extra_of(store, workload)
    if extra is not None:
        yield from kind_of(extra).happened(store, extra)
