"""A server-side dry run of exactly what would be sent, and what it would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ktui.actions.outcome import Conflict, Failed
from ktui.actions.patching import patch, patch_then
from ktui.actions.verify import why_refused
from ktui.kube.api import Api
from ktui.kube.errors import ApiError, KubeError, NotFound, Rejected
from ktui.kube.errors import Conflict as Conflicting
from ktui.model.objects import REVISION
from ktui.model.resources import PODS
from ktui.plans.plan import STATUS, Plan, PodToDelete
from ktui.rollout.diff.fields import Change, Kind, diff

_UNSUPPORTED: Final = "does not support dry run"
"""The API server's words where an admission webhook blocks every dry run (400)."""


_NOTE: Final = "ktui.dev/"
_NOTED: Final = "ktui's note of the hold"
_NOTED_AS: Final = {Kind.ADDED: "added", Kind.CHANGED: "updated", Kind.REMOVED: ""}
"""What becomes of the annotation in which ktui keeps what a hold replaced."""

_NUMBERS: Final = (REVISION, "deprecated.daemonset.template.generation")


class Preview(msgspec.Struct, frozen=True):
    """What the server would make of the patch: admission, defaults and quota of fields included."""

    changes: tuple[Change, ...]
    untried: str = ""
    """Why the server could not try it; then the changes are what ktui expects. Empty where it could."""
    warnings: tuple[str, ...] = ()
    """What the server warned of, each a sentence: a template that no pod could be made from, mostly."""
    deletes: bool = False
    """Whether pods are deleted besides."""

    @property
    def sentence(self) -> str:
        """The server's answer in one sentence."""
        if self.untried:
            return f"{self.untried} This is the expected result:"
        nothing = "" if self.changes else f", and nothing {'else ' if self.deletes else ''}would change"
        return f"The server accepts it{nothing} (dry run)."


async def preview(api: Api, plan: Plan) -> Preview | Conflict | Failed:
    """Ask the server what the plan would change. Nothing is changed by it."""
    warned: list[str] = []
    try:
        tried = await patch(api, plan, dry_run=True, warned=warned)
        after = await patch_then(api, plan, tried, dry_run=True, warned=warned)
        for pod in plan.deletes:
            await _try_to_delete(api, plan, pod)
    except ApiError as error:
        if isinstance(error, Rejected) and _UNSUPPORTED in error.message:
            return Preview(_notes_last(_expected(plan)), f"The server cannot do a dry run: {error.message}.")
        return await why_refused(api, plan, error)
    except KubeError as error:
        return Failed(str(error), error.hint)
    warnings = tuple(f"The server warns: {text}" for text in warned)
    if plan.subresource == STATUS:
        # The second try, of the spec, knows nothing of the first one.
        after = {**after, "status": tried.get("status")}
    changes = _notes_last(diff(_comparable(plan, plan.before), _comparable(plan, after), with_status=True))
    return Preview(changes, warnings=warnings, deletes=bool(plan.deletes))


def _notes_last(changes: Sequence[Change]) -> tuple[Change, ...]:
    """What ktui writes down for itself is for no person to read: a line at the end says that it does."""
    notes = [each for each in changes if _NOTE in each.path]
    shown = (
        Change(each.kind, _NOTED, "there" if each.kind is not Kind.ADDED else "", _NOTED_AS[each.kind])
        for each in notes
    )
    return (*(each for each in changes if each not in notes), *shown)


async def _try_to_delete(api: Api, plan: Plan, pod: PodToDelete) -> None:
    """Whether we may: a pod that has gone meanwhile is none that has to. Raises KubeError."""
    try:
        await api.delete(PODS, plan.target.namespace, pod.name, uid=pod.uid, dry_run=True)
    except (NotFound, Conflicting):
        return


def _expected(plan: Plan) -> tuple[Change, ...]:
    return diff(plan.before, plan.after, with_status=plan.subresource == STATUS)


def _comparable(plan: Plan, document: dict[str, Any]) -> dict[str, Any]:
    """What was asked about: not the status, nor the numbers that controller and server may have given.

    Of a status that is patched itself, only the members that are.
    """
    meta = document.get("metadata") or {}
    annotations = {key: text for key, text in (meta.get("annotations") or {}).items() if key not in _NUMBERS}
    kept = {"metadata": {**meta, "annotations": annotations}, "spec": document.get("spec") or {}}
    if plan.subresource != STATUS:
        return kept
    changed = {operation["path"].split("/")[2] for operation in plan.patch if operation["op"] != "test"}
    status = document.get("status") or {}
    return {**kept, "status": {name: status[name] for name in sorted(changed) if name in status}}
