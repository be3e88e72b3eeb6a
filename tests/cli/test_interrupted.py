"""Ctrl-C, the end of input, a signal and a terminal that goes: while a command waits, and just before it does."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import yaml

from ktui.sim import SimulatedCluster
from tests.simulated import NEW, Witness, manifest
from tests.terminal import PATIENCE, Terminal

_TWO_THREADS: Final = (
    "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start();"
    "from ktui.__main__ import main; main()"
)
"""ktui beside a thread that does nothing. A signal that this thread takes interrupts no call of the main thread: as one
that came just before the call."""

_NOTHING: Final = "ktui: Nothing was sent."


def comes_just_before_a_call(pid: int, number: int) -> None:
    """Send a signal to a thread that is not the main one."""
    others = sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if int(task.name) != pid)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.tgkill(pid, others[0], number) == 0


def late(number: int) -> Callable[[Terminal], None]:
    return lambda terminal: comes_just_before_a_call(terminal.pid, number)


def sent(number: int) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.send_signal(number)


def pressed(keys: str) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.press(keys)


ENDINGS: Final = [
    pytest.param(pressed("\x03"), 130, id="Ctrl-C"),
    pytest.param(late(signal.SIGINT), 130, id="SIGINT just before"),
    pytest.param(sent(signal.SIGTERM), 143, id="SIGTERM"),
    pytest.param(late(signal.SIGTERM), 143, id="SIGTERM just before"),
    pytest.param(sent(signal.SIGHUP), 129, id="SIGHUP"),
]


@pytest.fixture
def start(cart: Witness, kubeconfig: Path, own_folders: Path) -> Callable[..., Terminal]:
    def start(*arguments: str) -> Terminal:
        command = ("-c", _TWO_THREADS, "--kubeconfig", str(kubeconfig), "-n", "shop", *arguments)
        return Terminal.python(*command, home=own_folders)

    return start


@pytest.mark.parametrize(("end", "code"), [*ENDINGS, pytest.param(pressed("\x04"), 130, id="Ctrl-D")])
@pytest.mark.parametrize("names", [("cart",), ("cart", "deployment/cart2")], ids=["one", "several"])
def test_a_question(
    start: Callable[..., Terminal],
    cluster: SimulatedCluster,
    cart: Witness,
    *,
    names: tuple[str, ...],
    end: Callable[[Terminal], None],
    code: int,
) -> None:
    cluster.apply(manifest(NEW, name="cart2"))
    with start("restart", *names) as terminal:
        terminal.sees("[y/N]")
        end(terminal)
        assert terminal.ends() == code
        assert terminal.text.rstrip().splitlines()[-1] == _NOTHING
    assert not cart.deployment().spec.template.metadata.annotations


@pytest.mark.parametrize(("end", "code"), ENDINGS)
def test_a_manifest_from_standard_input(
    start: Callable[..., Terminal], cart: Witness, end: Callable[[Terminal], None], code: int
) -> None:
    with start("canary", "cart", "-f", "-") as terminal:
        terminal.sees("Reading the manifest from standard input; Ctrl-D ends it.")
        terminal.press("kind: Deployment\r")
        end(terminal)
        assert terminal.ends() == code
        assert terminal.text.rstrip().splitlines()[-1] == _NOTHING
    assert cart.image() == NEW


def test_a_manifest_that_ends_too_soon(start: Callable[..., Terminal]) -> None:
    with start("canary", "cart", "-f", "-") as terminal:
        terminal.sees("Reading the manifest")
        terminal.press("\x04")
        assert terminal.ends() == 2
        assert 'Error: Standard input has no Deployment "cart"; available: none.' in terminal.text


@pytest.mark.parametrize(("end", "code"), ENDINGS)
@pytest.mark.parametrize("names", [("cart",), ("cart", "deployment/cart2")], ids=["one", "several"])
def test_a_server_that_does_not_answer_before_the_question(
    start: Callable[..., Terminal],
    cluster: SimulatedCluster,
    names: tuple[str, ...],
    end: Callable[[Terminal], None],
    code: int,
) -> None:
    with cluster.faults.silence(), start("restart", *names) as terminal:
        terminal.sees("ctrl+c stops waiting")
        end(terminal)
        assert terminal.ends() == code
        assert terminal.text.rstrip().splitlines()[-1] == _NOTHING


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_manifest_from_a_pipe_that_nobody_writes_to(
    start: Callable[..., Terminal], cart: Witness, tmp_path: Path, *, number: int, code: int
) -> None:
    pipe = tmp_path / "manifest"
    os.mkfifo(pipe)
    with start("canary", "cart", "-f", str(pipe)) as terminal:
        # It is opened for reading: only then can it be opened for writing without waiting.
        writing: list[int] = []

        def is_opened() -> bool:
            try:
                writing.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                return False
            return True

        terminal.waits_for(is_opened, "the pipe to be opened")
        comes_just_before_a_call(terminal.pid, number)
        assert terminal.ends() == code
        assert terminal.text.rstrip().splitlines()[-1] == _NOTHING
        os.close(writing[0])
    assert cart.image() == NEW


@pytest.mark.parametrize("command", ["restart", "canary"])
def test_a_terminal_that_goes_while_it_is_asked(start: Callable[..., Terminal], cart: Witness, command: str) -> None:
    with start(command, "cart", *(("-f", "-") if command == "canary" else ())) as terminal:
        terminal.sees("Reading the manifest" if command == "canary" else "[y/N]")
        terminal.hang_up()
        assert terminal.ends() == 129
    assert cart.deployment().metadata.generation == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_just_before_the_loop_waits(cluster: SimulatedCluster, kubeconfig: Path, number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig.write_text(kubeconfig.read_text().replace(cluster.url, address))
        # Without a terminal, no line about the wait wakes it.
        command = [sys.executable, "-c", _TWO_THREADS, "--kubeconfig", str(kubeconfig), "get"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as ours:
            asked, _ = silent.accept()
            with asked:
                assert asked.recv(1)
                comes_just_before_a_call(ours.pid, number)
                try:
                    assert ours.wait(10) == 128 + number
                finally:
                    ours.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_reader_that_has_stopped_keeps_no_command_from_ending(
    cluster: SimulatedCluster, cart: Witness, ktui_process: Callable[..., subprocess.Popen[str]], number: int
) -> None:
    for each in range(120):
        cluster.apply(manifest(name=f"cart{each}", replicas=0))
    reading, writing = os.pipe()
    try:
        ours = ktui_process("get", "-o", "json", stdout=writing)
        os.close(writing)
        before, end = -1, time.monotonic() + PATIENCE
        while (now := _waiting_in(reading)) == 0 or now != before:
            assert time.monotonic() < end
            before = now
            time.sleep(0.5)
        assert ours.poll() is None
        ours.send_signal(number)
        assert ours.wait(10) == 128 + number
        assert ours.stderr is not None
        assert ours.stderr.read() == ""
    finally:
        os.close(reading)


def _waiting_in(pipe: int) -> int:
    """The bytes that nobody has read yet."""
    import array
    import fcntl
    import termios

    number = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, number)
    return number[0]


@pytest.mark.parametrize(("end", "code"), ENDINGS)
def test_a_login_plugin(
    start: Callable[..., Terminal], kubeconfig: Path, tmp_path: Path, end: Callable[[Terminal], None], code: int
) -> None:
    number = tmp_path / "number"
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "interactiveMode": "Never"}
    document = yaml.safe_load(kubeconfig.read_text())
    document["users"][0]["user"] = {"exec": {**plugin, "args": ["-c", f"echo $$ > {number}; sleep 1000"]}}
    document["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    kubeconfig.write_text(yaml.safe_dump(document))
    with start("restart", "cart") as terminal:
        terminal.waits_for(lambda: number.exists() and number.read_text(), "the plugin to run")
        end(terminal)
        assert terminal.ends() == code
        assert terminal.text.rstrip().splitlines()[-1] == _NOTHING
    assert not Path(f"/proc/{number.read_text().strip()}").exists()
