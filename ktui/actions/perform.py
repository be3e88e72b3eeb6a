"""Send a plan, once, say how it ended, and write that down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from ktui.actions.audit import AuditLog, Operator, begun, ended
from ktui.actions.outcome import Done, Failed, Outcome, Partly, Unclear
from ktui.actions.patching import patch, patch_then
from ktui.actions.pod_deletion import clear
from ktui.actions.verify import AGAIN, Recheck, after_refusal, find_outcome
from ktui.kube.api import Api
from ktui.kube.errors import AnswerLost, ApiError, Interrupted, KubeError, ServerError
from ktui.plans.guardrails import NO_RULES, Rules
from ktui.plans.patch import took_place
from ktui.plans.plan import Plan

EXPLAINED: Final = "`ktui config check` explains the rules."


class Performed(msgspec.Struct, frozen=True):
    """How an action ended, and what went wrong with the audit log, if anything."""

    outcome: Outcome
    audit_failure: str = ""


async def perform(
    api: Api,
    plan: Plan,
    log: AuditLog,
    *,
    rules: Rules = NO_RULES,
    automatic: str = "",
    typed: str = "",
    clock: Callable[[], datetime] | None = None,
    recheck: Recheck | None = None,
) -> Performed:
    """Send exactly the plan's patch, once, delete the pods that it names, and write down what became of it.

    A conflict is reported, never forced. That it is about to be sent is on the disk before it is, and an action that is
    interrupted is written down as well. `automatic` says why it is done without a person's word, where it is. `clock`
    tells the time of the entries in the audit log (by default the cluster's), `recheck` how long an outcome is looked
    for that is not known. Every action comes through here, so this is where `rules` have the last word: what they
    forbid is not sent, and not written down. `typed` is the name that a person typed, for rules that ask for it.
    """
    context, clock = api.connection.context, clock or api.connection.clock.now
    refused = rules.refuse_plan(plan, context, clock(), automatic=bool(automatic)) or (
        None if automatic else rules.refuse_untyped(plan, context, typed)
    )
    if refused is not None:
        return Performed(Failed(f"{plan.target}: {refused.reason}. Nothing was sent.", EXPLAINED))
    operator = Operator(api.connection.context, api.connection.address, api.connection.user)
    intent = begun(plan, operator, clock(), automatic=automatic)
    failure = log.append(intent)
    outcome: Outcome | None = None
    try:
        outcome = await _send(api, plan, recheck or Recheck())
        if isinstance(outcome, Done) and plan.then:
            outcome = await _send_then(api, plan, outcome)
        if isinstance(outcome, Done) and plan.deletes:
            outcome = await clear(api, plan, outcome)
    finally:
        failure = log.append(ended(intent, outcome, clock())) or failure
    return Performed(outcome, failure)


async def _send(api: Api, plan: Plan, recheck: Recheck) -> Outcome:
    try:
        after = await patch(api, plan)
    except (AnswerLost, Interrupted, ServerError) as error:
        # A server, or a proxy before it, that times out may have passed the change on.
        return await find_outcome(api, plan, error, recheck)
    except ApiError as error:
        return await after_refusal(api, plan, error)
    except KubeError as error:
        return Failed(str(error), error.hint)
    if took_place(plan.patch, plan.before, after):
        return Done(plan.done_sentence, after)
    return Unclear(
        f"The server accepted the change, but {plan.target} does not show it: an admission webhook may change it.",
        AGAIN,
    )


async def _send_then(api: Api, plan: Plan, done: Done) -> Outcome:
    """What follows the first patch. It can fail by itself, and what was done before that stays done."""
    try:
        return Done(done.sentence, await patch_then(api, plan, done.after))
    except KubeError as error:
        return Partly(f"{plan.target}: its status was changed, its spec was not: {error}", AGAIN, done.after)
