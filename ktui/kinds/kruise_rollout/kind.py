"""The kind Rollout of Kruise Rollouts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ktui.kinds.kind import Kind
from ktui.kinds.kruise_rollout import summary
from ktui.kinds.kruise_rollout.objects import BATCH_RELEASES, KRUISE_ROLLOUTS, KruiseRollout
from ktui.kinds.kruise_rollout.summary import KindOf
from ktui.kinds.kruise_rollout.target import extra_of, holder_of, released, target_of
from ktui.model.objects import Pod
from ktui.model.reference import Reference, in_full
from ktui.model.resources import CONTROLLER_REVISIONS, PODS, REPLICASETS, Resource
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.kruise_rollout.plans.known import KnownKruiseRollout, KruiseRolloutSubject
    from ktui.model.policies import Policies
    from ktui.plans.acting import Acting
    from ktui.plans.request import Action
    from ktui.rollout.detail import Detail
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.track_record import Accounts


class KruiseRolloutKind(Kind[KruiseRollout]):
    """Rollouts of Kruise Rollouts. Each takes a workload of another kind through its steps, and shows it as its own."""

    resource = KRUISE_ROLLOUTS
    parts = (REPLICASETS, CONTROLLER_REVISIONS, PODS, BATCH_RELEASES)
    read_with = (REPLICASETS, CONTROLLER_REVISIONS, PODS)
    is_judged_alone = False

    def __init__(self, kind_of: KindOf) -> None:
        self._kind_of = kind_of
        """The kind of the workload behind a Rollout, whatever that is."""

    def rollout(
        self, store: Store, workload: KruiseRollout, track: Track | None, now: datetime
    ) -> tuple[Track, Rollout]:
        return summary.rollout_of(self._kind_of, store, workload, track, now)

    def verdict(self, workload: KruiseRollout) -> Verdict:
        return summary.verdict(workload)

    def revisions(self, store: Store, workload: KruiseRollout) -> tuple[Revision, ...]:
        """Those of the workload; the pods of the second Deployment of a canary are of none that is kept."""
        target, extra = target_of(store, workload), extra_of(store, workload)
        if target is None:
            return ()
        found = self._kind_of(target).revisions(store, released(target))
        if extra is None:
            return found
        beside = self._kind_of(extra).revisions(store, extra)
        return (*found, *(each for each in beside if each.pods))

    def detail(
        self, store: Store, workload: KruiseRollout, track: Track, now: datetime, policies: Policies | None
    ) -> Detail:
        from ktui.kinds.kruise_rollout.detail import detail  # noqa: PLC0415

        return detail(self._kind_of, store, workload, track, now, policies=policies)

    def history(
        self, store: Store, workload: KruiseRollout, took: float | None, remembered: Accounts | None
    ) -> History:
        from ktui.kinds.kruise_rollout.detail import history  # noqa: PLC0415

        return history(self._kind_of, store, workload, took, remembered)

    def happened(self, store: Store, workload: KruiseRollout) -> Iterable[Stamp]:
        from ktui.kinds.kruise_rollout.detail import happened  # noqa: PLC0415

        return happened(self._kind_of, store, workload)

    def is_paused(self, workload: KruiseRollout) -> bool:
        return workload.spec.strategy.paused

    def depends_on(self, store: Store, workload: KruiseRollout) -> tuple[Pod, ...]:
        target, extra = target_of(store, workload), extra_of(store, workload)
        found = self._kind_of(target).depends_on(store, released(target)) if target is not None else ()
        return (*found, *(self._kind_of(extra).depends_on(store, extra) if extra is not None else ()))

    def template_in(self, raw: dict[str, Any]) -> tuple[Resource, str] | None:
        return next(iter(self.also(raw)), None)

    def holds(self, workload: Workload) -> str:
        name = holder_of(workload)
        return in_full(Reference(name, KRUISE_ROLLOUTS)) if name else ""

    def rolls_out_for(self, claimant: KruiseRollout, target: Workload, *, is_empty: bool) -> bool:
        """It takes the pods of the workload through its steps, and pauses the workload meanwhile."""
        return claimant.status.phase not in summary.DISABLED and claimant.metadata.deletion_timestamp is None

    def of_target(self, claimant: KruiseRollout, target: Workload, action: Action) -> str:
        from ktui.kinds.kruise_rollout.plans.of_target import of_target  # noqa: PLC0415

        return of_target(claimant, target, action)

    def also(self, raw: dict[str, Any]) -> tuple[tuple[Resource, str], ...]:
        """The workload, whose template is what rolls out."""
        from ktui.kinds.kruise_rollout.plans.known import also  # noqa: PLC0415

        return also(raw)

    def known(self, store: Store, workload: KruiseRollout, remembered: Accounts) -> KnownKruiseRollout:
        from ktui.kinds.kruise_rollout.plans.known import known  # noqa: PLC0415

        return known(self._kind_of, store, workload, remembered)

    def subject(
        self, raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
    ) -> KruiseRolloutSubject:
        from ktui.kinds.kruise_rollout.plans.known import subject  # noqa: PLC0415

        return subject(self._kind_of, raw, listed, now, **around)

    @property
    def acting(self) -> Acting[KnownKruiseRollout, KruiseRolloutSubject]:
        from ktui.kinds.kruise_rollout.plans.acting import ACTING  # noqa: PLC0415

        return ACTING
