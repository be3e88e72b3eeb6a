"""The recordings of Argo Rollouts (tests/recordings/argo), and what its plugin said while they were made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from ktui.kinds.argo_rollout.analysis import experiments_of, runs_of
from ktui.kinds.argo_rollout.analysis_objects import AnalysisRun, Experiment
from ktui.kinds.argo_rollout.jobs import Job, JobOfRun
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.routes import Routed, VirtualService, routes_of
from ktui.kinds.argo_rollout.situation import Situation
from ktui.model.events import Event
from ktui.model.objects import Pod, ReplicaSet
from ktui.model.template import decode_hook
from tests.raw_recording import Recordings

JSON = dict[str, Any]

_ARGO = Recordings("argo")

NAMES, lines, steps, clock, end = _ARGO.names, _ARGO.lines, _ARGO.steps, _ARGO.clock, _ARGO.end

HEALTHY = ("canary-steps", "analysis-background", "blue-green-auto", "change-in-the-middle", "workload-ref")
"""Those in which nothing goes wrong."""


class Printed(NamedTuple):
    """What the plugin printed, from the second at which it was started to that at which it was done."""

    begun: float
    ended: float
    command: str
    lines: tuple[tuple[float, str], ...]


class Moment(NamedTuple):
    """What there was of a Rollout at one time."""

    t: float
    now: datetime
    rollout: ArgoRollout
    replicasets: tuple[ReplicaSet, ...]
    runs: tuple[AnalysisRun, ...]
    experiments: tuple[Experiment, ...]
    there: dict[str, dict[str, JSON]]
    """All the raw objects."""

    @property
    def situation(self) -> Situation:
        pods = _all(self.there, "pods", Pod)
        return Situation(
            rollout=self.rollout,
            replicasets=self.replicasets,
            pods={rs.metadata.uid: [pod for pod in pods if _owner(pod) == rs.metadata.uid] for rs in self.replicasets},
            runs=runs_of(self.runs, self.rollout.metadata.uid),
            experiments=experiments_of(self.experiments, self.runs, self.rollout.metadata.uid),
            services=_names(self.there, "services"),
            routes=self.routes(),
            jobs=tuple(
                JobOfRun(job, tuple(pod for pod in pods if _owner(pod) == job.metadata.uid))
                for job in _all(self.there, "jobs", Job)
            ),
        )

    def routes(self, *, knows_all: bool = True) -> tuple[Routed, ...]:
        found = {each.metadata.name: each for each in _all(self.there, "virtualservices", VirtualService)}
        return routes_of(self.rollout, lambda place: found.get(place.name), knows_all=knows_all)

    def events_of(self, uid: str) -> list[Event]:
        return [event for event in _all(self.there, "events", Event) if event.involved_object.uid == uid]


def objects_at(name: str, t: float) -> dict[str, dict[str, JSON]]:
    """What there was at `t` seconds: raw objects by uid, by the plural of their resource."""
    return {path.rpartition("/")[2]: found for path, found in _ARGO.there(name, t).items()}


def rollout(raw: JSON) -> ArgoRollout:
    return msgspec.convert(raw, ArgoRollout, dec_hook=decode_hook)


_T = TypeVar("_T")
_typed: dict[int, Any] = {}
"""What the objects of the recordings mean, by the identity of what was read: those stay, and each is there often."""


def _all(there: dict[str, dict[str, JSON]], plural: str, kind: type[_T]) -> tuple[_T, ...]:
    found = there.get(plural, {}).values()
    for raw in found:
        if id(raw) not in _typed:
            _typed[id(raw)] = msgspec.convert(raw, kind, dec_hook=decode_hook)
    return tuple(_typed[id(raw)] for raw in found)


def moment(name: str, t: float) -> Moment:
    """The Rollout `web` as it was at `t` seconds."""
    there = objects_at(name, t)
    (owner,) = _all(there, "rollouts", ArgoRollout)
    return Moment(
        t,
        clock(name) + timedelta(seconds=t),
        owner,
        tuple(rs for rs in _all(there, "replicasets", ReplicaSet) if _owner(rs) == owner.metadata.uid),
        _all(there, "analysisruns", AnalysisRun),
        _all(there, "experiments", Experiment),
        there,
    )


def _owner(owned: Pod | ReplicaSet) -> str:
    return owned.metadata.controller.uid if owned.metadata.controller is not None else ""


def _names(there: dict[str, dict[str, JSON]], plural: str) -> frozenset[str]:
    return frozenset(raw["metadata"]["name"] for raw in there.get(plural, {}).values())


def moments(name: str, begun: float = 0.0, ended: float = 1e9) -> Iterator[Moment]:
    """The Rollout as it was at the beginning of that time, and after each change in it."""
    there = [step.t for step in steps(name) if step.plural == "rollouts" and step.obj is not None]
    times = sorted({step.t for step in steps(name) if begun < step.t <= ended} | {begun})
    for t in times:
        if t >= there[0]:
            yield moment(name, t)


@cache
def printed(name: str) -> tuple[Printed, ...]:
    """What the scenario ran, each with what came out. Watching (`status` without `$`) is in the one before."""
    found: list[Printed] = []
    for line in lines(name):
        note, t = line.get("note"), line["t"]
        if note is None:
            continue
        if note.startswith("$ "):
            found.append(Printed(t, t, note.removeprefix("$ "), ()))
        elif found:
            last = found[-1]
            found[-1] = Printed(last.begun, t, last.command, (*last.lines, (t, note)))
    return tuple(found)


def first_lines(name: str) -> tuple[tuple[float, str], ...]:
    """What was printed before the first command, by the watch that waits for the first roll-out."""
    found = []
    for line in lines(name):
        if line.get("note", "").startswith("$ "):
            break
        if "note" in line:
            found.append((line["t"], line["note"]))
    return tuple(found)
