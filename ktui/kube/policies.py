"""Reads what acts on one workload: autoscalers, disruption budgets, quotas, and the defaults of its containers.

What may not be listed, or the server does not have, is left out: it explains a rollout, and warns before an action, but
neither depends on it. So is an object that is not as it should be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from ktui.kube.api import Api
from ktui.kube.errors import Forbidden, NotFound
from ktui.model.policies import Autoscaler, Budget, Policies, Quota, Selector
from ktui.model.reference import Reference
from ktui.model.template import Amounts, Resources

_T = TypeVar("_T")


async def read_policies(api: Api, namespace: str, reference: Reference) -> Policies:
    """What acts on that workload. Raises KubeError if the server cannot be asked."""
    autoscalers, budgets, quotas = await asyncio.gather(
        _listed(api, "/apis/autoscaling/v2", namespace, "horizontalpodautoscalers"),
        _listed(api, "/apis/policy/v1", namespace, "poddisruptionbudgets"),
        _listed(api, "/api/v1", namespace, "resourcequotas"),
    )
    return policies_in(reference, autoscalers or (), budgets or (), quotas or ())


async def read_quotas(api: Api, namespace: str) -> tuple[Quota, ...]:
    """The ResourceQuotas of that namespace. Raises KubeError if the server cannot be asked."""
    return quotas_in(await _listed(api, "/api/v1", namespace, "resourcequotas") or ())


async def read_container_defaults(api: Api, namespace: str) -> Resources | None:
    """What a container of that namespace gets that says nothing itself; None if that may not be read.

    Raises KubeError if the server cannot be asked.
    """
    items = await _listed(api, "/api/v1", namespace, "limitranges")
    return defaults_in(items) if items is not None else None


async def _listed(api: Api, group: str, namespace: str, plural: str) -> list[Any] | None:
    try:
        items: list[Any] = (await api.get_path(f"{group}/namespaces/{quote(namespace, safe='')}/{plural}")).get(
            "items"
        ) or []
    except (Forbidden, NotFound):
        return None
    return items


def policies_in(
    reference: Reference, autoscalers: Iterable[Any], budgets: Iterable[Any], quotas: Iterable[Any]
) -> Policies:
    """The same from lists of objects as the API serves them."""
    target = (reference.kind, reference.name)
    return Policies(
        tuple(
            _autoscaler(each) for each in _readable(autoscalers, _Autoscaler) if each.spec.scale_target_ref.is_(target)
        ),
        tuple(
            _budget(each, selector)
            for each in _readable(budgets, _Budget)
            if (selector := each.spec.selector) is not None
        ),
        quotas_in(quotas),
    )


def quotas_in(items: Iterable[Any]) -> tuple[Quota, ...]:
    """The ResourceQuotas of a list."""
    return tuple(
        Quota(each.metadata.name, each.status.hard, each.status.used, each.spec.names)
        for each in _readable(items, _Quota)
    )


def defaults_in(items: Iterable[Any]) -> Resources:
    """What LimitRanges give to a container that says nothing itself; of several, the first that says something."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for each in _readable(items, _LimitRange):
        for limit in each.spec.limits or ():
            if limit.type == "Container":
                requests = {**limit.default_request, **requests}
                limits = {**limit.default, **limits}
    return Resources(_amounts(requests), _amounts(limits))


def _readable(items: Iterable[Any], kind: type[_T]) -> list[_T]:
    found = []
    for item in items:
        try:
            found.append(msgspec.convert(item, kind))
        except msgspec.ValidationError:
            continue
    return found


def _autoscaler(each: _Autoscaler) -> Autoscaler:
    active = next((c for c in each.status.conditions or () if c.type == "ScalingActive"), None)
    is_idle = active is not None and active.status == "False" and active.reason != "ScalingDisabled"
    problem = active.message or active.reason if active is not None and is_idle else ""
    # The API server fills in 1; a cluster with HPAScaleToZero may have 0.
    least = 1 if each.spec.min_replicas is None else each.spec.min_replicas
    wanted = each.status.desired_replicas or None
    return Autoscaler(each.metadata.name, least, each.spec.max_replicas, wanted, problem)


def _budget(each: _Budget, selector: Selector) -> Budget:
    status = each.status
    return Budget(
        each.metadata.name,
        selector,
        each.spec.rule,
        allowed=status.disruptions_allowed,
        healthy=status.current_healthy,
        needed=status.desired_healthy,
        expected=status.expected_pods,
    )


def _amounts(given: Mapping[str, str]) -> Amounts:
    return Amounts(given.get("cpu", ""), given.get("memory", ""))


class _Named(msgspec.Struct):
    name: str


class _Target(msgspec.Struct):
    kind: str
    name: str

    def is_(self, target: tuple[str, str]) -> bool:
        return (self.kind, self.name) == target


class _AutoscalerSpec(msgspec.Struct, rename="camel"):
    scale_target_ref: _Target
    max_replicas: int
    min_replicas: int | None = None


class _Condition(msgspec.Struct):
    type: str
    status: str = ""
    reason: str = ""
    message: str = ""


class _AutoscalerStatus(msgspec.Struct, rename="camel"):
    desired_replicas: int = 0
    conditions: list[_Condition] | None = None


class _Autoscaler(msgspec.Struct):
    metadata: _Named
    spec: _AutoscalerSpec
    status: _AutoscalerStatus = msgspec.field(default_factory=_AutoscalerStatus)


class _BudgetSpec(msgspec.Struct, rename="camel"):
    selector: Selector | None = None
    min_available: int | str | None = None
    max_unavailable: int | str | None = None

    @property
    def rule(self) -> str:
        if self.min_available is not None:
            return f"minAvailable {self.min_available}"
        return f"maxUnavailable {self.max_unavailable}"


class _BudgetStatus(msgspec.Struct, rename="camel"):
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0


class _Budget(msgspec.Struct):
    metadata: _Named
    spec: _BudgetSpec = msgspec.field(default_factory=_BudgetSpec)
    status: _BudgetStatus = msgspec.field(default_factory=_BudgetStatus)


class _Scope(msgspec.Struct, rename="camel"):
    scope_name: str


class _ScopeSelector(msgspec.Struct, rename="camel"):
    match_expressions: list[_Scope] = []


class _QuotaSpec(msgspec.Struct, rename="camel"):
    scopes: list[str] | None = None
    scope_selector: _ScopeSelector | None = None

    @property
    def names(self) -> tuple[str, ...]:
        selected = self.scope_selector.match_expressions if self.scope_selector is not None else ()
        return (*(self.scopes or ()), *(each.scope_name for each in selected))


class _QuotaStatus(msgspec.Struct):
    hard: Mapping[str, str] = {}
    used: Mapping[str, str] = {}


class _Quota(msgspec.Struct):
    metadata: _Named
    spec: _QuotaSpec = msgspec.field(default_factory=_QuotaSpec)
    status: _QuotaStatus = msgspec.field(default_factory=_QuotaStatus)


class _Limit(msgspec.Struct, rename="camel"):
    type: str = ""
    default: Mapping[str, str] = {}
    default_request: Mapping[str, str] = {}


class _Limits(msgspec.Struct):
    limits: list[_Limit] | None = None


class _LimitRange(msgspec.Struct):
    metadata: _Named
    spec: _Limits = msgspec.field(default_factory=_Limits)
