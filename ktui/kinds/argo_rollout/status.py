"""The phase of a Rollout in the words of its plugin, and what `kubectl argo rollouts status` prints and exits with.

`GetRolloutPhase` of utils/rollout/rolloututil.go, and pkg/kubectl-argo-rollouts/cmd/status of argoproj/argo-rollouts.
The controller works phase and message out by itself (from 1.0 on); what it has not seen yet, the reader has to tell.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ktui.kinds.argo_rollout.objects import ArgoRollout, BlueGreen
from ktui.rollout.rollout import Phase
from ktui.rollout.status import DEADLINE_EXCEEDED, Verdict
from ktui.text import clean

HEALTHY: Final = "Healthy"
DEGRADED: Final = "Degraded"
PROGRESSING: Final = "Progressing"
PAUSED: Final = "Paused"

INVALID_SPEC: Final = "InvalidSpec"
ABORTED: Final = "RolloutAborted"

CANARY_PAUSE: Final = "CanaryPauseStep"
BLUE_GREEN_PAUSE: Final = "BlueGreenPause"
INCONCLUSIVE_ANALYSIS: Final = "InconclusiveAnalysisRun"
INCONCLUSIVE_EXPERIMENT: Final = "InconclusiveExperiment"

NOT_OBSERVED: Final = "waiting for rollout spec update to be observed"


class Said(NamedTuple):
    """Phase and message, as the plugin has them; neither is cleaned."""

    phase: str
    message: str

    @property
    def watched(self) -> str:
        """The line of `status` while it watches; without `--watch` it leaves the message of some phases out."""
        return f"{self.phase} - {self.message}" if self.message else self.phase

    @property
    def degraded(self) -> bool:
        """Whether `status` exits with 1, at once."""
        return self.phase == DEGRADED


def said(rollout: ArgoRollout) -> Said:
    """What the plugin says of it."""
    if not rollout.observed:
        return Said(PROGRESSING, NOT_OBSERVED)
    if rollout.status.controller_pause and not rollout.status.pause_conditions:
        return Said(PROGRESSING, "waiting for rollout to unpause")
    # The plugin asks for this only where the controller has resolved the reference in the object, and it never does:
    # `TemplateResolvedFromRef` is no field of the API.
    if rollout.status.phase:
        return Said(rollout.status.phase, rollout.status.message)
    return _calculated(rollout)


def verdict(rollout: ArgoRollout) -> Verdict:
    """What `status --watch=false` says: its line, whether `status` would stop there, and whether it would exit with 1.

    A rollout that is paused or goes on exits with 0 only because nobody waits for it.
    """
    now = said(rollout)
    if now.phase in (HEALTHY, DEGRADED):
        return Verdict(now.phase, done=True, failed=now.degraded, error=error_line(rollout))
    return Verdict(clean(f"{now.phase} - {now.message}"), exits_quietly=True)


def error_line(rollout: ArgoRollout) -> str:
    """What `status` prints to standard error before it exits with 1, without the `Error: ` of the plugin."""
    now = said(rollout)
    return clean(f"The rollout is in a degraded state with message: {now.message}") if now.degraded else ""


def phase(rollout: ArgoRollout, *, is_blocked: bool = False) -> Phase:
    """ktui's own phase: what the controller says, and with `is_blocked`, that waiting does not cure it.

    A pause that the controller makes at one of its own steps is a hold; `spec.paused` is a pause.
    """
    now = said(rollout)
    if rollout.metadata.deletion_timestamp is not None:
        return Phase.DELETED
    if now.degraded:
        return Phase.FAILED
    if rollout.spec.paused:
        return Phase.PAUSED
    if now.phase == HEALTHY:
        return Phase.COMPLETE if rollout.spec.desired else Phase.SCALED_TO_ZERO
    if is_blocked:
        return Phase.STALLED
    if now.phase == PAUSED:
        return Phase.HELD
    return Phase.PROGRESSING


def aborted(rollout: ArgoRollout) -> bool:
    """Whether the present update has been aborted, by someone, or by an analysis or a deadline.

    Another template, once the controller has seen it, ends that.
    """
    return rollout.status.abort and not rollout.promoted and rollout.observed


def under_way(rollout: ArgoRollout) -> bool:
    """Whether there is an update: another template than the stable one, or one that the controller has not seen."""
    return bool(rollout.status.stable_rs) and not rollout.promoted


def _calculated(rollout: ArgoRollout) -> Said:
    """`CalculateRolloutPhase`, for controllers before 1.0 and Rollouts that no controller has seen."""
    spec, status = rollout.spec, rollout.status
    for condition in status.conditions:
        if condition.type == INVALID_SPEC:
            return Said(DEGRADED, f"{INVALID_SPEC}: {condition.message}")
        if condition.reason in (ABORTED, DEADLINE_EXCEEDED):
            return Said(DEGRADED, f"{condition.reason}: {condition.message}")
    if spec.paused:
        return Said(PAUSED, "manually paused")
    if status.pause_conditions:
        return Said(PAUSED, status.pause_conditions[0].reason)
    if spec.restart_at is not None and spec.restart_at != status.restarted_at:
        return Said(PROGRESSING, "rollout is restarting")
    if status.updated_replicas < spec.desired:
        return Said(PROGRESSING, "more replicas need to be updated")
    if status.available_replicas < status.updated_replicas:
        return Said(PROGRESSING, "updated replicas are still becoming available")
    waits = ""
    if spec.strategy.blue_green is not None:
        waits = _blue_green_waits(rollout, spec.strategy.blue_green)
    elif spec.strategy.canary is not None:
        waits = _canary_waits(rollout, is_routed=spec.strategy.canary.traffic_routing is not None)
    return Said(PROGRESSING, waits) if waits else Said(HEALTHY, "")


def _blue_green_waits(rollout: ArgoRollout, strategy: BlueGreen) -> str:
    status = rollout.status
    active = status.blue_green.active_selector
    if not active or active != status.current_pod_hash:
        return "active service cutover pending"
    if status.stable_rs and rollout.promoted:
        return ""
    analysis = status.blue_green.post_promotion_analysis_run_status
    if strategy.post_promotion_analysis is not None and (analysis is None or analysis.status not in _COMPLETED):
        return "waiting for analysis to complete"
    return "waiting for post-promotion verification to complete"


def _canary_waits(rollout: ArgoRollout, *, is_routed: bool) -> str:
    status = rollout.status
    if not is_routed and status.replicas > status.updated_replicas:
        return "old replicas are pending termination"
    if not status.stable_rs or not rollout.promoted:
        return "waiting for all steps to complete"
    return ""


_COMPLETED: Final = ("Successful", "Failed", "Error", "Inconclusive")
"""Phases of an analysis in which it is over."""
