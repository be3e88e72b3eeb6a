"""What a kind of workload can do, in one table: a function for each action, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

from ktui.plans.plan import Plan
from ktui.plans.request import (
    Abort,
    Action,
    Canary,
    Pause,
    Promote,
    Repair,
    Request,
    Restart,
    Resume,
    Retry,
    RollBack,
    Scale,
    SetImage,
    Terminate,
    Traffic,
    action_of,
)
from ktui.plans.subject import AnySubject
from ktui.rollout.revisions import Refusal

S = TypeVar("S", bound=AnySubject)

_NEEDS_STEPS: Final = "nothing to do: this is for a controller with steps of its own, such as Argo Rollouts"
"""Why a workload of Kubernetes' own kinds has nothing to retry, and no analysis to end."""


_NO_SHARES: Final = "nothing to do: its traffic is not sent by shares, as that of a Knative Service is"
"""Why most workloads have no targets of traffic."""


class Plans(NamedTuple, Generic[S]):
    """For each action the function that plans it, or a sentence: why no workload of that kind can do it at all."""

    pause: Callable[[Pause, S], Plan | Refusal] | str
    resume: Callable[[Resume, S], Plan | Refusal] | str
    promote: Callable[[Promote, S], Plan | Refusal] | str
    rollback: Callable[[RollBack, S], Plan | Refusal] | str
    abort: Callable[[Abort, S], Plan | Refusal] | str
    set_image: Callable[[SetImage, S], Plan | Refusal] | str
    scale: Callable[[Scale, S], Plan | Refusal] | str
    restart: Callable[[Restart, S], Plan | Refusal] | str
    canary: Callable[[Canary, S], Plan | Refusal] | str
    repair: Callable[[Repair, S], Plan | Refusal] | str
    retry: Callable[[Retry, S], Plan | Refusal] | str = _NEEDS_STEPS
    terminate: Callable[[Terminate, S], Plan | Refusal] | str = _NEEDS_STEPS
    traffic: Callable[[Traffic, S], Plan | Refusal] | str = _NO_SHARES

    def plan(self, request: Request, subject: S) -> Plan | Refusal:
        """What a request comes to on a workload as it is now, or why it cannot be done."""
        how = self._entry(action_of(request))
        return Refusal(how) if isinstance(how, str) else how(request, subject)

    def refuse(self, action: Action) -> Refusal | None:
        """Why no workload of that kind can do it."""
        how = self._entry(action)
        return Refusal(how) if isinstance(how, str) else None

    def _entry(self, action: Action) -> Callable[[Request, S], Plan | Refusal] | str:
        found: Callable[[Request, S], Plan | Refusal] | str = getattr(self, action.value.replace("-", "_"))
        return found
