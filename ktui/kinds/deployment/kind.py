"""The kind Deployment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ktui.kinds.deployment import revisions, status
from ktui.kinds.deployment.progress import observation
from ktui.kinds.deployment.situation import situation_of
from ktui.kinds.deployment.summary import summarise
from ktui.kinds.kind import Kind
from ktui.model.objects import Deployment
from ktui.model.resources import DEPLOYMENTS, REPLICASETS
from ktui.model.store import Store
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track, observe
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.deployment.plans.known import DeploymentSubject, KnownDeployment
    from ktui.model.policies import Policies
    from ktui.plans.acting import Acting
    from ktui.rollout.detail import Detail
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.track_record import Accounts

_SLACK: Final = timedelta(seconds=2)
"""The stamps of a Deployment and of its ReplicaSet are whole seconds, made one after another."""


class DeploymentKind(Kind[Deployment]):
    """Deployments. Their ReplicaSets keep the revisions, and count the pods."""

    resource = DEPLOYMENTS
    parts = (REPLICASETS,)
    has_deadline = True
    can_surge = True

    def rollout(self, store: Store, workload: Deployment, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
        where = situation_of(store, workload)
        followed = observe(track, observation(where), now)
        return followed, summarise(store, where, followed, now)

    def verdict(self, workload: Deployment) -> Verdict:
        return status.verdict(workload)

    def revisions(self, store: Store, workload: Deployment) -> tuple[Revision, ...]:
        replicasets = store.replicasets(workload.metadata.uid)
        current = revisions.current(workload, replicasets)
        return tuple(
            revisions.as_revision(each, is_current=each is current, pods=store.pods(each.metadata.uid))
            for each in revisions.newest_first(replicasets)
        )

    def detail(
        self, store: Store, workload: Deployment, track: Track, now: datetime, policies: Policies | None
    ) -> Detail:
        from ktui.kinds.deployment.detail import detail  # noqa: PLC0415

        return detail(store, workload, track, now, policies)

    def history(self, store: Store, workload: Deployment, took: float | None, remembered: Accounts | None) -> History:
        from ktui.kinds.deployment.history import history  # noqa: PLC0415

        return history(workload, store.replicasets(workload.metadata.uid), took, remembered)

    def happened(self, store: Store, workload: Deployment) -> Iterable[Stamp]:
        from ktui.kinds.deployment.timeline import happened  # noqa: PLC0415

        return happened(store, workload)

    def is_paused(self, workload: Deployment) -> bool:
        return workload.spec.paused

    def replicas(self, workload: Deployment) -> int:
        return workload.spec.desired

    def running_revision(self, workload: Deployment) -> int:
        return revisions.revision(workload)

    def ended_as_stamped(self, workload: Deployment, rollout: Rollout) -> bool:
        condition = status.progressing(workload)
        if condition is None:
            return False
        if rollout.started is None:
            return rollout.came_back
        turned = condition.last_transition_time
        return turned is not None and turned <= rollout.started + _SLACK

    @property
    def acting(self) -> Acting[KnownDeployment, DeploymentSubject]:
        from ktui.kinds.deployment.plans.acting import ACTING  # noqa: PLC0415

        return ACTING
