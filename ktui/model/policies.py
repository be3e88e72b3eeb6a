"""Objects of a namespace that act on the pods of its workloads: autoscalers, disruption budgets, quotas.

None of them is streamed. They are read when someone looks at one rollout, or before an action on it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Autoscaler(msgspec.Struct, frozen=True):
    """A HorizontalPodAutoscaler: the range that it keeps, what it wants now (None: not known), why it is idle."""

    name: str
    least: int
    most: int
    wanted: int | None = None
    problem: str = ""


class Requirement(msgspec.Struct, frozen=True):
    """One expression of a label selector."""

    key: str
    operator: str
    values: tuple[str, ...] | None = None

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy it."""
        match self.operator:
            case "In":
                return labels.get(self.key) in (self.values or ())
            case "NotIn":
                return labels.get(self.key) not in (self.values or ())
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
            case _:
                return False


class Selector(msgspec.Struct, frozen=True, rename="camel"):
    """A label selector of the API."""

    match_labels: Mapping[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Whether it matches; an empty selector matches everything."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            requirement.holds(labels) for requirement in self.match_expressions
        )


class Budget(msgspec.Struct, frozen=True):
    """A PodDisruptionBudget, with its counts of the pods that it covers."""

    name: str
    selector: Selector
    rule: str = ""
    """As it is written: `minAvailable 80%`, or `maxUnavailable 1`."""
    allowed: int = 0
    """How many pods may be evicted now."""
    healthy: int = 0
    needed: int = 0
    """How many have to be healthy."""
    expected: int = 0
    """How many pods there are."""


class Quota(msgspec.Struct, frozen=True):
    """A ResourceQuota: what it limits and what of that is used, as Kubernetes writes quantities.

    With scopes, it counts only the pods that all of them choose.
    """

    name: str
    hard: Mapping[str, str]
    used: Mapping[str, str]
    scopes: tuple[str, ...] = ()

    def counts(self, *, is_best_effort: bool) -> bool | None:
        """Whether it counts pods of a workload; None if that depends on what is not known of them."""
        chosen = [_chooses(scope, is_best_effort=is_best_effort) for scope in self.scopes]
        return False if False in chosen else None if None in chosen else True


def _chooses(scope: str, *, is_best_effort: bool) -> bool | None:
    match scope:
        case "NotTerminating":
            # Pods of a workload have no activeDeadlineSeconds: the API server refuses it in their templates.
            return True
        case "Terminating":
            return False
        case "BestEffort":
            return is_best_effort
        case "NotBestEffort":
            return not is_best_effort
        case _:
            return None


class Policies(msgspec.Struct, frozen=True):
    """What acts on one workload: the autoscalers that target it, and the budgets and quotas of its namespace.

    What may not be read is left out.
    """

    autoscalers: tuple[Autoscaler, ...] = ()
    budgets: tuple[Budget, ...] = ()
    quotas: tuple[Quota, ...] = ()
