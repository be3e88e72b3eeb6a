"""The partition of a StatefulSet in a patch: set with a record of what it was before, and brought back."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ktui.kinds.controller_revisions.plans.known import ControlledSubject
from ktui.kinds.controller_revisions.plans.wording import name_of
from ktui.kinds.controller_revisions.strategy import place
from ktui.model.objects import Pod
from ktui.model.workloads import StatefulSet
from ktui.plans.patch import Draft
from ktui.plans.wording import command
from ktui.rollout.partition import ANNOTATION, Record

_PARTITION: Final = ("spec", "updateStrategy", "rollingUpdate", "partition")
_ANNOTATION: Final = ("metadata", "annotations", ANNOTATION)


def put(draft: Draft, partition: int, record: Record | None = None) -> None:
    """Set the partition, with the record of why; without one, what was written before goes."""
    draft.put(_PARTITION, partition)
    if record is None:
        draft.remove(_ANNOTATION)
    else:
        draft.put(_ANNOTATION, _written(record))


def commands(
    subject: ControlledSubject, partition: int, record: Record | None = None, template: dict[str, Any] | None = None
) -> tuple[str, ...]:
    """kubectl's way to do the same, with what changes of the template."""
    spec: dict[str, Any] = {"updateStrategy": {"rollingUpdate": {"partition": partition}}}
    if template is not None:
        spec["template"] = template
    kind = "strategic" if template is not None else "merge"
    text = msgspec.json.encode({"spec": spec}).decode()
    patched = command(subject, "patch", name_of(subject), f"--type={kind}", "-p", text)
    if record is not None:
        note = command(subject, "annotate", name_of(subject), "--overwrite", f"{ANNOTATION}={_written(record)}")
        return (patched, note)
    if ANNOTATION in subject.workload.metadata.annotations:
        return (patched, command(subject, "annotate", name_of(subject), f"{ANNOTATION}-"))
    return (patched,)


def is_below(statefulset: StatefulSet, pod: Pod) -> bool:
    """Whether the partition keeps the pod as it is."""
    return place(statefulset, pod) < statefulset.spec.partition


def _written(record: Record) -> str:
    return msgspec.json.encode(record).decode()
