"""The end of an analysis that runs, without waiting for its result."""

from __future__ import annotations

from typing import Any

import msgspec

from ktui.kinds.argo_rollout.objects import ArgoRollout, RunReference
from ktui.kinds.argo_rollout.plans.known import KnownRollout, RolloutSubject
from ktui.kinds.argo_rollout.plans.wording import plugin
from ktui.kinds.argo_rollout.resources import ANALYSIS_RUNS
from ktui.model.template import decode_hook
from ktui.plans.draft import PlanDraft
from ktui.plans.patch import expect
from ktui.plans.plan import Plan, Target, Undo
from ktui.plans.request import Terminate
from ktui.plans.wording import being_deleted
from ktui.rollout.revisions import Refusal
from ktui.text import clean


def running(rollout: ArgoRollout) -> tuple[RunReference, ...]:
    """The AnalysisRuns that run now, as its status names them."""
    canary, blue_green = rollout.status.canary, rollout.status.blue_green
    found = (
        canary.current_step_analysis_run_status,
        canary.current_background_analysis_run_status,
        blue_green.pre_promotion_analysis_run_status,
        blue_green.post_promotion_analysis_run_status,
    )
    return tuple(run for run in found if run is not None and run.status in ("Running", "Pending", "") and run.name)


def running_names(raw: dict[str, Any]) -> tuple[str, ...]:
    """The same of a whole object, by name. Raises msgspec.ValidationError."""
    return tuple(run.name for run in running(msgspec.convert(raw, ArgoRollout, dec_hook=decode_hook)))


def refuse_terminate(known: KnownRollout) -> Refusal | None:
    """Why there is no analysis to end."""
    if not running(known.workload):
        return Refusal("no analysis runs")
    return being_deleted(known.workload)


def plan_terminate(request: Terminate, subject: RolloutSubject) -> Plan | Refusal:
    """End it: what it has measured so far decides."""
    names = [run.name for run in running(subject.workload)]
    if not request.run and len(names) > 1:
        return Refusal(clean(f"several analyses run, so one has to be named: {', '.join(names)}"))
    name = request.run or names[0]
    if name not in names:
        return Refusal(clean(f'no analysis "{name}" runs; running: {", ".join(names)}'))
    raw = subject.also.get((ANALYSIS_RUNS, name))
    if raw is None:
        return Refusal(clean(f'the AnalysisRun "{name}" could not be read'))
    meta = raw["metadata"]
    # Its generation grows with its status: the CRD of AnalysisRuns has no path for that alone.
    target = Target(meta["namespace"], name, meta["uid"], 0, ANALYSIS_RUNS)
    draft = PlanDraft(target, raw, (expect(("metadata", "uid"), target.uid),))
    draft.put(("spec", "terminate"), True)
    return draft.plan(
        request,
        title=f"Terminate {target}",
        begun="termination",
        effects=(
            "What it has measured so far decides: if nothing failed, it was successful, and the rollout continues.",
        ),
        undo=Undo("It cannot be restored: a retry of the rollout after an abort starts a new one."),
        commands=(plugin(subject, "terminate", "analysisrun", name),),
    )
