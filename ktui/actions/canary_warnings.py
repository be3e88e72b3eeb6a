"""What may disturb a canary, or be disturbed by it: autoscalers, owners that heal, quotas, disruption budgets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ktui.actions.quantities import quantity
from ktui.actions.sentences import owner_warnings
from ktui.actions.subject import Subject
from ktui.kube.api import Quota
from ktui.rollout.provenance import provenance
from ktui.rollout.words import clean, count


def canary_warnings(subject: Subject, pod: dict[str, Any], *, extra: int, replaced: int) -> tuple[str, ...]:
    """What a person should know before so many pods of that kind are added, and so many old ones are given up."""
    return (
        *healed(subject),
        *(clean(sentence) for sentence in _autoscaled(subject)),
        *(clean(sentence) for quota in subject.quotas for sentence in _no_room(quota, pod, extra)),
        *(clean(sentence) for sentence in _budgeted(subject, extra, replaced)),
    )


def healed(subject: Subject) -> tuple[str, ...]:
    """Who else decides about the Deployment, and whether the hold would outlast that."""
    owner = provenance(subject.deployment)
    ends = (f"If {owner.tool} heals this Deployment, it ends the hold early.",) if owner and owner.heals else ()
    return (*owner_warnings(subject.deployment), *(clean(each) for each in ends))


def _autoscaled(subject: Subject) -> Iterator[str]:
    for autoscaler in subject.autoscalers:
        yield (
            f"The HorizontalPodAutoscaler {autoscaler.name} ({autoscaler.least} to {autoscaler.most} pods) may scale "
            "it while it is held: the canary then grows or shrinks in proportion."
        )


def _no_room(quota: Quota, pod: dict[str, Any], extra: int) -> Iterator[str]:
    if not extra:
        return
    for resource, limit in quota.hard.items():
        needed = _needed(resource, pod)
        hard, used = quantity(limit), quantity(quota.used.get(resource, "0"))
        if not needed or hard is None or used is None or used + needed * extra <= hard:
            continue
        fits = max(0, int((hard - used) / needed))
        yield (
            f"The quota {quota.name} has no room for {count(extra, 'extra pod')}: {resource} "
            f"{quota.used.get(resource, '0')} of {limit} is used, so {fits or 'none'} would start. "
            "Without surge the canary needs no extra pod."
        )


def _needed(resource: str, pod: dict[str, Any]) -> Decimal:
    """What one pod takes of a quota's resource; 0 where that cannot be told from its template."""
    if resource in ("pods", "count/pods"):
        return Decimal(1)
    kind, dot, name = resource.partition(".")
    if not dot:
        kind, name = "requests", resource
    if kind not in ("requests", "limits") or name not in ("cpu", "memory"):
        return Decimal(0)
    running = [*(pod.get("containers") or ()), *(c for c in pod.get("initContainers") or () if _is_sidecar(c))]
    return sum((_amount(container, kind, name) for container in running), Decimal(0))


def _is_sidecar(container: dict[str, Any]) -> bool:
    return container.get("restartPolicy") == "Always"


def _amount(container: dict[str, Any], kind: str, name: str) -> Decimal:
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    # A request that is not given is the limit.
    asked = (resources.get("requests") or {}) if kind == "requests" else limits
    return quantity(str(asked.get(name, limits.get(name, "0")))) or Decimal(0)


def _budgeted(subject: Subject, extra: int, replaced: int) -> Iterator[str]:
    labels = subject.deployment.spec.template.labels.items()
    for budget in subject.budgets:
        if not budget.match_labels.items() <= labels:
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
