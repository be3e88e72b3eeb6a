"""How many pods the new and the stable revision of a Rollout may have: the arithmetic of weights, surge and pauses.

Pure functions. The rules are those of the real controller (utils/replicaset/canary.go).
"""

from __future__ import annotations

import math
from typing import Any

from ktui.sim.controllers.argo.rollout import Rollout, available, hash_of
from ktui.sim.controllers.sizes import wanted

JSON = dict[str, Any]


def set_weight(rollout: Rollout) -> int:
    """The weight that the last `setWeight` up to the current step asks for; all traffic once the steps are done."""
    if rollout.is_aborted:
        return 0
    if rollout.step is None:
        return rollout.most_weight
    done = reversed(rollout.steps[: rollout.step_index + 1])
    return next((int(step["setWeight"]) for step in done if step.get("setWeight") is not None), 0)


def _canary_scale(rollout: Rollout) -> JSON | None:
    """The `setCanaryScale` in force."""
    if rollout.routing is None or rollout.step is None:
        return None
    if rollout.is_aborted and rollout.abort_scale_down_seconds is not None:
        return None
    done = reversed(rollout.steps[: rollout.step_index + 1])
    found: JSON | None = next((step["setCanaryScale"] for step in done if step.get("setCanaryScale")), None)
    return None if found is None or found.get("matchTrafficWeight") else found


def _goal(rollout: Rollout, new: JSON | None, stable: JSON | None) -> tuple[int | None, int]:
    """What the canary is to have: so many replicas, or so much weight."""
    if rollout.promotes_fully or not rollout.stable_hash or rollout.is_promoted:
        return None, rollout.most_weight
    if (scale := _canary_scale(rollout)) is not None:
        if scale.get("replicas") is not None:
            return int(scale["replicas"]), 0
        if scale.get("weight") is not None:
            return None, int(scale["weight"])
    return None, desired_weight(rollout, new, stable)


def desired_weight(rollout: Rollout, new: JSON | None, stable: JSON | None) -> int:
    """The weight that the canary is to have; an abort with a dynamic stable size goes back step by step."""
    dynamic = (rollout.canary or {}).get("dynamicStableScale")
    if not (rollout.is_aborted and dynamic and new is not None and stable is not None):
        return set_weight(rollout)
    missing = rollout.replicas - available(stable)
    pods = missing if rollout.delays_abort else max(missing, available(new))
    for step in reversed(rollout.steps):
        weight = step.get("setWeight")
        if weight is not None and _share(rollout, int(weight)) < pods:
            return int(weight)
    return 0


def _share(rollout: Rollout, weight: int) -> int:
    """The pods that a share of the traffic needs."""
    return math.ceil(weight * rollout.replicas / rollout.most_weight)


def routed(rollout: Rollout, new: JSON | None, stable: JSON | None, weights: JSON | None) -> tuple[int, int]:
    """The sizes of the new and the stable revision where a router splits the traffic."""
    canary = rollout.canary or {}
    asked, weight = _goal(rollout, new, stable)
    new_size = asked if asked is not None else _least(rollout, _share(rollout, weight))
    if not canary.get("dynamicStableScale"):
        return new_size, rollout.replicas
    stable_size = _share(rollout, rollout.most_weight - weight)
    if weights is not None:
        stable_size = max(stable_size, _share(rollout, weights["stable"]["weight"]))
        if rollout.is_aborted:
            new_size = max(new_size, _share(rollout, weights["canary"]["weight"]))
    return _least(rollout, new_size), _least(rollout, stable_size)


def _least(rollout: Rollout, size: int) -> int:
    least = (rollout.canary or {}).get("minPodsPerReplicaSet")
    return size if not size or least is None else max(size, min(int(least), rollout.replicas))


def split(replicas: int, weight: int, most: int, surge: int) -> tuple[int, int]:
    """How many pods of the canary and of the stable revision come closest to a weight.

    Where a pod more is allowed, one is taken if that comes closer. Of more than one pod each side keeps one.
    """
    if replicas == 0:
        return 0, 0
    up, down = math.ceil(replicas * weight / most), replicas * weight // most
    may_be_none = weight in (0, most) or (replicas == 1 and surge == 0)
    options = []
    for total in (replicas, replicas + 1) if surge else (replicas,):
        if total > replicas or up < replicas or may_be_none:
            options.append((up, total))
        is_tied = math.modf(total * weight / most)[0] == 0.5
        if not is_tied and (down or may_be_none):
            options.append((down, total))
    if not options:
        return 0, replicas
    canary, total = min(options, key=lambda option: abs(option[0] * most / option[1] - weight))
    return canary, total - canary


def basic(rollout: Rollout, new: JSON | None, stable: JSON | None, others: list[JSON]) -> tuple[int, int]:
    """The sizes of the new and the stable revision now, where the number of pods decides about the traffic.

    Surge limits what is added, unavailability what is removed; what is neither new nor stable goes first.
    """
    _, weight = _goal(rollout, new, stable)
    new_goal, stable_goal = split(rollout.replicas, weight, rollout.most_weight, rollout.max_surge)
    two = stable is not None and (new is None or hash_of(new) != hash_of(stable))
    if not two:
        new_goal, stable_goal = rollout.replicas, 0
    new_size = wanted(new) if new is not None else 0
    stable_size = wanted(stable) if two and stable is not None else 0
    others_size = sum(wanted(rs) for rs in others)
    most = rollout.replicas + rollout.max_surge
    room = most - new_size - stable_size - others_size
    new_now, stable_now = new_size, stable_size
    if two and stable_size < stable_goal and room > 0:
        stable_now = min(stable_goal, stable_size + room)
        room -= stable_now - stable_size
    if new is not None and new_size < new_goal and room > 0:
        new_now = min(new_goal, new_size + room)
    if others_size > 0:
        return new_now, stable_now
    least = rollout.replicas - rollout.max_unavailable
    grows = new is None or new_goal >= new_size
    spare = _removable(new, whole=not grows) + _removable(stable, whole=grows) - least
    if spare <= 0:
        return new_now, stable_now
    if not grows:
        if new_size > new_goal:
            new_now = max(new_goal, new_size - spare)
        return _within(new, stable, (new_now, stable_now), most=most, least=least)
    if two:
        if stable_size > stable_goal:
            stable_now = max(stable_goal, stable_size - spare)
        stable_now, new_now = _within(stable, new, (stable_now, new_now), most=most, least=least)
    return new_now, stable_now


def _removable(rs: JSON | None, *, whole: bool) -> int:
    """The pods of a ReplicaSet that count when others are removed: those available, or all that it asks for."""
    if rs is None:
        return 0
    return wanted(rs) if whole or wanted(rs) < available(rs) else available(rs)


def _within(
    drained: JSON | None, filled: JSON | None, planned: tuple[int, int], *, most: int, least: int
) -> tuple[int, int]:
    """Both sizes within surge and unavailability: what is filled gives way first, unless pods would be missing."""
    drained_size, filled_size = planned
    over = max(0, filled_size + drained_size - most)
    if filled is None:
        return planned
    there = min(available(drained), drained_size)
    filled_size -= over
    there += min(available(filled), filled_size)
    lost = max(0, available(filled) - filled_size)
    filled_size += min(lost, max(0, least - there))
    return drained_size - max(0, filled_size + drained_size - most), filled_size


def is_at_size(
    rollout: Rollout, new: JSON | None, stable: JSON | None, others: list[JSON], weights: JSON | None
) -> bool:
    """Whether both revisions have the pods that the current step asks for."""
    if rollout.routing is None:
        new_size, stable_size = basic(rollout, new, stable, others)
    else:
        new_size, stable_size = routed(rollout, new, stable, weights)
    if new is None or wanted(new) != new_size or available(new) != new_size:
        return False
    dynamic = rollout.routing is not None and (rollout.canary or {}).get("dynamicStableScale")
    if not dynamic:
        there = (stable or {}).get("status", {}).get("replicas", 0)
        if stable is None or wanted(stable) != stable_size or there != stable_size:
            return False
    return rollout.routing is not None or not any(available(rs) for rs in others)


def preview_size(rollout: Rollout, new: JSON, everything: list[JSON]) -> int:
    """How many pods the new revision of a blue-green update is to have now."""
    blue_green, goal = rollout.blue_green or {}, rollout.replicas
    preview = blue_green.get("previewReplicaCount")
    if preview is None or rollout.promotes_fully:
        return goal
    status = rollout.status.get("blueGreen") or {}
    active = next((rs for rs in everything if hash_of(rs) == status.get("activeSelector", "-")), None)
    if active is None or hash_of(active) == hash_of(new):
        return goal
    if hash_of(new) != rollout.status.get("currentPodHash"):
        return int(preview)
    resumed = not rollout.is_user_paused and not rollout.pauses and status.get("scaleUpPreviewCheckPoint")
    return goal if resumed else int(preview)
