"""What a delete does to an object before it is gone: the mark, the grace period of a pod, the finalizers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ktui.sim.api import errors
from ktui.sim.api.resources import Resource
from ktui.sim.kernel import rfc3339
from ktui.sim.metadata import in_order

JSON = dict[str, Any]
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


@dataclass(frozen=True)
class Deletion:
    """What a delete asks for: how dependents go, how long a pod may take, and which object exactly is meant."""

    propagation: str = "Background"
    grace_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False

    @classmethod
    def read(cls, options: JSON, query: dict[str, str]) -> Deletion:
        """The options of a request: its body, and the parameters that may stand in for it.

        Raises:
            ApiError: 400 for a grace period that is not a number.
        """
        orphan = options.get("orphanDependents")
        legacy = "Orphan" if orphan else "Background"
        grace = options.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
        preconditions = options.get("preconditions") or {}
        return cls(
            propagation=options.get("propagationPolicy") or query.get("propagationPolicy") or legacy,
            grace_seconds=None if grace is None else _seconds(grace),
            uid=preconditions.get("uid"),
            resource_version=preconditions.get("resourceVersion"),
            dry_run="All" in (options.get("dryRun") or []) or query.get("dryRun") == "All",
        )


def _seconds(text: int | str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error


def check_preconditions(resource: Resource, old: JSON, how: Deletion) -> None:
    """Refuse a delete that means another object.

    Raises:
        ApiError: 409.
    """
    metadata = old["metadata"]
    for field, asked, has in (
        ("UID", how.uid, metadata["uid"]),
        ("ResourceVersion", how.resource_version, metadata["resourceVersion"]),
    ):
        if asked is not None and asked != has:
            words = f"Precondition failed: {field} in precondition: {asked}, {field} in object meta: {has}"
            raise errors.conflict(resource, metadata["name"], words)


def marked(resource: Resource, old: JSON, how: Deletion, now: float) -> JSON:
    """The object with its deletion marked; a second delete may only shorten the grace period."""
    grace = _grace(resource, old, how)
    metadata = dict(old["metadata"])
    first = "deletionTimestamp" not in metadata
    if first and "generation" in metadata:
        metadata["generation"] += 1
    if first or grace < metadata.get("deletionGracePeriodSeconds", 0):
        metadata["deletionTimestamp"] = rfc3339(now + grace)
        metadata["deletionGracePeriodSeconds"] = grace
    new = with_finalizers(old | {"metadata": metadata}, _finalizers(resource, old, how))
    return new | {"status": {"phase": "Terminating"}} if resource.kind == "Namespace" else new


def with_finalizers(obj: JSON, finalizers: list[str]) -> JSON:
    """The object with these finalizers."""
    metadata = {field: value for field, value in obj["metadata"].items() if field != "finalizers"}
    return obj | {"metadata": in_order(metadata | ({"finalizers": finalizers} if finalizers else {}))}


def is_over(obj: JSON) -> bool:
    """Whether a marked object has nothing left that keeps it. A namespace is kept by what is in it."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or obj["kind"] == "Namespace":
        return False
    return not metadata.get("finalizers") and not metadata.get("deletionGracePeriodSeconds")


def _grace(resource: Resource, old: JSON, how: Deletion) -> int:
    if resource.kind != "Pod":
        return 0
    finished = old["status"].get("phase") in ("Succeeded", "Failed")
    if finished or not old["spec"].get("nodeName"):
        return 0
    if how.grace_seconds is not None:
        return max(how.grace_seconds, 0)
    return int(old["spec"].get("terminationGracePeriodSeconds", 30))


def _finalizers(resource: Resource, old: JSON, how: Deletion) -> list[str]:
    kept = [each for each in old["metadata"].get("finalizers") or [] if each not in (FOREGROUND, ORPHAN)]
    if resource.kind == "Pod":
        return kept
    return kept + {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(how.propagation, [])
