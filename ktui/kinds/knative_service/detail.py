"""Everything that the detail screen shows of a Service: its traffic, tags and gradual rollout too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.kinds.knative_service.summary import situation_of, summarise
from ktui.kinds.knative_service.traffic import gradual, is_gradual, moving, serves
from ktui.model.objects import CHANGE_CAUSE
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.rollout import images
from ktui.rollout.bounds import Bounds
from ktui.rollout.detail import (
    LONG_AGO,
    Capacity,
    ConditionRow,
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
from ktui.rollout.podstatus import pod_state
from ktui.rollout.progress import Track
from ktui.rollout.revisions import in_public
from ktui.text import clean, duration


def detail(
    store: Store, service: KnativeService, track: Track, now: datetime, policies: Policies | None = None
) -> Detail:
    """Everything known of one Service; `policies` are what acts on its pods, if that was read."""
    where = situation_of(store, service)
    answers = summarise(store, service, track, now)
    numbers = answers.progress
    return Detail(
        rollout=answers,
        created=service.metadata.creation_timestamp,
        strategy="Gradual" if is_gradual(service) else "Traffic",
        bounds=Bounds(0, 0),
        min_ready_seconds=0,
        deadline_seconds=int(where.newest.deadline) if where.newest is not None else None,
        revisions=tuple(_shown(part, now) for part in where.parts),
        conditions=tuple(_conditions(where)),
        events=_events(store, where),
        capacity=Capacity(track.samples, numbers.promised, numbers.desired),
        remarks=remarks(service, policies, replicas=numbers.desired, is_under_way=not answers.verdict.done)
        if policies is not None
        else (),
        sections=tuple(_sections(where, now)),
    )


def _shown(part: Part, now: datetime) -> Revision:
    meta, side = part.revision.metadata, part.side
    pods = sorted(
        (pod_state(pod, min_ready_seconds=0, now=now) for pod in part.pods),
        key=lambda pod: (pod.created or LONG_AGO, pod.name),
    )
    return Revision(
        number=part.number,
        uid=meta.uid,
        name=clean(meta.name),
        images=tuple(clean(images.short(each.image)) for each in part.revision.template.containers),
        created=meta.creation_timestamp,
        change_cause=clean(in_public(meta.annotations.get(CHANGE_CAUSE, ""))),
        wanted=side.wanted,
        existing=side.existing,
        ready=side.ready,
        available=side.available,
        min_ready_seconds=0,
        former=(),
        is_current=part.is_newest,
        pods=tuple(pods),
        note=clean(_note(part)),
    )


def _note(part: Part) -> str:
    """What stands beside a revision: its share of the traffic, its tags, and whether it is ready."""
    words = [f"{part.share} %" if part.share else "no traffic"]
    words += [f"#{each.tag}" for each in part.tagged]
    condition = part.ready
    if condition is not None and condition.status != "True":
        words.append(f"not ready: {condition.reason}" if condition.reason else "not ready")
    elif part.is_asleep:
        words.append("asleep")
    return " ".join(words)


def _conditions(where: Situation) -> Iterator[ConditionRow]:
    """Those of the Service, then what the Route and the newest revision say beside."""
    for prefix, conditions in (
        ("", where.service.status.conditions),
        ("Route ", where.route.status.conditions if where.route is not None else ()),
        ("Revision ", where.newest.revision.status.conditions if where.newest is not None else ()),
    ):
        for condition in conditions:
            if prefix and condition.type == "Ready":
                continue
            row = condition_row(condition)
            # `Active` False is a revision that is scaled to zero, as it should be: its severity is Info.
            is_bad = condition.status == "False" and condition.type != "Active"
            yield msgspec.structs.replace(row, type=f"{prefix}{row.type}", is_bad=is_bad)


def _events(store: Store, where: Situation) -> tuple[EventRow, ...]:
    """The events about all that belongs to the Service, and about what did until lately."""
    meta = where.service.metadata
    names = {meta.uid: ""}
    if where.route is not None:
        names[where.route.metadata.uid] = ""
    for part in where.parts:
        names[part.revision.metadata.uid] = meta.name
        if part.deployment is not None:
            names[part.deployment.metadata.uid] = part.name
        names |= {each.metadata.uid: part.name for each in part.replicasets}
        names |= {pod.metadata.uid: pod.metadata.name.rpartition("-")[0] for pod in part.pods}
    for uids in store.gone_parts(list(names)).values():
        names |= {uid: meta.name for uid in uids if uid not in names}
    return newest_events((event, name) for uid, name in names.items() for event in store.events(uid))


def _sections(where: Situation, now: datetime) -> Iterator[Section]:
    service = where.service
    yield Section(f"Traffic: {serves(where)}", tuple(_targets(where)))
    tagged = [each for part in where.parts for each in part.tagged]
    if tagged:
        lines = [
            SectionLine(f"{each.tag}: revision {_number(where, each.revision_name)}", note=clean(each.url))
            for each in tagged
        ]
        yield Section("Tags: each serves all of its own URL", tuple(lines))
    if gradual(where, now) is not None:
        yield Section("Gradual rollout", (SectionLine(moving(where, now), Tone.NOW, _steps(where, now)),))
    if service.status.url:
        yield Section("URL", (SectionLine(clean(service.status.url)),))


def _targets(where: Situation) -> Iterator[SectionLine]:
    """What the spec asks for, target by target, and what becomes of it."""
    for target in where.service.spec.targets:
        tag = f" #{target.tag}" if target.tag else ""
        if target.follows:
            yield SectionLine(clean(f"{target.share} % to the latest revision that is ready{tag}"))
            continue
        part = where.find(target.revision_name)
        if part is None:
            is_known = where.names is None or target.revision_name in where.names
            note = "" if is_known else "does not exist"
            name = f"the revision {target.revision_name}"
            yield SectionLine(clean(f"{target.share} % to {name}{tag}"), Tone.PLAIN if is_known else Tone.BAD, note)
            continue
        tone = Tone.GOOD if part.is_ready else Tone.BAD if part.has_failed else Tone.WAIT
        yield SectionLine(
            clean(f"{target.share} % to {part.called}, pinned{tag}"), tone, "" if part.is_ready else "not ready"
        )


def _steps(where: Situation, now: datetime) -> str:
    found = gradual(where, now)
    if found is None or not found.step:
        return ""
    left = f", {duration(found.left)} left" if found.left is not None else ""
    return f"{found.step} % a step{left}"


def _number(where: Situation, name: str) -> str:
    part = where.find(name)
    return str(part.number) if part is not None and part.number else clean(name)
