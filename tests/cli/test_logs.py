"""`ktui logs` and `ktui timeline`: what the logs screen and the timeline show, on the command line."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import datetime

import pytest

from ktui.cli.logs.lines import Printer
from ktui.sim import SimulatedCluster
from ktui.tui.logs.buffer import Source
from tests.cli.conftest import Ktui
from tests.simulated import CRASHING, Witness, image_patch


@pytest.fixture
def crashing(cluster: SimulatedCluster, cart: Witness) -> Witness:
    """shop/cart with a third revision whose pods have crashed and been started again."""
    cart.patch(image_patch(CRASHING))
    cluster.wait_until(
        lambda cluster: any(
            status.get("restartCount", 0) > 0
            for pod in cluster.list("pods", "shop")
            for status in pod["status"].get("containerStatuses") or ()
        )
    )
    return cart


def test_logs_of_new_pods_stand_pod_by_pod_with_the_run_that_crashed(ktui: Ktui, crashing: Witness) -> None:
    ran = ktui("logs", "cart", "--tail", "5")
    assert ran.code == 0
    names = [line.split("  ")[0] for line in ran.lines]
    assert len(names) > 1
    assert names == sorted(names, key=list(dict.fromkeys(names)).index), "no line stands among those of another pod"
    assert len(set(names)) > 1
    assert any("FATAL" in line for line in ran.lines)
    assert "this is the run before its last restart, which ended with exit code 1." in ran.err

    pod = names[0]
    one = ktui("logs", "cart", "--pod", pod, "--previous", "--tail", "3")
    assert (one.code, len(one.lines)) == (0, 3)
    assert not any(line.startswith(pod) for line in one.lines), "one pod needs no prefix"

    old = ktui("logs", "cart", "--old", "--tail", "1")
    assert old.code == 0
    assert old.lines
    assert not {line.split("  ")[0] for line in old.lines} & set(names)


def test_what_logs_cannot_show_is_one_sentence(ktui: Ktui, stuck: Witness) -> None:
    ran = ktui("logs", "cart")
    assert (ran.code, ran.out) == (0, "")
    assert re.search(r"it has no log: (ErrImagePull|ImagePullBackOff|ContainerCreating)\.", ran.err)
    ran = ktui("logs", "cart", "-c", "nope")
    assert (ran.code, ran.err) == (1, 'ktui: No container is called "nope"; available: cart.\n')
    assert 'No pod of the new revision is called "nope"; available: ' in ktui("logs", "cart", "--pod", "nope").err
    assert "give --follow or --previous" in ktui("logs", "cart", "-f", "-p").err
    assert "not found in the namespace shop" in ktui("logs", "nope").err


def test_following_ends_when_nobody_reads(cart: Witness, ktui_process: Callable[..., subprocess.Popen[str]]) -> None:
    process = ktui_process("logs", "cart", "-f", "--since", "1h")
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_lines_are_masked_and_obeyed_by_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sources = [Source("1", "shop", "cart-a", "a\x1b[31m", "cart"), Source("2", "shop", "cart-bcd", "bcd", "cart")]
    printer = Printer(sources)
    printer.lines(sources[0], ["connecting with password=hunter2", "\x1b]0;title\x07done"])
    printer.lines(sources[1], ["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA7", "-----END RSA PRIVATE KEY-----"])
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert "MIIEpAIBAAKCAQEA7" not in out
    assert "\x1b" not in out
    assert out.splitlines()[0].endswith("connecting with password=•••")
    assert len(out.splitlines()) == 5


def test_a_timeline_is_what_the_screen_shows(ktui: Ktui, cart: Witness) -> None:
    assert ktui("restart", "cart", "--yes").code == 0
    ran = ktui("timeline", "cart")
    assert ran.code == 0
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\S+ ago  \S ", line) for line in ran.lines), ran.out
    assert any("+ revision 1 was made: cart:4.9" in line for line in ran.lines)
    assert any("› ktui: Restart shop/cart" in line for line in ran.lines)
    document = json.loads(ktui("timeline", "cart", "-o", "json").out)
    assert (document["schema"], document["name"]) == ("ktui.timeline/1", "cart")
    assert {"made", "scaled", "deed"} <= {moment["kind"] for moment in document["moments"]}
    # What was done with ktui comes before what it caused in the same second: the cluster's stamps are whole seconds.
    times = [datetime.fromisoformat(moment["time"]).replace(microsecond=0) for moment in document["moments"]]
    assert times == sorted(times)


def test_warnings_of_a_timeline(ktui: Ktui, stuck: Witness) -> None:
    ran = ktui("timeline", "cart", "--warnings")
    assert ran.lines
    assert all(" ✖ " in line or " ◆ " in line for line in ran.lines)
    assert "\x1b[31m" in ktui("timeline", "cart", "--warnings", "--color", "always").out
    assert ktui("timeline", "cart", "--warnings").out.count("\x1b") == 0
