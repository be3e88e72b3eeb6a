"""What was asked for happens whether anybody reads or not, and a signal leaves everything in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.junit import trouble_of, valid_report
from tests.simulated import NEW, OLD, STUCK, Witness, image_patch
from tests.terminal import Terminal

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def ends(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=60)
    return process.returncode, err or ""


def is_failing(witness: Witness) -> None:
    witness.patch({"spec": {"progressDeadlineSeconds": 20}})
    witness.patch(image_patch(STUCK))


# Nobody reads


@pytest.mark.parametrize("streams", ["out", "both"])
def test_a_gate_that_nobody_reads_rolls_back_and_reports(
    cart: Witness, ktui_process: Start, tmp_path: Path, unread: int, streams: str
) -> None:
    is_failing(cart)
    report = tmp_path / "report.xml"
    options: dict[str, int] = {"stdout": unread, **({"stderr": unread} if streams == "both" else {})}
    code, err = ends(ktui_process("status", "cart", "--junit", str(report), "--rollback-on-failure", **options))
    assert code == 1
    assert "Traceback" not in err
    assert cart.image() == NEW
    found = trouble_of(valid_report(report))
    assert found is not None
    assert found[0] == "failure"


def test_an_action_that_nobody_reads_ends_with_its_outcome(cart: Witness, ktui_process: Start, unread: int) -> None:
    assert ends(ktui_process("rollback", "cart", "--yes", stdout=unread)) == (0, "")
    assert cart.image() == OLD
    code, err = ends(ktui_process("rollback", "missing", "--yes", stdout=unread))
    assert code == 1
    assert "missing" in err


def test_auto_abort_goes_back_where_nobody_reads(cart: Witness, ktui_process: Start, unread: int) -> None:
    watched = ("--watch", "--soak", "0", "--auto-abort", "--patience", "1s")
    arguments = ("canary", "cart", "--image", f"cart={STUCK}", "--yes", *watched)
    code, err = ends(ktui_process(*arguments, "--timeout", "60s", stdout=unread, stderr=unread))
    assert (code, err) == (1, "")
    assert cart.image() == NEW


@pytest.mark.parametrize("arguments", [("get",), ("get", "-o", "json"), ("history", "cart"), ("get", "--watch")])
def test_what_only_shows_something_ends_quietly_where_nobody_reads(
    cart: Witness, ktui_process: Start, unread: int, arguments: tuple[str, ...]
) -> None:
    assert ends(ktui_process(*arguments, stdout=unread)) == (141, "")


def test_wrong_usage_and_help_that_nobody_reads(ktui_process: Start, unread: int) -> None:
    assert ends(ktui_process("bogus", stdout=unread, stderr=unread)) == (2, "")
    assert ends(ktui_process("--help", stdout=unread)) == (0, "")


# A full disk, a stream that is closed


FULL = "ktui: Standard output cannot be written: No space left on device.\n"


def test_a_full_disk_is_one_sentence(cart: Witness, ktui_process: Start) -> None:
    with Path("/dev/full").open("w") as full:
        assert ends(ktui_process("get", "-o", "json", stdout=full)) == (1, FULL)
        # What would go on without end ends: nothing of it is kept.
        assert ends(ktui_process("logs", "cart", "-f", stdout=full)) == (1, FULL)
        assert ends(ktui_process("get", "--watch", stdout=full)) == (1, FULL)
        # What a gate and an action find out and do stays so.
        assert ends(ktui_process("status", "cart", stdout=full)) == (0, FULL)
        assert ends(ktui_process("rollback", "cart", "--yes", stdout=full)) == (0, FULL)
    assert cart.image() == OLD


@pytest.mark.parametrize(("closed", "code"), [("<&-", 0), (">&-", 141), ("2>&-", 0), ("<&- >&- 2>&-", 141)])
def test_a_stream_that_is_closed_is_no_bug(cart: Witness, kubeconfig: Path, closed: str, code: int) -> None:
    shell = f'"{sys.executable}" -m ktui --kubeconfig "{kubeconfig}" -n shop get {closed}'
    ran = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (code, "")
    assert subprocess.call(["bash", "-c", shell.replace(" get ", " pause cart --yes ")], timeout=60) == 0
    assert cart.deployment().spec.paused


def test_characters_that_an_encoding_lacks_are_replaced(cart: Witness, ktui_process: Start) -> None:
    cart.patch({"metadata": {"annotations": {"kubernetes.io/change-cause": "größer → ☃"}}})
    ours = ktui_process("history", "cart", env={**os.environ, "PYTHONIOENCODING": "latin-1"}, encoding="latin-1")
    out, err = ours.communicate(timeout=60)
    assert (ours.returncode, err) == (0, "")
    assert "größer > ?" in out


# Signals


def waits(process: subprocess.Popen[str]) -> None:
    """Until it follows the rollout."""
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Waiting for deployment")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_gate_that_a_signal_ends_says_so_in_its_report(
    stuck: Witness, ktui_process: Start, tmp_path: Path, sent: signal.Signals
) -> None:
    report = tmp_path / "report.xml"
    ours = ktui_process("status", "cart", "--junit", str(report), "--rollback-on-failure", "--patience", "10m")
    waits(ours)
    ours.send_signal(sent)
    assert ends(ours) == (128 + sent, "")
    found = trouble_of(valid_report(report))
    assert found is not None
    assert found[:2] == ("error", "interrupted")
    assert stuck.image() == STUCK


def test_a_signal_that_was_ignored_at_the_start_stays_ignored(stuck: Witness, ktui_process: Start) -> None:
    ours = ktui_process(
        "status", "cart", "--timeout", "2s", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    waits(ours)
    ours.send_signal(signal.SIGHUP)
    code, err = ends(ours)
    assert (code, err) == (3, "error: timed out waiting for the condition\n")


@pytest.mark.parametrize("arguments", [("sim", "--scenario", "quiet", "--write-kubeconfig", "k"), ("get", "--watch")])
def test_other_commands_end_with_the_code_of_the_signal(
    cart: Witness, ktui_process: Start, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    if arguments[0] == "sim":
        command = [sys.executable, "-m", "ktui", *arguments]
        ours = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
    else:
        ours = ktui_process(*arguments)
    with ours:
        assert ours.stdout is not None
        assert ours.stdout.readline()
        ours.send_signal(signal.SIGUSR2)
        assert ends(ours) == (128 + signal.SIGUSR2, "")


def test_a_question_that_a_signal_ends_sends_nothing(cart: Witness, kubeconfig: Path, tmp_path: Path) -> None:
    command = ("-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", "rollback", "cart")
    with Terminal.python(*command, home=tmp_path) as terminal:
        terminal.sees("Apply? [y/N]")
        terminal.send_signal(signal.SIGTERM)
        assert terminal.ends() == 143
    assert b"Traceback" not in terminal.raw
    assert cart.image() == NEW


# Where a report goes


def test_a_report_to_standard_output_comes_behind_the_lines(cart: Witness, ktui_process: Start, tmp_path: Path) -> None:
    for target in ("-", "/dev/stdout"):
        out, err = ktui_process("status", "cart", "--junit", target).communicate(timeout=60)
        assert err == ""
        first, xml = out.split("\n", 1)
        assert first == 'deployment "cart" successfully rolled out'
        (tmp_path / "out.xml").write_text(xml)
        assert trouble_of(valid_report(tmp_path / "out.xml")) is None
    with (tmp_path / "log").open("w") as log:
        assert ends(ktui_process("status", "cart", "--junit", "/dev/stdout", stdout=log))[0] == 0
    assert (tmp_path / "log").read_text().startswith(f"{first}\n<?xml")
    code, err = ends(ktui_process("status", "cart", "--junit", "-", "-o", "json"))
    assert code == 2
    assert "one document" in err


def test_links_pipes_and_devices_stay_what_they_are(cart: Witness, ktui_process: Start, tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real" / "r.xml", tmp_path / "link.xml", tmp_path / "pipe"
    real.parent.mkdir()
    link.symlink_to(real)
    os.mkfifo(pipe)
    assert ends(ktui_process("status", "cart", "--junit", str(link))) == (0, "")
    assert link.is_symlink()
    assert trouble_of(valid_report(real)) is None

    ours = ktui_process("status", "cart", "--junit", str(pipe))
    (tmp_path / "read.xml").write_bytes(pipe.read_bytes())
    assert ends(ours) == (0, "")
    assert pipe.is_fifo()
    assert trouble_of(valid_report(tmp_path / "read.xml")) is None

    assert ends(ktui_process("status", "cart", "--junit", "/dev/null")) == (0, "")
    assert Path("/dev/null").is_char_device()
    code, err = ends(ktui_process("status", "cart", "--junit", "/dev/full"))
    assert (code, err) == (0, "ktui: The report /dev/full could not be written: No space left on device.\n")


def test_a_folder_is_refused_before_anything_is_waited_for(
    cluster: SimulatedCluster, ktui_process: Start, tmp_path: Path
) -> None:
    code, err = ends(ktui_process("status", "cart", "--junit", str(tmp_path)))
    assert code == 2
    assert "is a directory" in err
