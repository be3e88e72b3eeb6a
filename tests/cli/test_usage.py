"""Flags, names, help, exit codes and the ways in which a command can end early."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from ktui.cli import root
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.simulated import OLD, Witness

Start = Callable[..., subprocess.Popen[str]]

ACTIONS = {
    "pause", "resume", "canary", "promote", "rollback", "abort", "retry", "terminate", "traffic", "set-image", "scale",
    "restart",
}  # fmt: skip

COMMANDS = [
    "get", "status", "history", "diff", "timeline", "logs", "resources", "report", "audit",
    "pause", "resume", "canary", "promote", "rollback", "abort", "retry", "terminate", "traffic",
    "set-image", "scale", "restart",
    "config", "open", "completion", "demo", "sim",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_explains_itself(ktui: Ktui, command: str, flag: str) -> None:
    ran = ktui(command, flag)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: ktui {command} ")


def documented() -> list[str]:
    """The actions that documents and help show as a command to type."""
    root_folder = Path(__file__).parents[2]
    texts = [path.read_text() for path in (root_folder / "README.md", *sorted((root_folder / "docs").glob("*.md")))]
    lines = {
        line.partition("  #")[0].partition("   ")[0].removeprefix("ktui ").strip()
        for text in texts
        for block in re.findall(r"```(?:sh|text)?\n(.*?)```", text, re.DOTALL)
        for line in re.sub(r"\\\n *", "", block).splitlines()
        for line in [line.strip()]
        if line.startswith("ktui ")
    }
    return sorted(line for line in lines if line.split()[0] in ACTIONS and "[" not in line)


@pytest.mark.parametrize("line", documented())
def test_every_action_that_is_documented_can_be_typed(ktui: Ktui, line: str) -> None:
    ran = ktui(*shlex.split(line), *(() if "--yes" in line else ("--dry-run",)))
    # There is no such workload here; a command line that cannot be is 2.
    assert ran.code == 1, ran.err
    assert ("not found" in ran.err.lower()) or ("This cluster has no " in ran.err)


def test_enough_of_them_are_documented() -> None:
    assert len(documented()) > 25


def test_a_command_without_its_subcommand_is_answered_with_its_help(ktui: Ktui) -> None:
    ran = ktui("config")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == ktui("config", "-h").out
    assert "Check config.toml, and list the rules that apply.\n" in ran.err


def test_help_lists_every_command(ktui: Ktui) -> None:
    ran = ktui("--help")
    assert ran.code == 0
    section = ran.out.partition("Commands:")[2].partition("Options:")[0]
    listed = [line.split()[0] for line in section.splitlines() if line]
    assert listed == COMMANDS


def test_the_version(ktui: Ktui) -> None:
    from ktui import __version__

    assert ktui("--version").out == f"ktui {__version__}\n"


def test_as_a_plugin_of_kubectl_it_is_called_through_kubectl(ktui: Ktui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/local/bin/kubectl-ktui"])
    assert ktui("get", "-h").out.startswith("Usage: kubectl ktui get ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], 'There is no command "frobnicate"; available: get, status, '),
        (["gett"], 'There is no command "gett". Did you mean get?'),
        (["rolback", "cart"], 'There is no command "rolback". Did you mean rollback?'),
        (["shop/cart"], "The dashboard needs a terminal"),
        (["open", "a/b/c/d"], '"a/b/c/d" does not name a rollout; write web, shop/web or statefulset/db.'),
        (["get", "pod/web"], '"pod/web" does not name a Deployment, StatefulSet or DaemonSet'),
        (["pause", "deploy/"], '"deploy/" does not name a Deployment'),
        (["pause"], "Missing argument 'NAME...'"),
        (["pause", "cart", "-A"], "-A selects rollouts: leave it out, or leave out the NAME."),
        (["status", "cart", "-l", "app=cart"], "-l selects rollouts: leave it out, or leave out the NAME."),
        (["get", "cart", "-A"], "A NAME is one rollout of one namespace"),
        (["status", "cart", "--timeout", "soon"], '"soon" is not a length of time'),
        (["get", "--request-timeout", "soon"], '"soon" is not a length of time'),
        (["scale", "cart"], "Missing option '--replicas'"),
        (["scale", "cart", "--replicas", "-1"], "-1 is not in the range x>=0"),
        (["set-image", "cart", "cart"], "Missing argument 'CONTAINER=IMAGE...'."),
        (["get", "-o", "xml"], "'xml' is not one of 'text', 'json', 'yaml'"),
        (["get", "--frobnicate"], "No such option"),
        ([], "The dashboard needs a terminal; `ktui get` prints the same, one rollout per line."),
        (["demo", "quiet"], "The dashboard needs a terminal"),
        (["demo", "--context", "x"], "No such option"),
    ],
)
def test_wrong_usage_is_said_and_exits_with_2(ktui: Ktui, arguments: list[str], said: str) -> None:
    ran = ktui(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


@pytest.mark.parametrize(
    "name", ["cart", "deployment/cart", "deploy/cart", "deployments/cart", "deployments.apps/cart"]
)
def test_a_deployment_has_many_names(ktui: Ktui, cart: Witness, name: str) -> None:
    assert ktui("get", name).code == 0


def test_flags_count_before_the_command_and_after_it_and_the_later_one_wins(ktui: Ktui, cart: Witness) -> None:
    assert ktui("-n", "nowhere", "get", "-n", "shop", "cart").code == 0
    assert ktui("-n", "nowhere", "get", "cart").code == 1
    assert ktui("get", "cart", "--as", "someone").code in (0, 1)


def test_a_context_that_does_not_exist(ktui: Ktui) -> None:
    ran = ktui("get", "--context", "mars")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: There is no context "mars" in ')
    assert "Available: simulated, " in ran.err


def test_a_setting_that_does_not_exist(ktui: Ktui, own_folders: Path) -> None:
    (own_folders / "config" / "ktui").mkdir(parents=True)
    (own_folders / "config" / "ktui" / "config.toml").write_text("colour = 'red'\n")
    ran = ktui("get")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: There is no setting "colour" (in ')


def test_a_theme_that_does_not_exist(ktui: Ktui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KTUI_THEME", "plaid")
    ran = ktui()
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith('ktui: There is no theme "plaid".\nAvailable: ')
    # The flag is nearer than the variable.
    assert ktui("--theme", "tartan").err.startswith('ktui: There is no theme "tartan".\nAvailable: ')


def test_a_cluster_that_is_not_there(ktui: Ktui, cluster: SimulatedCluster) -> None:
    with cluster.faults.refusing_connections():
        ran = ktui("get")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"ktui: Nothing listens at {cluster.url}: the connection was refused.\n")


def test_a_bug_is_one_sentence_and_its_traceback_a_file(
    ktui: Ktui, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(root.Root, "get_command", broken)
    ran = ktui("get")
    assert (ran.code, ran.out) == (70, "")
    assert ran.err == (
        "ktui: This is a bug in ktui: ZeroDivisionError.\n"
        f"Please report it with the traceback in {state / 'crash.log'}.\n"
    )
    assert "of all things" in (state / "crash.log").read_text()
    assert (state / "crash.log").stat().st_mode & 0o777 == 0o600


def test_ctrl_c_is_quiet(stuck: Witness, ktui_process: Start) -> None:
    ours = ktui_process("status", "cart")
    assert ours.stdout is not None
    ours.stdout.readline()
    ours.send_signal(signal.SIGINT)
    _, err = ours.communicate(timeout=30)
    assert (ours.returncode, err) == (130, "")


def test_a_broken_pipe_is_silent(cart: Witness, kubeconfig: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ours = subprocess.run(
            [sys.executable, "-m", "ktui", "--kubeconfig", str(kubeconfig), "get", "-n", "shop"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ours.returncode, ours.stderr) == (141, "")


# With a terminal


@pytest.fixture
def terminal(kubeconfig: Path, cart: Witness) -> Callable[..., pexpect.spawn]:
    def start(*arguments: str) -> pexpect.spawn:
        command = ["-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", *arguments]
        return pexpect.spawn(sys.executable, command, timeout=30, encoding="utf-8", dimensions=(40, 120))

    return start


def test_on_a_terminal_it_shows_the_plan_and_asks(terminal: Callable[..., pexpect.spawn], cart: Witness) -> None:
    before = cart.raw()
    no = terminal("rollback", "cart")
    no.expect("Roll back shop/cart to revision 1")
    no.expect(r"Apply\? \[y/N\]")
    no.sendline("")
    no.expect("Nothing was sent")
    no.expect(pexpect.EOF)
    no.close()
    assert no.exitstatus == 1
    assert cart.raw() == before

    yes = terminal("rollback", "cart")
    yes.expect(r"Apply\? \[y/N\]")
    yes.sendline("y")
    yes.expect("rollback to revision 1")
    yes.expect(pexpect.EOF)
    yes.close()
    assert yes.exitstatus == 0
    assert cart.image() == OLD


def test_ctrl_c_at_the_question_sends_nothing(terminal: Callable[..., pexpect.spawn], cart: Witness) -> None:
    before = cart.raw()
    asked = terminal("restart", "cart")
    asked.expect(r"Apply\? \[y/N\]")
    asked.sendintr()
    asked.expect("Nothing was sent")
    asked.expect(pexpect.EOF)
    asked.close()
    assert asked.exitstatus == 130
    assert cart.raw() == before


def test_what_changes_while_it_is_asked_is_planned_and_shown_again(
    terminal: Callable[..., pexpect.spawn], cart: Witness
) -> None:
    asked = terminal("pause", "cart")
    asked.expect(r"Apply\? \[y/N\]")
    cart.patch({"spec": {"replicas": 5}})
    asked.sendline("y")
    asked.expect("was changed in the meantime")
    asked.expect("Pause shop/cart")
    asked.expect(r"Apply\? \[y/N\]")
    assert cart.deployment().spec.paused is None
    asked.sendline("y")
    asked.expect("shop/cart paused")
    asked.expect(pexpect.EOF)
    asked.close()
    assert asked.exitstatus == 0
