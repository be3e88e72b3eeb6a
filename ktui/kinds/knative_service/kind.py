"""The kind Service of Knative Serving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ktui.kinds.kind import Kind
from ktui.kinds.knative_service import status
from ktui.kinds.knative_service.objects import KnativeService
from ktui.kinds.knative_service.progress import observation
from ktui.kinds.knative_service.resources import INGRESSES, REVISIONS, ROUTES, SERVICES
from ktui.kinds.knative_service.revisions import as_template, revisions
from ktui.kinds.knative_service.summary import situation_of, summarise
from ktui.model.objects import Pod
from ktui.model.resources import DEPLOYMENTS, REPLICASETS
from ktui.model.store import Store
from ktui.model.workloads import Workload
from ktui.rollout.facts import Revision
from ktui.rollout.progress import Track, observe
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict

if TYPE_CHECKING:
    from ktui.kinds.knative_service.plans.known import KnownService, ServiceSubject
    from ktui.model.policies import Policies
    from ktui.plans.acting import Acting
    from ktui.plans.request import Action
    from ktui.rollout.detail import Detail
    from ktui.rollout.happenings import Stamp
    from ktui.rollout.history import History
    from ktui.rollout.revisions import Refusal
    from ktui.rollout.track_record import Accounts


class KnativeServiceKind(Kind[KnativeService]):
    """Services of Knative. Each Revision has a Deployment of its own, whose ReplicaSet has the pods.

    Routes and Ingresses tell why traffic does not move, and how far a gradual rollout is.
    """

    canary_of_traffic = True
    resource = SERVICES
    parts = (REVISIONS, ROUTES, INGRESSES, DEPLOYMENTS, REPLICASETS)
    read_with = (REVISIONS,)
    has_deadline = True

    def rollout(
        self, store: Store, workload: KnativeService, track: Track | None, now: datetime
    ) -> tuple[Track, Rollout]:
        followed = observe(track, observation(situation_of(store, workload)), now)
        return followed, summarise(store, workload, followed, now)

    def verdict(self, workload: KnativeService) -> Verdict:
        return status.verdict(workload)

    def revisions(self, store: Store, workload: KnativeService) -> tuple[Revision, ...]:
        return revisions(situation_of(store, workload))

    def template_of(self, raw: dict[str, Any]) -> dict[str, Any]:
        return as_template(raw)

    def detail(
        self, store: Store, workload: KnativeService, track: Track, now: datetime, policies: Policies | None
    ) -> Detail:
        from ktui.kinds.knative_service.detail import detail  # noqa: PLC0415

        return detail(store, workload, track, now, policies)

    def history(
        self, store: Store, workload: KnativeService, took: float | None, remembered: Accounts | None
    ) -> History:
        from ktui.kinds.knative_service.history import history  # noqa: PLC0415

        return history(store, workload, took, remembered)

    def happened(self, store: Store, workload: KnativeService) -> Iterable[Stamp]:
        from ktui.kinds.knative_service.timeline import happened  # noqa: PLC0415

        return happened(store, workload)

    def depends_on(self, store: Store, workload: KnativeService) -> tuple[Pod, ...]:
        """The pods of the newest revision, and of what has traffic: either may be what does not become ready."""
        where = situation_of(store, workload)
        return tuple(pod for part in where.parts if part.is_newest or part.share for pod in part.pods)

    def held_back(self, workload: KnativeService) -> str:
        from ktui.kinds.knative_service.traffic import held_back  # noqa: PLC0415

        return held_back(workload)

    def refuse_part(self, action: Action, part: Workload) -> Refusal | None:
        from ktui.kinds.knative_service.plans.parts import refuse_part  # noqa: PLC0415

        return refuse_part(action, part)

    @property
    def acting(self) -> Acting[KnownService, ServiceSubject]:
        from ktui.kinds.knative_service.plans.acting import ACTING  # noqa: PLC0415

        return ACTING
