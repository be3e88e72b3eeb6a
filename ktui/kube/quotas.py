"""ResourceQuotas and LimitRanges as the API serves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from ktui.model.template import Amounts, Resources
from ktui.rollout.capacity.quota import Quota

_T = TypeVar("_T")


def readable(items: Iterable[Any], kind: type[_T]) -> list[_T]:
    """The objects that are as they should be: one that is not is no reason to show none."""
    found = []
    for item in items:
        try:
            found.append(msgspec.convert(item, kind))
        except msgspec.ValidationError:
            continue
    return found


def quotas_in(items: Iterable[Any]) -> tuple[Quota, ...]:
    """The ResourceQuotas of a list."""
    return tuple(
        Quota(each.metadata.name, each.status.hard, each.status.used, each.spec.names)
        for each in readable(items, _Quota)
    )


def defaults_in(items: Iterable[Any]) -> Resources:
    """What LimitRanges give to a container that says nothing itself; of several, the first that says something."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for each in readable(items, _LimitRange):
        for limit in each.spec.limits or ():
            if limit.type == "Container":
                requests = {**limit.default_request, **requests}
                limits = {**limit.default, **limits}
    return Resources(_amounts(requests), _amounts(limits))


def _amounts(given: Mapping[str, str]) -> Amounts:
    return Amounts(given.get("cpu", ""), given.get("memory", ""))


class _Named(msgspec.Struct):
    name: str


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
