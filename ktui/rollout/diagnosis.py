"""Why a rollout does not move, in sentences with numbers, the most telling one first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ktui.model.objects import NO_DEADLINE, Deployment, Pod, ReplicaSet, condition_of
from ktui.rollout import strategy
from ktui.rollout.causes import Cause, Kind, of_pods
from ktui.rollout.status import NEW_REPLICASET_AVAILABLE, REPLICA_FAILURE, deadline_exceeded, progressing, settled
from ktui.rollout.words import clean, duration

__all__ = ["Cause", "Kind", "diagnose"]

_QUOTA: Final = re.compile(r"exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)")


def diagnose(
    deployment: Deployment,
    current: ReplicaSet | None,
    pods: Sequence[Pod],
    now: datetime,
    *,
    old_pods: Sequence[Pod] = (),
) -> tuple[Cause, ...]:
    """The causes that hold a Deployment up, told from its conditions and from the pods of its current revision.

    Of the old pods, only those that do not stop are in the way.
    """
    stopping = [pod for pod in old_pods if pod.metadata.deletion_timestamp is not None]
    old = of_pods(stopping, now, "old pod")
    is_settled = settled(deployment, current)
    causes = [*_refused(deployment, current), *of_pods(pods, now, "pod" if is_settled else "new pod"), *old]
    order = list(Kind)
    causes.sort(key=lambda cause: (not cause.blocking, order.index(cause.kind), -len(cause.pods), cause.sentence))
    if not is_settled:
        # That time ran out is the least of all explanations.
        causes += _deadline(deployment, now)
    return tuple(_cleaned(cause) for cause in causes)


def _cleaned(cause: Cause) -> Cause:
    """The same cause without anything in it that a cluster could play tricks with on a screen."""
    return Cause(
        cause.kind,
        clean(cause.sentence),
        cause.blocking,
        clean(cause.try_next),
        clean(cause.detail),
        tuple(clean(name) for name in cause.pods),
    )


def _refused(deployment: Deployment, current: ReplicaSet | None) -> list[Cause]:
    """Pods that the API server does not let the ReplicaSet create: quota, limits, admission."""
    conditions = [condition_of(deployment.status.conditions, REPLICA_FAILURE)]
    if current is not None:
        conditions.append(condition_of(current.status.conditions, REPLICA_FAILURE))
    message = next((c.message for c in conditions if c is not None and c.status == "True"), None)
    if message is None:
        return []
    quota = _QUOTA.search(message)
    what = _quota_sentence(*quota.groups()) if quota is not None else message.partition(" is forbidden: ")[2] or message
    hint = "raise the quota, lower the surge, or scale something else in" if quota else "mend what refuses the pods"
    return [
        Cause(
            Kind.FORBIDDEN,
            f"no more pods can be created: {what}" if what else "no more pods can be created",
            # Where old pods can still be taken down, that makes room.
            blocking=deployment.status.available_replicas <= strategy.promised(deployment),
            try_next=hint,
            detail=message,
        )
    ]


def _quota_sentence(name: str, requested: str, used: str, limited: str) -> str:
    """`quota tight is used up (pods: 5 of 5 used, 1 more needed)`, with each resource that is asked too much of."""
    used_of, limit_of = _amounts(used), _amounts(limited)
    parts = [
        f"{resource}: {used_of.get(resource, '?')} of {limit_of.get(resource, '?')} used, {amount} more needed"
        for resource, amount in _amounts(requested).items()
    ]
    return f"quota {name} is used up ({'; '.join(parts)})"


def _amounts(text: str) -> dict[str, str]:
    """`pods=1,requests.cpu=500m` as a mapping."""
    return dict(part.partition("=")[::2] for part in text.split(","))


def _deadline(deployment: Deployment, now: datetime) -> list[Cause]:
    """The progress deadline, where it has passed or is about to."""
    limit = deployment.spec.progress_deadline_seconds
    if limit is None or limit == NO_DEADLINE or not deployment.observed:
        return []
    if deadline_exceeded(deployment):
        return [
            Cause(
                Kind.DEADLINE,
                f"no progress within its deadline of {duration(limit)}",
                blocking=True,
                try_next="roll back, or mend the cause: the rollout goes on as soon as it can",
            )
        ]
    condition = progressing(deployment)
    if condition is None or condition.last_update_time is None or deployment.spec.paused:
        return []
    if condition.reason == NEW_REPLICASET_AVAILABLE:
        # It tells of the rollout before this one, and never runs out.
        return []
    idle = (now - condition.last_update_time).total_seconds()
    if not limit / 2 < idle < limit:
        return []
    return [
        Cause(
            Kind.DEADLINE,
            f"no progress for {duration(idle)}: its deadline passes in {duration(limit - idle)}",
            blocking=False,
            try_next="find out what the new pods wait for",
        )
    ]
