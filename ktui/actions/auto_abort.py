"""The abort that a guard asks for: of exactly the rollout that it was armed for, tried once and never forced."""

from __future__ import annotations

import msgspec

from ktui.actions.audit import AuditLog
from ktui.actions.automatic_rollback import unless_known_bad
from ktui.actions.batch import Accepted, try_out
from ktui.actions.outcome import Done
from ktui.actions.perform import perform
from ktui.actions.read import Reader
from ktui.kinds.auto_abort import Armed, disowned
from ktui.kinds.planning import is_under_way, plan
from ktui.kube.errors import KubeError
from ktui.plans.guardrails import NO_RULES, Rules
from ktui.plans.plan import Plan, called
from ktui.plans.request import Abort, RollBack
from ktui.plans.subject import AnySubject
from ktui.rollout.revisions import Refusal


class Aborted(msgspec.Struct, frozen=True):
    """What became of it, in sentences."""

    is_done: bool
    sentence: str
    audit_failure: str = ""


def plan_auto_abort(armed: Armed, subject: AnySubject) -> Plan | Refusal:
    """The plan of `abort`, or why the rollout is not the guard's any more. Pure.

    What is complete between two crashes of its pods is rolled back.
    """
    reason = disowned(armed, subject.workload)
    made = Refusal(reason) if reason else plan(Abort() if is_under_way(subject) else RollBack(), subject)
    return unless_known_bad(made)


async def auto_abort(reader: Reader, armed: Armed, cause: str, log: AuditLog, *, rules: Rules = NO_RULES) -> Aborted:
    """Go back because of that cause, under the plan's preconditions. Never raises KubeError.

    The entry in the audit log says that it was automatic, and why.
    """
    where = called(armed.resource, armed.namespace, armed.name)

    async def planned() -> Plan | Refusal:
        return plan_auto_abort(armed, await reader.subject(armed.namespace, armed.reference))

    try:
        tried = await try_out(reader.api, planned, rules, automatic=True)
    except KubeError as error:
        return Aborted(is_done=False, sentence=f"{where} was not aborted: {error}")
    if not isinstance(tried, Accepted):
        reason = tried.reason if isinstance(tried, Refusal) else tried.sentence
        return Aborted(is_done=False, sentence=f"{where} was not aborted: {reason.removesuffix('.')}.")
    performed = await perform(reader.api, tried.plan, log, rules=rules, automatic=cause, clock=reader.clock)
    outcome = performed.outcome
    if isinstance(outcome, Done):
        sentence = f"{outcome.sentence} This was automatic, because {cause}."
    else:
        sentence = f"{where} was not aborted: {outcome.sentence} ktui does not try again."
    return Aborted(isinstance(outcome, Done), sentence, performed.audit_failure)
