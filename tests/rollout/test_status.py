"""ktui's verdict against what kubectl printed while the recorded Deployments went by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from ktui.kinds.registry import verdict
from ktui.model.changes import Put
from ktui.model.objects import Deployment
from ktui.model.workloads import DaemonSet, StatefulSet, Workload
from ktui.rollout.status import Verdict
from tests.recorded import OF_DEPLOYMENTS, Note, Said, deployment, recording

WATCH_LAG = 0.25
"""How far apart, in seconds, two watches of one server may be: kubectl's and the recorder's."""


class Run(msgspec.Struct):
    """One run of `kubectl rollout status`: what it printed and when, and how it ended."""

    lines: list[Note]
    watched: bool = True
    exit_code: int | None = None

    @property
    def name(self) -> str:
        return self.lines[0].text.split('"')[1]

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]


def runs(name: str) -> Iterator[Run]:
    """The runs of `rollout status` in a recording: lines that it prints stand together, `exit` ends a watched one."""
    run: Run | None = None
    for note in (said for said in recording(name) if isinstance(said, Note)):
        if note.text.endswith("--watch=false"):
            run = Run([], watched=False)
        elif note.text.startswith(("Waiting for deployment", 'error: deployment "', 'deployment "')):
            run = run or Run([])
            run.lines.append(note)
            if not run.watched:
                yield run
                run = None
        elif run is not None:
            assert note.text.startswith("exit "), note
            run.exit_code = int(note.text.removeprefix("exit "))
            yield run
            run = None


def states(name: str, workload_name: str) -> list[tuple[float, Workload]]:
    """The states of a workload in the order in which they came, with when."""
    return [
        (said.t, obj)
        for said in recording(name)
        if isinstance(said, Said)
        and isinstance(said.change, Put)
        and isinstance(obj := said.change.object, Deployment | StatefulSet | DaemonSet)
        and obj.metadata.name == workload_name
    ]


def printed(judged: Verdict) -> str:
    return f"error: {judged.line}" if judged.failed else judged.line


@pytest.mark.parametrize("name", OF_DEPLOYMENTS)
def test_the_verdict_gives_the_lines_that_kubectl_printed(name: str) -> None:
    """kubectl lists, then prints one line for each event: none is skipped, none is merged, equal lines are repeated.

    (`rollout status` hands each notification of its informer to the printer, and an informer passes on every event
    of one object; only the states between the change and kubectl's first list are not printed.) So each run must be
    the verdicts of a row of recorded states without a gap, and each line must come when its state came.
    """
    seen: dict[str, int] = {}
    found = list(runs(name))
    assert found
    for run in found:
        known = states(name, run.name)
        start = aligned(run, known, seen.get(run.name, 0))
        end = start + len(run.lines)
        judged = [verdict(state) for _, state in known[start:end]]
        assert [printed(v) for v in judged] == run.texts
        assert not any(v.done for v in judged[:-1])
        if run.watched:
            assert judged[-1].done
            assert run.exit_code == int(judged[-1].failed)
        for line, (came, _) in list(zip(run.lines, known[start:end], strict=True))[1:]:
            assert abs(line.t - came) < WATCH_LAG, (line, came)
        seen[run.name] = end - 1


def aligned(run: Run, known: Sequence[tuple[float, Workload]], not_before: int) -> int:
    """The state that was current when kubectl listed, or a neighbour of it within the lag of two watches."""
    listed = run.lines[0].t
    candidates = [
        index
        for index in range(not_before, len(known))
        if known[index][0] < listed + WATCH_LAG
        and (index + 1 == len(known) or known[index + 1][0] > listed - WATCH_LAG)
        and [printed(verdict(state)) for _, state in known[index : index + len(run.lines)]] == run.texts
    ]
    assert candidates, run.texts
    # A run that was watched to its end fits in one place; a single line may stand for several states.
    assert len(candidates) == 1 or not run.watched, (run.texts, candidates)
    return candidates[0]


def test_no_run_of_rollout_status_is_left_out() -> None:
    notes = [said.text for name in OF_DEPLOYMENTS for said in recording(name) if isinstance(said, Note)]
    ended = sum(text.startswith("exit ") or text.endswith("--watch=false") for text in notes)
    assert sum(len(list(runs(name))) for name in OF_DEPLOYMENTS) == ended == 36


def made(**changes: Any) -> Deployment:
    """A Deployment that is complete, but for the changes: of metadata, spec and status by their prefix."""
    raw: dict[str, Any] = {
        "metadata": {"name": "web", "uid": "u", "generation": 4},
        "spec": {"replicas": 3, "template": {"spec": {"containers": []}}},
        "status": {"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3},
    }
    for path, value in changes.items():
        part, _, key = path.partition("_")
        raw[part][key] = value
    return deployment(raw)


TIMED_OUT = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
WAITING = 'Waiting for deployment "web" rollout to finish: '


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict('deployment "web" successfully rolled out', done=True)),
        ({"metadata_generation": 5}, Verdict("Waiting for deployment spec update to be observed...")),
        (
            {"status_conditions": TIMED_OUT},
            Verdict('deployment "web" exceeded its progress deadline', done=True, failed=True),
        ),
        # A deadline that passed for the spec before this one says nothing about this one.
        (
            {"status_conditions": TIMED_OUT, "metadata_generation": 5},
            Verdict("Waiting for deployment spec update to be observed..."),
        ),
        # The deadline comes before the numbers, even where they are complete.
        (
            {"status_conditions": TIMED_OUT, "status_updatedReplicas": 1},
            Verdict('deployment "web" exceeded its progress deadline', done=True, failed=True),
        ),
        (
            {"status_updatedReplicas": 1, "status_replicas": 4},
            Verdict(f"{WAITING}1 out of 3 new replicas have been updated..."),
        ),
        ({"status_replicas": 5}, Verdict(f"{WAITING}2 old replicas are pending termination...")),
        ({"status_availableReplicas": 2}, Verdict(f"{WAITING}2 of 3 updated replicas are available...")),
        # Scaling in: more are updated than wanted, and that is no reason to wait.
        ({"spec_replicas": 1}, Verdict('deployment "web" successfully rolled out', done=True)),
        # Without `replicas` there is nothing to compare with: the API server fills it in before the next look.
        (
            {"spec_replicas": None, "status_updatedReplicas": 3},
            Verdict('deployment "web" successfully rolled out', True),
        ),
        (
            {"spec_replicas": 0, "status_replicas": 0, "status_updatedReplicas": 0, "status_availableReplicas": 0},
            Verdict('deployment "web" successfully rolled out', done=True),
        ),
        # A paused Deployment whose template changed has no updated pods: kubectl waits, for ever.
        (
            {"spec_paused": True, "status_updatedReplicas": 0},
            Verdict(f"{WAITING}0 out of 3 new replicas have been updated..."),
        ),
    ],
)
def test_each_rule_in_its_order(changes: dict[str, Any], expected: Verdict) -> None:
    assert verdict(made(**changes)) == expected
