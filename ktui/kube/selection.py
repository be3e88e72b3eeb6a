"""Label selectors as the API takes them in a query."""

from __future__ import annotations

from typing import Any


def selector_text(raw: dict[str, Any]) -> str:
    """A workload's own selector as the API takes it in a query: `app=web,tier in (a,b),!legacy`."""
    selector = (raw.get("spec") or {}).get("selector") or {}
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression["key"], ",".join(expression.get("values") or ())
        match expression["operator"]:
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(key)
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)
