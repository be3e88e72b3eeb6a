"""Promote a held canary to its next step because it was ready for long enough: `--advance`."""

from __future__ import annotations

import msgspec

from ktui.actions.audit import AuditLog
from ktui.actions.batch import Accepted, try_out
from ktui.actions.outcome import Done
from ktui.actions.perform import perform
from ktui.actions.read import Reader
from ktui.cli import printing
from ktui.cli.act.carry_out import Followed, watched
from ktui.cli.exit_codes import FAILED
from ktui.kinds.auto_abort import Armed, disowned
from ktui.kinds.planning import plan
from ktui.kube.errors import KubeError
from ktui.plans.guardrails import Rules
from ktui.plans.plan import Plan, called
from ktui.plans.request import Promote
from ktui.rollout.revisions import Refusal

_WHY = "its canary was ready for the soak time"


async def next_step(reader: Reader, armed: Armed, log: AuditLog, *, says: bool, rules: Rules) -> Plan | Followed:
    """The plan that was carried out, or how it ended: only what was followed is promoted, and nothing is forced.

    The entry in the audit log says that it was automatic. Never raises KubeError.
    """
    where = called(armed.resource, armed.namespace, armed.name)

    async def planned() -> Plan | Refusal:
        subject = await reader.subject(armed.namespace, armed.reference)
        reason = disowned(armed, subject.workload)
        return Refusal(reason) if reason else plan(Promote(), subject)

    def stays(reason: str) -> Followed:
        sentence = f"{where} stays at this step: {reason.removesuffix('.')}."
        printing.error(sentence, "It is no longer followed.")
        return watched("not promoted", sentence, FAILED)

    try:
        tried = await try_out(reader.api, planned, rules, automatic=True)
    except KubeError as error:
        return stays(str(error))
    if not isinstance(tried, Accepted):
        return stays(tried.reason if isinstance(tried, Refusal) else tried.sentence)
    if tried.plan.insist:
        return stays(tried.plan.insist)
    performed = await perform(reader.api, tried.plan, log, rules=rules, automatic=_WHY, clock=reader.clock)
    if performed.audit_failure:
        printing.note(f"ktui: {performed.audit_failure}")
    outcome = performed.outcome
    if not isinstance(outcome, Done):
        return stays(outcome.sentence)
    if says:
        printing.line(outcome.sentence)
    return msgspec.structs.replace(tried.plan, after=outcome.after or tried.plan.after)
