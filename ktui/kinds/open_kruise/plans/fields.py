"""Where partition and pause are written, and kubectl's way to write them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ktui.kinds.controller_revisions.plans.wording import name_of
from ktui.kinds.open_kruise.plans.known import KruiseSubject
from ktui.model.resources import resource_of
from ktui.plans.patch import Draft
from ktui.plans.wording import command
from ktui.rollout.partition import ANNOTATION, Record

_ANNOTATION: Final = ("metadata", "annotations", ANNOTATION)
_STRATEGY: Final = ("spec", "updateStrategy")


def _holder(subject: KruiseSubject) -> tuple[str, ...]:
    """What has them: `rollingUpdate`, but in v1alpha1 a CloneSet's `updateStrategy` itself."""
    is_flat = resource_of(subject.workload).kind == "CloneSet" and _version(subject.raw) == "v1alpha1"
    return _STRATEGY if is_flat else (*_STRATEGY, "rollingUpdate")


def _version(raw: dict[str, Any]) -> str:
    return str(raw.get("apiVersion", "")).rpartition("/")[2]


def put_paused(draft: Draft, subject: KruiseSubject, *, paused: bool) -> None:
    """Pause it, or let it go on."""
    draft.put((*_holder(subject), "paused"), paused)


def put_partition(draft: Draft, subject: KruiseSubject, partition: int, record: Record | None = None) -> None:
    """Set the partition, with the record of why; without one, what was written before goes."""
    draft.put((*_holder(subject), "partition"), partition)
    if record is None:
        draft.remove(_ANNOTATION)
    else:
        draft.put(_ANNOTATION, _written(record))


def commands(
    subject: KruiseSubject, fields: dict[str, Any], record: Record | None = None, spec: dict[str, Any] | None = None
) -> tuple[str, ...]:
    """kubectl's way to set such fields, with whatever else changes of the spec."""
    # A strategic merge patch is not for custom resources: what is a list is written whole.
    merged: Any = fields
    for name in reversed(_holder(subject)[1:]):
        merged = {name: merged}
    text = msgspec.json.encode({"spec": {**merged, **(spec or {})}}).decode()
    patched = command(subject, "patch", name_of(subject), "--type=merge", "-p", text)
    if record is not None:
        note = command(subject, "annotate", name_of(subject), "--overwrite", f"{ANNOTATION}={_written(record)}")
        return (patched, note)
    if "partition" in fields and ANNOTATION in subject.workload.metadata.annotations:
        return (patched, command(subject, "annotate", name_of(subject), f"{ANNOTATION}-"))
    return (patched,)


def template_command(subject: KruiseSubject, after: dict[str, Any]) -> str:
    """kubectl's way to put another template in."""
    template = after["spec"]["template"]
    text = msgspec.json.encode([{"op": "replace", "path": "/spec/template", "value": template}]).decode()
    return command(subject, "patch", name_of(subject), "--type=json", "-p", text)


def _written(record: Record) -> str:
    return msgspec.json.encode(record).decode()
