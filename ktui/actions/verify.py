"""Looking again at a target: after a refusal, whether it has changed; after a lost answer, whether we changed it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ktui.actions.outcome import Conflict, Done, Failed, Outcome, Unclear
from ktui.actions.patch import took_place
from ktui.actions.plan import Plan
from ktui.kube.api import Api
from ktui.kube.errors import ApiError, KubeError, NotFound, Rejected, TooManyRequests
from ktui.kube.errors import Conflict as ServerConflict
from ktui.model.changes import Resource
from ktui.text import clean

_LOOKS: Final = (0.0, 0.5, 1.0, 2.0)
"""Seconds to wait before each look after a lost answer: the request may still be under way in the server."""

AGAIN: Final = "Look at it as it is now, and decide again."


async def why_refused(api: Api, plan: Plan, error: ApiError) -> Conflict | Failed:
    """What a refusal means. A `test` that failed answers 422 without a word, so the object has to be read again."""
    if isinstance(error, NotFound):
        return Conflict(f"{plan.target} does not exist any more.", gone=True)
    if isinstance(error, TooManyRequests):
        # The error speaks of streams, which try again by themselves.
        return Failed(str(error), "Try again in a moment.")
    if not isinstance(error, Rejected | ServerConflict):
        return Failed(str(error), error.hint)
    try:
        now = await api.get_path(plan.path)
    except NotFound:
        return Conflict(f"{plan.target} does not exist any more.", gone=True)
    except KubeError as second:
        return Failed(str(error), second.hint)
    changed = what_changed(plan, now)
    if changed:
        return Conflict(changed, AGAIN)
    if isinstance(error, ServerConflict):
        return Conflict(str(error), AGAIN)
    return Failed(str(error), error.hint)


def what_changed(plan: Plan, now: dict[str, Any]) -> str:
    """How the target differs from the one that was planned for, in a sentence; nothing where it does not."""
    target, meta = plan.target, now.get("metadata") or {}
    if meta.get("uid") != target.uid:
        return f"{target} has been deleted and created again: it is another object now."
    if plan.subresource:
        then, replicas = _replicas(plan.before), _replicas(now)
        return f"{target} has been scaled to {replicas} meanwhile; it was at {then}." if replicas != then else ""
    if target.resource is Resource.SERVICES:
        # A Service has no generation. What was decided upon is its selector.
        then_selects, selects = _selector(plan.before), _selector(now)
        return (
            f"{target} has been switched meanwhile, to {selects}; it was {then_selects}."
            if selects != then_selects
            else ""
        )
    generation = meta.get("generation", 0)
    if generation == target.generation:
        return ""
    return f"{target} has been changed meanwhile (generation {target.generation}, now {generation})."


async def look(api: Api, plan: Plan, error: KubeError) -> Outcome:
    """Find out whether a change took place whose answer did not arrive. Nothing is sent again."""
    lost = "The answer was lost." if error.status is None else str(error)
    now: dict[str, Any] = {}
    # A 500 is the API server's own last word; a gateway, or a timeout, leaves the request behind.
    for pause in _LOOKS if error.status != 500 else _LOOKS[:1]:
        await asyncio.sleep(pause)
        try:
            now = await api.get_path(plan.path)
        except NotFound:
            return Conflict(f"{lost} {plan.target} does not exist any more.", gone=True)
        except KubeError as second:
            error = second
            continue
        if what_changed(plan, now):
            break
    if not now:
        return Unclear(
            f"{lost} Whether the change took place is not known: it could not be read again ({error}).",
            "Look at it before trying again.",
        )
    if not what_changed(plan, now):
        return Failed(f"{lost} The change did not take place.", "Try again.")
    if now["metadata"].get("uid") != plan.target.uid:
        return Conflict(f"{lost} {what_changed(plan, now)}", AGAIN)
    if took_place(plan.patch, plan.before, now):
        return Done(f"{lost} The change took place: {plan.done_sentence}", now)
    return Unclear(f"{lost} {what_changed(plan, now)} It does not show the change, or no longer.", AGAIN)


def _selector(service: dict[str, Any]) -> str:
    selector = (service.get("spec") or {}).get("selector") or {}
    return clean(", ".join(f"{key}={value}" for key, value in sorted(selector.items()))) or "no selector"


def _replicas(scale: dict[str, Any]) -> int:
    return int((scale.get("spec") or {}).get("replicas", 0))
