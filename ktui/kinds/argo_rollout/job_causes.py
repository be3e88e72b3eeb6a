"""Why a Job of an analysis failed, or does not come to an end: what its pods show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from ktui.kinds.argo_rollout.analysis import RunView
from ktui.kinds.argo_rollout.jobs import JobOfRun
from ktui.kinds.argo_rollout.situation import Situation
from ktui.model.events import Event
from ktui.model.objects import ContainerStatus, Pod, condition_of
from ktui.rollout.diagnosis.cause import Cause, legible
from ktui.rollout.diagnosis.endings import exit_words
from ktui.rollout.diagnosis.pod_causes import of_pods
from ktui.text import clean

EventsOf = Callable[[str], Sequence[Event]]

NOUN: Final = "pod of the analysis"


class JobTrouble(msgspec.Struct, frozen=True):
    """What is wrong with one Job."""

    metric: str
    why: str
    """In a few words: `exit 1`."""
    helps: str
    pods: tuple[str, ...] = ()
    said: str = ""
    """What the container left as its last words, or what the cluster says."""


def trouble_of(situation: Situation, run: RunView, now: datetime, events_of: EventsOf) -> tuple[JobTrouble, ...]:
    """What is wrong with the Jobs of that AnalysisRun, the last one first."""
    own = [each for each in situation.jobs if each.run_uid == run.uid]
    own.sort(key=lambda each: str(each.job.metadata.creation_timestamp), reverse=True)
    found = (_trouble(each, now, events_of) for each in own)
    return tuple(each for each in found if each is not None)


def waiting_pods(situation: Situation, now: datetime, events_of: EventsOf) -> Iterator[Cause]:
    """What ails the pods of analyses that run."""
    running = {run.uid for run in situation.new_runs if not run.is_over}
    pods = [pod for each in situation.jobs if each.run_uid in running for pod in each.pods if not _failed(pod)]
    yield from of_pods(pods, now, NOUN, events_of)


def _trouble(of_run: JobOfRun, now: datetime, events_of: EventsOf) -> JobTrouble | None:
    metric = clean(of_run.metric)
    for pod in sorted(of_run.pods, key=lambda each: each.metadata.name):
        ended = _failed(pod)
        if ended is not None and ended.state.terminated is not None:
            where = f" in {ended.name}" if len(pod.status.container_statuses) > 1 else ""
            terminated = ended.state.terminated
            words = clean(f"{exit_words(terminated)}{where}")
            name = clean(pod.metadata.name)
            return JobTrouble(metric, words, f"read the log of the pod {name}", (name,), clean(terminated.message))
    causes = of_pods(of_run.pods, now, NOUN, events_of)
    if causes:
        first = legible(causes[0])
        return JobTrouble(metric, first.sentence, first.try_next, first.pods, first.detail)
    condition = condition_of(of_run.job.status.conditions, "Failed")
    if condition is None or condition.status != "True":
        return None
    # Its pods are gone: ended by a deadline, or deleted.
    return JobTrouble(metric, clean(condition.reason), "look at its Job", said=clean(condition.message))


def _failed(pod: Pod) -> ContainerStatus | None:
    """The container on which a pod failed that ran to its end."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    ended = (each for each in statuses if each.state.terminated is not None)
    return next((each for each in ended if each.state.terminated and each.state.terminated.exit_code), None)
