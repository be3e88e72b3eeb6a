"""The plugin's phase, message, step and weights, over every recording: its own output is the oracle."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ktui.kinds.argo_rollout import status
from ktui.kinds.argo_rollout.analysis import RunView, runs_of
from ktui.kinds.argo_rollout.revisions import newest_first, revision, roles
from ktui.kinds.argo_rollout.steps import ladder
from ktui.rollout.rollout import Phase
from tests.kinds.argo_rollout import replay
from tests.kinds.argo_rollout.replay import Moment, Printed

_PHASE = re.compile(r"(Healthy|Degraded|Progressing|Paused)( - .*)?")

SLACK = 0.35
"""Seconds: the plugin read before it printed, and the streams of a recording are not in step with one another."""


def _fields(shown: Printed) -> dict[str, str]:
    """The head of `get rollout`: its names and values, as far as the tree."""
    found = {}
    for _, line in shown.lines:
        if line.startswith("NAME "):
            break
        name, colon, value = line.strip().partition(":")
        if colon and not line.startswith("      "):
            found[name] = value.strip()
    return found


def _ours(moment: Moment) -> dict[str, str]:
    said = status.said(moment.rollout)
    found = {"Status": said.phase, "Message": said.message}
    steps = ladder(moment.rollout, moment.replicasets, moment.now)
    if steps is not None:
        found |= {
            "Step": steps.position,
            "SetWeight": str(steps.set_weight),
            "ActualWeight": str(steps.actual_weight),
        }
    return found


def _tree(shown: Printed) -> list[tuple[str, str]]:
    """The ReplicaSets and AnalysisRuns of the tree with what stands beside them, and the revisions between.

    An Experiment's own are left out.
    """
    found = []
    for _, line in shown.lines:
        cells = re.split(r"\s{2,}", line.strip(" │├└─"))
        names = cells[0].split(" ")
        if "#" in cells[0]:
            found.append(("revision", names[-1].removeprefix("revision:")))
        elif len(cells) > 3 and cells[1] == "ReplicaSet" and re.fullmatch(r"web-[0-9a-f]+", names[-1]):
            info = ",".join(part for part in (cells[4].split(",") if len(cells) > 4 else ()) if "delay" not in part)
            found.append((names[-1], info))
        elif len(cells) > 3 and cells[1] == "AnalysisRun" and not names[-1].endswith("-compare"):
            found.append((names[-1], f"{cells[2].split(' ')[-1]} {cells[4] if len(cells) > 4 else ''}"))
    return found


def _our_tree(moment: Moment) -> list[tuple[str, str]]:
    found = []
    runs = runs_of(moment.runs, moment.rollout.metadata.uid)
    numbers = {revision(rs) for rs in moment.replicasets} | {run.revision for run in runs}
    for number in sorted(numbers, reverse=True):
        found.append(("revision", str(number)))
        for rs in newest_first(moment.replicasets):
            if revision(rs) == number:
                found.append((rs.metadata.name, ",".join(roles(moment.rollout, rs))))
        for run in runs:
            if run.revision == number:
                found.append((run.name, f"{run.phase} {_counts(run)}"))
    return found


def _counts(run: RunView) -> str:
    signs = ("✔", "successful"), ("✖", "failed"), ("?", "inconclusive"), ("⚠", "error")
    sums = ((sign, sum(getattr(metric, field) for metric in run.metrics)) for sign, field in signs)
    return ",".join(f"{sign} {number}" for sign, number in sums if number)


def _shown(name: str) -> list[Printed]:
    return [each for each in replay.printed(name) if each.command.startswith("kubectl argo rollouts get rollout")]


@pytest.mark.parametrize("name", replay.NAMES)
def test_wherever_the_plugin_described_the_rollout_ktui_says_the_same(name: str) -> None:
    shown = _shown(name)
    assert shown
    for each in shown:
        fields = _fields(each)
        wanted: dict[str, str] = {
            "Status": fields["Status"].split(" ")[-1],
            "Message": fields.get("Message", ""),
            **{key: fields[key] for key in ("Step", "SetWeight", "ActualWeight") if key in fields},
        }
        found = [_ours(moment) for moment in replay.moments(name, each.begun, each.ended)]
        assert wanted in found, (each.begun, wanted, found)


@pytest.mark.parametrize("name", replay.NAMES)
def test_its_tree_has_the_revisions_and_roles_of_the_plugin(name: str) -> None:
    for each in _shown(name):
        found = [_our_tree(moment) for moment in replay.moments(name, each.begun, each.ended)]
        assert _tree(each) in found, (each.begun, found)


@pytest.mark.parametrize("name", replay.NAMES)
def test_status_prints_the_same_line_and_exits_with_the_same_code(name: str) -> None:
    once = [each for each in replay.printed(name) if each.command.endswith("--watch=false")]
    assert once
    for each in once:
        (_, line), *rest = each.lines
        code = next(text for _, text in rest if text.startswith("exit "))
        error = next((text.removeprefix("Error: ") for _, text in rest[:1] if text.startswith("Error: ")), "")
        found = [
            (verdict.line, status.error_line(moment.rollout), f"exit {int(verdict.failed)}")
            for moment in replay.moments(name, each.begun - SLACK, each.lines[0][0])
            if (verdict := status.verdict(moment.rollout))
        ]
        assert (line, error, code) in found, (each.begun, line, found)


@pytest.mark.parametrize("name", replay.NAMES)
def test_whatever_the_plugin_printed_while_it_watched_was_true_then(name: str) -> None:
    """Its watch skips states that pass quickly, so each line is looked for just before it was printed."""
    watched: list[tuple[float, str]] = [*replay.first_lines(name)]
    for each in replay.printed(name):
        if not each.command.endswith("--watch=false"):
            watched += each.lines
        else:
            watched += each.lines[2:]
    said = [(t, text) for t, text in watched if _PHASE.fullmatch(text)]
    for t, text in said:
        found = [status.said(moment.rollout).watched for moment in replay.moments(name, t - 4 * SLACK, t + SLACK / 4)]
        assert text in found, (t, text, found)


@pytest.mark.parametrize("name", replay.HEALTHY)
def test_what_goes_well_is_never_failed_and_ends_complete(name: str) -> None:
    phases = [status.phase(moment.rollout) for moment in replay.moments(name)]
    assert not {Phase.FAILED, Phase.STALLED} & set(phases)
    assert phases[-1] in (Phase.COMPLETE, Phase.SCALED_TO_ZERO)


def _made(spec: dict[str, Any], **status_fields: Any) -> Any:
    return replay.rollout(
        {"metadata": {"name": "web", "generation": 3, "uid": "u"}, "spec": spec, "status": status_fields}
    )


@pytest.mark.parametrize(
    ("observed", "is_seen"),
    [("3", True), ("2", False), ("4", True), ("6d8f5c", True), ("", True), ("9" * 5000, True), ("٣", True)],
)
def test_the_observed_generation_is_a_text(observed: str, is_seen: bool) -> None:
    made = _made({}, observedGeneration=observed, phase="Healthy")
    assert made.observed is is_seen
    assert status.said(made).phase == ("Healthy" if is_seen else "Progressing")


def test_a_pause_that_someone_lifted_is_not_healthy_before_the_controller_has_seen_it() -> None:
    lifted = _made({}, phase="Paused", message="CanaryPauseStep", controllerPause=True)
    assert status.said(lifted) == ("Progressing", "waiting for rollout to unpause")


@pytest.mark.parametrize(
    ("spec", "fields", "phase", "message"),
    [
        ({"strategy": {"canary": {}}}, {}, "Progressing", "more replicas need to be updated"),
        ({"replicas": 0, "strategy": {"canary": {}}}, {}, "Progressing", "waiting for all steps to complete"),
        ({"replicas": 0, "strategy": {"blueGreen": {}}}, {}, "Progressing", "active service cutover pending"),
        ({"paused": True}, {}, "Paused", "manually paused"),
        (
            {"strategy": {"canary": {}}},
            {"pauseConditions": [{"reason": "CanaryPauseStep", "startTime": None}]},
            "Paused",
            "CanaryPauseStep",
        ),
        (
            {"replicas": 1, "restartAt": "2026-01-01T00:00:00Z"},
            {"updatedReplicas": 1},
            "Progressing",
            "rollout is restarting",
        ),
        (
            {"replicas": 2, "strategy": {"canary": {}}},
            {"updatedReplicas": 2, "replicas": 3, "availableReplicas": 3},
            "Progressing",
            "old replicas are pending termination",
        ),
        (
            {"replicas": 2, "strategy": {"blueGreen": {"postPromotionAnalysis": {}}}},
            {
                "updatedReplicas": 2,
                "availableReplicas": 2,
                "currentPodHash": "b",
                "stableRS": "a",
                "blueGreen": {"activeSelector": "b"},
            },
            "Progressing",
            "waiting for analysis to complete",
        ),
        (
            {"replicas": 2, "strategy": {"canary": {"trafficRouting": {}}}},
            {"updatedReplicas": 2, "replicas": 3, "availableReplicas": 3, "currentPodHash": "b", "stableRS": "b"},
            "Healthy",
            "",
        ),
        (
            {},
            {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "late"}]},
            "Degraded",
            "ProgressDeadlineExceeded: late",
        ),
    ],
)
def test_an_old_controller_leaves_the_phase_to_the_reader(
    spec: dict[str, Any], fields: dict[str, Any], phase: str, message: str
) -> None:
    assert status.said(_made(spec, **fields)) == (phase, message)
