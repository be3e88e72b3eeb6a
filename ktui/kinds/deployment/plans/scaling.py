"""Scale of a Deployment."""

from __future__ import annotations

from ktui.kinds.deployment import revisions
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.plans.scaling import Words, pods_change, scaling


def _words(subject: DeploymentSubject, then: int) -> Words:
    change = pods_change(subject.workload.spec.desired, then)
    active = [rs for rs in subject.revisions if rs.spec.desired]
    if len(active) < 2:
        return Words((change,))
    numbers = [str(number) for number in sorted(map(revisions.revision, active))]
    spread = f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    spreading = (
        f"A rollout is running: the change is spread over revisions {spread}, in proportion to their pods, and "
        "what is left over goes to the largest."
    )
    return Words((change, spreading))


plan_scale = scaling(_words)
