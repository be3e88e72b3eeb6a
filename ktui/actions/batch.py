"""Several actions as one decision: planned and tried together, then sent one after another until one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from ktui.actions.outcome import Conflict, Done, Failed, Outcome
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Planned
from ktui.kube.api import Api
from ktui.kube.errors import KubeError
from ktui.plans.guardrails import NO_RULES, Rules
from ktui.plans.plan import Plan
from ktui.rollout.revisions import Refusal
from ktui.text import count

_ATTEMPTS: Final = 3
"""How often a plan that went stale before it was shown is made again, without asking."""

_AT_ONCE: Final = 8
"""How many targets are read and tried at the same time."""


class Accepted(msgspec.Struct, frozen=True):
    """A plan, and what the server's dry run made of it."""

    plan: Plan
    preview: Preview


class LeftOut(msgspec.Struct, frozen=True):
    """A target that is not open to the action: which, as it was asked for, and why not."""

    target: str
    reason: str


class Batch(msgspec.Struct, frozen=True):
    """What one question is asked about. Both in the order in which they were asked for."""

    accepted: tuple[Accepted, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def total(self) -> str:
        """`2 rollouts, 1 left out`."""
        left = f", {len(self.left_out)} left out" if self.left_out else ""
        return count(len(self.accepted), "rollout") + left


class Applied(msgspec.Struct, frozen=True):
    """How far a batch came. At most the last of the outcomes is none that is done."""

    outcomes: tuple[Outcome, ...]
    not_tried: tuple[Plan, ...]

    @property
    def stopped(self) -> str:
        """What was not even tried, in a sentence; nothing where all were."""
        if not self.not_tried:
            return ""
        names = ", ".join(str(plan.target) for plan in self.not_tried)
        return f"Stopped there. Not done: {names}."


async def try_out(
    api: Api, planned: Planned, rules: Rules = NO_RULES, *, automatic: bool = False
) -> Accepted | Refusal | Failed:
    """A plan that rules and the server accept, or why there is none. Nothing is changed by it. Raises KubeError."""
    for _ in range(_ATTEMPTS):
        made = allowed(await planned(), api, rules, automatic=automatic)
        if isinstance(made, Refusal):
            return made
        seen = await preview(api, made)
        match seen:
            case Preview():
                return Accepted(made, seen)
            case Failed():
                return seen
            case Conflict(gone=True):
                return Failed(seen.sentence)
    return Failed("It changes too often to plan the action: nothing was sent.", "Try again in a moment.")


def allowed(made: Plan | Refusal, api: Api, rules: Rules, *, automatic: bool = False) -> Plan | Refusal:
    """The plan, unless a rule forbids it in that cluster now."""
    if isinstance(made, Refusal):
        return made
    connection = api.connection
    return rules.refuse_plan(made, connection.context, connection.clock.now(), automatic=automatic) or made


async def try_all(api: Api, wanted: Sequence[tuple[str, Planned]], rules: Rules = NO_RULES) -> Batch:
    """Plan and try an action on each target, by its name; what is not open to it is left out, with the reason."""
    places, progress, done = asyncio.Semaphore(_AT_ONCE), api.connection.progress, 0
    progress.step(0, len(wanted))

    async def counted(name: str, planned: Planned) -> Accepted | LeftOut:
        nonlocal done
        answer = await tried(name, planned)
        done += 1
        progress.step(done, len(wanted))
        return answer

    async def tried(name: str, planned: Planned) -> Accepted | LeftOut:
        async with places:
            try:
                answer = await try_out(api, planned, rules)
            except KubeError as error:
                return LeftOut(name, str(error))
        match answer:
            case Accepted(plan):
                if plan.insist:
                    return LeftOut(name, f"{plan.insist} This needs a second confirmation: run it on its own.")
                if refused := rules.refuse_untyped(plan, api.connection.context):
                    return LeftOut(name, f"{refused.reason}. Run it on its own.")
                return answer
            case Refusal():
                return LeftOut(name, answer.reason)
            case Failed():
                return LeftOut(name, answer.sentence)

    try:
        answers = await asyncio.gather(*(counted(name, planned) for name, planned in wanted))
    finally:
        progress.step(len(wanted), len(wanted))
    names = [name for name, _ in wanted]
    accepted = [(name, each) for name, each in zip(names, answers, strict=True) if isinstance(each, Accepted)]
    too_many = rules.too_many([each.plan for _, each in accepted], api.connection.context)
    return Batch(
        tuple(each for place, (_, each) in enumerate(accepted) if place not in too_many),
        (
            *(each for each in answers if isinstance(each, LeftOut)),
            *(LeftOut(accepted[place][0], refused.reason) for place, refused in sorted(too_many.items())),
        ),
    )


async def one_after_another(
    batch: Batch, send: Callable[[Plan], Awaitable[Outcome]], is_stopped: Callable[[], bool] = lambda: False
) -> Applied:
    """Send each plan as it was shown, under its own preconditions.

    After one that is not done, or once `is_stopped`, no more is sent.
    """
    outcomes: list[Outcome] = []
    for accepted in batch.accepted:
        if is_stopped():
            break
        outcomes.append(await send(accepted.plan))
        if not isinstance(outcomes[-1], Done):
            break
    return Applied(tuple(outcomes), tuple(each.plan for each in batch.accepted[len(outcomes) :]))
