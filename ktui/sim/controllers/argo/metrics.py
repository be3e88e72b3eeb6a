"""What simulated metrics measure, and whether that passes: conditions such as `result[0] < 0.05`.

No provider is asked. What would come is in the last part of its address (`url` of `web`, `address` of `prometheus` and
others): `good`, `middling`, `bad`, `nothing`, or numbers that come one after another, the last indefinitely, as in
`http://metrics.example/0.01,0.02,0.4`. Any other address measures 0.01.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

JSON = dict[str, Any]
_WORDS = {"good": "0.01", "middling": "0.2", "bad": "0.4", "nothing": "nothing"}


class NoValueError(Exception):
    """There is nothing to measure, or a condition cannot be read."""


def measured(metric: JSON, number: int) -> tuple[Any, str]:
    """What the measurement of this number (0 is the first) gives: the value, and how it is shown.

    Raises:
        NoValueError: nothing.
    """
    kind, settings = next(iter((metric.get("provider") or {}).items()), ("", {}))
    address = settings.get("url") or settings.get("address") or "" if isinstance(settings, dict) else ""
    last = str(address).rstrip("/").rpartition("/")[2]
    values = _WORDS.get(last, last).split(",")
    value = values[min(number, len(values) - 1)]
    if value == "nothing":
        raise NoValueError("Could not find JSONPath in body: value is not found")
    try:
        measure = float(value)
    except ValueError:
        measure = 0.01
    text = f"{measure:g}"
    return ([measure], f"[{text}]") if kind == "prometheus" else (measure, text)


def verdict(metric: JSON, value: Any) -> str:
    """Successful, Failed or Inconclusive, as the conditions of a metric say.

    Raises:
        NoValueError: a condition cannot be read.
    """
    good, bad = metric.get("successCondition"), metric.get("failureCondition")
    if bad and holds(bad, value):
        return "Failed"
    if good:
        return "Successful" if holds(good, value) else "Inconclusive" if bad else "Failed"
    return "Successful"


def holds(condition: str, value: Any) -> bool:
    """Whether a condition holds for a result.

    Raises:
        NoValueError: it cannot be read.
    """
    text = condition.replace("&&", " and ").replace("||", " or ").replace("!=", "\0").replace("!", " not ")
    try:
        return bool(_worth(ast.parse(text.replace("\0", "!=").strip(), mode="eval").body, value))
    except (SyntaxError, TypeError, ValueError, IndexError, KeyError, ZeroDivisionError, RecursionError) as error:
        raise NoValueError(f"invalid condition {condition!r}: {error}") from error


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "isNaN": math.isnan,
    "isInf": math.isinf,
    "asFloat": float,
    "float": float,
    "asInt": int,
    "int": int,
}


def _worth(node: ast.expr, result: Any) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.Name("result"):
            return result
        case ast.Name("true" | "false" as word):
            return word == "true"
        case ast.BoolOp(ast.And(), values):
            return all(_worth(each, result) for each in values)
        case ast.BoolOp(ast.Or(), values):
            return any(_worth(each, result) for each in values)
        case ast.UnaryOp(ast.Not(), operand):
            return not _worth(operand, result)
        case ast.UnaryOp(ast.USub(), operand):
            return -_worth(operand, result)
        case ast.Subscript(value, index):
            return _worth(value, result)[_worth(index, result)]
        case ast.Call(ast.Name("default"), [given, other]):
            found = _worth(given, result)
            return _worth(other, result) if found is None else found
        case ast.Call(ast.Name(name), [argument]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_worth(argument, result))
        case ast.BinOp(left, operator, right):
            return _arithmetic(operator, _worth(left, result), _worth(right, result))
        case ast.Compare(left, operators, rights):
            worths = [_worth(each, result) for each in (left, *rights)]
            return all(_compared(op, *pair) for op, pair in zip(operators, pairwise(worths), strict=True))
    raise ValueError("it is not understood")


def _arithmetic(operator: ast.operator, left: Any, right: Any) -> Any:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
    raise ValueError("it is not understood")


def _compared(operator: ast.cmpop, left: Any, right: Any) -> bool:
    match operator:
        case ast.Lt():
            return bool(left < right)
        case ast.LtE():
            return bool(left <= right)
        case ast.Gt():
            return bool(left > right)
        case ast.GtE():
            return bool(left >= right)
        case ast.Eq():
            return bool(left == right)
        case ast.NotEq():
            return bool(left != right)
    raise ValueError("it is not understood")
