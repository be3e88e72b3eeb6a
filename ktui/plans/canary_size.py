"""How large a canary is, and how large it is to become: what is refused, and which step a size is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ktui.plans.request import Canary
from ktui.plans.template_change import refuse_what
from ktui.rollout import steps
from ktui.rollout.revisions import Refusal
from ktui.text import count


def _refuse_size(planned: steps.Steps, desired: int, *, surge: bool) -> Refusal | None:
    """Why a canary cannot have these steps."""
    wrong = steps.wrong(planned, desired, surge=surge)
    return Refusal(wrong) if wrong else None


def refuse_request(request: Canary, raw: dict[str, Any], desired: int, *, surge: bool = False) -> Refusal | None:
    """Why a canary of that workload cannot be of what is asked for, or not of that size."""
    return _refuse_size(request.steps, desired, surge=surge) or refuse_what(request, raw)


def grown(to: str, pods: int, desired: int) -> int | Refusal:
    """A size of one's own in pods, for a canary that has so many: it only grows, and it is smaller than everything."""
    wanted = steps.in_pods(to, desired)
    if steps.is_full(to, desired):
        return Refusal(f"{count(wanted, 'pod')} of {desired} would hold nothing back: promote in full instead")
    if wanted <= pods:
        return Refusal(f"the canary has {count(pods, 'pod')} already, and only grows: abort takes it back")
    return wanted


def what_follows(planned: steps.Steps, desired: int) -> str:
    """What promotions of a canary that begins go to."""
    return f"Promote then goes to {', '.join(steps.in_full(step, desired) for step in planned[1:])}."


def image_patch(changed: Sequence[tuple[str, str, str]], running: set[str]) -> dict[str, object]:
    """The images in the pod template of a strategic merge patch; `running` are all containers but the init ones."""
    pod: dict[str, list[dict[str, str]]] = {}
    for name, _, image in changed:
        field = "containers" if name in running else "initContainers"
        pod.setdefault(field, []).append({"name": name, "image": image})
    return {"spec": pod}
