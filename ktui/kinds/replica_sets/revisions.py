"""A ReplicaSet as the revision that it keeps."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.model.objects import Pod, ReplicaSet
from ktui.rollout.facts import Revision


def kept_by(
    replicaset: ReplicaSet,
    number: int,
    *,
    is_current: bool,
    former: tuple[int, ...] = (),
    pods: Sequence[Pod] = (),
) -> Revision:
    """The revision of that number, with what its ReplicaSet counts."""
    meta, status = replicaset.metadata, replicaset.status
    return Revision(
        number=number,
        former=former,
        uid=meta.uid,
        name=meta.name,
        stem=meta.name,
        template=replicaset.spec.template,
        annotations=meta.annotations,
        created=meta.creation_timestamp,
        pods=tuple(pods),
        wanted=replicaset.spec.desired,
        existing=status.replicas,
        ready=status.ready_replicas,
        is_current=is_current,
    )
