"""The rollout of a Canary, in answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ktui.kinds.flagger_canary import status as said
from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.progress import is_whole, progress
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.flagger_canary.revisions import promoted
from ktui.kinds.flagger_canary.situation import Situation, situation_of
from ktui.kinds.flagger_canary.words import awaits, left_behind, suspended, who_serves
from ktui.model.resources import DEPLOYMENTS, PODS, REPLICASETS
from ktui.model.store import Store
from ktui.rollout import images
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.podstatus import has_restarted, resize_waits
from ktui.rollout.progress import Track
from ktui.rollout.provenance import provenance, writer_of
from ktui.rollout.revisions import change_cause
from ktui.rollout.rollout import Controller, Phase, Rollout, blocked_since, troubled_since, unseen
from ktui.text import clean


def summarise(store: Store, canary: Canary, track: Track, now: datetime) -> Rollout:
    """Everything known of one Canary."""
    situation = situation_of(store, canary, now)
    target, primary = situation.target, situation.primary
    is_new = situation.unseen_since(now) is not None
    numbers, causes = progress(situation, is_new=is_new), _causes(store, situation, now)
    phase = said.phase(
        canary,
        is_blocked=any(cause.blocking for cause in causes),
        is_shut=bool(situation.shut),
        is_new=is_new,
        is_whole=is_whole(situation),
        pods=numbers.desired,
    )
    is_over = phase in (Phase.COMPLETE, Phase.SCALED_TO_ZERO)
    template = target.template if target is not None and (is_new or not situation.is_at_rest) else situation.new
    replaced = primary.template if primary is not None and not is_over else None
    current, before = (target.current if target is not None else None), promoted(target, primary)
    was_watched = track.finished is None or track.samples[0].at <= track.finished
    lowest = track.lowest if was_watched else None
    meta, source = canary.metadata, target.workload if target is not None else canary
    owner, differing = provenance(source), images.differences(replaced, template) if template is not None else ()
    return Rollout(
        uid=meta.uid,
        kind="Canary",
        title=CANARIES.title,
        namespace=clean(meta.namespace),
        name=clean(meta.name),
        generation=meta.generation,
        phase=phase,
        verdict=said.verdict(canary) if not is_new else said.not_yet(canary),
        paused=canary.spec.suspend,
        progress=numbers,
        revision=current.number if current is not None else 0,
        previous_revision=before.number if before is not None and before is not current else 0,
        image=clean(images.named(template, differing)) if template is not None else "",
        image_change=images.cleaned(images.changed(differing)),
        image_changes=differing,
        since=_since(situation, phase, track, causes),
        started=track.started,
        seconds_left=None,
        lowest=lowest.available if lowest is not None else None,
        lowest_at=lowest.at if lowest is not None else None,
        causes=causes,
        provenance=owner,
        written_by=writer_of(source, owner),
        change_cause=clean(change_cause(source)),
        observed=not is_new,
        serves=clean(who_serves(situation)),
        settled=situation.is_at_rest and not is_new,
        finished=track.finished,
        template=track.template,
        came_back=situation.is_undone,
        awaits=clean(left_behind(situation) if phase is Phase.DELETED else awaits(situation, now)),
        paused_at=clean(suspended(situation, now)) if canary.spec.suspend else "",
        controller=controller_of(situation),
        foreign_containers=tuple((clean(each.name), clean(each.image)) for each in template.containers)
        if template is not None
        else (),
        unseen=unseen(store, DEPLOYMENTS, REPLICASETS, PODS),
    )


def controller_of(situation: Situation) -> Controller:
    """Flagger's words and numbers; the weight is that of the route, if there is one that can be read."""
    canary = situation.canary
    iterations, condition = canary.iterations, canary.promoted
    is_counted = bool(iterations) and bool(canary.status.phase)
    return Controller(
        phase=clean(canary.status.phase) or None,
        message=clean(condition.message) or None if condition is not None else None,
        step=max(0, canary.status.iterations) if is_counted else None,
        steps=iterations if is_counted else None,
        weight=situation.serving.share if canary.status.phase else None,
    )


def _causes(store: Store, situation: Situation, now: datetime) -> tuple[Cause, ...]:
    if _is_quiet(situation, now):
        return ()
    # What may be wrong, with its texts and patterns, is what a cluster that is well never asks for.
    from ktui.kinds.flagger_canary.causes import diagnose  # noqa: PLC0415

    return diagnose(situation, now, store.events)


def _is_quiet(situation: Situation, now: datetime) -> bool:
    """Whether it is at rest, and its primary has all pods, of which none has anything to tell."""
    primary, target = situation.primary, situation.target
    if not situation.is_at_rest or primary is None or target is None:
        return False
    if target.desired or not primary.is_updated or not primary.available or situation.unseen_since(now) is not None:
        return False
    newest = situation.newest
    if newest is not None and newest.is_warning:
        return False
    return not any(has_restarted(pod) or resize_waits(pod) for pod in primary.pods)


def _since(situation: Situation, phase: Phase, track: Track, causes: Sequence[Cause]) -> datetime | None:
    meta = situation.canary.metadata
    match phase:
        case Phase.DELETED:
            return meta.deletion_timestamp
        case Phase.FAILED:
            return situation.ended or blocked_since(causes)
        case Phase.COMPLETE | Phase.SCALED_TO_ZERO:
            return track.finished or situation.ended or meta.creation_timestamp
        case Phase.PAUSED:
            return meta.stopped_since(track.started if track.finished is None else None)
        case Phase.HELD if situation.shut:
            latest = situation.newest
            return latest.since if latest is not None and latest.name else track.started
        case _ if track.finished is not None:
            return troubled_since(track, causes)
        case _:
            return track.started
