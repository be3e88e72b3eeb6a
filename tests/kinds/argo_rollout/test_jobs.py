"""What an analysis by a Job waits for, or failed on: the pods of its Job say it, the controller does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ktui.kinds.argo_rollout.detail import detail
from ktui.kinds.argo_rollout.job_causes import trouble_of
from ktui.kinds.argo_rollout.resources import ANALYSIS_RUNS, JOBS, ROLLOUTS
from ktui.kinds.argo_rollout.summary import situation_of
from ktui.kinds.registry import rollout_of
from ktui.kube.streams.decoder import decode_page
from ktui.model.changes import Put
from ktui.model.resources import PODS
from ktui.model.store import Store
from ktui.rollout.diagnosis.cause import Reason
from tests.kinds.argo_rollout import replay
from tests.kinds.argo_rollout.test_causes import causes

JSON = dict[str, Any]

EXITED = {
    "phase": "Failed",
    "containerStatuses": [
        {
            "name": "smoke",
            "state": {"terminated": {"exitCode": 3, "reason": "Error", "message": "GET /cart: 502"}},
        }
    ],
}
UNPULLED = {
    "phase": "Pending",
    "containerStatuses": [
        {
            "name": "smoke",
            "image": "smoke:9",
            "state": {
                "waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "smoke:9": not found'}
            },
        }
    ],
}
PASSED = {"phase": "Succeeded", "containerStatuses": [{"name": "smoke", "state": {"terminated": {"exitCode": 0}}}]}


_MADE: list[JSON] = []
"""What was made stays, as what was read does: `replay` knows objects by their identity."""


def _moment(run: str, pod: JSON | None, failed: JSON | None = None, at: float = 14.0) -> replay.Moment:
    """The AnalysisRun of a recording, as if a Job had measured for it."""
    moment = replay.moment("analysis-failed", at)
    (owner,) = moment.runs
    job = {
        "metadata": {
            "name": f"{run}.smoke.1",
            "namespace": "analysis-failed",
            "uid": "job",
            "creationTimestamp": "2026-11-28T14:00:00Z",
            "annotations": {"analysisrun.argoproj.io/metric-name": "error-rate"},
            "ownerReferences": [{"uid": owner.metadata.uid, "kind": "AnalysisRun", "controller": True}],
        },
        "status": {"conditions": [{"type": "Failed", "status": "True", **failed}] if failed else []},
    }
    there = {**moment.there, "jobs": {"job": job}}
    if pod is not None:
        meta = {
            "name": f"{run}.smoke.1-x7k2p",
            "namespace": "analysis-failed",
            "uid": "job-pod",
            "creationTimestamp": "2026-11-28T14:00:00Z",
            "ownerReferences": [{"uid": "job", "kind": "Job", "controller": True}],
        }
        made = {"metadata": meta, "spec": {"containers": [{"name": "smoke", "image": "smoke:9"}]}, "status": pod}
        there["pods"] = {**there["pods"], "job-pod": made}
    _MADE.append(there)
    return moment._replace(there=there)


@pytest.mark.parametrize(
    ("pod", "failed", "why", "said"),
    [
        pytest.param(EXITED, {"reason": "BackoffLimitExceeded"}, "exit 3", "GET /cart: 502", id="exited"),
        pytest.param(UNPULLED, None, "image smoke:9 cannot be pulled", "", id="cannot be pulled"),
        pytest.param(
            None,
            {"reason": "DeadlineExceeded", "message": "Job was active longer than specified deadline"},
            "DeadlineExceeded",
            "Job was active longer than specified deadline",
            id="its pods are gone",
        ),
    ],
)
def test_what_is_wrong_with_a_job(pod: JSON | None, failed: JSON | None, why: str, said: str) -> None:
    moment = _moment("run", pod, failed)
    (run,) = moment.situation.runs
    (found,) = trouble_of(moment.situation, run, moment.now, moment.events_of)
    assert found.metric == "error-rate"
    assert found.why.startswith(why)
    assert said in found.said
    assert found.pods == (("run.smoke.1-x7k2p",) if pod is not None else ())


@pytest.mark.parametrize("pod", [PASSED, None])
def test_nothing_is_wrong_with_a_job_that_passed_or_has_just_begun(pod: JSON | None) -> None:
    moment = _moment("run", pod)
    (run,) = moment.situation.runs
    assert trouble_of(moment.situation, run, moment.now, moment.events_of) == ()


def test_the_cause_names_how_the_job_ended_and_its_pod() -> None:
    first = causes(_moment("run", EXITED, {"reason": "BackoffLimitExceeded"}))[0]
    assert first.reason is Reason.ANALYSIS_FAILED
    assert first.sentence == "analysis failed: error-rate: exit 3"
    assert first.pods == ("run.smoke.1-x7k2p",)
    assert first.try_next == "read the log of the pod run.smoke.1-x7k2p; then retry or roll back"
    assert first.detail.endswith("GET /cart: 502")


def test_a_job_whose_image_cannot_be_pulled_says_so_before_anything_else() -> None:
    """The controller calls that inconclusive (`processJobPods` of metricproviders/job)."""
    first = causes(_moment("run", UNPULLED))[0]
    assert first.sentence.startswith("analysis failed: error-rate: image smoke:9 cannot be pulled")
    assert first.try_next.startswith("check name and tag")


def test_a_job_that_cannot_start_is_a_cause_while_its_analysis_runs() -> None:
    running = next(
        each.t for each in replay.moments("analysis-failed") if each.runs and each.runs[0].status.phase == "Running"
    )
    (cause,) = causes(_moment("run", UNPULLED, at=running))
    assert cause.sentence.startswith("image smoke:9 cannot be pulled")
    assert cause.pods == ("run.smoke.1-x7k2p",)


def test_the_page_shows_it_at_the_analysis() -> None:
    moment, store = _moment("run", EXITED), Store()
    for resource, plural in ((JOBS, "jobs"), (PODS, "pods")):
        raw = [each for each in moment.there[plural].values() if each["metadata"]["uid"].startswith("job")]
        body = msgspec.json.encode({"metadata": {"resourceVersion": "1"}, "items": raw})
        store.apply(each for each in decode_page(resource, body).contents if isinstance(each, Put))
    store.apply([Put(ROLLOUTS, moment.rollout), *(Put(ANALYSIS_RUNS, run) for run in moment.runs)])
    assert len(situation_of(store, moment.rollout).jobs) == 1
    track, _ = rollout_of(store, moment.rollout, None, moment.now)
    (section,) = (
        each for each in detail(store, moment.rollout, track, moment.now).sections if "Analysis" in each.title
    )
    assert [line.text for line in section.lines][-3:] == [
        "Job of error-rate: exit 3",
        "GET /cart: 502",
        "pod run.smoke.1-x7k2p",
    ]
