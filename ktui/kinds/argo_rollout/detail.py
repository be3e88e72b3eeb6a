"""Everything that the detail screen shows of a Rollout: its steps, sides, analyses and experiments too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from ktui.kinds.argo_rollout import revisions
from ktui.kinds.argo_rollout.aborts import leftovers
from ktui.kinds.argo_rollout.analysis import (
    ERROR,
    FAILED,
    INCONCLUSIVE,
    SUCCESSFUL,
    ExperimentView,
    MetricView,
    RunView,
)
from ktui.kinds.argo_rollout.job_causes import EventsOf, JobTrouble, trouble_of
from ktui.kinds.argo_rollout.objects import DEFAULT_DEADLINE, VIRTUAL_SERVICE, ArgoRollout
from ktui.kinds.argo_rollout.progress import bounds, progress
from ktui.kinds.argo_rollout.routes import least
from ktui.kinds.argo_rollout.situation import Situation
from ktui.kinds.argo_rollout.steps import Ladder, Mark, Sides, ladder, leaving, sides, waiting
from ktui.kinds.argo_rollout.summary import situation_of, summarise
from ktui.kinds.replica_sets.detail import events_of, shown
from ktui.model.policies import Policies
from ktui.model.store import Store
from ktui.rollout.detail import Capacity, Detail, Section, SectionLine, Tone, condition_row
from ktui.rollout.diagnosis.policy_remarks import remarks
from ktui.rollout.progress import Track
from ktui.text import count, duration


def detail(store: Store, rollout: ArgoRollout, track: Track, now: datetime, policies: Policies | None = None) -> Detail:
    """Everything known of one Rollout; `policies` are what acts on its pods, if that was read."""
    situation = situation_of(store, rollout)
    spec, limits = rollout.spec, bounds(rollout)
    answers = summarise(store, situation, progress(situation), track, now)
    deadline = spec.progress_deadline_seconds
    current = situation.current
    under_way = not answers.verdict.done
    return Detail(
        rollout=answers,
        created=rollout.metadata.creation_timestamp,
        strategy="Canary" if spec.strategy.canary is not None else "BlueGreen",
        bounds=limits,
        min_ready_seconds=spec.min_ready_seconds,
        deadline_seconds=DEFAULT_DEADLINE if deadline is None else deadline,
        revisions=tuple(
            shown(store, rs, revisions.revision(rs), now, is_current=rs is current)
            for rs in revisions.newest_first(situation.replicasets)
        ),
        conditions=tuple(map(condition_row, rollout.status.conditions)),
        events=events_of(store, rollout, situation.replicasets),
        capacity=Capacity(track.samples, max(0, spec.desired - limits.unavailable), spec.desired),
        remarks=remarks(rollout, policies, replicas=spec.desired, is_under_way=under_way)
        if policies is not None
        else (),
        sections=tuple(_sections(situation, now, store.events)),
    )


def _sections(situation: Situation, now: datetime, events_of: EventsOf) -> Iterator[Section]:
    steps = ladder(situation.rollout, situation.replicasets, now, least(situation.routes))
    both = sides(situation.rollout, situation.replicasets, now)
    kept = [
        SectionLine(
            f"revision {each.revision} keeps {count(each.pods, 'pod')}",
            note=f"for {duration(each.left)} more" if each.left else "until now",
        )
        for each in leaving(situation.rollout, situation.replicasets, now)
    ]
    left = leftovers(situation, now)
    if left:
        kept = [SectionLine(left, Tone.BAD)]
    if steps is not None:
        yield Section(_heading(steps), (*_steps(steps), *_routes(situation, steps), *kept))
    if both is not None:
        yield Section("Blue-green", (*_both(both), *kept))
    for experiment in situation.experiments:
        yield Section(f"Experiment {experiment.name}: {experiment.phase}", tuple(_experiment(experiment)))
    for run in (*situation.runs, *(run for each in situation.experiments for run in each.runs)):
        yield Section(
            f"Analysis {run.name}: {run.phase or 'not begun'}",
            (*_run(run), *_jobs(trouble_of(situation, run, now, events_of))),
        )


def _heading(steps: Ladder) -> str:
    whole = "%" if steps.max_weight == 100 else f" of {steps.max_weight}"
    what = "of the traffic" if steps.is_routed else "of the pods"
    place = f"Steps {steps.position}" if steps.position else "Steps"
    return f"{place}: {steps.set_weight}{whole} set, {steps.weight_now}{whole} {what} now"


_MARKS: Final = {Mark.DONE: Tone.GOOD, Mark.CURRENT: Tone.NOW, Mark.AHEAD: Tone.PLAIN}


def _steps(steps: Ladder) -> Iterator[SectionLine]:
    """The steps that are done in one line: the place is for the present one, and for what comes."""
    done = [rung.label for rung in steps.rungs if rung.mark is Mark.DONE]
    if done:
        yield SectionLine(" · ".join(done), Tone.GOOD)
    for rung in steps.rungs[len(done) :]:
        note = waiting(steps, None) if rung.mark is Mark.CURRENT else ""
        yield SectionLine(rung.label, _MARKS[rung.mark], note)


def _routes(situation: Situation, steps: Ladder) -> Iterator[SectionLine]:
    """What each VirtualService gives the canary, where that is not what the heading says; and what is not there."""
    for route in situation.routes:
        if route.is_missing:
            yield SectionLine(f"{VIRTUAL_SERVICE} {route.name} does not exist", Tone.BAD)
        elif steps.routed_weight is not None and set(route.shares) - {steps.actual_weight}:
            shares = " and ".join(f"{share}%" for share in dict.fromkeys(route.shares))
            text = f"{VIRTUAL_SERVICE} {route.name} gives the canary {shares}"
            yield SectionLine(text, Tone.WAIT, f"the controller set {steps.actual_weight}%")


def _both(both: Sides) -> Iterator[SectionLine]:
    for name, side, tone in (("active", both.active, Tone.GOOD), ("preview", both.preview, Tone.NOW)):
        if side is None:
            continue
        what = f"revision {side.revision}, {side.available} of {count(side.wanted, 'pod')} available"
        text = f"{name:8}{side.service or '(no Service)'}  {what if side.revision else 'nothing yet'}"
        yield SectionLine(text, tone, waiting(None, both) if name == "preview" else "")
    if both.preview is None and waiting(None, both):
        yield SectionLine(waiting(None, both), Tone.NOW)


_TONES: Final = {SUCCESSFUL: Tone.GOOD, FAILED: Tone.BAD, ERROR: Tone.BAD, INCONCLUSIVE: Tone.WAIT, "Running": Tone.NOW}


def _run(run: RunView) -> Iterator[SectionLine]:
    for metric in run.metrics:
        yield SectionLine(_metric(metric), _TONES.get(metric.phase, Tone.PLAIN), metric.limit)
        if metric.message:
            yield SectionLine(metric.message)
    if run.message:
        yield SectionLine(run.message)


def _jobs(troubles: Sequence[JobTrouble]) -> Iterator[SectionLine]:
    """What is wrong with its Jobs: of each metric with the last one."""
    for each in {trouble.metric: trouble for trouble in reversed(troubles)}.values():
        yield SectionLine(f"Job of {each.metric}: {each.why}", Tone.BAD)
        if each.said:
            yield SectionLine(each.said)
        for pod in each.pods:
            yield SectionLine(f"pod {pod}")


def _metric(metric: MetricView) -> str:
    counts = [
        f"{number} {word}"
        for number, word in (
            (metric.successful, "ok"),
            (metric.failed, "failed"),
            (metric.inconclusive, "inconclusive"),
            (metric.error, "errors"),
        )
        if number
    ]
    of = f" of {metric.wanted}" if metric.wanted else ""
    value = f", last {metric.value}" if metric.value else ""
    dry = " (dry run)" if not metric.decides else ""
    against = f" against {metric.condition}" if metric.condition else ""
    return f"{metric.name}{dry}: {', '.join(counts) or 'nothing measured yet'}{of}{value}{against}"


def _experiment(experiment: ExperimentView) -> Iterator[SectionLine]:
    for name, available, pods, state in experiment.templates:
        yield SectionLine(f"{name}: {available} of {count(pods, 'pod')} available", note=state)
    if experiment.message:
        yield SectionLine(experiment.message)
