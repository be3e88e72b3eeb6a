"""Remarks on the autoscalers, disruption budgets and quotas that act on the pods of a workload.

They hold no rollout up by themselves, but explain what one sees, or what comes next.
"""

from __future__ import annotations

from ktui.model.policies import Autoscaler, Budget, Policies
from ktui.model.workloads import Workload
from ktui.rollout.diagnosis.cause import Cause, Kind, Remedy, legible


def remarks(workload: Workload, policies: Policies, *, replicas: int | None, is_under_way: bool) -> tuple[Cause, ...]:
    """What the policies of its namespace do to a workload, as far as it is worth knowing now.

    `replicas` is how many pods its spec asks for; None if it cannot be scaled.
    """
    found: list[Cause] = []
    if replicas is not None:
        found += [cause for autoscaler in policies.autoscalers for cause in _autoscaled(replicas, autoscaler)]
    if is_under_way:
        labels = workload.spec.template.labels
        found += [cause for budget in policies.budgets if budget.selector.covers(labels) for cause in _budgeted(budget)]
    return tuple(legible(cause) for cause in found)


def _autoscaled(asked: int, autoscaler: Autoscaler) -> list[Cause]:
    name = autoscaler.name
    if asked == 0:
        # At 0 an autoscaler leaves its target alone.
        return []
    if autoscaler.problem:
        return [
            Cause(
                Kind.AUTOSCALER,
                f"the autoscaler {name} cannot do its work: {autoscaler.problem}",
                blocking=False,
                try_next="check that these pods have metrics (kubectl top pods) and the template has requests",
                remark=True,
            )
        ]
    wants = min(max(asked, autoscaler.least), autoscaler.most)
    if wants == asked and autoscaler.wanted:
        wants = min(max(autoscaler.wanted, autoscaler.least), autoscaler.most)
    if wants == asked:
        return []
    return [
        Cause(
            Kind.AUTOSCALER,
            f"the autoscaler {name} wants {wants} (it keeps {autoscaler.least} to {autoscaler.most}), and "
            f"{asked} {'is' if asked == 1 else 'are'} desired: it will undo that",
            blocking=False,
            try_next="change the autoscaler's range instead of the number of pods",
            remedies=(Remedy.SCALE,),
            remark=True,
        )
    ]


def _budgeted(budget: Budget) -> list[Cause]:
    if budget.allowed or not budget.expected:
        return []
    if budget.needed >= budget.expected:
        why = f"all {budget.expected} are needed, always"
    else:
        why = f"{budget.healthy} healthy, {budget.needed} needed"
    return [
        Cause(
            Kind.BUDGET,
            f"the disruption budget {budget.name} lets no pod be evicted now ({why}): its nodes cannot be drained",
            blocking=False,
            try_next="it does not block the rollout: fix the rollout first, then drain the nodes",
            remark=True,
        )
    ]
