"""Scale of a Rollout."""

from __future__ import annotations

from ktui.kinds.argo_rollout.plans.known import RolloutSubject, is_under_way
from ktui.kinds.argo_rollout.plans.wording import new_and_old
from ktui.plans.scaling import Words, pods_change, scaling


def _words(subject: RolloutSubject, then: int) -> Words:
    change = pods_change(subject.workload.spec.desired, then)
    if not is_under_way(subject):
        return Words((change,))
    new, old = new_and_old(subject)
    return Words((change, f"They are spread over {new} and {old} by the weight of the present step."))


plan_scale = scaling(_words)
