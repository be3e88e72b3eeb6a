"""The rollout of an Argo Rollout, in answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout import status as said
from ktui.kinds.argo_rollout.analysis import RunView, experiments_of, runs_of
from ktui.kinds.argo_rollout.analysis_objects import AnalysisRun, Experiment
from ktui.kinds.argo_rollout.jobs import Job, JobOfRun
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.progress import template_of
from ktui.kinds.argo_rollout.resources import ROLLOUTS, VIRTUAL_SERVICES
from ktui.kinds.argo_rollout.routes import VirtualService, least, routes_of
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.argo_rollout.steps import Ladder, current_step, label, ladder, sides, waiting
from ktui.model.objects import ReplicaSet, condition_of
from ktui.model.resources import PODS, REPLICASETS, SERVICES
from ktui.model.store import Store
from ktui.rollout.described import described
from ktui.rollout.diagnosis.cause import Cause
from ktui.rollout.podstatus import has_restarted, resize_waits
from ktui.rollout.progress import Progress, Track
from ktui.rollout.rollout import Controller, Phase, Rollout, blocked_since, time_left, troubled_since, unrest, unseen
from ktui.text import clean, count


def situation_of(store: Store, rollout: ArgoRollout) -> Situation:
    """What is known of a Rollout and of what belongs to it."""
    uid = rollout.metadata.uid
    replicasets = tuple(store.replicasets(uid))
    experiments = store.parts(uid, Experiment)
    runs = store.parts(uid, AnalysisRun)
    runs += [run for each in experiments for run in store.parts(each.metadata.uid, AnalysisRun)]
    jobs = (job for run in runs for job in store.parts(run.metadata.uid, Job))
    return Situation(
        rollout=rollout,
        replicasets=replicasets,
        is_blind=bool(unseen(store, REPLICASETS)),
        pods={each.metadata.uid: store.pods(each.metadata.uid) for each in replicasets},
        runs=runs_of(runs, uid),
        experiments=experiments_of(experiments, runs, uid),
        services=store.names(SERVICES, rollout.metadata.namespace),
        routes=routes_of(
            rollout,
            lambda place: store.named(VirtualService, place.namespace, place.name),
            knows_all=VIRTUAL_SERVICES in store.listed,
        ),
        jobs=tuple(JobOfRun(job, tuple(store.pods(job.metadata.uid))) for job in jobs),
    )


def summarise(store: Store, situation: Situation, numbers: Progress, track: Track, now: datetime) -> Rollout:
    """Everything known of one Rollout; `numbers` are its `progress`."""
    rollout, latest, old = situation.rollout, situation.current, _others(situation)
    causes = _causes(store, situation, now)
    phase = said.phase(rollout, is_blocked=any(cause.blocking for cause in causes))
    was_watched = track.finished is None or track.samples[0].at <= track.finished
    lowest = track.lowest if old and was_watched else None
    template = template_of(rollout, latest)
    gives_way = _giving_way(situation, old) if phase not in (Phase.COMPLETE, Phase.SCALED_TO_ZERO) else None
    replaced = gives_way.spec.template if gives_way is not None else None
    steps = ladder(rollout, situation.replicasets, now, least(situation.routes))
    waits = awaits(situation, steps, now)
    return Rollout(
        **described(rollout, template, replaced, track),
        kind="Rollout",
        title=ROLLOUTS.title,
        phase=phase,
        verdict=said.verdict(rollout),
        paused=rollout.spec.paused,
        progress=numbers,
        revision=revisions.revision(latest) if latest is not None else revisions.revision(rollout),
        previous_revision=revisions.revision(old[0]) if old else 0,
        since=_since(rollout, phase, track, causes),
        seconds_left=time_left(phase, track, numbers, now) if steps is None or not steps.rungs else None,
        lowest=lowest.available if lowest is not None else None,
        lowest_at=lowest.at if lowest is not None else None,
        causes=causes,
        settled=rollout.promoted and bool(rollout.status.stable_rs),
        awaits=waits,
        serves=_serves(situation, steps),
        # Two pauses at once: each is lifted by itself.
        paused_at=f"paused as a whole (spec.paused); {waits}" if waits and rollout.status.pause_conditions else "",
        aborted=said.aborted(rollout),
        controller=controller_of(rollout, steps),
        foreign_containers=()
        if rollout.spec.workload_ref is None
        else tuple((clean(each.name), clean(each.image)) for each in template.containers),
        unseen=unseen(store, REPLICASETS, PODS),
    )


def _serves(situation: Situation, steps: Ladder | None) -> str:
    """Who serves, where the pods of the new revision run without traffic: a preview, and an aborted canary."""
    rollout, serving = situation.rollout, situation.serving
    idle = steps is None or (steps.is_routed and said.aborted(rollout) and not steps.weight_now)
    if serving is None or serving is situation.current or not said.under_way(rollout) or not idle:
        return ""
    available, wanted = serving.status.available_replicas, max(serving.spec.desired, rollout.spec.desired)
    return f"revision {revisions.revision(serving)} serves with {available} of {count(wanted, 'pod')}"


def controller_of(rollout: ArgoRollout, steps: Ladder | None) -> Controller:
    """The plugin's words, and its numbers of a canary: its place in the steps, and the weight that it has."""
    words = said.said(rollout)
    return Controller(
        phase=clean(words.phase),
        message=clean(words.message) or None,
        step=steps.step if steps is not None else None,
        steps=len(steps.rungs) if steps is not None and steps.step is not None else None,
        weight=steps.actual_weight if steps is not None else None,
    )


def awaits(situation: Situation, steps: Ladder | None, now: datetime) -> str:
    """What the controller is at or waits for, though nothing is wrong; nothing where the pods tell more."""
    rollout = situation.rollout
    step, at = current_step(rollout)
    if rollout.metadata.deletion_timestamp is not None:
        return ""
    if not rollout.observed or not said.under_way(rollout) or said.aborted(rollout):
        return ""
    waits = waiting(steps, sides(rollout, situation.replicasets, now))
    place = f"step {steps.position}, " if steps is not None and steps.position else ""
    share = _share(steps) if steps is not None else ""
    if waits and rollout.status.pause_conditions:
        return f"{place}{waits}{share}"
    if rollout.status.promote_full:
        return "full promotion: it continues as new pods become available"
    running = next((run for run in situation.new_runs if not run.is_over), None)
    if running is not None and (step is None or step.analysis is not None or step.experiment is not None):
        return f"{place}{_measuring(running)}"
    if step is not None and at is not None:
        return f"{place}{label(step)}{share}"
    return ""


def _share(steps: Ladder) -> str:
    """How much the new revision has now."""
    whole = "%" if steps.max_weight == 100 else f" of {steps.max_weight}"
    return f" ({steps.weight_now}{whole} now)"


def _measuring(run: RunView) -> str:
    parts = [
        f"{metric.name} {metric.measured} of {metric.wanted}" if metric.wanted else f"{metric.name} {metric.measured}"
        for metric in run.metrics[:3]
    ]
    return f"analysis runs: {', '.join(parts)} measured" if parts else "an analysis runs"


def _causes(store: Store, situation: Situation, now: datetime) -> tuple[Cause, ...]:
    if said.said(situation.rollout).phase == said.HEALTHY:
        latest = situation.current
        pods = situation.pods.get(latest.metadata.uid, ()) if latest is not None else ()
        return unrest(pods, now, store.events) if any(has_restarted(pod) or resize_waits(pod) for pod in pods) else ()
    # What may be wrong, with its texts and patterns, is what a cluster that is well never asks for.
    from ktui.kinds.argo_rollout.causes import diagnose  # noqa: PLC0415

    return diagnose(situation, now, store.events)


def _others(situation: Situation) -> list[ReplicaSet]:
    return [rs for rs in revisions.newest_first(situation.replicasets) if rs is not situation.current]


def _giving_way(situation: Situation, old: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """What gives way: what is stable, or the old revision with the most pods."""
    if situation.stable is not None and situation.stable is not situation.current:
        return situation.stable
    return max(old, key=lambda rs: rs.status.replicas, default=None)


_PAUSED: Final = "Paused"
"""Condition that is True for a pause of its own and for `spec.paused` (`RolloutPaused` of pkg/apis/rollouts)."""


def _since(rollout: ArgoRollout, phase: Phase, track: Track, causes: Sequence[Cause]) -> datetime | None:
    condition = condition_of(rollout.status.conditions, said.PROGRESSING)
    paused = rollout.status.pause_conditions
    match phase:
        case Phase.DELETED:
            return rollout.metadata.deletion_timestamp
        case Phase.FAILED:
            turned = condition.last_transition_time if condition is not None and condition.status == "False" else None
            return rollout.status.aborted_at or turned or blocked_since(causes)
        case Phase.HELD if paused:
            return paused[0].start_time
        case Phase.PAUSED if (stop := condition_of(rollout.status.conditions, _PAUSED)) and stop.status == "True":
            return stop.last_transition_time
        case Phase.COMPLETE | Phase.SCALED_TO_ZERO:
            return track.finished or rollout.metadata.creation_timestamp
        case _ if track.finished is not None:
            return troubled_since(track, causes)
        case _:
            return track.started
