"""Guardrails: rules of config.toml that forbid actions by context, namespace and workload. Pure.

They protect against slips, not against malice: who can change the file can change the rules. What may be done at all is
for the API server to say (RBAC).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

import msgspec

from ktui.model.resources import SERVICES, Resource
from ktui.plans.plan import Plan
from ktui.plans.request import Action
from ktui.rollout.revisions import Refusal
from ktui.text import clean

_ALL: Final = "*"
_WORDS_OF_SERVICES: Final = ("service", "svc")


class Place(NamedTuple):
    """An object in a cluster, as rules see it. What is empty is not known, and any rule may be about it."""

    context: str
    namespace: str
    resource: Resource | None = None
    name: str = ""

    def __str__(self) -> str:
        where = [f"context {self.context or '*'}", f"namespace {self.namespace or '*'}"]
        if self.resource is not None:
            where.append(f"{self.resource.kind.lower()}/{self.name}")
        return clean(", ".join(where))


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table `[[rules]]`: which workloads it is about, and what it forbids there."""

    context: str = _ALL
    """A glob of contexts."""
    namespace: str = _ALL
    """A glob of namespaces."""
    workload: str = _ALL
    """A glob of names, or of a kind and a name: `cart*`, `deploy/cart`, `sts/*`."""
    read_only: bool = False
    """Forbids every action."""
    deny: tuple[str, ...] = ()
    """The actions that are forbidden, as commands spell them."""
    reason: str = ""
    """Why, shown where an action is refused."""

    def meets(self, place: Place) -> bool:
        """Whether it is about that object."""
        kind, name = self._kind_and_name
        return (
            _matches(place.context, self.context)
            and _matches(place.namespace, self.namespace)
            and _matches(place.name, name)
            and (place.resource is None or any(_matches(word, kind.lower()) for word in _words(place.resource)))
        )

    @property
    def kind(self) -> str:
        """The word for a kind in `workload`, if it is one word and no glob; else nothing."""
        kind = self._kind_and_name[0]
        return "" if set("*?[") & set(kind) else kind

    @property
    def _kind_and_name(self) -> tuple[str, str]:
        kind, slash, name = self.workload.rpartition("/")
        return (kind, name) if slash else (_ALL, name)

    @property
    def scope(self) -> str:
        """What it is about: `context prod-*, namespace shop, workload *`."""
        return clean(f"context {self.context}, namespace {self.namespace}, workload {self.workload}")

    def forbids(self, action: Action) -> str:
        """What it says against the action, without why; nothing if it allows it."""
        if self.read_only:
            return "allows no action"
        return f"denies {action}" if action in self.deny else ""

    @property
    def effects(self) -> tuple[str, ...]:
        """What it does, in the words of config.toml, a line each."""
        lines = ["read-only"] if self.read_only else []
        if self.deny:
            lines.append(f"deny {', '.join(self.deny)}")
        if self.reason:
            lines.append(f"reason: {clean(self.reason)}")
        return tuple(lines)


class Rules(msgspec.Struct, frozen=True):
    """The rules in the order of the file. Each is asked: what one of them forbids is forbidden."""

    rules: tuple[Rule, ...] = ()

    def meeting(self, place: Place) -> Iterator[tuple[int, Rule]]:
        """Those that are about that object, with their numbers in the file, from 1."""
        return ((number, rule) for number, rule in enumerate(self.rules, 1) if rule.meets(place))

    def refuse(self, action: Action, *places: Place) -> Refusal | None:
        """Why an action on these objects is forbidden; None if no rule forbids it."""
        for place in places:
            for number, rule in self.meeting(place):
                if said := rule.forbids(action):
                    why = f": {clean(rule.reason).rstrip('.')}" if rule.reason else ""
                    return Refusal(f"rule {number} of config.toml {said} here{why}")
        return None

    def refuse_plan(self, plan: Plan, context: str) -> Refusal | None:
        """The same of a plan: its target, and the workload that it was asked of, have to allow it."""
        return self.refuse(plan.action, *places_of(plan, context))


NO_RULES: Final = Rules()


def places_of(plan: Plan, context: str) -> tuple[Place, ...]:
    """What a plan is about: the object that is patched, and the workload that it was asked of if that is another."""
    target = plan.target
    places = [Place(context, target.namespace, target.resource, target.name)]
    if plan.asked_of is not None:
        places.append(Place(context, target.namespace, plan.asked_of.resource, plan.asked_of.name))
    return tuple(places)


def read_rules(tables: Sequence[Mapping[str, Any]]) -> Rules:
    """The rules that these tables are. Raises ValueError with one sentence about the first mistake."""
    return Rules(tuple(_read(number, table) for number, table in enumerate(tables, 1)))


def unknown_kinds(rules: Rules, known: Sequence[Resource]) -> Iterator[str]:
    """A sentence for each rule that names a kind that does not exist: it would forbid nothing."""
    words = {word for resource in known for word in _words(resource)}
    for number, rule in enumerate(rules.rules, 1):
        if rule.kind and rule.kind.lower() not in words:
            yield f'rule {number}: no kind is called "{clean(rule.kind)}" (in workload = "{clean(rule.workload)}")'


def _read(number: int, table: Mapping[str, Any]) -> Rule:
    known = [field.name for field in msgspec.structs.fields(Rule)]
    for name in table:
        if name not in known:
            raise ValueError(f'rule {number}: there is no key "{clean(name)}"; available: {", ".join(known)}')
    try:
        rule = msgspec.convert(table, Rule)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        raise ValueError(f'rule {number}: "{place.rstrip("`")}" does not fit: {what}') from None
    for action in rule.deny:
        if action not in tuple(Action):
            available = ", ".join(Action)
            raise ValueError(f'rule {number}: there is no action "{clean(action)}"; available: {available}')
    if not (rule.read_only or rule.deny):
        raise ValueError(f"rule {number}: it forbids nothing: give read_only or deny")
    for name in ("context", "namespace", "workload"):
        if not getattr(rule, name) or getattr(rule, name).endswith("/"):
            raise ValueError(f'rule {number}: "{name}" is not a glob: leave it out to mean all')
    return rule


def _matches(text: str, glob: str) -> bool:
    return not text or fnmatchcase(text, glob)


def _words(resource: Resource) -> tuple[str, ...]:
    """What a kind is called in rules: as in commands, with or without its group."""
    words = dict.fromkeys((*resource.names, resource.plural, resource.kind.lower(), resource.short))
    if resource is SERVICES:
        words |= dict.fromkeys(_WORDS_OF_SERVICES)
    plain = tuple(word for word in words if word)
    return (*plain, *(f"{word}.{resource.group}" for word in plain if resource.group))
