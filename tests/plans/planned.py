"""Plans and refusals of requests, and what a patch makes of an object."""

from __future__ import annotations

from typing import Any

import jsonpatch

from ktui.kinds.planning import plan
from ktui.plans.plan import Plan
from ktui.plans.request import Request
from ktui.plans.subject import AnySubject
from ktui.rollout.revisions import Refusal

JSON = dict[str, Any]


def planned(request: Request, subject: AnySubject) -> Plan:
    made_plan = plan(request, subject)
    assert isinstance(made_plan, Plan), made_plan
    return made_plan


def refused(request: Request, subject: AnySubject) -> str:
    refusal = plan(request, subject)
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def patched(made_plan: Plan, raw: JSON | None = None) -> JSON:
    after: JSON = jsonpatch.apply_patch(made_plan.before if raw is None else raw, list(made_plan.patch))
    return after
