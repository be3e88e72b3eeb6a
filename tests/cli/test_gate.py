"""`ktui status` as a pipeline's gate: signs of life, evidence, reports, and a rollback that nobody is asked about."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.audited import audited
from tests.cli.conftest import Ktui, cannot_pull
from tests.cli.junit import trouble_of, valid_report
from tests.simulated import NEW, STUCK, Witness, image_patch, manifest

CRASHES = "registry.example/shop/cart:crash"
OTHER = "registry.example/shop/other:nopull"
Start = Callable[..., subprocess.Popen[str]]


def is_stuck(witness: Witness) -> None:
    """A revision whose image cannot be pulled, with a deadline that passes within a second or two."""
    witness.patch({"spec": {"progressDeadlineSeconds": 20}})
    witness.patch(image_patch(STUCK))


@pytest.fixture
def crashing(cluster: SimulatedCluster, cart: Witness) -> Witness:
    """shop/cart with a third revision that has crashed and been started again."""
    cart.patch(image_patch(CRASHES))

    def has_restarted(it: SimulatedCluster) -> bool:
        statuses = [
            status for pod in it.list("pods", "shop") for status in pod["status"].get("containerStatuses") or ()
        ]
        return any(status["restartCount"] > 1 for status in statuses)

    cluster.wait_until(has_restarted, 30)
    return cart


def audit(state: Path) -> list[dict[str, Any]]:
    return audited(state / "audit.jsonl")


# Signs of life


def test_a_silence_is_broken_by_a_sign_of_life_on_standard_error(stuck: Witness, ktui_process: Start) -> None:
    ours = ktui_process("status", "cart", "--heartbeat", "100ms")
    assert ours.stderr is not None
    for _ in range(2):
        beat = ours.stderr.readline()
        assert re.match(r"ktui: after \d+s: stalled, 0 of 4 new pods available; image cart:nopull cannot be", beat)
    ours.send_signal(signal.SIGTERM)
    out, err = ours.communicate(timeout=30)
    assert ours.returncode == 143
    assert "Traceback" not in err
    assert all(line.startswith("Waiting for deployment") for line in out.splitlines())


def test_without_a_heartbeat_there_is_silence(ktui: Ktui, stuck: Witness) -> None:
    ran = ktui("status", "cart", "--heartbeat", "0", "--timeout", "400ms")
    assert ran.err == "error: timed out waiting for the condition\n"


# Evidence


def test_a_crash_shows_what_the_run_before_the_last_restart_logged(ktui: Ktui, crashing: Witness) -> None:
    ran = ktui("status", "cart", "--timeout", "200ms", "--log-lines", "7")
    assert ran.code == 3
    title = next(index for index, line in enumerate(ran.lines) if line.startswith("Last words of the container cart"))
    assert ran.lines[title].endswith("the run before its last restart:")
    assert [line[:4] for line in ran.lines[title + 1 :]] == ["  | "] * 7
    assert "exiting with code" in ran.out


def test_no_log_is_shown_where_none_is_wanted(ktui: Ktui, crashing: Witness) -> None:
    assert "  | " not in ktui("status", "cart", "--timeout", "100ms", "--log-lines", "0").out


def test_an_image_that_cannot_be_pulled_has_no_log(ktui: Ktui, stuck: Witness) -> None:
    ran = ktui("status", "cart", "--timeout", "100ms")
    assert "Last words" not in ran.out
    assert "No log" not in ran.out


def test_a_log_that_may_not_be_read_is_no_reason_to_lose_the_verdict(
    ktui: Ktui, crashing: Witness, cluster: SimulatedCluster
) -> None:
    cluster.faults.forbid("get", "pods/log")
    ran = ktui("status", "cart", "--timeout", "100ms", "-o", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["verdict"]) == (3, "timed out")
    assert document["log"]["lines"] == []
    assert "pods/log" in document["log"]["untold"] or "forbidden" in document["log"]["untold"].lower()
    assert document["causes"][0]["kind"] == "crash"


def test_pods_that_may_not_be_read_leave_a_verdict_without_pods(
    ktui: Ktui, crashing: Witness, cluster: SimulatedCluster
) -> None:
    cluster.faults.forbid("list", "pods")
    document = json.loads(ktui("status", "cart", "--timeout", "100ms", "-o", "json").out)
    assert (document["verdict"], document["pods"], document["log"]) == ("timed out", [], None)


def test_the_document_holds_verdict_causes_pods_and_log(ktui: Ktui, crashing: Witness) -> None:
    ran = ktui("status", "cart", "--timeout", "200ms", "-o", "json")
    document = json.loads(ran.out)
    assert document["schema"] == "ktui.status/1"
    assert (document["exitCode"], document["error"]) == (3, "timed out waiting for the condition")
    assert document["seconds"] >= 0.2
    assert document["rollback"] is None
    assert {pod["health"] for pod in document["pods"]} == {"broken"}
    assert document["pods"][0]["name"] in document["causes"][0]["pods"]
    assert (document["log"]["container"], document["log"]["previous"]) == ("cart", True)
    assert 0 < len(document["log"]["lines"]) <= 20


# Patience


def test_what_waiting_does_not_cure_fails_once_patience_has_run_out(ktui: Ktui, stuck: Witness) -> None:
    ran = ktui("status", "cart", "--patience", "300ms")
    assert ran.code == 1
    assert re.match(r"error: stalled for \d+s: image cart:nopull cannot be pulled", ran.err)


def test_what_is_only_slow_does_not_try_patience(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    cart.patch(image_patch("registry.example/shop/cart:slow"))
    ran = ktui("status", "cart", "--patience", "0")
    assert (ran.code, ran.lines[-1]) == (0, 'deployment "cart" successfully rolled out')


# Reports


def test_a_success_is_a_green_test(ktui: Ktui, cart: Witness, tmp_path: Path) -> None:
    report = tmp_path / "reports" / "rollout.xml"
    assert ktui("status", "cart", "--junit", str(report)).code == 0
    suite = valid_report(report)
    assert trouble_of(suite) is None
    assert [child.attrib["name"] for child in suite.iter("testcase")] == ["cart"]
    assert list(report.parent.iterdir()) == [report]


def test_a_timeout_is_a_red_test_with_cause_and_log(ktui: Ktui, crashing: Witness, tmp_path: Path) -> None:
    report = tmp_path / "rollout.xml"
    report.write_text("of a run before")
    assert ktui("status", "cart", "--timeout", "100ms", "--junit", str(report)).code == 3
    suite = valid_report(report)
    tag, kind, message = trouble_of(suite) or ("", "", "")
    assert (tag, kind) == ("failure", "timed out")
    assert "new pods crash" in message
    assert "exiting with code" in (suite.findtext("system-out") or "")


def test_a_failure_is_a_red_test(ktui: Ktui, cart: Witness, tmp_path: Path) -> None:
    is_stuck(cart)
    assert ktui("status", "cart", "--junit", str(tmp_path / "r.xml")).code == 1
    tag, kind, message = trouble_of(valid_report(tmp_path / "r.xml")) or ("", "", "")
    assert (tag, kind) == ("failure", "failed")
    assert message.startswith("image cart:nopull cannot be pulled")


def test_what_could_not_be_found_out_is_an_error_of_the_gate(ktui: Ktui, cart: Witness, tmp_path: Path) -> None:
    assert ktui("status", "basket", "--junit", str(tmp_path / "r.xml")).code == 1
    tag, _, message = trouble_of(valid_report(tmp_path / "r.xml")) or ("", "", "")
    assert tag == "error"
    assert '"basket" not found' in message


def test_what_no_xml_can_hold_is_replaced(ktui: Ktui, cluster: SimulatedCluster, tmp_path: Path) -> None:
    cluster.apply(manifest("registry.example/<&\u0001\uffff]]>:nopull"))
    assert ktui("status", "cart", "--no-watch", "--junit", str(tmp_path / "r.xml")).code == 3
    assert trouble_of(valid_report(tmp_path / "r.xml")) is not None


def test_a_report_that_cannot_be_written_is_said_before_the_wait(ktui: Ktui, stuck: Witness, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = ktui("status", "cart", "--junit", str(tmp_path / "file" / "r.xml"))
    assert ran.code == 2
    assert "cannot be made" in ran.err


# The rollback that nobody is asked about


def test_a_deadline_that_passes_is_rolled_back_and_stays_a_failure(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster, state: Path, tmp_path: Path
) -> None:
    template = cart.raw()["spec"]["template"]
    is_stuck(cart)
    ran = ktui("status", "cart", "--rollback-on-failure", "--junit", str(tmp_path / "r.xml"))
    assert ran.code == 1
    assert ran.lines[-2:] == [
        'deployment "cart" successfully rolled out',
        "shop/cart: rollback to revision 2 (cart:5.0) sent. The rollback is complete.",
    ]
    # The cause comes before the rollback takes its evidence away.
    assert ran.out.index("failed: image cart:nopull") < ran.out.index("Roll back shop/cart to revision 2 (cart:5.0)")
    assert cart.raw()["spec"]["template"] == template
    assert cart.deployment().status.available_replicas == 4
    (entry,) = audit(state)
    assert (entry["outcome"], entry["automatic"]) == ("done", "ktui status: failed (image, deadline)")
    assert trouble_of(valid_report(tmp_path / "r.xml")) is not None


def test_a_cause_that_blocks_is_rolled_back_before_the_deadline(ktui: Ktui, crashing: Witness, state: Path) -> None:
    ran = ktui("status", "cart", "--rollback-on-failure", "--patience", "200ms", "-o", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["exitCode"], document["verdict"]) == (1, 1, "stalled")
    assert document["rollback"]["outcome"] == "complete"
    assert "exiting with code" in "".join(document["log"]["lines"])
    assert crashing.image() == NEW
    assert audit(state)[0]["automatic"] == "ktui status: stalled (crash)"


def test_it_says_that_it_will_roll_back_and_when(ktui: Ktui, crashing: Witness) -> None:
    ran = ktui("status", "cart", "--rollback-on-failure", "--patience", "1h", "--timeout", "2s", "-o", "json")
    assert ran.code == 3
    assert re.search(r"ktui: rolls back in \d+m unless it recovers: .*crash", ran.err)
    (cause, *_) = json.loads(ran.out)["causes"]
    assert (cause["reason"], cause["since"] is None, cause["actsAt"] is None) == ("crashes", False, False)


def test_what_may_pass_by_itself_is_never_rolled_back(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster, state: Path
) -> None:
    image = "registry.example/shop/cart:throttled"
    throttled = {"fate": "nopull", "message": "pull QPS exceeded"}
    cluster.call(lambda: cluster.plane.fates.know(image, throttled))
    cart.patch(image_patch(image))
    cluster.wait_until(cannot_pull)
    ran = ktui("status", "cart", "--rollback-on-failure", "--patience", "0", "--timeout", "4s", "-o", "json")
    document = json.loads(ran.out)
    assert (ran.code, document["causes"][0]["reason"]) == (3, "pull-throttled")
    assert document["causes"][0]["actsAt"] is None
    assert "rolls back" not in ran.err
    assert (cart.image(), audit(state)) == (image, [])


def test_a_timeout_is_rolled_back_only_where_that_is_asked_for(ktui: Ktui, stuck: Witness, state: Path) -> None:
    assert ktui("status", "cart", "--timeout", "200ms", "--rollback-on-failure").code == 3
    assert (stuck.image(), audit(state)) == (STUCK, [])
    assert ktui("status", "cart", "--timeout", "2s", "--rollback-on-timeout").code == 3
    assert (stuck.image(), len(audit(state))) == (NEW, 1)


def test_a_roll_back_that_does_not_come_to_its_end_says_so(
    ktui: Ktui, stuck: Witness, cluster: SimulatedCluster
) -> None:
    cluster.pause()
    ran = ktui("status", "cart", "--timeout", "300ms", "--rollback-on-timeout", "-o", "json")
    rollback = json.loads(ran.out)["rollback"]
    assert (ran.code, rollback["outcome"]) == (3, "not complete")
    assert rollback["sentence"].endswith("The rollback is not complete: timed out waiting for the condition.")
    assert stuck.image() == NEW


def test_it_goes_back_to_what_serves_not_to_another_failure(
    ktui: Ktui, stuck: Witness, cluster: SimulatedCluster
) -> None:
    # Revision 3 never ran: the one before revision 4 is no place to go back to.
    stuck.patch(image_patch(CRASHES))
    cluster.wait_until(lambda it: len(it.list("replicasets", "shop")) == 4)
    ran = ktui("status", "cart", "--rollback-on-failure", "--patience", "200ms")
    assert ran.code == 1
    assert stuck.image() == NEW


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (image_patch(OTHER), "its pod template was changed: that is another rollout"),
        ({"spec": {"paused": True}}, "it was paused"),
    ],
)
def test_what_someone_else_changed_meanwhile_is_left_alone(
    stuck: Witness, ktui_process: Start, state: Path, change: dict[str, Any], reason: str
) -> None:
    ours = ktui_process("status", "cart", "--timeout", "2s", "--rollback-on-timeout")
    assert ours.stdout is not None
    ours.stdout.readline()
    stuck.patch(change)
    generation = stuck.deployment().metadata.generation
    out, _ = ours.communicate(timeout=30)
    assert ours.returncode == 3
    assert out.splitlines()[-1].startswith(f"Not rolled back: {reason}")
    assert stuck.deployment().metadata.generation == generation
    assert audit(state) == []


def test_an_autoscaler_that_scales_meanwhile_does_not_stand_in_the_way(stuck: Witness, ktui_process: Start) -> None:
    ours = ktui_process("status", "cart", "--timeout", "2s", "--rollback-on-timeout")
    assert ours.stdout is not None
    ours.stdout.readline()
    stuck.patch({"spec": {"replicas": 5}})
    ours.communicate(timeout=30)
    assert (ours.returncode, stuck.image(), stuck.deployment().spec.replicas) == (3, NEW, 5)


def test_a_first_revision_has_nothing_to_go_back_to(ktui: Ktui, cluster: SimulatedCluster, witness: Witness) -> None:
    cluster.apply(manifest(STUCK))
    ran = ktui("status", "cart", "--rollback-on-failure", "--patience", "200ms")
    assert ran.code == 1
    assert ran.lines[-1].startswith("Not rolled back: ")
    assert witness.image() == STUCK


def test_who_may_not_change_it_is_told_so(ktui: Ktui, stuck: Witness, cluster: SimulatedCluster) -> None:
    cluster.faults.forbid("patch", "deployments")
    ran = ktui("status", "cart", "--rollback-on-failure", "--patience", "200ms")
    assert ran.code == 1
    assert ran.lines[-1].startswith("Not rolled back: ")
    assert stuck.image() == STUCK


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rollback-on-failure", "--no-watch"],
        ["--rollback-on-failure", "--read-only"],
        ["--rollback-on-timeout"],
        ["--log-lines", "-1"],
        ["--heartbeat", "often"],
    ],
)
def test_what_does_not_go_together_is_refused_at_once(ktui: Ktui, stuck: Witness, arguments: list[str]) -> None:
    assert ktui("status", "cart", *arguments).code == 2
