"""Label and field selectors: parsed from a query string, matched against an object.

The grammar and the words of its errors are those of ``k8s.io/apimachinery`` (labels and fields packages).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ktui.sim.api import syntax
from ktui.sim.api.errors import bad_request, quoted
from ktui.sim.api.resources import Resource

JSON = dict[str, Any]
LabelMatch = Callable[[Mapping[str, str]], bool]
FieldMatch = Callable[[JSON], bool]

_WORD = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
_SYMBOLS = {"=", "==", "!=", "!", "(", ")", ",", "<", ">"}
_OPERATORS = "in, notin, =, ==, !=, gt, lt"


@dataclass(frozen=True)
class Requirement:
    """One term of a label selector: ``operator`` is in, notin, exists, !, gt or lt."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels satisfy the term. An absent key satisfies ``notin``, as Kubernetes has it."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
            case _:
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        try:
            have, bound = int(value or ""), int(next(iter(self.values)))
        except ValueError:
            return False
        return have > bound if self.operator == "gt" else have < bound


class _Parser:
    def __init__(self, text: str) -> None:
        self._words = _WORD.findall(text)
        self._at = 0

    def parse(self) -> list[Requirement]:
        terms: list[Requirement] = []
        while (word := self._peek()) != "":
            if word in _SYMBOLS and word != "!":
                raise bad_request(f"found '{word}', expected: !, identifier, or 'end of string'")
            terms.append(self._requirement())
            after = self._take()
            if after == "":
                break
            if after != ",":
                raise bad_request(f"found '{after}', expected: ',' or 'end of string'")
            following = self._peek()
            if following == "" or (following in _SYMBOLS and following != "!"):
                raise bad_request(f"found '{following}', expected: identifier after ','")
        return terms

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _take(self) -> str:
        word = self._peek()
        self._at += 1
        return word

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._take()
        key = self._take()
        if key == "" or key in _SYMBOLS:
            raise _unparsable(f"found '{key}', expected: identifier")
        if why := syntax.bad_qualified_name(key):
            raise _unparsable(f"<nil>: Invalid value: {quoted(key)}: {why}")
        if negated or self._peek() in ("", ","):
            return Requirement(key, "!" if negated else "exists")
        operator = self._take()
        if operator in ("in", "notin"):
            return Requirement(key, operator, _checked(key, self._set()))
        if operator in ("=", "==", "!=", ">", "<"):
            named = {"!=": "notin", ">": "gt", "<": "lt"}.get(operator, "in")
            return Requirement(key, named, _checked(key, frozenset({self._value()}), number=operator in "<>"))
        raise _unparsable(f"found '{operator}', expected: {_OPERATORS}")

    def _value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        value = self._take()
        if value in _SYMBOLS:
            raise _unparsable(f"found '{value}', expected: identifier")
        return value

    def _set(self) -> frozenset[str]:
        if (opening := self._take()) != "(":
            raise _unparsable(f"found '{opening}' expected: '('")
        values: set[str] = set()
        while True:
            if self._peek() in (",", ")"):
                values.add("")
            else:
                word = self._take()
                if word == "" or word in _SYMBOLS:
                    raise _unparsable(f"found '{word}', expected: ',', ')' or identifier")
                values.add(word)
            after = self._take()
            if after == ")":
                return frozenset(values)
            if after != ",":
                raise _unparsable(f"found '{after}', expected: ',' or ')'")


def _checked(key: str, values: frozenset[str], *, number: bool = False) -> frozenset[str]:
    for index, value in enumerate(sorted(values)):
        at = f"values[{index}]"
        if number and not re.fullmatch(r"[+-]?\d+", value):
            words = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise _unparsable(f"{at}: Invalid value: {quoted(value)}: {words}")
        if why := syntax.bad_label_value(value):
            raise _unparsable(f"{at}[{key}]: Invalid value: {quoted(value)}: {why}")
    return values


def _unparsable(why: str) -> Exception:
    return bad_request(f"unable to parse requirement: {why}")


def label_selector(text: str) -> LabelMatch:
    """What a ``labelSelector`` parameter asks for; an empty one matches everything.

    Raises:
        ApiError: 400, with the parser's words.
    """
    terms = _Parser(text).parse()
    return _all_of(terms)


def _all_of(terms: list[Requirement]) -> LabelMatch:
    if len(terms) == 1:
        return terms[0].matches
    return lambda labels: all(term.matches(labels) for term in terms)


def object_selector(selector: JSON | None) -> LabelMatch:
    """What a ``metav1.LabelSelector`` (``matchLabels``, ``matchExpressions``) asks for; None matches nothing."""
    if selector is None:
        return lambda _labels: False
    return _all_of(_terms(selector))


def format_selector(selector: JSON | None) -> str:
    """A ``metav1.LabelSelector`` in the notation of a query string, as ``scale.status.selector`` has it."""
    if selector is None:
        return ""
    words = {"exists": "{key}", "!": "!{key}", "in": "{key} in ({values})", "notin": "{key} notin ({values})"}
    terms = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for term in _terms({"matchExpressions": selector.get("matchExpressions") or []}):
        terms.append(words[term.operator].format(key=term.key, values=",".join(sorted(term.values))))
    return ",".join(terms)


def _terms(selector: JSON) -> list[Requirement]:
    operators = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    labels: dict[str, str] = selector.get("matchLabels") or {}
    terms = [Requirement(key, "in", frozenset({value})) for key, value in labels.items()]
    for term in selector.get("matchExpressions") or []:
        values = frozenset(term.get("values") or [])
        terms.append(Requirement(term["key"], operators[term["operator"]], values))
    return terms


_METADATA_FIELDS = ("metadata.name", "metadata.namespace")
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    ("", "events"): (
        *(f"involvedObject.{field}" for field in _INVOLVED),
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "namespaces"): ("status.phase",),
    ("", "secrets"): ("type",),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("batch", "jobs"): ("status.successful",),
    ("events.k8s.io", "events"): (
        *(f"regarding.{field}" for field in _INVOLVED),
        "reason",
        "reportingController",
        "type",
    ),
}


def field_selector(text: str, resource: Resource) -> FieldMatch:
    """What a ``fieldSelector`` parameter asks of objects of this resource.

    Raises:
        ApiError: 400, where it cannot be understood or names a field that cannot be selected by.
    """
    terms = [_field_term(text, term, resource) for term in re.split(r"(?<!\\),", text) if term]
    return lambda obj: all((_value_at(obj, path) == value) is wanted for path, value, wanted in terms)


def _field_term(text: str, term: str, resource: Resource) -> tuple[str, str, bool]:
    found = re.fullmatch(r"([^=!]*)(!=|==|=)(.*)", term, re.DOTALL)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
    path, operator, value = found.groups()
    special = _FIELDS.get((resource.group, resource.plural), ())
    if path not in _METADATA_FIELDS and path not in special:
        if special:
            raise bad_request(f"field label not supported: {path}")
        known = '"metadata.name", "metadata.namespace"'
        raise bad_request(f'"{path}" is not a known field selector: only {known}')
    return path, re.sub(r"\\([\\,=])", r"\1", value), operator != "!="


def _value_at(obj: JSON, path: str) -> str:
    if path == "source":
        return str((obj.get("source") or {}).get("component") or obj.get("reportingComponent") or "")
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return "false" if path in ("spec.unschedulable", "spec.hostNetwork") else ""
    return str(value).lower() if isinstance(value, bool) else str(value)
