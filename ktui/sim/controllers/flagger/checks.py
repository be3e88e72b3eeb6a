"""What the metrics and webhooks of a simulated Canary answer. Nobody is asked.

The last part of an address says it, as for the metrics of Argo Rollouts. Of `spec.metricsServer` it is the success rate
in percent, one number for each check, the last one indefinitely: `http://prometheus.example/99.9,99.9,87.5`. `nothing`
is a check without values; anything else is 100. A webhook whose address ends in `shut` or `fail` does not pass.
"""

from __future__ import annotations

from typing import Any

from ktui.sim.controllers.flagger.canary import Canary

JSON = dict[str, Any]
_DURATION_MS = 50.0


def passes(hook: JSON) -> bool:
    """Whether a webhook answers well."""
    return _last(hook.get("url")) not in ("shut", "fail")


def failed_check(canary: Canary, number: int) -> str:
    """What the check of this number finds wrong; empty if all is well."""
    for hook in canary.hooks("rollout"):
        if not passes(hook):
            return f"Halt {canary.full_name} advancement external check {hook.get('name')} failed Forbidden"
    metrics = canary.analysis.get("metrics")
    for metric in metrics if isinstance(metrics, list) else ():
        if isinstance(metric, dict) and (failure := _failed_metric(canary, metric, number)):
            return failure
    return ""


def _failed_metric(canary: Canary, metric: JSON, number: int) -> str:
    name, where = metric.get("name"), canary.full_name
    values = _last(canary.spec.get("metricsServer")).split(",")
    value = values[min(number, len(values) - 1)]
    if value == "nothing":
        return (
            f"Halt advancement no values found for {canary.spec.get('provider')} metric {name} "
            f"probably {where} is not receiving traffic: no values found"
        )
    limits = metric.get("thresholdRange")
    limits = limits if isinstance(limits, dict) else {}
    if name == "request-success-rate":
        rate, least = _number(value), limits.get("min") or metric.get("threshold") or 0
        if rate < _number(str(least)):
            return f"Halt {where} advancement success rate {rate:.2f}% < {least}%"
    if name == "request-duration" and _number(str(limits.get("max") or _DURATION_MS)) < _DURATION_MS:
        return f"Halt {where} advancement request duration {_DURATION_MS:g}ms > {limits['max']}ms"
    return ""


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 100.0


def _last(address: Any) -> str:
    return str(address or "").rstrip("/").rpartition("/")[2]
