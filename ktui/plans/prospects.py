"""What is said of the revision that a rollback leads to: how it did, and what makes it another one at all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ktui.model.objects import RESTARTED_AT
from ktui.model.template import PodTemplate
from ktui.plans.wording import amid, image_of
from ktui.rollout.diff.templates import Template
from ktui.rollout.track_record import Accounts, Candidate, Standing, standings
from ktui.text import clean, count


def track_record(
    target: int,
    candidates: Sequence[Candidate],
    remembered: Accounts,
    now: datetime,
    called: Callable[[int], str],
) -> tuple[str, ...]:
    """How the target did, unless it is known to have been good, and which revision was; `called` names a revision."""
    known = standings(candidates, remembered)
    account = known[target]
    if account.standing in (Standing.SERVES, Standing.COMPLETE):
        return ()
    others = [each for each in candidates if each.number != target and not each.is_current]
    serving = max(
        (each for each in others if known[each.number].standing is Standing.SERVES),
        key=lambda each: (each.available, each.number),
        default=None,
    )
    if serving is not None:
        serve = "serves" if serving.available == 1 else "serve"
        better = (
            f" {count(serving.available, 'pod')} of {amid(called(serving.number))} still {serve}: "
            f"roll back to revision {serving.number} to return to that."
        )
    else:
        complete = [each.number for each in others if known[each.number].standing is Standing.COMPLETE]
        better = f" {known[max(complete)].sentence(max(complete), now)}." if complete else ""
    return (clean(f"{account.sentence(target, now)}.{better}"),)


def misgivings(target: int, candidates: Sequence[Candidate], remembered: Accounts, now: datetime) -> str:
    """Why to ask twice before a revision comes back: it is known to be bad. Nothing for any other."""
    account = standings(candidates, remembered)[target]
    return clean(f"{account.sentence(target, now)}.") if account.is_bad else ""


def sameness(back: int, live: Template, templates: Mapping[int, Template]) -> tuple[str, ...]:
    """Where the target differs from the live template in annotations alone: in which, and which one differs in more.

    `templates` are those of all revisions with a number, by their numbers.
    """
    plain = _without_annotations(live)
    if _without_annotations(templates[back]) != plain:
        return ()
    names = _differing(_annotations(live), _annotations(templates[back]))
    if names == [RESTARTED_AT]:
        what = f"the time of a restart ({RESTARTED_AT})"
    else:
        what = f"annotations of its template ({', '.join(names)})"
    image = image_of(PodTemplate(live))
    same = f"Revision {back} differs from the running template only in {what}" + (
        f": the image stays {image}." if image else "."
    )
    more = [number for number in templates if _without_annotations(templates[number]) != plain]
    if not more:
        return (clean(f"{same} No revision has other differences."),)
    last = max(more)
    image = image_of(PodTemplate(templates[last]))
    return (clean(f"{same} The last revision with other differences is {last}" + (f" ({image})." if image else ".")),)


def _without_annotations(template: Template) -> PodTemplate:
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if key != "annotations"}
    return PodTemplate({**template, "metadata": metadata})


def _annotations(template: Template) -> Mapping[str, str]:
    return (template.get("metadata") or {}).get("annotations") or {}


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
