"""Everything that the detail screen shows of a Canary: who serves, its analysis, its gates and its two sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.messages import Sort
from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.revisions import revisions
from ktui.kinds.flagger_canary.sides import Half
from ktui.kinds.flagger_canary.situation import Situation, situation_of
from ktui.kinds.flagger_canary.summary import summarise
from ktui.kinds.flagger_canary.words import place, who_serves
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.plans.wording import image_of
from ktui.rollout import images
from ktui.rollout.bounds import Bounds
from ktui.rollout.detail import (
    LONG_AGO,
    Capacity,
    Detail,
    EventRow,
    Revision,
    Section,
    SectionLine,
    Tone,
    condition_row,
    newest_events,
)
from ktui.rollout.diagnosis.policy_remarks import remarks
from ktui.rollout.facts import Revision as Fact
from ktui.rollout.podstatus import pod_state
from ktui.rollout.progress import Track
from ktui.rollout.revisions import in_public
from ktui.text import clean, count, duration


def detail(store: Store, canary: Canary, track: Track, now: datetime, policies: Policies | None = None) -> Detail:
    """Everything known of one Canary; `policies` are what acts on its pods, if that was read."""
    situation = situation_of(store, canary, now)
    answers = summarise(store, canary, track, now)
    seconds = _min_ready(situation)
    desired = answers.progress.desired
    return Detail(
        rollout=answers,
        created=canary.metadata.creation_timestamp,
        strategy=canary.strategy,
        bounds=Bounds(surge=desired, unavailable=0),
        min_ready_seconds=seconds,
        deadline_seconds=canary.deadline,
        revisions=tuple(_shown(each, seconds, now) for each in revisions(situation)),
        conditions=tuple(map(condition_row, canary.status.conditions)),
        events=_events(store, situation),
        capacity=Capacity(track.samples, desired, desired),
        remarks=remarks(situation.primary.workload, policies, replicas=desired, is_under_way=situation.is_under_way)
        if policies is not None and situation.primary is not None
        else (),
        sections=tuple(_sections(situation, now)),
    )


def _min_ready(situation: Situation) -> int:
    half = situation.target or situation.primary
    return half.workload.spec.min_ready_seconds if half is not None else 0


def _shown(revision: Fact, seconds: int, now: datetime) -> Revision:
    pods = [pod_state(pod, min_ready_seconds=seconds, now=now) for pod in revision.pods]
    pods.sort(key=lambda pod: (pod.created or LONG_AGO, pod.name))
    template = revision.template
    return Revision(
        number=revision.number,
        uid=revision.uid,
        name=clean(revision.name) or "of the primary alone",
        images=tuple(clean(images.short(each.image)) for each in template.containers) if template is not None else (),
        created=revision.created,
        change_cause=clean(in_public(revision.cause)),
        wanted=revision.wanted,
        existing=revision.existing,
        ready=revision.ready,
        available=sum(pod.is_available for pod in pods),
        min_ready_seconds=seconds,
        former=revision.former,
        is_current=revision.is_current,
        pods=tuple(pods),
    )


def _events(store: Store, situation: Situation) -> tuple[EventRow, ...]:
    """The events about it, both workloads, their revisions and their pods, those that went lately among them."""
    found = [(event, "") for event in store.events(situation.canary.metadata.uid)]
    for half in (situation.target, situation.primary):
        if half is None:
            continue
        uid, name = half.workload.metadata.uid, half.name
        owners = {uid: name} | {each.uid: each.name for each in half.revisions if each.uid}
        gone = store.gone_parts(owners)
        parts = [*owners, *(pod.metadata.uid for each in half.revisions for pod in each.pods)]
        parts += [part for parts_gone in gone.values() for part in parts_gone]
        found += [(event, name) for part in dict.fromkeys(parts) for event in store.events(part)]
    return newest_events(found)


# Sections


def _sections(situation: Situation, now: datetime) -> Iterator[Section]:
    yield Section("Who serves", tuple(_serving(situation)))
    yield Section(_heading(situation), tuple(_analysis(situation)))
    hooks = tuple(_hooks(situation))
    if hooks:
        yield Section("Hooks that Flagger asks", hooks)
    if situation.reports:
        yield Section("What Flagger said last", tuple(_said(situation, now)))


def _serving(situation: Situation) -> Iterator[SectionLine]:
    canary, serving = situation.canary, situation.serving
    yield SectionLine(
        who_serves(situation) or "nothing serves", Tone.BAD if serving.unserved and situation.phase else Tone.GOOD
    )
    for name, half, ready in (
        (canary.primary_name, situation.primary, serving.primary),
        (canary.target.name, situation.target, serving.canary),
    ):
        yield SectionLine(
            _side(name, half), Tone.PLAIN, f"{count(ready, 'ready endpoint')}" if half is not None else ""
        )
    if canary.analysis.mirror and canary.iterations and situation.phase == said.PROGRESSING and not serving.share:
        yield SectionLine("requests are mirrored to the canary; its answers reach no one", Tone.NOW)
    if serving.share != canary.status.canary_weight and serving.is_routed:
        yield SectionLine(
            f"the route has {serving.share}% for the canary; the status says {canary.status.canary_weight}%"
        )


def _side(name: str, half: Half | None) -> str:
    if half is None:
        return f"{name}: not there"
    image = image_of(half.template)
    return clean(
        f"{name}: {half.available} of {count(half.desired, 'pod')} available" + (f", {image}" if image else "")
    )


def _heading(situation: Situation) -> str:
    canary = situation.canary
    if canary.skips_analysis:
        return f"{canary.strategy}: the analysis is skipped"
    if situation.phase not in (*said.ANALYSES, said.PROMOTING, said.FINALISING):
        # Flagger counts from 0 again as soon as an analysis is over.
        return f"{canary.strategy}, threshold: {count(canary.threshold, 'failed check')}"
    checks = f"{canary.status.failed_checks} of {canary.threshold} failed checks"
    return f"{canary.strategy}, {place(situation)}, {checks}"


def _analysis(situation: Situation) -> Iterator[SectionLine]:
    canary = situation.canary
    yield SectionLine(f"looked at every {duration(canary.interval)}", note=situation.phase)
    if not canary.iterations and canary.weights:
        share, going = situation.serving.share, situation.phase in said.ANALYSES
        for weight in canary.weights:
            tone = Tone.NOW if going and weight == share else Tone.GOOD if going and weight < share else Tone.PLAIN
            yield SectionLine(f"weight {weight}%", tone)
    for metric in canary.analysis.metrics:
        yield SectionLine(clean(f"{metric.name}: {metric.limit or 'no limit'}"), note=clean(metric.interval))
    checks = [each for each in situation.reports if each.sort in (Sort.CHECK, Sort.MEASURE)]
    for check in checks[:3]:
        yield SectionLine(clean(check.words), Tone.BAD, f"{check.times}×" if check.times > 1 else "")


def _hooks(situation: Situation) -> Iterator[SectionLine]:
    for hook in situation.canary.analysis.webhooks:
        is_shut = bool(situation.shut) and hook.name in situation.shut.split(" or ")
        passed = next((each for each in situation.reports if each.name == hook.name), None)
        state = "shut: it waits" if is_shut else passed.words if passed is not None else ""
        yield SectionLine(clean(f"{hook.kind}: {hook.name}"), Tone.WAIT if is_shut else Tone.PLAIN, clean(state))


def _said(situation: Situation, now: datetime) -> Iterator[SectionLine]:
    for each in situation.reports[:6]:
        ago = f"{duration((now - each.at).total_seconds())} ago" if each.at is not None else ""
        yield SectionLine(clean(each.words), Tone.WAIT if each.is_warning else Tone.PLAIN, ago)
