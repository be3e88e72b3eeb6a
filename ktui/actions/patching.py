"""The patches of a plan, sent: what `perform` does and `preview` tries."""

from __future__ import annotations

from typing import Any

from ktui.kube.api import Api
from ktui.kube.errors import NotFound
from ktui.plans.patch import took_place
from ktui.plans.plan import STATUS, Plan


async def patch(api: Api, plan: Plan, *, dry_run: bool = False, warned: list[str] | None = None) -> dict[str, Any]:
    """Send the patch of a plan, and return what it made of the object. Raises KubeError.

    A CRD may have no path for the status: then a patch of the status goes to the object itself, with what follows it.
    If the object is gone, that fails in the same way.
    """
    try:
        return await api.patch_path(plan.path, plan.patch, dry_run=dry_run, warned=warned)
    except NotFound:
        if plan.subresource != STATUS:
            raise
        return await api.patch_path(plan.object_path, plan.whole, dry_run=dry_run, warned=warned)


async def patch_then(
    api: Api, plan: Plan, after: dict[str, Any], *, dry_run: bool = False, warned: list[str] | None = None
) -> dict[str, Any]:
    """Send the second patch of a plan, if it has one that was not applied with the first. Raises KubeError."""
    if not plan.then or took_place(plan.then, plan.before, after):
        return after
    return await api.patch_path(plan.object_path, plan.then, dry_run=dry_run, warned=warned)
