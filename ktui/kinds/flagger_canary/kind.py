"""The kind Flagger Canary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ktui.kinds.flagger_canary import status
from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.flagger_canary.progress import observation
from ktui.kinds.flagger_canary.resources import CANARIES
from ktui.kinds.flagger_canary.revisions import revisions
from ktui.kinds.flagger_canary.situation import situation_of
from ktui.kinds.flagger_canary.summary import summarise
from ktui.kinds.kind import Kind
from ktui.model.objects import Pod
from ktui.model.resources import (
    CONTROLLER_REVISIONS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    HTTP_ROUTES,
    REPLICASETS,
    SERVICES,
    Resource,
)
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track, observe
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.flagger_canary.plans.known import CanarySubject, KnownCanary
    from ktui.model.policies import Policies
    from ktui.plans.acting import Acting
    from ktui.plans.request import Action
    from ktui.rollout.detail import Detail
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.track_record import Accounts


class FlaggerCanaryKind(Kind[Canary]):
    """Flagger Canaries. The target's ReplicaSets keep the revisions; Services and routes tell who serves."""

    resource = CANARIES
    parts = (REPLICASETS, CONTROLLER_REVISIONS, SERVICES, ENDPOINT_SLICES, HTTP_ROUTES)
    read_with = (REPLICASETS, CONTROLLER_REVISIONS)
    has_deadline = True
    is_judged_alone = False
    no_abort = "Flagger has no abort: it rolls back by itself if its checks fail"

    def rollout(self, store: Store, workload: Canary, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
        followed = observe(track, observation(situation_of(store, workload, now), now), now)
        return followed, summarise(store, workload, followed, now)

    def verdict(self, workload: Canary) -> Verdict:
        return status.verdict(workload)

    def revisions(self, store: Store, workload: Canary) -> tuple[Revision, ...]:
        return revisions(situation_of(store, workload, None))

    def detail(self, store: Store, workload: Canary, track: Track, now: datetime, policies: Policies | None) -> Detail:
        from ktui.kinds.flagger_canary.detail import detail  # noqa: PLC0415

        return detail(store, workload, track, now, policies)

    def history(self, store: Store, workload: Canary, took: float | None, remembered: Accounts | None) -> History:
        from ktui.kinds.flagger_canary.history import history  # noqa: PLC0415

        return history(store, workload, took, remembered)

    def happened(self, store: Store, workload: Canary) -> Iterable[Stamp]:
        from ktui.kinds.flagger_canary.timeline import happened  # noqa: PLC0415

        return happened(store, workload)

    def is_paused(self, workload: Canary) -> bool:
        return workload.spec.suspend

    def depends_on(self, store: Store, workload: Canary) -> tuple[Pod, ...]:
        """The pods of the side on which it depends next: the canary's while it is looked at, else the primary's."""
        situation = situation_of(store, workload, None)
        half = situation.target if workload.status.phase in status.ANALYSES else situation.primary
        return half.pods if half is not None else ()

    def has_observed(self, raw: dict[str, Any]) -> bool:
        """Always: no change of a Canary begins anything, and its status names no generation."""
        return True

    def also(self, raw: dict[str, Any]) -> tuple[tuple[Resource, str], ...]:
        """Both workloads, and what leads to them."""
        from ktui.kinds.flagger_canary.plans.known import also  # noqa: PLC0415

        return also(raw)

    def of_target(self, claimant: Canary, target: Workload, action: Action) -> str:
        from ktui.kinds.flagger_canary.plans.of_target import of_target  # noqa: PLC0415

        return of_target(claimant, target, action)

    def rolls_out_for(self, claimant: Canary, target: Workload, *, is_empty: bool) -> bool:
        """The target has pods only while the Canary analyses it, and the primary serves."""
        return target.metadata.name == claimant.target.name

    def template_in(self, raw: dict[str, Any]) -> tuple[Resource, str] | None:
        """The target: a Deployment or a DaemonSet."""
        source = raw["spec"].get("targetRef") or {}
        kind = next((each for each in (DEPLOYMENTS, DAEMONSETS) if each.kind == source.get("kind")), None)
        return (kind, str(source.get("name"))) if kind is not None else None

    def known(self, store: Store, workload: Canary, remembered: Accounts) -> KnownCanary:
        from ktui.kinds.flagger_canary.plans.known import known  # noqa: PLC0415

        return known(store, workload, remembered)

    def subject(
        self, raw: dict[str, Any], listed: Sequence[Sequence[dict[str, Any]]], now: datetime, **around: Any
    ) -> CanarySubject:
        from ktui.kinds.flagger_canary.plans.known import subject  # noqa: PLC0415

        return subject(raw, listed, now, **around)

    @property
    def acting(self) -> Acting[KnownCanary, CanarySubject]:
        from ktui.kinds.flagger_canary.plans.acting import ACTING  # noqa: PLC0415

        return ACTING
