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

R = TypeVar("R", bound=Request)
S = TypeVar("S", bound=AnySubject)

Planner = Callable[[R, S], Plan | Refusal]
"""What plans one action on one kind of workload."""

_NEEDS_STEPS: Final = "nothing to do: this is for a controller with steps of its own, such as Argo Rollouts"
"""Why a workload of Kubernetes' own kinds has nothing to retry, and no analysis to end."""


_NO_SHARES: Final = "nothing to do: its traffic is not sent by shares, as that of a Knative Service is"
"""Why most workloads have no targets of traffic."""


def unless(refuse: Callable[[S], Refusal | None], plan: Callable[[R, S], Plan | Refusal]) -> Planner[R, S]:
    """Plan only what that rule does not refuse: the same rule that closes the offer of the action."""
    return lambda request, subject: refuse(subject) or plan(request, subject)


class Plans(NamedTuple, Generic[S]):
    """For each action the function that plans it, or a sentence: why no workload of that kind can do it at all."""

    pause: Planner[Pause, S] | str
    resume: Planner[Resume, S] | str
    promote: Planner[Promote, S] | str
    rollback: Planner[RollBack, S] | str
    abort: Planner[Abort, S] | str
    set_image: Planner[SetImage, S] | str
    scale: Planner[Scale, S] | str
    restart: Planner[Restart, S] | str
    canary: Planner[Canary, S] | str
    repair: Planner[Repair, S] | str
    retry: Planner[Retry, S] | str = _NEEDS_STEPS
    terminate: Planner[Terminate, S] | str = _NEEDS_STEPS
    traffic: Planner[Traffic, S] | str = _NO_SHARES

    def plan(self, request: Request, subject: S) -> Plan | Refusal:
        """What a request comes to on a workload as it is now, or why it cannot be done."""
        how = self._entry(action_of(request))
        return Refusal(how) if isinstance(how, str) else how(request, subject)

    def refuse(self, action: Action) -> Refusal | None:
        """Why no workload of that kind can do it."""
        how = self._entry(action)
        return Refusal(how) if isinstance(how, str) else None

    def _entry(self, action: Action) -> Planner[Request, S] | str:
        found: Planner[Request, S] | str = getattr(self, action.value.replace("-", "_"))
        return found
