"""The change-cause that a person gives together with a change: an annotation, written in the same patch.

kubectl leaves the annotation as it is with every change, and so does ktui if none is given: it says that the old one
stays. The Deployment controller copies annotations to the new revision's ReplicaSet, so the cause is that of the
revision that the patch makes, and of no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ktui.model.objects import CHANGE_CAUSE
from ktui.plans.patch import Draft, Operation, pointer
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, AnyRequest, Canary, Restart, RollBack, SetImage
from ktui.text import clean, shell_line

_TAKES: Final = (SetImage, RollBack, Abort, Restart, Canary)
"""The requests that change the template, and so take a cause."""

_ANNOTATIONS: Final = ("metadata", "annotations")
_CAUSE: Final = (*_ANNOTATIONS, CHANGE_CAUSE)

LONGEST: Final = 1024
"""Characters of a change-cause: it is one line of a history."""


def takes_cause(request: AnyRequest) -> bool:
    """Whether a change-cause can be given with it."""
    return isinstance(request, _TAKES)


def cause_of(request: AnyRequest) -> str:
    """The change-cause that is asked for; empty for none."""
    return request.change_cause if isinstance(request, _TAKES) else ""


def wrong_cause(text: str) -> str:
    """What is wrong with it as a change-cause; nothing if it is one."""
    if not text.strip():
        return "A change-cause says why: it is not empty."
    if len(text) > LONGEST:
        return f"A change-cause is one line of at most {LONGEST} characters."
    return "" if text.isprintable() else "A change-cause is one line, without control characters."


def with_cause(plan: Plan, cause: str) -> Plan:
    """The same plan, which writes that change-cause too, in the same patch."""
    assert isinstance(plan.request, _TAKES), "which is asked before"
    draft = Draft(plan.after, tuple(_without_cause(plan)))
    draft.put(_CAUSE, cause)
    annotate = shell_line((f"{CHANGE_CAUSE}={cause}", "--overwrite"))
    return msgspec.structs.replace(
        plan,
        request=msgspec.structs.replace(plan.request, change_cause=cause),
        patch=draft.patch,
        after=draft.after,
        effects=(
            *(each for each in plan.effects if not _is_of_cause(each)),
            f'The change-cause becomes "{clean(cause)}".',
        ),
        warnings=tuple(each for each in plan.warnings if not _is_of_cause(each)),
        commands=(*_others(plan), f"{plan.annotate} {annotate}"),
    )


def _others(plan: Plan) -> Iterator[str]:
    """The commands but for one that wrote a cause before this one."""
    return (each for each in plan.commands if not each.startswith(f"{plan.annotate} {CHANGE_CAUSE}="))


def _is_of_cause(sentence: str) -> bool:
    return sentence.startswith("The change-cause ")


def _without_cause(plan: Plan) -> Iterator[Operation]:
    """What the patch does but for the cause: what was applied is recognised by what each operation asked for."""
    for operation in plan.patch:
        value = operation.get("value")
        if operation["path"] == pointer(_CAUSE):
            continue
        if operation["path"] == pointer(_ANNOTATIONS) and isinstance(value, dict):
            yield {**operation, "value": {key: text for key, text in value.items() if key != CHANGE_CAUSE}}
        else:
            yield operation
