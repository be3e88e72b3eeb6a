"""Any two of a workload's templates side by side: those of its revisions, and the live one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ktui.rollout.diff.templates import DiffLine, Template, TemplateDiff, template_diff, unified
from ktui.rollout.history import History, PastRevision, Writer, writer
from ktui.rollout.revisions import Refusal, template_of

_FIELD: Final = re.compile(r"spec\.template\.(?:spec|metadata)\.(?:(?:init)?[cC]ontainers\[[^]]*\]\.)?(\w+)")
"""A path in a template, with what it is about: the field of a container, or of the pod."""

LIVE: Final = -1
"""Stands for the live template where a revision's number is asked for."""


class Templates(msgspec.Struct, frozen=True):
    """The whole templates of a workload and of its revisions, by uid, as they were read at one time."""

    live: Template
    revisions: Mapping[str, Template]
    writer: Writer | None
    """Who last wrote the live one."""


class Pair(msgspec.Struct, frozen=True):
    """Which two templates are compared: numbers of revisions, or LIVE."""

    before: int
    after: int


def templates(
    raw: dict[str, Any],
    raw_revisions: Mapping[str, dict[str, Any]],
    template_of: Callable[[dict[str, Any]], dict[str, Any]] = template_of,
) -> Templates:
    """The templates in a workload and in what keeps its revisions, which are given by uid."""
    kept = {uid: template_of(each) for uid, each in raw_revisions.items()}
    live = template_of(raw)
    if not live and kept:
        # The workload takes its template from another one: the revision with the highest number has it.
        live = kept[max(kept, key=lambda uid: _number(raw_revisions[uid]))]
    return Templates(live, kept, writer(raw))


def _number(raw: dict[str, Any]) -> int:
    annotations = raw["metadata"].get("annotations") or {}
    return max((int(n) for key, n in annotations.items() if key.endswith("/revision") and n.isdecimal()), default=0)


def pair(history: History, selected: PastRevision, marked: PastRevision | None = None) -> Pair | None:
    """What is worth comparing with a revision: the marked one, else the live template.

    With the live template's own revision it is the revision before, or nothing where there is none. The older one
    comes first.
    """
    if marked is not None and marked.uid != selected.uid:
        older, newer = sorted((marked.number, selected.number))
        return Pair(older, newer)
    if selected.is_current:
        older_one = history.before(selected)
        return Pair(older_one.number, selected.number) if older_one is not None else None
    return Pair(selected.number, LIVE)


def chosen(history: History, before: int | None, after: int | None) -> Pair | Refusal:
    """Which two were asked for by number: without `after` the live one, without `before` the one that came before."""
    for number in (before, after):
        if number is not None and history.find(number) is None:
            return Refusal(f"unable to find specified revision {number} in history")
    if before is not None:
        return Pair(before, LIVE if after is None else after)
    newer = history.current if after is None else history.find(after)
    older = history.before(newer) if newer is not None else next(iter(history.revisions), None)
    if older is None:
        return Refusal(f"there is nothing before {label(history, LIVE if after is None else after)} to compare it with")
    return Pair(older.number, LIVE if after is None else after)


def label(history: History, number: int) -> str:
    """`revision 4`, `revision 5 (live)`, or `the live template` where it has no revision yet."""
    current = history.current
    if number == LIVE and current is None:
        return "the live template"
    is_live = current is not None and number in (LIVE, current.number)
    return f"revision {current.number} (live)" if is_live and current is not None else f"revision {number}"


def compare(history: History, known: Templates, compared: Pair) -> TemplateDiff | None:
    """What differs; None where one of the two was not there yet when the templates were read."""
    both = _both(history, known, compared)
    return template_diff(*both) if both is not None else None


def compare_as_yaml(history: History, known: Templates, compared: Pair) -> tuple[DiffLine, ...] | None:
    """The same as lines of YAML."""
    both = _both(history, known, compared)
    return unified(*both) if both is not None else None


def what_changed(found: TemplateDiff) -> tuple[str, ...]:
    """The fields that differ in one word each: `restart`, `image`, `env`; `order` where nothing else does."""
    fields = [match[1] for change in found.changes if (match := _FIELD.match(change.path))]
    words = dict.fromkeys((*(["restart"] if found.restarted else ()), *fields))
    return tuple(words) or (("order",) if found.notes else ())


def _both(history: History, known: Templates, compared: Pair) -> tuple[Template, Template] | None:
    before, after = _template(history, known, compared.before), _template(history, known, compared.after)
    return (before, after) if before is not None and after is not None else None


def _template(history: History, known: Templates, number: int) -> Template | None:
    if number == LIVE:
        return known.live
    found = history.find(number)
    return known.revisions.get(found.uid) if found is not None else None
