"""What is known of a rollout of every kind alike: from the metadata and the template of its workload, and its track."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from ktui.model.template import PodTemplate
from ktui.model.workloads import Workload
from ktui.rollout import images
from ktui.rollout.progress import Track
from ktui.rollout.provenance import Provenance, provenance, writer_of
from ktui.rollout.revisions import change_cause
from ktui.text import clean


class Described(TypedDict):
    """Members of a `Rollout`."""

    uid: str
    namespace: str
    name: str
    generation: int
    observed: bool
    image: str
    image_change: tuple[str, str] | None
    image_changes: tuple[images.Difference, ...]
    template: bytes
    started: datetime | None
    finished: datetime | None
    provenance: Provenance | None
    written_by: str
    change_cause: str


def described(workload: Workload, template: PodTemplate, gives_way: PodTemplate | None, track: Track) -> Described:
    """The members that follow from these; `gives_way` is the template that `template` replaces, if it replaces one."""
    meta, owner, differing = workload.metadata, provenance(workload), images.differences(gives_way, template)
    return {
        "uid": meta.uid,
        "namespace": clean(meta.namespace),
        "name": clean(meta.name),
        "generation": meta.generation,
        "observed": workload.observed,
        "image": clean(images.named(template, differing)),
        "image_change": images.cleaned(images.changed(differing)),
        "image_changes": differing,
        "template": track.template,
        "started": track.started,
        "finished": track.finished,
        "provenance": owner,
        "written_by": writer_of(workload, owner),
        "change_cause": clean(change_cause(workload)),
    }
