"""`ktui status` of StatefulSets and DaemonSets beside the real `kubectl rollout status`, and as a gate."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.cli.conftest import Ktui, cannot_pull
from tests.cli.junit import trouble_of, valid_report
from tests.cli.sets import Sets, crash_looping
from tests.simulated import Witness

Start = Callable[..., subprocess.Popen[str]]
ON_DELETE: dict[str, Any] = {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}
NAMES = {"db": "statefulset/db", "agent": "daemonset/agent"}


@pytest.fixture
def blocked(sets: Sets, cluster: SimulatedCluster) -> Sets:
    """shop/db with a second revision whose first pod crashes: nothing goes on."""
    sets.image("db", "crash")
    cluster.wait_until(crash_looping, 30)
    return sets


def test_what_is_complete_says_so(ktui: Ktui, sets: Sets) -> None:
    for written in ("sts/db", "statefulset/db", "statefulsets.apps/db"):
        ran = ktui("status", written)
        assert (ran.code, ran.out, ran.err) == (
            0,
            "partitioned roll out complete: 3 new pods have been updated...\n",
            "",
        )
    for written in ("ds/agent", "daemonset/agent"):
        ran = ktui("status", written)
        assert (ran.code, ran.out, ran.err) == (0, 'daemon set "agent" successfully rolled out\n', "")


@pytest.mark.parametrize(
    ("name", "kind", "end"),
    [
        ("db", "statefulset", "partitioned roll out complete: 3 new pods have been updated...\n"),
        ("agent", "daemon set", 'daemon set "agent" successfully rolled out\n'),
    ],
)
def test_the_lines_are_those_of_kubectl(name: str, kind: str, end: str, sets: Sets, ktui_process: Start) -> None:
    cluster = sets.cluster
    cluster.pause()
    sets.image(name, "2")
    kubectl = sets.kubectl_process("rollout", "status", NAMES[name])
    ours = ktui_process("status", NAMES[name])
    # Both are watching before anything moves, so the first line of both is the same one.
    first = f"Waiting for {kind} spec update to be observed...\n"
    assert kubectl.stdout is not None
    assert ours.stdout is not None
    assert kubectl.stdout.readline() == first
    assert ours.stdout.readline() == first
    cluster.resume()
    out, err = ours.communicate(timeout=30)
    said, _ = kubectl.communicate(timeout=30)
    assert out == said
    assert out.endswith(end)
    assert len(out.splitlines()) > 3
    assert (ours.returncode, kubectl.returncode, err) == (0, 0, "")


@pytest.mark.parametrize("is_observed", [False, True])
def test_one_look_says_what_kubectl_says_and_errors_are_its_own(is_observed: bool, ktui: Ktui, sets: Sets) -> None:
    specs: list[tuple[str, dict[str, Any]]] = [
        ("db", {"updateStrategy": {"rollingUpdate": {"partition": 2}}}),
        ("db", {"updateStrategy": {"rollingUpdate": {"partition": 9}}}),
        ("db", {"replicas": 5}),
        ("db", ON_DELETE),
        ("agent", {"minReadySeconds": 60}),
        ("agent", ON_DELETE),
    ]
    for name, spec in specs:
        if not is_observed:
            sets.cluster.pause()
        sets.patch(name, spec)
        if is_observed:
            sets.cluster.wait_until(lambda _, name=name: sets.is_observed(name))  # type: ignore[misc]
            sets.cluster.pause()
        kubectl = sets.kubectl("rollout", "status", NAMES[name], "--watch=false")
        ran = ktui("status", NAMES[name], "--no-watch")
        assert ran.out.startswith(kubectl.stdout)
        assert ran.err == kubectl.stderr
        assert bool(kubectl.stdout) is (spec is not ON_DELETE)
        # kubectl ends a single look with 0 whatever it saw; an error is one for both.
        assert (ran.code == 1) is (kubectl.returncode == 1)
        sets.cluster.resume()


@pytest.mark.parametrize("name", ["db", "agent"])
def test_on_delete_has_no_status_and_says_what_it_waits_for(name: str, ktui: Ktui, sets: Sets) -> None:
    sets.image(name, "2", **ON_DELETE)
    sets.cluster.wait_until(lambda _: "OnDelete: 3 old pods" in ktui("get", NAMES[name]).out)
    kubectl = sets.kubectl("rollout", "status", NAMES[name])
    ran = ktui("status", NAMES[name])
    words = "error: rollout status is only available for RollingUpdate strategy type\n"
    assert (kubectl.returncode, kubectl.stderr) == (1, words)
    assert (ran.code, ran.err) == (1, words)
    assert ran.lines[0] == "paused: OnDelete: 3 old pods change only when deleted"
    assert ran.lines[1].startswith("  delete them one by one: each comes back with the newest template (kubectl delete")
    assert len(ran.lines) == 2
    document = json.loads(ktui("status", NAMES[name], "-o", "json").out)
    assert (document["verdict"], document["exitCode"]) == ("waits for deletion", 1)


def test_a_revision_is_taken_no_notice_of_as_by_kubectl(ktui: Ktui, sets: Sets) -> None:
    for name in ("db", "agent"):
        kubectl = sets.kubectl("rollout", "status", NAMES[name], "--revision=7")
        ran = ktui("status", NAMES[name], "--revision", "7")
        assert (ran.code, ran.out) == (kubectl.returncode, kubectl.stdout) == (0, ran.out)
        assert ran.err.startswith("ktui: Like kubectl, ktui ignores --revision for a ")


def test_what_takes_too_long_is_not_finished(ktui: Ktui, sets: Sets) -> None:
    sets.image("db", "nopull")
    sets.cluster.wait_until(cannot_pull)
    kubectl = sets.kubectl("rollout", "status", "sts/db", "--timeout=1s")
    ran = ktui("status", "sts/db", "--timeout", "200ms")
    assert (ran.code, ran.err) == (3, "error: timed out waiting for the condition\n")
    assert kubectl.stderr == ran.err
    assert ran.lines[0] == kubectl.stdout.splitlines()[0] == "Waiting for 1 pods to be ready..."


def test_what_is_deleted_while_watched_is_an_error(blocked: Sets, ktui_process: Start) -> None:
    ours = ktui_process("status", "sts/db")
    assert ours.stdout is not None
    ours.stdout.readline()
    assert blocked.kubectl("delete", "sts", "db", "--wait=false").returncode == 0
    _, err = ours.communicate(timeout=30)
    assert (ours.returncode, err) == (1, "error: object has been deleted\n")


# Names


def test_a_plain_name_is_a_deployment_and_its_namesakes_are_pointed_to(ktui: Ktui, sets: Sets) -> None:
    ran = ktui("status", "db")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        'ktui: deployments.apps "db" not found in the namespace shop.',
        "There is a StatefulSet of that name: write statefulset/db.",
    ]
    for command in (["status"], ["restart", "--yes"], ["rollback", "--dry-run"], ["pause", "--yes"], ["resources"]):
        ran = ktui(*command, "agent")
        assert ran.code == 1
        assert "There is a DaemonSet of that name: write daemonset/agent." in ran.err
    assert "There is a" not in ktui("status", "basket").err


def test_a_set_that_does_not_exist_is_an_error_at_once(ktui: Ktui, sets: Sets, cart: Witness) -> None:
    ran = ktui("status", "sts/cart")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        'ktui: statefulsets.apps "cart" not found in the namespace shop.',
        "There is a Deployment of that name: write deployment/cart.",
    ]


# As a gate


def test_a_broken_pod_ends_the_gate_after_its_patience_with_the_reason_and_last_words(
    blocked: Sets, ktui: Ktui, tmp_path: Path
) -> None:
    """kubectl waits for ever: no StatefulSet ever fails by itself."""
    report = tmp_path / "report.xml"
    ran = ktui("status", "sts/db", "--patience", "1s", "--junit", str(report), "--timeout", "60s")
    assert ran.code == 1
    assert ran.err.startswith("error: stalled for ")
    assert "the new pod crashes" in ran.err
    assert any(line.startswith("stalled: the new pod crashes") for line in ran.lines)
    assert any(line.startswith("Last words of the container db of pod db-2") for line in ran.lines)
    found = trouble_of(valid_report(report))
    assert found is not None
    assert found[:2] == ("failure", "stalled")
    assert found[2].startswith("the new pod crashes")
    assert 'name="sts/db"' in report.read_text()


def test_as_a_document_it_names_its_kind_its_pods_and_their_log(blocked: Sets, ktui: Ktui) -> None:
    document = json.loads(ktui("status", "sts/db", "--no-watch", "-o", "json").out)
    assert document["verdict"] == "not finished"
    assert (document["rollout"]["kind"], document["rollout"]["name"]) == ("StatefulSet", "db")
    assert document["rollout"]["phase"] == "stalled"
    assert [pod["name"] for pod in document["pods"]] == ["db-2"]
    assert document["log"]["pod"] == "db-2"


def test_a_daemonset_that_crashes_on_its_nodes_is_told_as_well(sets: Sets, ktui: Ktui) -> None:
    sets.image("agent", "crash")
    sets.cluster.wait_until(crash_looping, 30)
    ran = ktui("status", "ds/agent", "--patience", "500ms", "--timeout", "60s")
    assert ran.code == 1
    assert any(line.startswith("stalled: the new pod crashes") for line in ran.lines)


def test_one_that_was_rolled_back_but_waits_for_its_broken_pod_says_which_to_delete(blocked: Sets, ktui: Ktui) -> None:
    assert blocked.kubectl("rollout", "undo", "sts/db").returncode == 0
    blocked.cluster.wait_until(lambda _: "waits for it" in ktui("get", "sts/db").out)
    ran = ktui("status", "sts/db", "--no-watch")
    assert ran.code == 3
    assert "  delete it: kubectl delete pod db-2 -n shop; it comes back with the newest template" in ran.lines
    assert blocked.kubectl("delete", "pod", "db-2", "--wait=false").returncode == 0
    assert ktui("status", "sts/db").code == 0
    assert blocked.pods("db") == ["1", "1", "1"]


def test_a_silence_is_broken_by_a_sign_of_life(blocked: Sets, ktui_process: Start) -> None:
    ours = ktui_process("status", "sts/db", "--heartbeat", "100ms")
    assert ours.stderr is not None
    # As it runs, a container that will crash is ready for a moment.
    beats = [ours.stderr.readline() for _ in range(5)]
    assert any("stalled, 0 of 3 new pods available; the new pod crashes" in beat for beat in beats)
    ours.terminate()
    ours.communicate(timeout=30)


def test_a_broken_statefulset_is_rolled_back_with_the_pod_that_it_would_wait_for(
    blocked: Sets, ktui: Ktui, state: Path
) -> None:
    ran = ktui("status", "sts/db", "--rollback-on-failure", "--patience", "500ms", "-o", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["verdict"]) == (1, "stalled")
    assert document["rollback"]["outcome"] == "complete"
    assert document["rollback"]["title"].startswith("Roll back StatefulSet shop/db to revision 1")
    assert "exiting with code" in "".join(document["log"]["lines"])
    assert blocked.pods("db") == ["1", "1", "1"]
    (entry,) = audited(state / "audit.jsonl")
    assert (entry["outcome"], entry["automatic"]) == ("done", "ktui status: stalled (crash)")


def test_a_broken_daemonset_is_rolled_back_after_a_timeout_where_that_is_asked_for(sets: Sets, ktui: Ktui) -> None:
    sets.image("agent", "crash")
    sets.cluster.wait_until(crash_looping, 30)
    assert ktui("status", "ds/agent", "--timeout", "200ms", "--rollback-on-failure").code == 3
    assert "crash" in sets.pods("agent")
    ran = ktui("status", "ds/agent", "--timeout", "3s", "--rollback-on-timeout")
    assert ran.code == 3
    assert ran.lines[-2] == 'daemon set "agent" successfully rolled out'
    assert ran.lines[-1].endswith("rollback to revision 1 (agent:1) sent. The rollback is complete.")
    assert sets.pods("agent") == ["1", "1", "1"]


def test_pods_that_a_partition_holds_back_are_told_of(sets: Sets, ktui: Ktui) -> None:
    sets.image("db", "2", updateStrategy={"rollingUpdate": {"partition": 3}})
    sets.cluster.wait_until(lambda _: sets.is_observed("db"))
    ran = ktui("status", "sts/db")
    assert (ran.code, ran.lines[-1]) == (0, "partitioned roll out complete: 0 new pods have been updated...")
    assert ran.err.strip() == "ktui: 3 pods stay as before: its partition is 3."


@pytest.mark.parametrize("name", ["db", "agent"])
def test_on_delete_is_nothing_to_roll_back(name: str, sets: Sets, ktui: Ktui, state: Path) -> None:
    sets.image(name, "2", **ON_DELETE)
    sets.cluster.wait_until(lambda _: sets.is_observed(name))
    ran = ktui("status", NAMES[name], "--rollback-on-failure")
    assert ran.code == 1
    assert "Roll back" not in ran.out
    assert "rolled back" not in ran.out
    assert not (state / "audit.jsonl").exists()


def test_what_someone_else_changed_meanwhile_is_left_alone(blocked: Sets, ktui_process: Start, state: Path) -> None:
    ours = ktui_process("status", "sts/db", "--timeout", "2s", "--rollback-on-timeout")
    assert ours.stdout is not None
    ours.stdout.readline()
    blocked.image("db", "3")
    out, _ = ours.communicate(timeout=30)
    assert out.splitlines()[-1].startswith("Not rolled back: its pod template was changed: that is another rollout")
    assert not (state / "audit.jsonl").exists()
