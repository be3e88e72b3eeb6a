"""Looking again at a target: after a refusal, whether it has changed; after a lost answer, whether we changed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from ktui.actions.outcome import Conflict, Done, Failed, Outcome, Unclear
from ktui.kube.api import FIELD_MANAGER, Api
from ktui.kube.errors import ApiError, KubeError, NotFound, Rejected, TooManyRequests
from ktui.kube.errors import Conflict as ServerConflict
from ktui.model.resources import SERVICES
from ktui.plans.patch import moved, took_place
from ktui.plans.plan import SCALE, STATUS, Plan
from ktui.text import clean

_LOOKS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, *[5.0] * 17)
"""Seconds to wait before each look after a lost answer: a minute and a half in all.

The request may still be on its way. An API server ends one after a minute (`--request-timeout`), and so do most
gateways.
"""

_TIMED_OUT: Final = ("timed out", "timeout", "deadline exceeded")
"""What an API server says of a request to its own storage that may yet take effect (etcd's and gRPC's words)."""

AGAIN: Final = "Check its current state, then decide again."


_TWICE: Final = (
    "The change was already there: the request arrived twice, or someone made the same change at the same time."
)


class Recheck(msgspec.Struct, frozen=True):
    """How long the outcome of a change is looked for whose answer did not arrive, and who learns that it is."""

    say: Callable[[str], None] = lambda _: None
    """Is given a sentence, once, where the outcome is not known at the first look."""
    waits: Sequence[float] = _LOOKS
    """Seconds before each look."""


def is_gone(error: KubeError) -> bool:
    """Whether an API server says that the object does not exist: it gives its reason, and a gateway's page none."""
    return isinstance(error, NotFound) and bool(error.reason)


async def after_refusal(api: Api, plan: Plan, error: ApiError) -> Outcome:
    """What the refusal of a change that was sent means: a proxy that sends it twice gets a refusal for the second.

    So does the second of two people who do the same at once. Whose change it was is not known, only that it is there.
    """
    refused, now = await _refused(api, plan, error)
    if now is not None and isinstance(refused, Conflict) and _is_own(plan, now):
        return Done(f"{_TWICE} {plan.done_sentence}", now)
    return refused


async def why_refused(api: Api, plan: Plan, error: ApiError) -> Conflict | Failed:
    """What the refusal of a dry run means."""
    return (await _refused(api, plan, error))[0]


async def _refused(api: Api, plan: Plan, error: ApiError) -> tuple[Conflict | Failed, dict[str, Any] | None]:
    """A `test` that failed answers 422 without a word, so the object has to be read again; it comes along.

    It is read as well where something else than an API server answers, which gives no reason: a gateway's page with 404
    says nothing of the object, and the request may have been passed on before.
    """
    if is_gone(error):
        return Conflict(f"{plan.target} no longer exists.", gone=True), None
    if isinstance(error, TooManyRequests):
        # The error speaks of streams, which try again by themselves.
        return Failed(str(error), "Try again in a moment."), None
    if error.reason and not isinstance(error, Rejected | ServerConflict):
        return Failed(str(error), error.hint), None
    try:
        now = await api.get_object(_seen_at(plan))
    except KubeError as second:
        if is_gone(second):
            return Conflict(f"{plan.target} no longer exists.", gone=True), None
        return Failed(str(error), second.hint), None
    changed = what_changed(plan, now)
    if changed:
        return Conflict(changed, AGAIN), now
    if isinstance(error, ServerConflict):
        return Conflict(str(error), AGAIN), now
    return Failed(str(error), error.hint), now


def _seen_at(plan: Plan) -> str:
    """Where to look at the target: a status is seen with its object, for which no right of its own is needed."""
    return plan.object_path if plan.subresource == STATUS else plan.path


def _is_own(plan: Plan, now: dict[str, Any]) -> bool:
    """Whether the object shows exactly this change as the only one since the plan was made, with ktui's name on it."""
    meta = now.get("metadata") or {}
    if meta.get("uid") != plan.target.uid or not took_place(plan.patch, plan.before, now):
        return False
    if plan.subresource == SCALE:
        # A Scale tells neither its generation nor who wrote it, and all there is to it is the number.
        return True
    # A status has no generation of its own.
    grows = plan.target.generation and plan.subresource != STATUS
    if grows and meta.get("generation") != plan.target.generation + 1:
        return False
    if all(each["op"] == "test" for each in plan.patch):
        # It changes nothing: a generation that has grown is someone else's doing.
        return False
    if all(each["op"] in ("test", "remove") for each in plan.patch):
        # Who takes a member away owns none afterwards, so there is nobody's name on it.
        return True
    before = (plan.before.get("metadata") or {}).get("managedFields") or ()
    written = [each for each in meta.get("managedFields") or () if each not in before]
    return any(each.get("manager") == FIELD_MANAGER for each in written)


def what_changed(plan: Plan, now: dict[str, Any]) -> str:
    """How the target differs from the one that was planned for, in a sentence; nothing where it does not."""
    target, meta = plan.target, now.get("metadata") or {}
    if meta.get("uid") != target.uid:
        return f"{target} was deleted and created again: it is another object now."
    if plan.subresource == SCALE:
        then, replicas = _replicas(plan.before), _replicas(now)
        return f"{target} was scaled to {replicas} in the meantime; it was at {then}." if replicas != then else ""
    if target.resource is SERVICES:
        # A Service has no generation. What was decided on is its selector.
        then_selects, selects = _selector(plan.before), _selector(now)
        return (
            f"{target} was switched in the meantime, to {selects}; it was {then_selects}."
            if selects != then_selects
            else ""
        )
    generation = meta.get("generation", 0)
    if generation == target.generation or not target.generation:
        # What was decided on is what the patch tests and changes: a status, or an object whose status counts too.
        of_itself = plan.subresource == STATUS or not target.generation
        others = moved(plan.patch, plan.before, now) if of_itself else ()
        return f"{target} has changed in the meantime: {', '.join(others)}." if others else ""
    return f"{target} was changed in the meantime (generation {target.generation}, now {generation})."


async def find_outcome(api: Api, plan: Plan, error: KubeError, recheck: Recheck) -> Outcome:
    """Find out whether a change was applied whose answer did not arrive. Nothing is sent again.

    That it did not is certain only where it cannot any more: the object has changed otherwise, and the tests of the
    patch fail on that; or the API server itself says that it failed.
    """
    lost = "The response was lost." if error.status is None else str(error)
    is_final = error.status == 500 and bool(error.reason) and not any(word in error.message for word in _TIMED_OUT)
    now: dict[str, Any] = {}
    has_said = False
    for pause in recheck.waits[:1] if is_final else recheck.waits:
        await asyncio.sleep(pause)
        try:
            now = await api.get_object(_seen_at(plan))
        except KubeError as second:
            if is_gone(second):
                return Conflict(f"{lost} {plan.target} no longer exists.", gone=True)
            error = second
        if now and what_changed(plan, now):
            break
        if not has_said and not is_final:
            recheck.say(f"{lost} ktui checks whether the change was applied.")
            has_said = True
    if not now:
        return Unclear(
            f"{lost} It is not known whether the change was applied: the object could not be read again ({error}).",
            "Check it before you try again.",
        )
    if not what_changed(plan, now):
        if is_final:
            return Failed(f"{lost} The change was not applied.", "Try again.")
        return Unclear(
            f"{lost} The change has not been applied so far, but a delayed request may still apply it.",
            "Check it before you try again. Of two equal requests, only one can be applied.",
        )
    if now["metadata"].get("uid") != plan.target.uid:
        return Conflict(f"{lost} {what_changed(plan, now)}", AGAIN)
    if took_place(plan.patch, plan.before, now):
        return Done(f"{lost} The change was applied. {plan.done_sentence}", now)
    return Unclear(f"{lost} {what_changed(plan, now)} The change is not there, or no longer there.", AGAIN)


def _selector(service: dict[str, Any]) -> str:
    selector = (service.get("spec") or {}).get("selector") or {}
    return clean(", ".join(f"{key}={value}" for key, value in sorted(selector.items()))) or "no selector"


def _replicas(scale: dict[str, Any]) -> int:
    return int((scale.get("spec") or {}).get("replicas", 0))
