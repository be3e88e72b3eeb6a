"""What may disturb a canary, or be disturbed by it: autoscalers, owners that heal, disruption budgets."""

from __future__ import annotations

from collections.abc import Iterator

from ktui.model.resources import resource_of
from ktui.plans.subject import AnySubject
from ktui.plans.wording import owner_warnings
from ktui.rollout.provenance import provenance
from ktui.text import clean, count


def canary_warnings(subject: AnySubject, *, extra: int, replaced: int, scaled: str) -> tuple[str, ...]:
    """What a person should know before so many pods are added, and so many old ones are removed.

    `scaled` is how the canary follows if its workload is scaled: `in proportion`.
    """
    return (
        *healed(subject),
        *(clean(sentence) for sentence in _autoscaled(subject, scaled)),
        *(clean(sentence) for sentence in _budgeted(subject, extra, replaced)),
    )


def healed(subject: AnySubject) -> tuple[str, ...]:
    """Who else decides about the workload, and whether the hold would outlast that."""
    owner, kind = provenance(subject.workload), resource_of(subject.workload).kind
    ends = (f"If {owner.tool} heals this {kind}, it ends the hold early.",) if owner and owner.heals else ()
    return (*owner_warnings(subject.workload), *(clean(each) for each in ends))


def _autoscaled(subject: AnySubject, scaled: str) -> Iterator[str]:
    for autoscaler in subject.autoscalers:
        yield (
            f"The HorizontalPodAutoscaler {autoscaler.name} ({autoscaler.least} to {autoscaler.most} pods) may scale "
            f"it while it is held: the canary then grows or shrinks {scaled}."
        )


def _budgeted(subject: AnySubject, extra: int, replaced: int) -> Iterator[str]:
    labels = subject.workload.spec.template.labels
    for budget in subject.budgets:
        if not budget.selector.covers(labels):
            continue
        if replaced:
            yield (
                f"The PodDisruptionBudget {budget.name} ({budget.rule}) limits evictions, not rollouts: it does not "
                f"keep {count(replaced, 'old pod')} from being replaced, and new pods that are not ready count against "
                "it."
            )
        elif extra:
            yield (
                f"The PodDisruptionBudget {budget.name} ({budget.rule}) counts the canary too: while it is held, a "
                f"drain may take {count(extra, 'old pod')} more than usual."
            )
