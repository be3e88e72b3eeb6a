"""Label selectors as the API takes them in a query."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.model.reading import convert


class _Expression(msgspec.Struct):
    key: str
    operator: str
    values: list[str] | None = None


class _Selector(msgspec.Struct, rename="camel"):
    match_labels: dict[str, str] | None = None
    match_expressions: list[_Expression] | None = None


class _Spec(msgspec.Struct):
    selector: _Selector | None = None


class _Choosing(msgspec.Struct):
    spec: _Spec | None = None


def selector_text(raw: dict[str, Any]) -> str:
    """A workload's own selector as the API takes it in a query: `app=web,tier in (a,b),!legacy`. Raises NotRead."""
    spec = convert(raw, _Choosing).spec
    selector = (spec.selector if spec is not None else None) or _Selector()
    terms = [f"{key}={value}" for key, value in (selector.match_labels or {}).items()]
    for each in selector.match_expressions or ():
        values = ",".join(each.values or ())
        match each.operator:
            case "In":
                terms.append(f"{each.key} in ({values})")
            case "NotIn":
                terms.append(f"{each.key} notin ({values})")
            case "Exists":
                terms.append(each.key)
            case "DoesNotExist":
                terms.append(f"!{each.key}")
    return ",".join(terms)
