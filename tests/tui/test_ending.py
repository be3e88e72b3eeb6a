"""How the dashboard ends, in a real terminal: by keys, by signals, with its terminal, by a fault."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.kube.errors import KubeError
from ktui.sim import SimulatedCluster
from tests.audited import lines
from tests.simulated import changing
from tests.terminal import Terminal
from tests.tui.conftest import Dashboard, Screen, Stage
from tests.tui.test_arrivals import REPLIES

TOKEN = "s3cr3t-bearer-token-of-an-operator"

FAULTS = """
import sys
from ktui.tui.app import KtuiApp
from ktui.tui.bluegreen.pairs import Pairs

async def in_a_worker(self, what):
    token = "s3cr3t-bearer-token-of-an-operator"
    raise RuntimeError("Authorization: Bearer " + token)

def in_a_key(self):
    token = "s3cr3t-bearer-token-of-an-operator"
    self.no_such_thing

def in_the_input(self, data, now):
    raise OverflowError("what arrives")

from ktui.tui.terminal import arrivals
sys.argv[:1] = ["ktui"]
fault = sys.argv.pop(1)
if fault == "worker":
    KtuiApp._pick = in_a_worker
elif fault == "key":
    KtuiApp.action_pick_namespace = in_a_key
elif fault == "input":
    arrivals.Arrivals.feed = in_the_input
from ktui.__main__ import main
main()
"""


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Stage]:
    with SimulatedCluster(seed=3, name="prod-eu").serving() as cluster:
        stage = Stage(cluster, tmp_path)
        stage.deploy("cart", "cart:1.0", replicas=3)
        cluster.settle()
        yield stage
        cluster.faults.clear()
        stage.close()


def ktui(stage: Stage, home: Path, *arguments: str, **options: dict[str, str]) -> Terminal:
    command = ("-m", "ktui", "--kubeconfig", str(stage.kubeconfig()), *arguments)
    return Terminal.python(*command, home=home, environment=options.get("environment"))


def is_live(terminal: Terminal) -> None:
    terminal.sees("● live", "✔ complete", "3 pods")


# By a fault


@pytest.mark.parametrize("fault", ["worker", "key", "input"])
def test_a_fault_is_one_sentence_and_a_crash_log_without_secrets(living: Stage, tmp_path: Path, fault: str) -> None:
    config = living.kubeconfig()
    command = ("-c", FAULTS, fault, "--kubeconfig", str(config))
    with Terminal.python(*command, home=tmp_path) as terminal:
        if fault != "input":
            is_live(terminal)
        else:
            terminal.sees("prod-eu")
        terminal.press("n")
        assert terminal.ends() == 70
        assert terminal.is_clean
        terminal.sees("ktui: This is a bug in ktui: ")
        after = bytes(terminal.raw[terminal.raw.rfind(b"\x1b[?1049l") :])
    log = tmp_path / "state" / "ktui" / "crash.log"
    assert b"Traceback" not in after
    for told in (after.decode(), log.read_text()):
        assert TOKEN not in told
    assert "Traceback (most recent call last)" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


async def test_what_a_server_does_is_said_and_no_fault(dashboard: Dashboard, stage: Stage) -> None:
    async def refused() -> None:
        raise KubeError("The API server failed: no space left.", hint="Try again.")

    async with dashboard() as screen:
        screen.app.run_worker(refused())
        await screen.hears("The API server failed: no space left. Try again.")
        assert screen.app.return_code is None


# By a signal


@pytest.mark.parametrize(
    "sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT]
)
def test_a_signal_gives_the_terminal_back(living: Stage, tmp_path: Path, sent: signal.Signals) -> None:
    with ktui(living, tmp_path) as terminal:
        is_live(terminal)
        terminal.send_signal(sent)
        assert terminal.ends() == 128 + sent
        assert terminal.is_clean
        assert b"Traceback" not in terminal.raw


def test_a_signal_leaves_nothing_of_the_demo_behind(tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    command, environment = ("-m", "ktui", "demo", "quiet"), {"TMPDIR": str(folder)}
    with Terminal.python(*command, home=tmp_path, environment=environment) as terminal:
        terminal.sees("● live")
        assert list(folder.iterdir())
        terminal.send_signal(signal.SIGTERM)
        assert terminal.ends() == 143
        assert terminal.is_clean
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("is_ignored", [False, True])
def test_it_ends_with_its_terminal_even_where_that_is_ignored(living: Stage, tmp_path: Path, is_ignored: bool) -> None:
    ignoring = (
        "-c",
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); from ktui.__main__ import main; main()",
    )
    start = ignoring if is_ignored else ("-m", "ktui")
    with Terminal.python(*start, "--kubeconfig", str(living.kubeconfig()), home=tmp_path) as terminal:
        is_live(terminal)
        terminal.hang_up()
        assert terminal.ends() == 129


# What arrives


def test_nothing_that_a_terminal_answers_does_anything(living: Stage, tmp_path: Path) -> None:
    with ktui(living, tmp_path) as terminal:
        is_live(terminal)
        before = len(living.cluster.requests)
        for reply in REPLIES.values():
            terminal.send(reply[:3])
            terminal.send(reply[3:])
        terminal.send(b"\x1b[200~byRa\x1b[201~")
        # A key that comes behind them is heard, and what they did would be seen by then.
        terminal.press("?")
        terminal.sees("Keys and signs")
        terminal.press("\x1b")
        terminal.until(lambda screen: "Keys and signs" not in screen, "the help to close")
        is_live(terminal)
        assert changing(list(living.cluster.requests)[before:]) == []
        terminal.press("q")
        assert terminal.ends() == 0
        assert terminal.is_clean


# By keys


def test_ctrl_c_asks(living: Stage, tmp_path: Path) -> None:
    with ktui(living, tmp_path) as terminal:
        is_live(terminal)
        terminal.press("\x03")
        terminal.sees("Quit ktui?", "y quit", "n stay")
        terminal.press("n")
        terminal.until(lambda screen: "Quit ktui?" not in screen, "the question to go")
        terminal.press("\x03")
        terminal.sees("Quit ktui?")
        terminal.press("\x03")
        assert terminal.ends() == 0


def test_quitting_while_something_is_sent_says_that_it_is_not_known(living: Stage, tmp_path: Path) -> None:
    with ktui(living, tmp_path) as terminal:
        is_live(terminal)
        terminal.press(" ")
        terminal.sees("Pause shop/cart", "y yes")
        living.cluster.faults.silent_requests = True
        terminal.press("y")
        terminal.sees("pausing")
        terminal.press("q")
        terminal.sees("Quit ktui?", "Pause shop/cart: it is being sent, and its outcome is not known yet.", "get cart")
        terminal.press("y")
        assert terminal.ends() == 0
        assert terminal.is_clean
        after = terminal.raw[terminal.raw.rfind(b"\x1b[?1049l") :].decode()
    assert (
        "Pause shop/cart: the request was being sent when ktui ended; it is not known whether the change was applied."
        in after
    )
    assert "-n shop get cart" in " ".join(after.split())


async def test_quitting_with_auto_abort_on_asks(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard(size=(160, 36)) as screen:
        stage.set_image("cart", "cart:1.1")
        stage.advance(0.3)
        await screen.sees("◐ progressing", "b roll back to 1")
        await screen.press("A")
        await screen.sees("auto-abort is on for 1")
        await screen.press("q")
        await screen.sees("Quit ktui?", "Auto-abort is on for shop/cart: nothing is rolled back automatically")
        question = screen.app.screen.query_one(".dialog").region
        assert abs(question.x - (160 - question.right)) <= 1, "it is in the middle, as every question"
        assert abs(question.y - (36 - question.bottom)) <= 1
        await screen.press("escape")
        await screen.sees_no("Quit ktui?")
        assert screen.app.return_code is None
        await screen.press("q", "y")
        await screen.until(lambda: screen.app.return_code == 0, "the end")


async def test_ctrl_c_copies_what_is_selected(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.press("s")
        await screen.sees("New number:")
        await screen.press("ctrl+c")
        await screen.hears("What is selected is on the clipboard")
        assert screen.app.clipboard == "4"
        await screen.press("right", "ctrl+c")
        await screen.sees("Quit ktui?")


async def test_what_was_killed_while_it_was_sent_is_looked_up_at_the_next_start(
    stage: Stage, dashboard: Dashboard, tmp_path: Path
) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    log = tmp_path / "audit.jsonl"
    async with dashboard(audit=log) as screen:
        await screen.knows_all()
        await screen.press("space")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.hears("shop/cart paused.")
    begun, _ = lines(log)
    log.write_text(json.dumps({**begun, "pid": 2**22 + 1}) + "\n")
    for told in (True, False):
        async with dashboard(audit=log) as screen:
            await screen.knows_all()
            if told:
                await screen.hears("Pause shop/cart: ktui ended while the request was being sent")
                await screen.hears("The change was applied.")
            await screen.until(lambda screen=screen: not _is_looking(screen), "the log to be looked through")  # type: ignore[misc]
            assert bool(screen.told) == told
    assert [line["outcome"] for line in lines(log)] == ["begun", "done"]


def _is_looking(screen: Screen) -> bool:
    return any(worker.group == "unfinished" and not worker.is_finished for worker in screen.app.workers)
