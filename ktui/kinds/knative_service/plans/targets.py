"""The list `spec.traffic` of a Service: it is replaced as a whole, and tags stay unless they are what changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ktui.kinds.knative_service.plans.known import KnownService, ServiceSubject, named, situation
from ktui.kinds.knative_service.situation import Part, Situation
from ktui.kinds.knative_service.traffic import serves
from ktui.plans.request import Share, Traffic
from ktui.rollout.revisions import Refusal
from ktui.text import clean

LATEST = ""
"""Stands for whatever revision is the latest that is ready."""

PATH = ("spec", "traffic")

JSON = dict[str, Any]


def present(subject: ServiceSubject) -> list[JSON]:
    """The targets of the spec as they are written; none means all to the latest revision."""
    found = (subject.raw.get("spec") or {}).get("traffic")
    return [dict(each) for each in found] if found else [{"latestRevision": True, "percent": 100}]


def with_shares(targets: Sequence[JSON], shares: Mapping[str, int]) -> list[JSON]:
    """The targets with these percents, by the name of the revision. Others stay, with 0, if they have a tag."""
    left = dict(shares)
    made, rest = [], []
    for target in targets:
        key, tag = _key(target), str(target.get("tag") or "")
        if key in left:
            made.append(_written(key, left.pop(key), tag))
        elif tag:
            rest.append(_written(key, 0, tag))
    return [*made, *(_written(key, percent, "") for key, percent in left.items()), *rest]


def plain(targets: Sequence[JSON]) -> list[JSON]:
    """The targets without what the server adds to them."""
    return [_written(_key(each), int(each.get("percent") or 0), str(each.get("tag") or "")) for each in targets]


def _key(target: JSON) -> str:
    return str(target.get("revisionName") or LATEST)


def _written(key: str, percent: int, tag: str) -> JSON:
    named_by: JSON = {"latestRevision": True} if key == LATEST else {"revisionName": key}
    return {**named_by, "percent": percent, **({"tag": tag} if tag else {})}


def kept(targets: Sequence[JSON], changes: Sequence[JSON], untag: Collection[str]) -> list[JSON]:
    """The targets with other shares, or tags, or without some tags; what is not mentioned stays."""
    tags = {str(each["tag"]): each for each in changes if each.get("tag")}
    gone = {*untag, *tags}
    left = []
    for each in plain(targets):
        tagged = each.get("tag") in gone
        if not tagged or each["percent"]:
            left.append({key: value for key, value in each.items() if key != "tag" or not tagged})
    shares = {_key(each): int(each["percent"]) for each in changes if not each.get("tag")}
    if shares:
        left = with_shares(left, shares)
    return [*left, *({**each, "percent": 0} for each in tags.values())]


def of_request(targets: Sequence[Share]) -> list[JSON]:
    """The targets that a request asks for."""
    return [_written(each.revision, each.percent, each.tag) for each in targets]


def as_request(targets: Sequence[JSON]) -> Traffic:
    """The request that puts these targets back."""
    return Traffic(
        tuple(Share(_key(each), int(each.get("percent") or 0), str(each.get("tag") or "")) for each in targets)
    )


def split_with(where: Situation, part: Part, percent: int) -> dict[str, int]:
    """So much for that revision, and the rest for those that serve now, as they share it now; by name."""
    others = [each for each in where.serving if each.name != part.name]
    if percent == 100 or not others:
        return {part.name: 100}
    whole = sum(each.share for each in others)
    rest = 100 - percent
    shares = {each.name: each.share * rest // whole for each in others}
    shares[others[0].name] += rest - sum(shares.values())
    return {**{name: share for name, share in shares.items() if share}, part.name: percent}


def refuse_targets(known: KnownService, targets: Sequence[JSON]) -> Refusal | None:
    """Why these targets cannot be written: Knative would take them, and then move no traffic at all."""
    where = situation(known)
    names = [str(each["revisionName"]) for each in targets if each.get("revisionName")]
    for name in names:
        part = where.find(name)
        if part is None:
            there = ", ".join(each.name for each in where.parts) or "none"
            return Refusal(clean(f'there is no revision "{name}" of it; available: {there}'))
        if part.has_failed and not part.share:
            why = f": {part.ready.reason}" if part.ready is not None and part.ready.reason else ""
            return Refusal(clean(f"{part.called} is not ready{why}: as long as a target is not, no traffic moves"))
    total = sum(int(each.get("percent") or 0) for each in targets)
    if total != 100:
        return Refusal(f"the shares come to {total} %, and have to come to 100 %")
    tags = [str(each["tag"]) for each in targets if each.get("tag")]
    twice = next((tag for tag in tags if tags.count(tag) > 1), "")
    return Refusal(clean(f'the tag "{twice}" is given twice')) if twice else None


def effects(known: KnownService, targets: Sequence[JSON]) -> tuple[str, ...]:
    """Who gets what, and what that means for its pods."""
    where = situation(known)
    sentences = []
    for each in targets:
        percent, key = int(each.get("percent") or 0), _key(each)
        if not percent:
            continue
        part = where.find(key)
        if key == LATEST:
            latest = where.find(known.workload.status.latest_ready_revision_name)
            now = f", now {named(latest)}" if latest is not None else ""
            sentences.append(f"The latest revision that is ready{now}, gets {percent} % of the traffic.")
        elif part is not None:
            sentences.append(f"{_capital(named(part))} gets {percent} % of the traffic, pinned.")
            if part.is_ready and part.is_asleep:
                sentences.append(
                    f"{_capital(part.called)} is scaled to zero: the first requests wait until a pod has started."
                )
    for part in where.serving:
        names = {_key(each) for each in targets if each.get("percent")}
        is_latest = part.name == known.workload.status.latest_ready_revision_name and LATEST in names
        if part.name not in names and not is_latest:
            sentences.append(f"{_capital(part.called)} gets no more of it, and is scaled to zero after a while.")
    return tuple(clean(each) for each in sentences)


def warnings(known: KnownService, targets: Sequence[JSON]) -> tuple[str, ...]:
    """What may go otherwise than expected."""
    where, sentences = situation(known), []
    newest = where.newest
    names = {_key(each) for each in targets if each.get("percent")}
    for part in where.parts:
        if part.name in names and not part.is_ready and not part.has_failed:
            sentences.append(
                f"{_capital(part.called)} is not ready yet: the traffic waits for it, and until then {serves(where)}."
            )
    if LATEST not in names:
        sentences.append("The traffic is pinned then: a new image gets none of it until it is promoted.")
        if newest is not None and newest.has_failed and newest.name not in names:
            sentences.append(
                f"{_capital(newest.called)}, the newest, failed: Ready stays False until there is another template."
            )
    return tuple(clean(each) for each in sentences)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
