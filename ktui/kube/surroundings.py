"""Asks for what stands around one workload: autoscalers, disruption budgets, quotas."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import msgspec

from ktui.kube.api import Api
from ktui.kube.errors import Forbidden, NotFound
from ktui.kube.quotas import quotas_in, readable
from ktui.model.workloads import Workload
from ktui.rollout.capacity.remarks import Autoscaler, Budget, Selector, Surroundings


async def read_surroundings(api: Api, workload: Workload) -> Surroundings:
    """What stands around it. What we may not list, or the server does not have, is left out.

    Raises:
        KubeError: the server cannot be asked.
    """
    namespace = quote(workload.metadata.namespace, safe="")
    autoscalers, budgets, quotas = await asyncio.gather(
        _listed(api, f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"),
        _listed(api, f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"),
        _listed(api, f"/api/v1/namespaces/{namespace}/resourcequotas"),
    )
    return surroundings(workload, autoscalers, budgets, quotas)


async def _listed(api: Api, path: str) -> list[Any]:
    try:
        items: list[Any] = (await api.get_path(path)).get("items") or []
    except (Forbidden, NotFound):
        return []
    return items


def surroundings(workload: Workload, autoscalers: list[Any], budgets: list[Any], quotas: list[Any]) -> Surroundings:
    """Those of the objects, as the API serves them, that are about this workload or its pods."""
    labels = workload.spec.template.labels
    target = (type(workload).__name__, workload.metadata.name)
    return Surroundings(
        tuple(
            _autoscaler(each) for each in readable(autoscalers, _Autoscaler) if each.spec.scale_target_ref.is_(target)
        ),
        tuple(
            Budget(
                each.metadata.name,
                each.status.disruptions_allowed,
                each.status.current_healthy,
                each.status.desired_healthy,
                each.status.expected_pods,
            )
            for each in readable(budgets, _Budget)
            if each.spec.selector is not None and each.spec.selector.covers(labels)
        ),
        quotas_in(quotas),
    )


def _autoscaler(each: _Autoscaler) -> Autoscaler:
    active = next((c for c in each.status.conditions or () if c.type == "ScalingActive"), None)
    is_idle = active is not None and active.status == "False" and active.reason != "ScalingDisabled"
    wanted = each.status.desired_replicas
    problem = active.message or active.reason if active is not None and is_idle else ""
    return Autoscaler(each.metadata.name, each.spec.min_replicas or 1, each.spec.max_replicas, wanted or None, problem)


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


class _BudgetSpec(msgspec.Struct):
    selector: Selector | None = None


class _BudgetStatus(msgspec.Struct, rename="camel"):
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0


class _Budget(msgspec.Struct):
    metadata: _Named
    spec: _BudgetSpec
    status: _BudgetStatus = msgspec.field(default_factory=_BudgetStatus)
