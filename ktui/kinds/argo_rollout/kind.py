"""The kind Argo Rollout."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ktui.kinds.argo_rollout import revisions, status
from ktui.kinds.argo_rollout.jobs import OF_RUN
from ktui.kinds.argo_rollout.objects import ArgoRollout
from ktui.kinds.argo_rollout.progress import observation, progress
from ktui.kinds.argo_rollout.resources import ANALYSIS_RUNS, EXPERIMENTS, JOBS, ROLLOUTS, VIRTUAL_SERVICES
from ktui.kinds.argo_rollout.summary import situation_of, summarise
from ktui.kinds.kind import Kind
from ktui.kinds.replica_sets.revisions import kept_by
from ktui.model.resources import DEPLOYMENTS, REPLICASETS, SERVICES, Resource
from ktui.model.store import Store
from ktui.model.template import decode_hook
from ktui.model.workloads import Workload
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track, observe
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject
    from ktui.model.policies import Policies
    from ktui.plans.acting import Acting
    from ktui.plans.request import Action
    from ktui.rollout.detail import Detail
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.track_record import Accounts


class ArgoRolloutKind(Kind[ArgoRollout]):
    """Argo Rollouts. Their ReplicaSets keep the revisions; analyses and experiments decide on them.

    Services tell why the controller does not begin: it waits for those that the spec names, and does not say so.
    VirtualServices tell who gets the traffic, and Jobs what an analysis by a Job waits for.
    """

    resource = ROLLOUTS
    parts = (REPLICASETS, ANALYSIS_RUNS, EXPERIMENTS, SERVICES, VIRTUAL_SERVICES, JOBS)
    read_with = (REPLICASETS,)
    has_deadline = True
    pods_labelled = OF_RUN

    def rollout(self, store: Store, workload: ArgoRollout, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
        where = situation_of(store, workload)
        numbers = progress(where)
        followed = observe(track, observation(where, numbers), now)
        return followed, summarise(store, where, numbers, followed, now)

    def verdict(self, workload: ArgoRollout) -> Verdict:
        return status.verdict(workload)

    def revisions(self, store: Store, workload: ArgoRollout) -> tuple[Revision, ...]:
        replicasets = store.replicasets(workload.metadata.uid)
        current = revisions.current(workload, replicasets)
        return tuple(
            kept_by(each, revisions.revision(each), is_current=each is current, pods=store.pods(each.metadata.uid))
            for each in revisions.newest_first(replicasets)
        )

    def detail(
        self, store: Store, workload: ArgoRollout, track: Track, now: datetime, policies: Policies | None
    ) -> Detail:
        from ktui.kinds.argo_rollout.detail import detail  # noqa: PLC0415

        return detail(store, workload, track, now, policies)

    def history(self, store: Store, workload: ArgoRollout, took: float | None, remembered: Accounts | None) -> History:
        from ktui.kinds.argo_rollout.history import history  # noqa: PLC0415

        return history(store, workload, took, remembered)

    def happened(self, store: Store, workload: ArgoRollout) -> Iterable[Stamp]:
        from ktui.kinds.argo_rollout.timeline import happened  # noqa: PLC0415

        return happened(store, workload)

    def is_paused(self, workload: ArgoRollout) -> bool:
        return workload.spec.paused

    def replicas(self, workload: ArgoRollout) -> int:
        return workload.spec.desired

    def running_revision(self, workload: ArgoRollout) -> int:
        return revisions.revision(workload)

    def of_target(self, claimant: ArgoRollout, target: Workload, action: Action) -> str:
        from ktui.kinds.argo_rollout.plans.of_target import of_target  # noqa: PLC0415

        return of_target(claimant, target, action)

    def rolls_out_for(self, claimant: ArgoRollout, target: Workload, *, is_empty: bool) -> bool:
        """It has pods of its own; only the template is that of the workload, which may have pods beside them."""
        return is_empty

    def also(self, raw: dict[str, Any]) -> tuple[tuple[Resource, str], ...]:
        """The analyses that run, which can be ended, and the Deployment that the template is taken from."""
        from ktui.kinds.argo_rollout.plans.terminating import running_names  # noqa: PLC0415

        source = raw["spec"].get("workloadRef") or {}
        deployment = ((DEPLOYMENTS, str(source.get("name"))),) if source.get("kind") == DEPLOYMENTS.kind else ()
        return (*deployment, *((ANALYSIS_RUNS, name) for name in running_names(raw)))

    def has_observed(self, raw: dict[str, Any]) -> bool:
        return msgspec.convert(raw, ArgoRollout, dec_hook=decode_hook).observed

    def template_of(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Empty for one that takes its template from another workload."""
        return super().template_of(raw) if "data" in raw or raw["spec"].get("template") else {}

    @property
    def acting(self) -> Acting[KnownRollout, RolloutSubject]:
        from ktui.kinds.argo_rollout.plans.acting import ACTING  # noqa: PLC0415

        return ACTING
