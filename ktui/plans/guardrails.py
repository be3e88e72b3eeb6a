"""Guardrails: rules of config.toml that forbid actions by context, namespace and workload. Pure.

They protect against slips, not against malice: who can change the file can change the rules. What may be done at all is
for the API server to say (RBAC).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ktui.model.resources import SERVICES, Resource
from ktui.plans.hours import Hours, read_hours
from ktui.plans.request import Action
from ktui.rollout.revisions import Refusal
from ktui.text import clean, count

if TYPE_CHECKING:
    # The dashboard draws its first frame before it imports plans.
    from ktui.plans.plan import Plan

_ALL: Final = "*"
NAME: Final = "name"
"""What `confirm` may ask for."""
CAUSE: Final = "change-cause"
"""What `require` may ask for."""

COLOURS: Final = ("red", "yellow", "green", "blue")
"""Of a badge; the first is the default."""
_LONGEST_BADGE: Final = 12

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
    hours: str = ""
    """When actions are allowed: `Mon-Fri 09:00-17:00`, by the clocks of `timezone`."""
    timezone: str = ""
    """The name of a time zone, such as Europe/Berlin."""
    require: str = ""
    """`change-cause`: an action that changes the template needs one, unless it is automatic."""
    confirm: str = ""
    """`name`: a person has to type the name of the object."""
    at_once: int = 0
    """How many of these workloads one batch may change; 0 is any number."""
    badge: str = ""
    """A word that the header shows in these contexts: `PROD`."""
    colour: str = ""
    """The badge's colour: red (the default), yellow, green or blue."""
    reason: str = ""
    """Why, shown where an action is refused."""
    opening: Hours | None = None
    """`hours`, as they were read; no key of the file."""

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

    def forbids(self, action: Action, now: datetime) -> str:
        """What it says against the action at that time, without why; nothing if it allows it."""
        if self.read_only:
            return "allows no action"
        if self.opening is not None and not self.opening.are_open(now):
            return f"allows actions only {clean(self.hours)} ({clean(self.timezone)})"
        return f"denies {action}" if action in self.deny else ""

    @property
    def effects(self) -> tuple[str, ...]:
        """What it does, in the words of config.toml, a line each."""
        lines = ["read-only"] if self.read_only else []
        if self.deny:
            lines.append(f"deny {', '.join(self.deny)}")
        if self.hours:
            lines.append(f"hours {clean(self.hours)} ({clean(self.timezone)})")
        if self.require:
            lines.append(f"require {self.require}")
        if self.confirm:
            lines.append(f"confirm {self.confirm}")
        if self.at_once:
            lines.append(f"at_once {self.at_once}")
        if self.badge:
            lines.append(f"badge {clean(self.badge)}, {self.colour or COLOURS[0]}")
        if self.reason:
            lines.append(f"reason: {clean(self.reason)}")
        return tuple(lines)


class Rules(msgspec.Struct, frozen=True):
    """The rules in the order of the file. Each is asked: what one of them forbids is forbidden."""

    rules: tuple[Rule, ...] = ()

    def meeting(self, place: Place) -> Iterator[tuple[int, Rule]]:
        """Those that are about that object, with their numbers in the file, from 1."""
        return ((number, rule) for number, rule in enumerate(self.rules, 1) if rule.meets(place))

    def badge(self, context: str) -> tuple[str, str] | None:
        """The word that marks that context, and its colour: those of the first rule that has one; mostly none."""
        found = (rule for rule in self.rules if rule.badge and context and _matches(context, rule.context))
        return next(((clean(rule.badge), rule.colour or COLOURS[0]) for rule in found), None)

    def refuse(self, action: Action, *places: Place, now: datetime) -> Refusal | None:
        """Why an action on these objects is forbidden at that time; None if no rule forbids it."""
        for number, rule in self._meeting_any(places):
            if said := rule.forbids(action, now):
                return _refusal(number, rule, said)
        return None

    def refuse_plan(self, plan: Plan, context: str, now: datetime, *, automatic: bool = False) -> Refusal | None:
        """The same of a plan: its target, and the workload that it was asked of, have to allow it."""
        return self.refuse(plan.action, *places_of(plan, context), now=now) or (
            None if automatic else self._refuse_without_cause(plan, context)
        )

    def wants_cause(self, plan: Plan, context: str, now: datetime) -> bool:
        """Whether all that the plan wants is a change-cause."""
        forbidden = self.refuse(plan.action, *places_of(plan, context), now=now)
        return forbidden is None and self._refuse_without_cause(plan, context) is not None

    def _refuse_without_cause(self, plan: Plan, context: str) -> Refusal | None:
        given: str = getattr(plan.request, "change_cause", "")
        if given or not plan.annotate:
            return None
        for number, rule in self._meeting_any(places_of(plan, context)):
            if rule.require == CAUSE:
                return _refusal(number, rule, "requires a change-cause (--change-cause TEXT)")
        return None

    def refuse_untyped(self, plan: Plan, context: str, typed: str = "") -> Refusal | None:
        """Why a person has to type a name first; None if they need not, or typed it."""
        for number, rule in self._meeting_any(places_of(plan, context)):
            if rule.confirm == NAME and typed != name_of(plan):
                return _refusal(number, rule, f"requires the name {clean(name_of(plan))} to be typed")
        return None

    def too_many(self, plans: Sequence[Plan], context: str) -> dict[int, Refusal]:
        """The plans of a batch that are refused because there are too many of them, by their place in it."""
        refused: dict[int, Refusal] = {}
        for number, rule in enumerate(self.rules, 1):
            met = [
                place
                for place, plan in enumerate(plans)
                if rule.at_once and any(map(rule.meets, places_of(plan, context)))
            ]
            if len(met) > rule.at_once:
                said = f"allows {count(rule.at_once, 'workload')} at once, and these are {len(met)},"
                refused |= dict.fromkeys(met, _refusal(number, rule, said))
        return refused

    def _meeting_any(self, places: Sequence[Place]) -> Iterator[tuple[int, Rule]]:
        return (found for place in places for found in self.meeting(place))


def _refusal(number: int, rule: Rule, said: str) -> Refusal:
    why = f": {clean(rule.reason).rstrip('.')}" if rule.reason else ""
    return Refusal(f"rule {number} of config.toml {said.rstrip(',')}{'' if said.endswith(',') else ' here'}{why}")


def name_of(plan: Plan) -> str:
    """The name that a person types to confirm a plan: that of the workload that it was asked of."""
    return plan.asked_of.name if plan.asked_of is not None else plan.target.name


NO_RULES: Final = Rules()


def places_of(plan: Plan, context: str) -> tuple[Place, ...]:
    """What a plan is about: the object that is patched, and the workload that it was asked of if that is another."""
    target = plan.target
    places = [Place(context, target.namespace, target.resource, target.name)]
    if plan.asked_of is not None:
        places.append(Place(context, target.namespace, plan.asked_of.resource, plan.asked_of.name))
    return tuple(places)


def read_rules(tables: Sequence[Mapping[str, Any]], zone: Callable[[str], tzinfo]) -> Rules:
    """The rules that these tables are; `zone` finds a time zone, or raises LookupError, ValueError or OSError.

    Raises ValueError with one sentence about the first mistake.
    """
    return Rules(tuple(_read(number, table, zone) for number, table in enumerate(tables, 1)))


def unknown_kinds(rules: Rules, known: Sequence[Resource]) -> Iterator[str]:
    """A sentence for each rule that names a kind that does not exist: it would forbid nothing."""
    words = {word for resource in known for word in _words(resource)}
    for number, rule in enumerate(rules.rules, 1):
        if rule.kind and rule.kind.lower() not in words:
            yield f'rule {number}: no kind is called "{clean(rule.kind)}" (in workload = "{clean(rule.workload)}")'


def _read(number: int, table: Mapping[str, Any], zone: Callable[[str], tzinfo]) -> Rule:
    known = [field.name for field in msgspec.structs.fields(Rule) if field.name != "opening"]
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
    for key, value, only in (("require", rule.require, CAUSE), ("confirm", rule.confirm, NAME)):
        if value not in ("", only):
            raise ValueError(f'rule {number}: "{key}" is "{clean(value)}"; it can only be "{only}"')
    if rule.at_once < 0:
        raise ValueError(f'rule {number}: "at_once" is {rule.at_once}; it is a number of workloads')
    _check_badge(number, rule)
    if not (rule.read_only or rule.deny or rule.hours or rule.require or rule.confirm or rule.at_once or rule.badge):
        forms = "read_only, deny, hours, require, confirm, at_once or badge"
        raise ValueError(f"rule {number}: it forbids nothing: give {forms}")
    for name in ("context", "namespace", "workload"):
        if not getattr(rule, name) or getattr(rule, name).endswith("/"):
            raise ValueError(f'rule {number}: "{name}" is not a glob: leave it out to mean all')
    if bool(rule.hours) is not bool(rule.timezone):
        raise ValueError(f'rule {number}: "hours" and "timezone" go together: give both, such as "Europe/Berlin"')
    return msgspec.structs.replace(rule, opening=_opening(number, rule, zone)) if rule.hours else rule


def _check_badge(number: int, rule: Rule) -> None:
    if rule.colour and rule.colour not in COLOURS:
        raise ValueError(f'rule {number}: "colour" is "{clean(rule.colour)}"; available: {", ".join(COLOURS)}')
    if rule.colour and not rule.badge:
        raise ValueError(f'rule {number}: "colour" is that of a badge: give "badge" too')
    if rule.badge and (len(rule.badge) > _LONGEST_BADGE or not rule.badge.isprintable() or not rule.badge.strip()):
        raise ValueError(f'rule {number}: "badge" is a word of at most {_LONGEST_BADGE} characters')
    if rule.badge and (rule.namespace != _ALL or rule.workload != _ALL):
        raise ValueError(f'rule {number}: a badge is about a context: leave "namespace" and "workload" out')


def _opening(number: int, rule: Rule, zone: Callable[[str], tzinfo]) -> Hours:
    try:
        where = zone(rule.timezone)
    except (LookupError, ValueError, OSError):
        raise ValueError(f'rule {number}: this machine knows no time zone "{clean(rule.timezone)}"') from None
    try:
        return read_hours(rule.hours, where)
    except ValueError as error:
        raise ValueError(f'rule {number}: "hours" is "{clean(rule.hours)}": {error}') from None


def _matches(text: str, glob: str) -> bool:
    return not text or fnmatchcase(text, glob)


def _words(resource: Resource) -> tuple[str, ...]:
    """What a kind is called in rules: as in commands, with or without its group."""
    words = dict.fromkeys((*resource.names, resource.plural, resource.kind.lower(), resource.short))
    if resource is SERVICES:
        words |= dict.fromkeys(_WORDS_OF_SERVICES)
    plain = tuple(word for word in words if word)
    return (*plain, *(f"{word}.{resource.group}" for word in plain if resource.group))
