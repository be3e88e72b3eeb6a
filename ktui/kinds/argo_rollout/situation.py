"""A Rollout with everything around it that tells how it is doing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.kinds.argo_rollout.analysis import ExperimentView, RunView
from ktui.kinds.argo_rollout.jobs import JobOfRun
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.revisions import by_hash, current, revision, stable
from ktui.kinds.argo_rollout.routes import Routed
from ktui.model.objects import Pod, ReplicaSet


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one Rollout. Names that are None are not known: nobody may list them, or nobody has."""

    rollout: ArgoRollout
    replicasets: tuple[ReplicaSet, ...] = ()
    """Its own, those of Experiments left out."""
    is_blind: bool = False
    """Whether the ReplicaSets may not be read, and only the status tells its numbers."""
    pods: dict[str, Sequence[Pod]] = {}
    """By the uid of their ReplicaSet."""
    runs: tuple[RunView, ...] = ()
    experiments: tuple[ExperimentView, ...] = ()
    services: frozenset[str] | None = None
    """The names of the Services in its namespace."""
    routes: tuple[Routed, ...] = ()
    """The VirtualServices that it names, and how they split the traffic now."""
    jobs: tuple[JobOfRun, ...] = ()
    """The Jobs that measure for its analyses."""

    @property
    def current(self) -> ReplicaSet | None:
        """The ReplicaSet of what is wanted."""
        return current(self.rollout, self.replicasets)

    @property
    def stable(self) -> ReplicaSet | None:
        """The ReplicaSet that an abort goes back to."""
        return stable(self.rollout, self.replicasets)

    @property
    def serving(self) -> ReplicaSet | None:
        """The ReplicaSet that has the traffic, or most of it while a canary has not been promoted."""
        active = self.rollout.status.blue_green.active_selector
        return by_hash(self.replicasets, active) if active else self.stable

    @property
    def new_runs(self) -> tuple[RunView, ...]:
        """The analyses of the present update, an Experiment's too."""
        latest = self.current
        number = revision(latest) if latest is not None else revision(self.rollout)
        own = [run for run in self.runs if run.revision == number]
        return (*own, *(run for each in self.experiments if each.revision == number for run in each.runs))
