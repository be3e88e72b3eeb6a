"""Pods that take their time, in sentences: to become ready, to be let in, to stop."""

from __future__ import annotations

import re

from ktui.rollout.diagnosis.cause import Cause, Kind, Remedy
from ktui.rollout.diagnosis.groups import Group
from ktui.rollout.diagnosis.wording import brief
from ktui.text import count


def say_stopping(group: Group) -> Cause:
    """They were asked to stop, their grace period is over, and they are still there."""
    lost = sorted({each.said for each in group.sick if each.said})
    sentence = f"{count(len(group.sick), group.noun)} {group.verb('does', 'do')} not stop: overdue{group.so_long}"
    helps = "look at its node: if it is lost, force-delete the pod"
    more = ""
    if group.what:
        more = f", held by the finalizer {brief(group.what)}"
        helps = (
            "the controller that set the finalizer must remove it; if it no longer exists, remove the finalizer by hand"
        )
    elif lost:
        more = (
            f", on {lost[0]}, which does not answer" if len(lost) == 1 else f", on {len(lost)} nodes that do not answer"
        )
        helps = "if the node will not come back, force-delete the pod, or delete the node"
    return group.cause(Kind.STOPPING, sentence, helps, Remedy.TIMELINE, more=[more])


def say_not_ready(group: Group) -> Cause:
    """They run, and are not ready: a probe, mostly."""
    name, _, container = group.what.partition(" ")
    said = next((each.said for each in group.sick if each.said), "")
    whose = group.where(container).replace(" in ", " of ", 1) if container else ""
    why = f": the {name} probe{whose} fails" if name else ""
    after = f" after {group.lasted}" if group.lasted else ""
    return group.cause(
        Kind.NOT_READY,
        f"{group.share} {group.verb('is', 'are')} not ready{after}{why}",
        f"read the log, and try what the {name or 'readiness'} probe requests",
        Remedy.LOGS,
        Remedy.ROLLBACK,
        detail=said,
    )


def say_gate(group: Group) -> Cause:
    """Something else has to say that they are ready."""
    found = re.search(r'readiness gate "([^"]+)"', group.what)
    gate = f"the readiness gate {found[1]}" if found is not None else "a readiness gate"
    return group.cause(
        Kind.GATE,
        f"{group.share} {group.verb('is', 'are')} ready but for {gate}",
        "check what sets that condition: usually a load balancer's controller",
        Remedy.TIMELINE,
    )


def say_slow(group: Group) -> Cause:
    """Nothing is known to be wrong, and it takes long."""
    helps = "look at the pod's events: a volume, the network, a large image"
    remedies = [Remedy.TIMELINE]
    if " container " in group.what or " sidecar " in group.what:
        helps = "read its log: it may wait for something"
        remedies = [Remedy.LOGS]
    elif group.what.startswith("pulling"):
        helps = "wait: a large image or a slow registry takes its time"
    elif group.what.endswith("a scheduler"):
        helps = "check schedulerName in the template, and that the scheduler runs"
    elif group.what.startswith("held back"):
        helps = "find out which controller removes the gate, and what it waits for"
    return group.cause(
        Kind.SLOW,
        f"{group.share} {group.verb('has', 'have')} been {brief(group.what, 48)}{group.so_long}",
        helps,
        *remedies,
    )
